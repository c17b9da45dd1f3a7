using System.Diagnostics;
using System.Text.Json.Nodes;
using LibProf.Cli.Tests.Launch;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.BadInput;

/// <summary>Outputs that cannot be written: before the command is launched where that can be known, else without harm to it.</summary>
public sealed class OutputFileTests : IDisposable
{
    private const string Program = "import asyncio, json, time, unittest; time.sleep(0.2); print('done'); raise SystemExit(7)";

    private readonly BadInputBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("recording")]
    [InlineData("json")]
    public void WhatCannotBeOpenedIsRefusedBeforeTheCommandIsLaunched(string format)
    {
        _bench.Work.Write("file", "");
        foreach ((string output, string reason) in ((string, string)[])[
            (".", "cannot write .: it is a directory"), ("none/x", "cannot write none/x: no such directory"), ("file/x", "cannot write file/x: "),
            ("", "the name of the output file is empty")])
        {
            LibProfResult result = _bench.Run("run", "-f", format, "-o", output, "--", "touch", "launched");
            BadInputBench.AssertRefused(result, 2, reason, "-o FILE");
            _bench.AssertFiles("file");
        }

        BadInputBench.AssertRefused(_bench.Run("run", "-f", "xml", "--", "touch", "launched"), 2, "unknown format 'xml'", "formats: recording, text, json");
        _bench.AssertFiles("file");
    }

    [Fact]
    public void WhatMayNotBeWrittenIsRefused()
    {
        _bench.Work.Write("theirs", "kept");
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/usr/bin/setpriv"), "needs root and setpriv(1)");
        File.SetUnixFileMode(_bench.Work.Path, (UnixFileMode)0b101_101_101 | UnixFileMode.UserWrite);
        string[] user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", LibProfProgram.Binary];
        Assert.SkipUnless(_bench.RunCommand([.. user, "--version"]).Status == 0, "libprof stands where another user cannot start it");

        foreach (string output in (string[])["theirs", "new"])
        {
            LibProfResult result = _bench.RunCommand([.. user, "run", "-o", output, "--", "/bin/sh", "-c", "echo launched"]);
            BadInputBench.AssertRefused(result, 2, $"cannot write {output}: permission denied", "-o FILE");
        }

        LibProfResult unnamed = _bench.RunCommand([.. user, "run", "--", "/bin/sh", "-c", "echo launched"]);
        BadInputBench.AssertRefused(unnamed, 2, "permission denied", "-o FILE");
        Assert.Equal("kept", File.ReadAllText(_bench.Work["theirs"]));
        _bench.AssertFiles("theirs");
    }

    [Theory]
    [InlineData("recording", "/dev/full: the recording could not be written further: No space left on device")]
    [InlineData("json", "cannot write /dev/full: No space left on device")]
    [InlineData("text", "cannot write /dev/full: No space left on device")]
    [InlineData("collapsed", "cannot write /dev/full: No space left on device")]
    [InlineData("speedscope", "cannot write /dev/full: No space left on device")]
    public void FullDiskIsOneErrorAndTheCommandsStatus(string format, string message)
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "no /dev/full");
        LibProfResult run = _bench.Run("run", "-q", "-f", format, "-o", "/dev/full", "--", Launching.Python, "-c", Program);
        Assert.Equal((7, "done\n"), (run.Status, run.Output));
        BadInputBench.AssertErrors(run.Errors, message);

        using TargetProcess target = BadInputBench.StartIdle();
        LibProfResult attach = _bench.Run("attach", "-q", "-d", "0.3", "-f", format, "-o", "/dev/full", BadInputBench.Id(target));
        BadInputBench.AssertRefused(attach, 125, message);
        Assert.Equal(0, target.Finish());
        _bench.AssertFiles();
    }

    [Fact]
    public void DiskThatFillsUpKeepsWhatWasWritten()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount a small file system");
        string mount = Directory.CreateDirectory(_bench.Work["small"]).FullName;
        Assert.SkipUnless(Execute("mount", "-t", "tmpfs", "-o", "size=48k", "none", mount) == 0, "no file system can be mounted here");
        try
        {
            LibProfResult run = _bench.Run("run", "-q", "-o", "small/x.libprof", "--", Launching.Python, "-c",
                "import time; time.sleep(1); import asyncio, ctypes, doctest, http.server, json, multiprocessing, pydoc, unittest, xml.dom.minidom; time.sleep(1); raise SystemExit(7)");
            Assert.Equal((7, ""), (run.Status, run.Output));
            BadInputBench.AssertErrors(run.Errors, "the recording could not be written further: No space left on device", "can be read");
            LibProfResult report = _bench.Run("report", "-f", "json", "small/x.libprof");
            Assert.Equal(0, report.Status);
            BadInputBench.AssertErrors(report.Errors, "warning: the recording is cut after ");
        }
        finally
        {
            Execute("umount", mount);
        }
    }

    [Fact]
    public void DirectoryForTemporaryFilesThatIsMissingIsNamed()
    {
        string[] command = ["env", "TMPDIR=" + _bench.Work["none"], LibProfProgram.Binary, "run", "-f", "json", "-o", "x", "--", "touch", "launched"];
        BadInputBench.AssertRefused(_bench.RunCommand(command), 2, "the directory for temporary files", "set TMPDIR");
        _bench.AssertFiles();
    }

    [Theory]
    [InlineData(127, "no-such-command-anywhere", "no-such-command-anywhere: command not found")]
    [InlineData(127, "", "'': command not found")]
    [InlineData(127, "./none", "./none: no such file")]
    [InlineData(126, "./file", "cannot execute ./file: Permission denied")]
    [InlineData(126, ".", "cannot execute .: ")]
    [InlineData(126, "/", "cannot execute /: it is a directory")]
    public void CommandThatCannotBeStartedLeavesNoFile(int status, string command, string message)
    {
        _bench.Work.Write("file", "");
        foreach (string[] options in (string[][])[[], ["-o", "x.libprof"], ["-f", "json"], ["-q", "-f", "json", "-o", "x.json"]])
        {
            BadInputBench.AssertRefused(_bench.Run(["run", .. options, "--", command]), status, message);
            _bench.AssertFiles("file");
        }

        Assert.Equal(status, _bench.Run("run", "-o", "file", "--", command).Status);
        _bench.AssertFiles("file");
    }

    [Fact]
    public void StandardOutputTakesTheResultOfAttach()
    {
        using TargetProcess target = BadInputBench.StartIdle();
        string pid = BadInputBench.Id(target);
        LibProfResult json = _bench.Run("attach", "-d", "0.3", "-f", "json", "-o", "-", pid);
        Assert.Equal(0, json.Status);
        Assert.Equal(target.Pid, (int)JsonNode.Parse(json.Output)!["process"]!["pid"]!);
        Assert.DoesNotContain("libprof: ", json.Errors, StringComparison.Ordinal);
        _bench.AssertFiles();

        LibProfResult recording = _bench.RunCommand("/bin/sh", "-c", "\"$0\" attach -q -d 0.3 -o - \"$1\" >x.libprof", LibProfProgram.Binary, pid);
        Assert.Equal((0, "", ""), (recording.Status, recording.Output, recording.Errors));
        Assert.Equal(target.Pid, (int)_bench.ReadReport("x.libprof")["process"]!["pid"]!);

        LibProfResult full = _bench.RunCommand("/bin/sh", "-c", "\"$0\" attach -q -d 0.3 -f json -o - \"$1\" >/dev/full", LibProfProgram.Binary, pid);
        BadInputBench.AssertRefused(full, 125, "cannot write to standard output: No space left on device");
        _bench.AssertFiles("x.libprof");
    }

    [Fact]
    public void UnnamedRecordingsGetTheProcessIdAndNothingElseIsLeft()
    {
        LibProfResult run = _bench.Run("run", "-q", "--", Launching.Python, "-c", "import os; print(os.getpid())");
        Assert.Equal((0, ""), (run.Status, run.Errors));
        string name = $"{Path.GetFileName(Launching.Python)}-{run.Output.Trim()}";
        _bench.AssertFiles(name + ".libprof");
        LibProfResult json = _bench.Run("run", "-q", "-f", "json", "--", Launching.Python, "-c", "import os; print(os.getpid())");
        _bench.AssertFiles(name + ".libprof", $"{Path.GetFileName(Launching.Python)}-{json.Output.Trim()}.json");
    }

    [Fact]
    public void KilledLibProfLeavesNoTemporaryFile()
    {
        using TargetProcess target = BadInputBench.StartIdle();
        using TargetProcess libprof = _bench.Start("attach", "-q", "-f", "json", "-o", "x.json", BadInputBench.Id(target));
        WaitUntil.True(() => HasUnnamedFile(libprof.Pid), "it records into a file without a name");
        libprof.Signal("KILL");
        Assert.Equal(128 + 9, libprof.WaitForExit());
        Assert.Equal(0, target.Finish());
    }

    // proc_pid_fd(5): the link of a file that has no name any more ends in " (deleted)".
    private static bool HasUnnamedFile(int pid) =>
        Directory.EnumerateFiles($"/proc/{pid}/fd").Any(file => new FileInfo(file).LinkTarget is { } target
            && target.Contains(".libprof", StringComparison.Ordinal) && target.EndsWith(" (deleted)", StringComparison.Ordinal));

    private static int Execute(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
