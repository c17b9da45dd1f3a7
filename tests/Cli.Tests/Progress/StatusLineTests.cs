using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LibProf.Cli.Tests.Launch;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Progress;

/// <summary>The line on the terminal while recording: what it says, where it is left out, and that nothing of it is left.</summary>
public sealed partial class StatusLineTests : IDisposable
{
    private const string Bash = "/bin/bash";
    private const string Over = "\r\x1b[K";
    private const string HostileName = "evil\x1b[31m\x07\u202etxt";

    private readonly TemporaryDirectory _directory = new();
    private readonly List<TargetProcess> _targets = [];

    private string Recording => _directory["out.libprof"];

    public void Dispose()
    {
        _targets.ForEach(target => target.Dispose());
        _directory.Dispose();
    }

    [Fact]
    public void AttachSaysWhatGoesOnAndLeavesNothing()
    {
        JsonObject played = Play([["expect", "[0-9] samples.*, importing long_import"], ["send", "\x03"], ["expect", "Recorded in"], ["end"]], Attach("long_import"));
        string text = (string)played["text"]!;
        string[] parts = text.Split(Over);

        Assert.True((bool)played["settings"]!);
        Assert.Empty(parts[0]);
        // Each line is drawn over the one before, and over the last one nothing.
        Assert.All(parts[1..^1], part => Assert.Matches(Line(), part.Replace("^C", "", StringComparison.Ordinal)));
        Assert.DoesNotMatch(Line(), parts[^1]);
        Assert.DoesNotContain("\x1b[", parts[^1].Split("Recorded in")[1], StringComparison.Ordinal);
    }

    [Fact]
    public void NamesCannotActOnTheTerminal()
    {
        JsonObject played = Play([["expect", "importing evil"], ["expect", "\r"], ["send", "\x03"], ["expect", "Recorded in"], ["end"]], Attach(HostileName));
        string lines = (string)played["text"]!;
        lines = lines[..lines.LastIndexOf(Over, StringComparison.Ordinal)];

        Assert.Contains("evil\\x1b[31m\\x07\\u202etxt", lines, StringComparison.Ordinal);
        Assert.DoesNotContain("\x1b[31m", lines, StringComparison.Ordinal);
        Assert.DoesNotContain('\x07', lines);
    }

    [Theory]
    [InlineData(30, "samples")]
    [InlineData(50, "importing [.]{3}a+")]
    [InlineData(100, "s, [0-9,]+ samples, [0-9,]+/s, [0-9.]+ % good, importing [.]{3}a+")]
    public void LineFitsTheTerminal(int columns, string pattern)
    {
        string name = new('a', 200);
        JsonObject played = Play(
            [["expect", pattern], ["expect", "\r"], ["send", "\x03"], ["expect", "Recorded in"], ["end"]],
            ["/bin/sh", "-c", $"stty cols {columns}; exec \"$@\"", "sh", .. Attach(name)]);
        string[] parts = ((string)played["text"]!).Split(Over);

        Assert.All(parts[1..^1], part => Assert.InRange(part.Replace("^C", "", StringComparison.Ordinal).Length, 0, columns - 1));
    }

    [Theory]
    [InlineData("xterm", "--quiet")]
    [InlineData("dumb")]
    [InlineData("")]
    [InlineData("dumb", "--progress")]
    public void LineIsLeftOut(string term, params string[] options)
    {
        JsonObject played = Play([["end"]], Attach("long_import", ["--duration", "1.5", .. options]), term);

        Assert.DoesNotMatch(Line(), (string)played["text"]!);
    }

    [Fact]
    public void OtherStreamThanATerminalGetsNoLine()
    {
        string[] command = Attach("long_import", ["--duration", "1.5", "--progress"]);
        var (status, _, errors) = Launching.Run(command, environment: new() { ["TERM"] = "xterm" });

        Assert.Equal(0, status);
        Assert.DoesNotMatch(Line(), errors);
    }

    [Fact]
    public void TerminalThatIsHaltedHoldsNothingUp()
    {
        JsonObject played = Play(
            [["expect", "importing long_import"], ["send", "\x13"], ["growing", Recording], ["growing", Recording], ["send", "\x11"],
             ["expect", "importing long_import"], ["send", "\x03"], ["expect", "Recorded in"], ["end"]],
            Attach("long_import"));

        Assert.True((bool)played["settings"]!);
        Assert.Equal(0, (int)played["status"]!);
    }

    [Fact]
    public void StoppedJobComesBack()
    {
        Assert.SkipUnless(File.Exists(Bash), "no bash");
        string line = string.Join(' ', Attach("long_import").Select(word => $"'{word}'"));
        JsonObject played = Play(
            [["expect", "# "], ["send", line + "; echo status=$?\n"], ["expect", "importing long_import"], ["send", "\x1a"], ["expect", "Stopped"], ["expect", "status=\\d"],
             ["send", "bg; sleep 1; echo in the back''ground\n"], ["expect", "in the background"],
             ["send", "fg; echo status=$?\n"], ["expect", "importing long_import"], ["send", "\x03"], ["expect", "Recorded in"], ["expect", "status=0"], ["send", "exit 0\n"], ["end"]],
            [Bash, "--norc", "--noprofile", "-i"]);
        string text = (string)played["text"]!;
        int from = text.IndexOf("Stopped", StringComparison.Ordinal);

        Assert.True((bool)played["settings"]!);
        Assert.DoesNotMatch(Line(), text[from..text.IndexOf("in the background", from, StringComparison.Ordinal)]);
    }

    [Fact]
    public void ProgramThatHasTheTerminalIsLeftAlone()
    {
        const string Program = "import time; print('begun', flush=True); time.sleep(1.5); print('a result')";
        string[] command = [LibProfProgram.Binary, "run", "-o", Recording, "--", Launching.Python, "-c", Program];
        string text = (string)Play([["end"]], command)["text"]!;

        Assert.DoesNotMatch(Line(), text);
        Assert.StartsWith("begun\r\na result\r\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ProgramThatWritesElsewhereHasALine()
    {
        string log = _directory["log"];
        string[] program = [Launching.Python, "-c", "import sys; print('begun', flush=True); sys.stdin.readline(); print('done')"];
        string[] command = [LibProfProgram.Binary, "run", "-o", Recording, "--", "/bin/sh", "-c", $"exec \"$@\" > '{log}' 2>&1", "sh", .. program];
        JsonObject played = Play([["expect", "libprof: \\d+ s, [\\d,]+ samples, "], ["send", "\n"], ["expect", "Recorded in"], ["end"]], command);

        Assert.Equal(0, (int)played["status"]!);
        Assert.Equal("begun\ndone\n", File.ReadAllText(log));
    }

    [Fact]
    public void AskedForTheLineStandsBesideTheProgramsOutput()
    {
        const string Program = "import sys; print('begun', flush=True); print('name? ', end='', flush=True); sys.stdin.readline(); print('first\\nsecond'); print('no end of line', end='')";
        string[] command = [LibProfProgram.Binary, "run", "--progress", "-o", Recording, "--", Launching.Python, "-c", Program];
        JsonObject played = Play([["expect", "libprof: \\d+ s, [\\d,]+ samples, "], ["send", "me\n"], ["expect", "Recorded in"], ["end"]], command);
        string text = (string)played["text"]!;

        // What stands before the cursor is not drawn over: a row of spaces leads to the next line.
        Assert.Matches(@"begun\r\nname\? {20,}\r\x1b\[Klibprof: ", text);
        Assert.Contains("first\r\nsecond\r\nno end of line", text, StringComparison.Ordinal);
        Assert.DoesNotContain("no end of line" + Over, text, StringComparison.Ordinal);
        Assert.True((bool)played["settings"]!);
    }

    [GeneratedRegex(@"libprof: \d+( of \d+)? s, ")]
    private static partial Regex Line();

    // A program that imports a module of that name until the test ends, and the command that attaches to it.
    private string[] Attach(string module, params string[] options)
    {
        string path = _directory["modules"];
        _ = Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, module + ".py"), "import sys\nprint('ready', flush=True)\nsys.stdin.readline()\n");
        string program = $"import importlib, sys; sys.path.insert(0, sys.argv[1]); importlib.import_module({JsonSerializer.Serialize(module)})";
        TargetProcess target = TargetProcess.Launch([Launching.Python, "-c", program, path]);
        _targets.Add(target);
        Assert.Equal("ready", target.ReadLine());
        return [LibProfProgram.Binary, "attach", "-o", Recording, .. options, target.Pid.ToString(CultureInfo.InvariantCulture)];
    }

    private static JsonObject Play(object[][] steps, string[] command, string term = "xterm")
    {
        var (status, output, errors) = Launching.Run(
            [Launching.Python, TargetScripts.PathOf("on_terminal.py"), JsonSerializer.Serialize(steps), "--", "/usr/bin/env", "PS1=# ", $"TERM={term}", .. command]);
        Assert.True(status == 0, errors);
        JsonObject played = JsonNode.Parse(output)!.AsObject();
        Assert.True(played["failed"] is null, played.ToJsonString());
        return played;
    }
}
