using System.Globalization;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.BadInput;

/// <summary>Ctrl-C and SIGTERM at any moment, and readers that leave early: no error text, no trace, nothing half done.</summary>
public sealed class InterruptionTests : IDisposable
{
    private readonly BadInputBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("INT", 130, "recording")]
    [InlineData("TERM", 143, "json")]
    public void AttachEndsWellAtAnyMoment(string signal, int status, string format)
    {
        using TargetProcess target = BadInputBench.StartIdle();
        for (int i = 0; i < 16; i++)
        {
            // Whatever the moment is: before anything is recorded, or with a whole recording.
            using TargetProcess libprof = _bench.StartCommand(
                "/usr/bin/env", "--default-signal", LibProfProgram.Binary, "attach", "-q", "-f", format, "-o", "x", BadInputBench.Id(target));
            Thread.Sleep(i * 20);
            libprof.Signal(signal);
            int ended = libprof.WaitForExit();

            Assert.Equal("", libprof.ReadErrorsToEnd());
            Assert.True(ended == 0 || ended == status, ended.ToString(CultureInfo.InvariantCulture));
            if (ended == 0 && format == "recording")
            {
                _bench.ReadReport("x");
            }

            if (File.Exists(_bench.Work["x"]))
            {
                Assert.Equal(0, ended);
                Assert.NotEqual(0, new FileInfo(_bench.Work["x"]).Length);
                File.Delete(_bench.Work["x"]);
            }

            _bench.AssertFiles();
        }

        Assert.Equal(0, target.Finish());
    }

    [Theory]
    [InlineData("report", "text")]
    [InlineData("report", "json")]
    [InlineData("report", "speedscope")]
    [InlineData("dump", "")]
    public void ReaderThatLeavesEarlyIsNoError(string verb, string format)
    {
        using TargetProcess target = TargetProcess.Start(Interpreters.Any(), "many_threads.py", "500");
        string[] arguments = [verb, BadInputBench.Id(target)];
        if (verb == "report")
        {
            Assert.Equal(0, _bench.Run("attach", "-q", "-d", "0.3", "-o", "x.libprof", BadInputBench.Id(target)).Status);
            arguments = [verb, "-f", format, "x.libprof"];
        }

        LibProfResult result = _bench.RunCommand(["/bin/bash", "-c", "\"$@\" | head -1; echo ${PIPESTATUS[0]}", "bash", LibProfProgram.Binary, .. arguments]);

        Assert.Equal((0, ""), (result.Status, result.Errors));
        Assert.EndsWith("0\n", result.Output, StringComparison.Ordinal);
    }
}
