# Shared by the scripts of this directory; sourced, not run. Bash 4.4 or newer.
# `root` is the checkout, as an absolute path or relative to the working directory.

. "${BASH_SOURCE[0]%/*}/sources.sh"

# The sources by contents: settles whether files with other times (a fresh checkout of the same commit) are other files.
hash_sources() {
    (cd "$root" && find src Directory.*.props global.json \( -name bin -o -name obj -o -name '*.user' \) -prune -o -type f -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
}

# Where this user's own builds of this checkout go when the checkout cannot be written to.
private_place() {
    local base key
    base=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
    key=$(cd "$root" && pwd -P | sha256sum)
    printf '%s\n' "${base:-${TMPDIR:-/tmp}/libprof-cache-$UID}/libprof/${key:0:16}"
}

# Whether the binary in the place $1 was built from the sources listed in $2. Sources with new times but the same contents are
# recorded with their new times, if that is permitted.
is_current() {
    local place=$1 sources=$2
    [[ -x $place/native/libprof && -r $place/native/sources ]] || return 1
    is_listed "$place" "$sources" && return 0
    [[ $(<"$place/native/sources.sha256") == "$(hash_sources)" ]] || return 1
    if [[ -w $place/native ]]; then
        printf '%s\n' "$sources" >"$place/native/sources.$$" && mv -f "$place/native/sources.$$" "$place/native/sources"
    fi
}

# Says one line on standard error, or on descriptor $say_to where standard error goes to a log.
say() {
    printf '%s\n' "libprof: $*" >&"${say_to:-2}"
}

# Runs a command as root: itself if root, else by sudo; fails where neither is possible.
as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        return 1
    fi
}

# Prints those of the named Debian packages that are not installed.
missing_packages() {
    local installed package
    installed=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' "$@" 2>/dev/null)"
    for package; do
        [[ $installed == *" installed:$package "* ]] || printf '%s\n' "$package"
    done
}

# Installs Debian packages; the lists are fetched first only if it does not work without.
install_packages() {
    local -a get=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120)
    command -v apt-get >/dev/null || return 1
    as_root "${get[@]}" install --no-install-recommends "$@" && return
    as_root "${get[@]}" update && as_root "${get[@]}" install --no-install-recommends "$@"
}

# Sets `dotnet` to a .NET 10 SDK's driver: the one on PATH, of $DOTNET_ROOT or of ~/.dotnet.
find_dotnet() {
    local candidate
    for candidate in "$(command -v dotnet)" "${DOTNET_ROOT:+$DOTNET_ROOT/dotnet}" "${HOME:+$HOME/.dotnet/dotnet}"; do
        [[ -x $candidate ]] || continue
        dotnet=$candidate
        compgen -G "$(dirname "$(readlink -f "$candidate")")/sdk/10.*" >/dev/null && return
    done
    return 1
}

# The settings of every dotnet command here: no servers left running, nothing asked, nothing sent.
export_dotnet_settings() {
    export DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
    export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
    if ! compgen -G '/usr/lib/*/libicuuc.so.*' >/dev/null; then
        # Without ICU the SDK runs only so; it then warns of each language that a package has texts in.
        export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 MSBuildWarningsAsMessages=NETSDK1188
    fi
    export DOTNET_CLI_HOME=${DOTNET_CLI_HOME:-${HOME:-${TMPDIR:-/tmp}/libprof-cache-$UID}}
}

# Gets what the build needs, if absent: a C linker with zlib, and the .NET SDK. Chatter goes to standard output.
get_build_needs() {
    if ! echo 'int main(void) { return 0; }' | cc -x c - -lz -o /dev/null 2>/dev/null; then
        say "installing a C linker and zlib headers (apt)"
        install_packages gcc libc6-dev zlib1g-dev ||
            { say "the build needs a C linker and zlib headers, and apt could not install them: apt-get install gcc libc6-dev zlib1g-dev"; return 1; }
    fi
    if ! find_dotnet; then
        say "installing the .NET 10 SDK into ~/.dotnet (dotnet-install.sh of Microsoft)"
        command -v curl openssl >/dev/null || install_packages ca-certificates curl openssl
        { curl -fsSL --retry 2 https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0 --install-dir "$HOME/.dotnet" --no-path; } && find_dotnet ||
            { say "no .NET 10 SDK was found or could be fetched: install it from https://dotnet.microsoft.com/download and have dotnet on PATH, or set DOTNET_ROOT"; return 1; }
    fi
    export_dotnet_settings
}

# Gets what builds and tests the page of the HTML report, into web/node_modules: the packages of web/package-lock.json, if absent.
# Fails where there is no Node.js 18, or where the packages cannot be had.
get_page_tools() {
    local web=$root/web
    node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null || return 1
    [[ -e $web/node_modules/.package-lock.json && ! $web/package-lock.json -nt $web/node_modules/.package-lock.json ]] && return
    (cd "$web" && npm ci --no-audit --no-fund --loglevel=error >&2 && touch node_modules/.package-lock.json)
}
