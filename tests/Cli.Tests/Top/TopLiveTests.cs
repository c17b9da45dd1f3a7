using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LibProf.Cli.Tests.Launch;
using LibProf.Cli.Top;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Top;

/// <summary>The real program on a terminal that knows what it shows: what is to be seen, what keys do, and how the terminal is left.</summary>
public sealed partial class TopLiveTests : IDisposable
{
    private static readonly object[] ShowsSpin = ["shows", @"^ *\d+\.\d .* spin "];

    private readonly TemporaryDirectory _directory = new();
    private readonly List<TargetProcess> _targets = [];

    public void Dispose()
    {
        _targets.ForEach(target => target.Dispose());
        _directory.Dispose();
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryMinor), MemberType = typeof(Interpreters))]
    public void HotFunctionIsOnTopAndSomebodyHoldsTheGil(PythonInterpreter python)
    {
        TargetProcess target = Start(python, "working.py", "3", "2");
        JsonObject seen = Play(80, 24, [], target, ShowsSpin, ["shows", @"GIL held \d+\.\d %: Thread-1"], ["shows", "Thread-2.* \\d"], ["keep"], ["send", "q"], ["end"]);

        string[] rows = Kept(seen)[0].Split('\n');
        Assert.Matches(@"^ *\d+\.\d +\d+\.\d +\d+\.\d +\d+\.\d  spin +\S*working\.py:\d+$", rows[5]);
        Assert.Contains(rows, row => Regex.IsMatch(row, @"^\d+ looks/s of 100  good \d+  cut \d+  failed \d+  missed \d+$"));
        AssertLeftWell(seen, 0);
    }

    [Fact]
    public void KeysWork()
    {
        TargetProcess target = Start("busy.py");
        JsonObject seen = Play(80, 24, [], target,
            ShowsSpin, ["shows", "functions, running"],
            ["send", "l"], ["shows", @"lines, running"], ["shows", @"  spin +\S*busy\.py:1\d$"], ["send", "l"], ["shows", "functions"],
            ["send", "s"], ["shows", ">total"], ["send", "s"], ["shows", ">function"], ["send", "s"], ["shows", ">own"],
            ["send", "fLEV"], ["shows", @"filter: LEV_"], ["hides", " spin "], ["send", "\r"], ["shows", "with \"LEV\""], ["shows", @"  level +"],
            ["send", "/\u0015\r"], ["shows", " spin "],
            ["send", "g"], ["shows", "now in"], ["shows", @"\d+ MainThread +spin"], ["send", "\x1b"], ["hides", "now in"],
            ["send", "t"], ["shows", "only MainThread"], ["send", "t"], ["hides", "only"],
            ["send", "w"], ["shows", "waiting threads too"],
            ["send", "h"], ["shows", "quit; the process goes on"], ["send", "h"], ["hides", "quit; the process"],
            ["send", "p"], ["shows", "PAUSED"], ["send", "p"], ["hides", "PAUSED"],
            ["send", "r"], ["shows", "all 0:0\\d"], ["send", "\x0c"], ["draws", 1],
            ["send", "q"], ["end"]);
        AssertLeftWell(seen, 0);
        AssertGoesOn(target);
    }

    [Fact]
    public void FiveHundredThreadsFitOnASmallScreen()
    {
        TargetProcess target = Start("many_threads.py", "500");
        JsonObject seen = Play(80, 24, [], target,
            ["shows", "threads"], ["send", "w"], ["shows", @"park_|wait"], ["shows", "waiting threads too"],
            ["send", "g"], ["shows", @"now in"], ["shows", @"worker-\d+"], ["keep"], ["send", "\x1b"], ["hides", "now in"], ["send", "q"], ["end"]);
        string[] rows = Kept(seen)[0].Split('\n');
        Assert.Equal(24, rows.Length);
        Assert.All(rows, row => Assert.InRange(row.Length, 0, 80));
        AssertLeftWell(seen, 0);
        AssertGoesOn(target);
    }

    [Fact]
    public void TerminalThatTakesNothingHoldsNobodyUp()
    {
        TargetProcess target = Start("working.py", "5", "4");
        JsonObject seen = Play(80, 24, ["--refresh", "0.1"], target, ShowsSpin, ["stalls"], ["send", "q"], ["end"]);
        AssertLeftWell(seen, 0);
        AssertGoesOn(target);
    }

    [Fact]
    public void WindowIsFollowed()
    {
        JsonObject seen = Play(80, 24, [], Start("busy.py"),
            ShowsSpin, ["resize", 40, 8], ["hides", "defined at"], ["shows", "^q:quit.*\\.\\.\\.$"], ["shows", @"\d  spin"], ["resize", 1, 1], ["draws", 1], ["resize", 120, 40],
            ["shows", "defined at"], ["shows", @" spin +.*busy\.py"], ["send", "q"], ["end"]);
        AssertLeftWell(seen, 0);
    }

    [Theory]
    [InlineData("INT", 0)]
    [InlineData("TERM", 128 + 15)]
    [InlineData("HUP", 128 + 1)]
    [InlineData("QUIT", 128 + 3)]
    public void SignalGivesTheTerminalBack(string name, int status)
    {
        TargetProcess target = Start("busy.py");
        AssertLeftWell(Play(80, 24, [], target, ShowsSpin, ["signal", name, 0], ["end"]), status);
        AssertGoesOn(target);
    }

    [Fact]
    public void InterruptKeyQuits()
    {
        TargetProcess target = Start("busy.py");
        AssertLeftWell(Play(80, 24, [], target, ShowsSpin, ["send", "\x03"], ["end"]), 0);
        AssertGoesOn(target);
    }

    [Fact]
    public void EndOfTheProcessEndsTheView()
    {
        TargetProcess target = Start("busy.py");
        JsonObject seen = Play(80, 24, [], target, ShowsSpin, ["signal", "KILL", target.Pid], ["end"]);
        AssertLeftWell(seen, 0);
        Assert.Contains($"libprof: process {target.Pid} has ended", Screen(seen), StringComparison.Ordinal);
    }

    [Fact]
    public void DurationEndsTheView() => AssertLeftWell(Play(80, 24, ["-d", "1"], Start("busy.py"), ["end"]), 0);

    [Fact]
    public void ShellStopsItAndBringsItBack()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "no bash");
        string pid = Start("busy.py").Pid.ToString(CultureInfo.InvariantCulture);
        JsonObject seen = Play(80, 24, ["/usr/bin/env", "PS1=# ", "TERM=xterm", "/bin/bash", "--norc", "--noprofile", "-i"],
            ["shows", "^#"], ["send", $"'{LibProfProgram.Binary}' top {pid}; echo status=$?\n"], ShowsSpin,
            ["send", "\x1a"], ["shows", "Stopped"], ["hides", "q:quit"], ["keep"],
            ["send", "stty -a | tr ' ' '\\n' | grep -x -e 'icanon;*' -e 'echo;*' | tr '\\n' +; echo\n"], ["shows", "icanon\\+echo\\+"],
            ["send", "fg\n"], ShowsSpin, ["shows", "q:quit"],
            ["send", "\x1a"], ["hides", "q:quit"], ["send", "fg\n"], ["shows", "q:quit"],
            ["send", "q"], ["hides", "q:quit"], ["send", "echo done=$?\n"], ["shows", "^done=0"], ["send", "exit 0\n"], ["end"]);
        AssertLeftWell(seen, 0);
    }

    [Fact]
    public void WhatIsTypedBehindTheQuitKeyIsTheShells()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "no bash");
        string pid = Start("busy.py").Pid.ToString(CultureInfo.InvariantCulture);
        JsonObject seen = Play(80, 24, ["/usr/bin/env", "PS1=# ", "TERM=xterm", "/bin/bash", "--norc", "--noprofile", "-i"],
            ["shows", "^#"], ["send", $"'{LibProfProgram.Binary}' top {pid}\n"], ShowsSpin, ["send", "qecho status=$?\n"], ["shows", "^status=0"], ["send", "exit 0\n"], ["end"]);
        AssertLeftWell(seen, 0);
    }

    [Fact]
    public void HostileNamesDoNoHarm()
    {
        // Function names, file names and the name of a thread with escape sequences, controls, wide and combining characters.
        const string Program = """
            import signal, sys, threading
            signal.alarm(600)
            name = "\x1b[2J\x1b]0;title\x07\x9b31m\r\n\u202e\u65e5\u672c\u8a9e" + "\u0301" * 40
            def spin():
                while True:
                    pass
            code = spin.__code__.replace(co_name="evil" + name, co_filename="/tmp/" + name + ".py")
            code = code.replace(co_qualname="evil" + name) if hasattr(code, "co_qualname") else code
            spin.__code__ = code
            threading.Thread(target=spin, name="bad" + name, daemon=True).start()
            print("ready", flush=True)
            sys.stdin.read()
            """;
        TargetProcess target = TargetProcess.Launch([Launching.Python, "-c", Program]);
        _targets.Add(target);
        target.WaitForReady();
        JsonObject seen = Play(120, 24, [], target, ["shows", @"\\r\\n\\u202e.*threading|\\r\\n\\u202e"], ["send", "g"], ["shows", @"bad\\x1b\[2J"], ["keep"], ["send", "q"], ["end"]);
        Assert.Empty(seen["unknown"]!.AsArray());
        Assert.Contains("q:quit", Kept(seen)[0], StringComparison.Ordinal);
        Assert.DoesNotContain("title\x07", (string)seen["text"]!, StringComparison.Ordinal);
        AssertLeftWell(seen, 0);
    }

    [Fact]
    public void LittleIsWrittenForAScreen()
    {
        JsonObject seen = Play(80, 24, ["-v", "--refresh", "0.2"], Start("working.py", "5", "4"), ShowsSpin, ["draws", 25], ["send", "q"], ["end"]);
        AssertLeftWell(seen, 0);
        Match said = Said().Match(Screen(seen));
        Assert.True(said.Success, Screen(seen));
        int screens = int.Parse(said.Groups[1].Value, CultureInfo.InvariantCulture);
        int bytes = int.Parse(said.Groups[2].Value, CultureInfo.InvariantCulture);
        Assert.True(int.Parse(said.Groups[3].Value, CultureInfo.InvariantCulture) <= ScreenPainter.Budget(80, 24), said.Value);
        Assert.True(screens >= 10 && bytes < screens * 1000, said.Value);
        // It wrote no more than it says, but for taking the screen and giving it back.
        Assert.InRange(((string)seen["text"]!).Length, bytes, bytes + said.Value.Length + 100);
    }

    [Fact]
    public void OneTableGoesToStandardOutput()
    {
        TargetProcess target = Start("busy.py");
        LibProfResult result = LibProfProgram.Run("top", "--once", "-d", "1", Id(target));
        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.Matches(@"\n +\d+\.\d +\d+\.\d +\d+\.\d +\d+\.\d  spin +\S*busy\.py:\d+\n", result.Output);
        Assert.DoesNotContain('\e', result.Output);
        AssertGoesOn(target);
    }

    [Fact]
    public void DumbTerminalIsRefused()
    {
        JsonObject seen = Play(80, 24, ["/usr/bin/env", "TERM=dumb", LibProfProgram.Binary, "top", Id(Start("busy.py"))], ["end"]);
        Assert.Contains("libprof: the terminal cannot move its cursor", Screen(seen), StringComparison.Ordinal);
        AssertLeftWell(seen, 2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MistakesAboutTheProcessLeaveTheTerminalAlone(bool isThere)
    {
        using TargetProcess other = TargetProcess.Launch(["/bin/sleep", "600"]);
        string pid = isThere ? Id(other) : "4194300";
        JsonObject seen = Play(80, 24, ["/usr/bin/env", "TERM=xterm", LibProfProgram.Binary, "top", pid], ["end"]);
        string text = (string)seen["text"]!;
        Assert.Equal(LibProfProgram.Run("attach", pid).Errors, text.Replace("\r\n", "\n", StringComparison.Ordinal));
        Assert.StartsWith("libprof: ", text, StringComparison.Ordinal);
        AssertLeftWell(seen, 2);
    }

    private static string Id(TargetProcess target) => target.Pid.ToString(CultureInfo.InvariantCulture);

    private TargetProcess Start(string script, params string[] arguments) => Start(Interpreters.Any(), script, arguments);

    private TargetProcess Start(PythonInterpreter python, string script, params string[] arguments)
    {
        TargetProcess target = TargetProcess.Start(python, script, arguments);
        _targets.Add(target);
        return target;
    }

    private static JsonObject Play(int columns, int rows, string[] options, TargetProcess target, params object[][] steps) =>
        Play(columns, rows, ["/usr/bin/env", "TERM=xterm", "LC_ALL=C.UTF-8", LibProfProgram.Binary, "top", .. options, Id(target)], steps);

    private static JsonObject Play(int columns, int rows, string[] command, params object[][] steps)
    {
        string size(int value) => value.ToString(CultureInfo.InvariantCulture);
        (int status, string output, string errors) = Launching.Run(
            [Launching.Python, TargetScripts.PathOf("on_screen.py"), JsonSerializer.Serialize(steps), size(columns), size(rows), "--", .. command]);
        Assert.True(status == 0, errors);
        JsonObject played = JsonNode.Parse(output)!.AsObject();
        Assert.True(played["failed"] is null, played["failed"]?.ToString());
        return played;
    }

    private static void AssertLeftWell(JsonObject seen, int status)
    {
        Assert.Equal(status, (int)seen["status"]!);
        Assert.True((bool)seen["settings"]!, "the terminal's settings are as before");
        Assert.False((bool)seen["alternate"]!, "the alternate screen is left");
        Assert.True((bool)seen["cursor"]!, "the cursor is shown");
        Assert.True((bool)seen["style"]!, "letters are as usual");
        Assert.Empty(seen["unknown"]!.AsArray());
        Assert.DoesNotContain("q:quit", Screen(seen), StringComparison.Ordinal);
    }

    private static void AssertGoesOn(TargetProcess target)
    {
        Assert.False(target.HasExited);
        Assert.Equal(0, target.Finish());
    }

    private static string Screen(JsonObject seen) => (string)seen["screen"]!;

    private static string[] Kept(JsonObject seen) => [.. seen["kept"]!.AsArray().Select(text => (string)text!)];

    [GeneratedRegex(@"libprof: (\d+) screens, (\d+) bytes, at most (\d+) at once")]
    private static partial Regex Said();
}
