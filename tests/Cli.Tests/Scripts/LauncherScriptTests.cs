using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Scripts;

/// <summary>scripts/libprof, in a small checkout whose binary and build are stand-ins.</summary>
public sealed class LauncherScriptTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _checkout;

    public LauncherScriptTests()
    {
        string? real = FindScripts();
        Assert.SkipWhen(real is null, "the scripts of the checkout are not there");
        _checkout = _directory["checkout"];
        foreach (string name in (string[])["libprof", "common.sh", "sources.sh"])
        {
            MakeExecutable(_directory.Write("checkout/scripts/" + name, File.ReadAllText(Path.Combine(real!, name))));
        }

        // A build that fails, unless it is told what to build.
        MakeExecutable(_directory.Write("checkout/scripts/build-native", """
            #!/bin/bash
            echo "$1" >>"${BASH_SOURCE[0]}.ran"
            echo "libprof: building" >&2
            [[ -e ${BASH_SOURCE[0]}.result ]] || exit 1
            mkdir -p "$1/native" && cp "${BASH_SOURCE[0]}.result" "$1/native/libprof"
            """));
        _directory.Write("checkout/src/One.cs", "one");
        _directory.Write("checkout/global.json", "{}");
        _directory.Write("checkout/Directory.Build.props", "<Project/>");
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_environment_is_the_callers()
    {
        Install("/usr/bin/env", Path.Combine(_checkout, "artifacts"));
        string[] variables = ["PWD=/somewhere/else", "EMPTY=", "TWO=a\nb", "_=me", "odd.name=1", "BASH_FUNC_f%%=() { :; }"];

        (int status, string output, string errors) = Run([.. variables]);

        Assert.Equal((0, ""), (status, errors));
        Assert.Equal(string.Join('\n', variables) + "\n", output);
    }

    [Fact]
    public void Nothing_is_added_to_an_empty_environment()
    {
        Install("/usr/bin/env", Path.Combine(_checkout, "artifacts"));
        Assert.Equal((0, "", ""), Run([]));
    }

    [Fact]
    public void Arguments_streams_and_status_go_through()
    {
        Install(Script("printf '<%s>' \"$@\"; cat; echo err >&2; exit 7"), Path.Combine(_checkout, "artifacts"));
        using TargetProcess process = TargetProcess.Launch([Launcher, "run", "--", "a b", "", "*", "$x"]);
        process.Input.Write("input");
        process.Input.Close();
        Assert.Equal("<run><--><a b><><*><$x>input", process.ReadToEnd());
        Assert.Equal(7, process.WaitForExit());
        Assert.Equal("err\n", process.ReadErrorsToEnd());
        Assert.False(WasBuilt);
    }

    [Fact]
    public void It_works_through_a_symbolic_link()
    {
        Install(Script("echo here"), Path.Combine(_checkout, "artifacts"));
        File.CreateSymbolicLink(_directory["link"], Launcher);
        using TargetProcess process = TargetProcess.Launch([_directory["link"]]);
        Assert.Equal("here\n", process.ReadToEnd());
    }

    [Fact]
    public void New_times_of_the_same_sources_build_nothing()
    {
        Install(Script("echo old"), Path.Combine(_checkout, "artifacts"));
        File.SetLastWriteTimeUtc(Path.Combine(_checkout, "src/One.cs"), DateTime.UnixEpoch);
        Assert.Equal((0, "old\n", ""), Run([]));
        Assert.False(WasBuilt);
    }

    [Theory]
    [InlineData("src/One.cs")]
    [InlineData("src/deeper/Two.cs")]
    [InlineData("Directory.Packages.props")]
    public void Other_sources_are_built_first_and_only_standard_error_says_so(string file)
    {
        Install(Script("echo old"), Path.Combine(_checkout, "artifacts"));
        File.Copy(Script("echo new"), Path.Combine(_checkout, "scripts/build-native.result"));
        _directory.Write("checkout/" + file, "changed");
        Assert.Equal((0, "new\n", "libprof: building\n"), Run([]));
    }

    [Fact]
    public void A_deleted_source_is_built_without()
    {
        Install(Script("echo old"), Path.Combine(_checkout, "artifacts"));
        File.Copy(Script("echo new"), Path.Combine(_checkout, "scripts/build-native.result"));
        File.Delete(Path.Combine(_checkout, "src/One.cs"));
        Assert.Equal((0, "new\n", "libprof: building\n"), Run([]));
    }

    [Fact]
    public void A_build_that_fails_is_125_and_runs_nothing()
    {
        Install(Script("echo old"), Path.Combine(_checkout, "artifacts"));
        _directory.Write("checkout/src/One.cs", "changed");
        Assert.Equal((125, "", "libprof: building\n"), Run([]));
    }

    [Fact]
    public void Where_the_checkout_takes_no_files_the_users_cache_is_the_place()
    {
        _directory.Write("checkout/artifacts", "a file, so that no directory can be made: permissions do not hold root back");
        File.Copy(Script("echo cached"), Path.Combine(_checkout, "scripts/build-native.result"));
        string cache = _directory["cache"];

        Assert.Equal((0, "cached\n", "libprof: building\n"), Run(["XDG_CACHE_HOME=" + cache, "PATH=/usr/bin:/bin"]));
        string place = Assert.Single(Directory.EnumerateDirectories(Path.Combine(cache, "libprof")));
        Record(place);
        Assert.Equal((0, "cached\n", ""), Run(["XDG_CACHE_HOME=" + cache, "PATH=/usr/bin:/bin"]));
    }

    private string Launcher => Path.Combine(_checkout, "scripts/libprof");

    private bool WasBuilt => File.Exists(Path.Combine(_checkout, "scripts/build-native.ran"));

    private (int Status, string Output, string Errors) Run(IReadOnlyList<string> environment)
    {
        using TargetProcess process = TargetProcess.Launch(["/usr/bin/env", "-i", .. environment, Launcher]);
        process.Input.Close();
        string output = process.ReadToEnd();
        int status = process.WaitForExit();
        return (status, output, process.ReadErrorsToEnd());
    }

    private string Script(string body)
    {
        string path = _directory.Write($"script{body.GetHashCode(StringComparison.Ordinal)}", "#!/bin/sh\n" + body + "\n");
        MakeExecutable(path);
        return path;
    }

    private void Install(string program, string place)
    {
        Directory.CreateDirectory(Path.Combine(place, "native"));
        File.Copy(program, Path.Combine(place, "native/libprof"));
        Record(place);
    }

    // What a build leaves beside the binary.
    private void Record(string place)
    {
        const string Commands = """root=$1; . "$1/scripts/common.sh"; (list_sources) >"$2/native/sources"; hash_sources >"$2/native/sources.sha256" """;
        using TargetProcess process = TargetProcess.Launch(["bash", "-c", Commands, "record", _checkout, place]);
        Assert.Equal(0, process.Finish());
    }

    private static void MakeExecutable(string path) =>
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    private static string? FindScripts()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "LibProf.Native.sln")))
            {
                return Path.Combine(directory.FullName, "scripts");
            }
        }

        return null;
    }
}
