using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Launch;

/// <summary>A program that prints what a launcher could have changed prints the same with and without libprof.</summary>
public sealed partial class LaunchIdentityTests
{
    private const string Pipe = "13";
    private const string Terminate = "15";
    private const string Child = "17";

    [Theory]
    [InlineData("", "")]
    [InlineData(Pipe, "")]
    [InlineData(Child, "")]
    [InlineData("2,3", "")] // What sh does for "command &".
    [InlineData("1", "")]   // nohup
    [InlineData("10,12", "")]
    [InlineData(Terminate, "")]
    [InlineData("18,20,21,22,28", "")] // Job control.
    [InlineData("40,64", "")]
    [InlineData("", "10")]
    [InlineData("", "2,12,15,17,20,34,50")]
    [InlineData("1,2,3,10,12,13,14,17,20,24,25,29", "1,2,10,13,15,17,25")]
    public void SignalsAreInherited(string ignored, string blocked)
    {
        Assert.SkipWhen(!LibProfProgram.IsNative && ignored.Split(',').Contains(Terminate),
            "the JIT's runtime catches SIGTERM before libprof runs: only the published binary is exact (set LIBPROF_BINARY)");
        AssertSame(["--ignore", ignored, "--block", blocked], []);
    }

    [Fact]
    public void ArgumentsAreThoseGiven() =>
        AssertSame([], ["", "--", "-v", "a b", "--help", "é", "hex:ff80fe", "*", "$HOME", "", "\n", ""]);

    [Fact]
    public void DescriptorsAreInheritedAndNoneIsAdded() => AssertSame(["--descriptor", "17"], []);

    [Fact]
    public void LimitOfOpenFilesIsInherited()
    {
        Assert.SkipUnless(LibProfProgram.IsNative, "the JIT's runtime raises the limit before libprof runs: only the published binary is exact (set LIBPROF_BINARY)");
        AssertSame(["--files", "300"], []);
    }

    [Fact]
    public void EnvironmentIsByteForByteTheSame()
    {
        // Order, duplicates and entries without '=' included: execve from Python cannot make those, so compare what can be made.
        const string Show = "import sys; sys.stdout.write(open('/proc/self/environ', 'rb').read().hex())";
        Dictionary<string, string?> environment = new() { ["EMPTY"] = "", ["LINES"] = "a\nb", ["Ü"] = "ö", ["PATH"] = "/usr/bin:/bin" };
        using TemporaryDirectory directory = new();
        string[] command = [Launching.Python, "-S", "-c", Show];
        var plain = Launching.Run(Launching.StartedWith([], command), environment: environment);
        var ours = Launching.Run(Launching.StartedWith([], [.. Launching.LibProf(directory), .. command]), environment: environment);

        Assert.Equal(0, ours.Status);
        Assert.NotEqual("", plain.Output);
        Assert.Equal(plain.Output, ours.Output);
    }

    [Fact]
    public void CommandIsFoundInPathAndKeepsItsName()
    {
        using TemporaryDirectory directory = new();
        string script = directory.Write("bin/tool", "#!/bin/sh\necho \"$0\" \"$#\"\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Dictionary<string, string?> environment = new() { ["PATH"] = $"/nowhere::{directory["bin"]}:/usr/bin:/bin" };
        var ours = Launching.Run([.. Launching.LibProf(directory), "tool", "x"], directory.Path, environment);

        Assert.Equal((0, $"{script} 1\n"), (ours.Status, ours.Output));
    }

    [Fact]
    public void ScriptWithoutInterpreterLineIsRunByTheShell()
    {
        using TemporaryDirectory directory = new();
        string script = directory.Write("plain", "echo \"$1\"; exit 3\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var ours = Launching.Run([.. Launching.LibProf(directory), script, "told"], directory.Path);

        Assert.Equal((3, "told\n"), (ours.Status, ours.Output));
    }

    private static void AssertSame(string[] startOptions, string[] arguments)
    {
        using TemporaryDirectory directory = new();
        string[] command = Launching.Script("report_self.py", arguments);
        JsonObject plain = Report(Launching.StartedWith(startOptions, command), directory.Path);
        JsonObject ours = Report(Launching.StartedWith(startOptions, [.. Launching.LibProf(directory), .. command]), directory.Path);

        Assert.Equal(plain.ToJsonString(), ours.ToJsonString());
    }

    private static JsonObject Report(string[] command, string directory)
    {
        (int status, string output, string errors) = Launching.Run(command, directory);
        Assert.True(status == 0, $"{string.Join(' ', command)}: status {status}, {errors}");
        // Python writes a byte that is not UTF-8 as a lone surrogate, which .NET does not take.
        output = PipeNumber().Replace(output, "pipe").Replace("\\udc", "byte ", StringComparison.Ordinal);
        JsonObject report = JsonNode.Parse(output)!.AsObject();
        Assert.True(report.Remove("pid") && report.Remove("parent"));
        if (!LibProfProgram.IsNative)
        {
            Assert.True(report.Remove("limits"));
        }

        return report;
    }

    [GeneratedRegex(@"pipe:\[\d+\]")]
    private static partial Regex PipeNumber();
}
