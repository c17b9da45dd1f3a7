using System.Text.Json;
using System.Text.Json.Nodes;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Launch;

/// <summary>On a terminal: the bytes it gets, its settings, its keys, and a shell's job control.</summary>
public sealed class LaunchTerminalTests : IDisposable
{
    private const string Bash = "/bin/bash";

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void TerminalGetsTheSameBytesAndKeepsItsSettings()
    {
        const string Program = """
            import os, sys, termios
            print([os.isatty(fd) for fd in (0, 1, 2)], os.tcgetpgrp(0) == os.getpgrp())
            sys.stderr.write("error\n")
            print(termios.tcgetattr(0))
            print(input("? "))
            """;
        object[][] steps = [["expect", "\\? "], ["send", "answer\n"], ["end"]];
        string[] command = [Launching.Python, "-c", Program];
        JsonObject plain = Play(steps, InShell(command));
        JsonObject ours = Play(steps, InShell([.. Launching.LibProf(directory), .. command]));

        Assert.Equal(plain.ToJsonString(), ours.ToJsonString());
        Assert.True((bool)ours["settings"]!);
    }

    [Fact]
    public void SettingsThatTheCommandMakesStay()
    {
        string[] command = [Launching.Python, "-c", "import termios; s = termios.tcgetattr(0); s[3] &= ~termios.ECHO; termios.tcsetattr(0, termios.TCSANOW, s)"];
        JsonObject ours = Play([["expect", "went (\\d+)"], ["send", "x\n"], ["end"]], InShell([.. Launching.LibProf(directory), .. command], "; echo went $?; read line; stty -a"));

        Assert.Contains(" -echo ", (string)ours["text"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void KeysReachTheTargetOnce()
    {
        JsonObject session = PlayInBash(
            ["expect", "ready (\\d+)"],
            ["send", "\x03"],
            ["expect", "got SIGINT"],
            ["send", "\x1c"],
            ["expect", "got SIGQUIT"],
            ["send", "one\n"],
            ["expect", "echo one"],
            ["send", "exit 7\n"]);

        string text = (string)session["text"]!;
        Assert.Equal(1, Count(text, "got SIGINT"));
        Assert.Equal(1, Count(text, "got SIGQUIT"));
        Assert.Contains("status=7", text, StringComparison.Ordinal);
    }

    [Fact]
    public void StoppedJobIsContinuedInTheForeground()
    {
        JsonObject session = PlayInBash(
            ["expect", "ready (\\d+)"],
            ["send", "\x1a"],
            ["expect", "Stopped"],
            ["send", "fg\n"],
            ["expect", "got SIGCONT"],
            ["send", "one\n"],
            ["expect", "echo one"],
            ["send", "\x1a"],
            ["expect", "Stopped"],
            ["send", "fg\n"],
            ["expect", "got SIGCONT"],
            ["send", "exit 6\n"]);

        string text = (string)session["text"]!;
        Assert.Equal(2, Count(text, "got SIGCONT"));
        Assert.Contains("status=6", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData()]
    [InlineData("--blocking", "--rate", "1000")]
    public void JobCanBeStoppedAgainRightAfterItWasContinued(params string[] options)
    {
        // A stop that follows the continuation closely must not be taken for the one before, which is to be ended.
        const int Times = 25;
        List<object[]> steps = [["expect", "ready (\\d+)"]];
        for (int i = 0; i < Times; i++)
        {
            steps.AddRange([["send", "\x1a"], ["expect", "Stopped"], ["send", "fg\n"], ["expect", "got SIGCONT"]]);
        }

        JsonObject session = PlayInBash([.. steps, ["send", "exit 6\n"]], options);
        Assert.Equal(Times, Count((string)session["text"]!, "got SIGCONT"));
        Assert.Contains("status=6", (string)session["text"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void JobThatReadsInTheBackgroundStopsAndGoesOn()
    {
        JsonObject session = PlayInBash(
            ["expect", "ready (\\d+)"],
            ["send", "\x1a"],
            ["expect", "Stopped"],
            ["send", "bg\n"],
            ["expect", "got SIGCONT"],
            ["expect", "Stopped"], // By SIGTTIN: it wants to read.
            ["send", "fg\n"],
            ["expect", "got SIGCONT"],
            ["send", "exit 4\n"]);

        Assert.Contains("status=4", (string)session["text"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void InterruptEndsACommandThatDoesNotHandleIt()
    {
        JsonObject session = Play(
            [["expect", "# "], ["send", Line([.. Launching.LibProf(directory), "/bin/sh", "-c", "echo ready; exec sleep 1000"])], ["expect", "\nready"],
             ["send", "\x03"], ["send", "echo status=$?\n"], ["expect", "status=\\d+"], ["send", "exit 0\n"], ["end"]],
            InteractiveBash);

        Assert.Contains("status=130", (string)session["text"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void SignalToLibProfInTheForegroundIsPassedOn()
    {
        JsonObject session = PlayInBash(
            ["expect", "ready (\\d+)"],
            ["signal-parent", "INT"],
            ["expect", "got SIGINT"],
            ["signal-parent", "TERM"],
            ["expect", "got SIGTERM"],
            ["send", "exit 3\n"]);

        Assert.Contains("status=3", (string)session["text"]!, StringComparison.Ordinal);
    }

    private static string[] InteractiveBash => ["/usr/bin/env", "PS1=# ", "TERM=dumb", Bash, "--norc", "--noprofile", "-i"];

    private static string[] InShell(string[] command, string rest = "; exit $?") =>
        ["/usr/bin/env", "TERM=dumb", "/bin/sh", "-c", "\"$@\"" + rest, "sh", .. command];

    private JsonObject PlayInBash(params object[][] steps) => PlayInBash(steps, []);

    private JsonObject PlayInBash(object[][] steps, string[] options) =>
        Play(
            // set -b: tell at once when the state of a job changes.
            [["expect", "# "], ["send", "set -b\n"], ["expect", "# "], ["send", Line([.. Launching.LibProf(directory, options), .. Launching.Script("tells_signals.py")])], .. steps,
             ["send", "echo status=$?\n"], ["expect", "status=\\d+"], ["send", "exit 0\n"], ["end"]],
            InteractiveBash);

    private static JsonObject Play(object[][] steps, string[] command)
    {
        Assert.SkipUnless(File.Exists(Bash), "no bash");
        (int status, string output, string errors) = Launching.Run(
            [Launching.Python, TargetScripts.PathOf("on_terminal.py"), JsonSerializer.Serialize(steps), "--", .. command]);
        Assert.True(status == 0, errors);
        JsonObject played = JsonNode.Parse(output)!.AsObject();
        Assert.True(played["failed"] is null, played.ToJsonString());
        return played;
    }

    private static string Line(string[] command) => string.Join(' ', command.Select(word => $"'{word}'")) + "\n";

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
