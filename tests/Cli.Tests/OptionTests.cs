using LibProf.Cli.Tests.Launch;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests;

/// <summary>The command line's surface. Run against the published binary these also show that option types survived trimming.</summary>
public sealed class OptionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void WithoutArgumentsHelpGoesToStandardError()
    {
        LibProfResult result = LibProfProgram.Run();
        Assert.Equal((2, ""), (result.Status, result.Output));
        Assert.Contains("libprof run [options] -- COMMAND [ARGS...]", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    public void HelpListsTheVerbs(string option)
    {
        LibProfResult result = LibProfProgram.Run(option);
        Assert.Equal((0, ""), (result.Status, result.Errors));
        foreach (string verb in (string[])["run", "attach", "report", "dump", "top", "diff", "check", "bench"])
        {
            Assert.Contains($"  libprof {verb} ", result.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("run", "--rate", "--duration", "--output", "--format", "--blocking", "--verbose", "--quiet")]
    [InlineData("attach", "--rate", "--duration", "--output", "--format", "--blocking", "--verbose", "--quiet")]
    [InlineData("report", "--output", "--format", "--verbose", "--quiet")]
    [InlineData("dump", "--blocking", "--core", "--verbose", "--quiet")]
    [InlineData("top", "--rate", "--duration", "--refresh", "--waiting", "--once", "--verbose", "--quiet")]
    [InlineData("diff", "--output", "--format", "--verbose", "--quiet")]
    [InlineData("check", "--budget", "--update", "--format", "--verbose", "--quiet")]
    [InlineData("bench", "--runs", "--warmup", "--prepare", "--vs", "--no-init", "--show-output", "--ignore-failure", "--output", "--format")]
    public void HelpOfAVerbListsItsOptionsWithAnExample(string verb, params string[] options)
    {
        LibProfResult result = LibProfProgram.Run(verb, "--help");
        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Contains($"examples:\n  libprof {verb} ", result.Output, StringComparison.Ordinal);
        Assert.All(options, option => Assert.Contains(option, result.Output, StringComparison.Ordinal));
        Assert.DoesNotContain("--subprocesses", result.Output, StringComparison.Ordinal);
        Assert.Equal(result, LibProfProgram.Run("help", verb));
    }

    [Fact]
    public void VersionIsShown()
    {
        LibProfResult result = LibProfProgram.Run("--version");
        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Matches(@"^libprof \d+\.\d+\.\d+\S*\n$", result.Output);
    }

    [Theory]
    [InlineData("unknown verb 'runn'", "runn")]
    [InlineData("unknown option '--nonsense'", "--nonsense")]
    [InlineData("unknown option '--nonsense'", "run", "--nonsense", "--", "true")]
    [InlineData("unknown option '-x'", "run", "-x", "--", "true")]
    [InlineData("option '--rate' needs a value", "run", "--rate", "--", "true")]
    [InlineData("option '-o' needs a value", "run", "-qo", "--", "true")]
    [InlineData("option '-f' needs a value", "report", "x", "-f")]
    [InlineData("an argument is missing", "report")]
    [InlineData("an argument is missing", "attach", "-q")]
    [InlineData("unexpected argument 'python3'", "run", "python3", "x.py")]
    [InlineData("unexpected argument 'x'", "run", "-q", "x", "--", "true")]
    [InlineData("unexpected argument 'b'", "report", "a", "b")]
    [InlineData("unexpected argument '2'", "attach", "1", "2")]
    [InlineData("bad rate '0'", "run", "-r", "0", "--", "true")]
    [InlineData("bad rate 'fast'", "run", "--rate=fast", "--", "true")]
    [InlineData("bad rate '-5'", "run", "--rate=-5", "--", "true")]
    [InlineData("bad duration", "run", "-d", "0", "--", "true")]
    [InlineData("bad value for option '--duration'", "run", "-d", "long", "--", "true")]
    [InlineData("unknown format 'nonsense'", "run", "-f", "nonsense", "--", "true")]
    [InlineData("no command given", "run")]
    [InlineData("no command given", "run", "--")]
    [InlineData("no command given", "run", "-q")]
    [InlineData("run does not write to standard output, which is the command's", "run", "-o", "-", "--", "true")]
    [InlineData("the name of the output file is empty", "run", "-o", "", "--", "true")]
    [InlineData("the name of a file is empty", "report", "")]
    [InlineData("the name of a file is empty", "report", "-o", "", "x")]
    [InlineData("option '--core' needs a value", "dump", "--core")]
    [InlineData("an argument is missing", "dump")]
    [InlineData("an argument is missing", "diff", "a")]
    [InlineData("unexpected argument 'c'", "diff", "a", "b", "c")]
    [InlineData("unknown format 'xml'", "diff", "-f", "xml", "a", "b")]
    [InlineData("the name of a file is empty", "diff", "", "b")]
    [InlineData("no budget given", "check", "a")]
    [InlineData("no recording given", "check", "--budget", "b")]
    [InlineData("option '--budget' needs a value", "check", "a", "--budget")]
    [InlineData("unknown format 'xml'", "check", "a", "--budget", "b", "-f", "xml")]
    [InlineData("cannot read b: no such file", "check", "a", "--budget", "b")]
    [InlineData("no command given", "bench")]
    [InlineData("no command given", "bench", "--runs", "3", "--")]
    [InlineData("bad number of runs '0'", "bench", "--runs", "0", "--", "true")]
    [InlineData("bad number of runs '100000'", "bench", "--runs", "100000", "--", "true")]
    [InlineData("bad value for option '--runs'", "bench", "--runs", "ten", "--", "true")]
    [InlineData("bad number of warm-ups '-1'", "bench", "--warmup=-1", "--", "true")]
    [InlineData("unexpected argument 'true'", "bench", "true")]
    [InlineData("the name of the output file is empty", "bench", "-o", "", "--", "true")]
    [InlineData("the other command is empty", "bench", "--vs", " ", "--", "true")]
    [InlineData("a quote is not closed in 'echo \"a'", "bench", "--vs", "echo \"a", "--", "true")]
    [InlineData("'|' in the other command needs a shell, and none is run", "bench", "--vs", "echo a | cat", "--", "true")]
    [InlineData("a process id and --core exclude each other", "dump", "--core", "x", "1")]
    [InlineData("--blocking is for a process: a core file stands still", "dump", "--core", "x", "--blocking")]
    [InlineData("'abc' is not a process id", "attach", "abc")]
    [InlineData("an argument is missing", "top")]
    [InlineData("'abc' is not a process id", "top", "abc")]
    [InlineData("bad rate '0'", "top", "-r", "0", "1")]
    [InlineData("bad duration", "top", "-d", "0", "1")]
    [InlineData("bad refresh interval", "top", "--refresh", "0", "1")]
    [InlineData("standard output is not a terminal", "top", "1")]
    [InlineData("'0' is not a process id", "dump", "0")]
    [InlineData("'99999999999' is not a process id", "dump", "99999999999")]
    [InlineData("'-1' is not a process id", "attach", "--", "-1")]
    public void WrongUsageIsOneLineAndAHint(string message, params string[] arguments)
    {
        LibProfResult result = LibProfProgram.Run(arguments, input: null, workingDirectory: _directory.Path);
        Assert.Equal((2, ""), (result.Status, result.Output));
        string[] lines = result.Errors.Split('\n');
        Assert.Equal("libprof: " + message, lines[0]);
        Assert.StartsWith("libprof: ", lines[1], StringComparison.Ordinal);
        Assert.Equal(3, lines.Length);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Theory]
    [InlineData("-r", "100", "-q", "-o")]
    [InlineData("-r100", "--quiet", "--output")]
    [InlineData("--rate", "max", "--duration", "0.5", "--format", "recording", "--blocking", "-v", "-q", "-o")]
    [InlineData("--rate=2000", "--duration=3", "--format=RECORDING", "-vqo")]
    public void OptionsAreTakenAndTheCommandsAreNot(params string[] options)
    {
        string file = _directory["out.libprof"];
        LibProfResult result = LibProfProgram.Run(["run", .. options, file, "--", "/bin/sh", "-c", "echo \"$@\"; exit 4", "sh", "-q", "--", "--help"]);
        Assert.Equal((4, "-q -- --help\n"), (result.Status, result.Output));
        Assert.True(File.Exists(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void WhatIsNotPythonGetsOneWarning()
    {
        LibProfResult result = LibProfProgram.Run("run", "-o", _directory["out.libprof"], "--", "/bin/sh", "-c", "exit 6");
        Assert.Equal((6, ""), (result.Status, result.Output));
        Assert.Single(result.Errors.Split('\n'), line => line.Contains("warning", StringComparison.Ordinal));
    }

    [Fact]
    public void ReaderThatLeftEarlyIsNoError()
    {
        // The pipe has lost its reader before libprof starts.
        var result = Launching.Run(["/bin/bash", "-c", "exec 3> >(exit 0); wait $!; exec \"$0\" --help >&3", LibProfProgram.Binary]);
        Assert.Equal((0, "", ""), result);
    }

    [Fact]
    public void OutputThatCannotBeWrittenIsAnError()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "no /dev/full");
        var result = Launching.Run(["/bin/sh", "-c", "exec \"$0\" --help >/dev/full", LibProfProgram.Binary]);
        Assert.Equal((125, ""), (result.Status, result.Output));
        Assert.StartsWith("libprof: cannot write to standard output: ", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<&-")]
    [InlineData(">&-")]
    [InlineData("2>&-")]
    [InlineData("<&- >&- 2>&-")]
    public void ClosedStreamsStayClosedAndGetNoFile(string closed)
    {
        // Should a recording be opened under the number of a closed stream, warnings would go into it.
        string list = _directory["descriptors"];
        string command = $"for n in 0 1 2; do [ -e /proc/self/fd/$n ] && echo $n; done >{list}.$1; exit 0";
        const string Start = "mode=$1; shift; eval \"\\\"\\$@\\\" $mode\"";
        _ = Launching.Run(["/bin/bash", "-c", Start, "bash", closed, "/bin/bash", "-c", command, "bash", "plain"]);
        var ours = Launching.Run(["/bin/bash", "-c", Start, "bash", closed, LibProfProgram.Binary, "run", "-v", "-o", _directory["out.libprof"], "--", "/bin/bash", "-c", command, "bash", "ours"]);

        Assert.Equal(File.ReadAllText(list + ".plain"), File.ReadAllText(list + ".ours"));
        Assert.DoesNotContain("libprof: ", File.ReadAllText(_directory["out.libprof"]), StringComparison.Ordinal);
        Assert.Equal(0, ours.Status);
    }
}
