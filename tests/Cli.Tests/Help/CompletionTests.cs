using LibProf.Cli.Tests.Launch;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Help;

/// <summary>What the shells themselves offer: bash, and zsh and fish where they are installed.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    /// <summary>Command lines to complete and something that must be offered.</summary>
    public static TheoryData<string, string> Lines() => new()
    {
        { "libprof ", "attach" },
        { "libprof re", "report" },
        { "libprof run --fo", "--format" },
        { "libprof report --format sar", "sarif" },
        { "libprof report -f ", "markdown" },
        { "libprof completion ", "fish" },
        { "libprof report some", "some file.libprof" },
        { "libprof check --budget some", "some file.libprof" },
        { "libprof run -q -- cat some", "some file.libprof" },
        { "libprof run -- bas", "bash" },
        { "libprof help ", "dump" },
    };

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Lines))]
    public void Bash_offers(string line, string offered) => Assert.Contains(offered, Bash(line.Split(' ')));

    [Fact]
    public void Bash_offers_formats_after_an_equals_sign() => Assert.Equal(["sarif"], Bash("libprof", "report", "--format", "=", "sa"));

    [Fact]
    public void Tab_completes_in_an_interactive_bash()
    {
        Prepare();
        string steps = System.Text.Json.JsonSerializer.Serialize(new object[][]
        {
            ["shows", "^#"], ["send", "source <(libprof completion bash); echo sourced=$?\n"], ["shows", "^sourced=0\n#"],
            ["send", "libprof comple\tba\t"], ["shows", "^# libprof completion bash"], ["send", "\u0015"],
            ["send", "libprof report --format mark\t"], ["shows", "libprof report --format markdown"], ["send", "\u0015"],
            ["send", "libprof re\tsome\t"], ["shows", @"libprof report some\\ file\.libprof"], ["send", "\u0015exit\n"], ["end"],
        });
        (int status, string output, string errors) = Launching.Run(
            [
                Launching.Python, TargetScripts.PathOf("on_screen.py"), steps, "100", "24", "--", "/usr/bin/env", "PS1=# ", "TERM=xterm", "INPUTRC=/dev/null",
                $"PATH={_directory["bin"]}:/usr/bin:/bin", "/bin/bash", "--norc", "--noprofile", "-i",
            ], _directory.Path);
        Assert.True(status == 0, errors);
        string? failed = System.Text.Json.Nodes.JsonNode.Parse(output)!["failed"]?.ToJsonString();
        Assert.True(failed is null, failed);
    }

    [Fact]
    public void The_ids_of_python_processes_are_offered()
    {
        using TargetProcess target = BadInput.BadInputBench.StartIdle();
        string pid = BadInput.BadInputBench.Id(target);
        Assert.Contains(pid, Bash("libprof", "attach", ""));
        Assert.Contains(pid, Bash("libprof", "dump", ""));
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void Fish_offers(string line, string offered)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/fish"), "fish is not installed");
        Prepare();
        (int status, string output, string errors) = Run("/usr/bin/fish", "--no-config", "-c", "libprof completion fish | source; complete -C $argv[1]", line);
        Assert.True(status == 0, errors);
        Assert.Contains(offered, output.Split('\n').Select(one => one.Split('\t')[0].Replace("\\ ", " ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Zsh_takes_the_script()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/zsh"), "zsh is not installed");
        Prepare();
        (int status, string output, string errors) = Run(
            "/usr/bin/zsh", "-f", "-c", "autoload -Uz compinit; compinit -u -D; source <(libprof completion zsh) && print -r -- $_comps[libprof] ${+functions[_libprof]}");
        Assert.Equal((0, "_libprof 1\n", ""), (status, output, errors));
    }

    private string[] Bash(params string[] words)
    {
        Prepare();
        const string Script = "source <(libprof completion bash); COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMP_LINE=\"$*\"; COMP_POINT=${#COMP_LINE}; _libprof; printf '%s\\n' \"${COMPREPLY[@]}\"";
        (int status, string output, string errors) = Run(["/bin/bash", "--norc", "-c", Script, "bash", .. words]);
        Assert.Equal((0, ""), (status, errors));
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>A directory with a file to offer, and libprof in the search path.</summary>
    private void Prepare()
    {
        Directory.CreateDirectory(_directory["bin"]);
        File.WriteAllText(_directory["some file.libprof"], "");
        if (!File.Exists(_directory["bin/libprof"]))
        {
            File.CreateSymbolicLink(_directory["bin/libprof"], LibProfProgram.Binary);
        }
    }

    private (int Status, string Output, string Errors) Run(params string[] command) => Launching.Run(
        command, _directory.Path, new Dictionary<string, string?> { ["PATH"] = _directory["bin"] + ":/usr/bin:/bin", ["HOME"] = _directory.Path, ["TERM"] = "dumb" });
}
