# What a native binary was built from; sourced, not run. Of its own, since every scripts/libprof needs it and waits for it.

# Path, size and time of change of every source file; recorded beside each binary. Any difference, older or newer, means that
# the binary may not be the sources' own. One find, which takes the place of the shell: only for $(list_sources).
list_sources() {
    exec find "$root/src" "$root"/Directory.*.props "$root/global.json" \
        \( -name bin -o -name obj -o -name '*.user' \) -prune -o -type f -printf '%P %s %T@\n' 2>/dev/null
}

# Whether the binary in the place $1 was built from exactly the sources listed in $2. No other process takes part.
is_listed() {
    local recorded=
    [[ -x $1/native/libprof && -r $1/native/sources ]] && IFS= read -r -d '' recorded <"$1/native/sources"
    [[ -n $recorded && $recorded == "$2"$'\n' ]]
}
