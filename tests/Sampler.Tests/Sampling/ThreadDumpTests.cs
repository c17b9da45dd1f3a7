using System.Text.Json;
using LibProf.Sampler.Sampling;
using LibProf.TestSupport;

namespace LibProf.Sampler.Tests.Sampling;

/// <summary>What a dump shows of a program that stands still is what the program says of itself: every thread, frame and line.</summary>
public sealed class ThreadDumpTests
{
    [Theory]
    [MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]
    public void Shows_the_stacks_that_traceback_prints(PythonInterpreter interpreter)
    {
        using TargetProcess target = TargetProcess.Start(interpreter, "stacks.py");
        int scenarios = 0;
        for (string? line = target.ReadLine(); line is not null and not "done"; line = target.ReadLine())
        {
            target.WaitUntilItReadsInput();
            using JsonDocument report = JsonDocument.Parse(line);
            string scenario = report.RootElement.GetProperty("scenario").GetString()!;

            foreach (bool blocking in (bool[])[false, true])
            {
                ThreadDump dump = ThreadDump.OfProcess(target.Pid, blocking);
                AssertSame(scenario, report.RootElement.GetProperty("threads"), dump);
            }

            scenarios++;
            target.WriteLine();
        }

        Assert.True(scenarios > 3, $"{scenarios} scenarios: {target.Errors}");
        Assert.Equal(0, target.Finish());
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryMinor), MemberType = typeof(Interpreters))]
    public void Shows_ten_thousand_frames(PythonInterpreter interpreter)
    {
        using TargetProcess target = TargetProcess.Start(interpreter, "deep.py", "10000");

        ThreadDump dump = ThreadDump.OfProcess(target.Pid, blocking: false);

        DumpThread deep = Assert.Single(dump.Threads, thread => thread.Thread.Name == "deep");
        Assert.Equal(10_000, deep.Frames.Count(frame => frame.Function.Name == "down"));
        Assert.Equal("bottom", deep.Frames.First(frame => frame.Function.File.EndsWith("deep.py", StringComparison.Ordinal)).Function.Name);
        Assert.False(deep.IsCut);
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryMinor), MemberType = typeof(Interpreters))]
    public void Shows_five_hundred_threads_by_name(PythonInterpreter interpreter)
    {
        using TargetProcess target = TargetProcess.Start(interpreter, "many_threads.py", "500");

        ThreadDump dump = ThreadDump.OfProcess(target.Pid, blocking: false);

        Assert.Equal(501, dump.Threads.Count);
        Assert.Single(dump.Threads, thread => thread.Thread.IsMain);
        for (int number = 0; number < 500; number++)
        {
            DumpThread worker = Assert.Single(dump.Threads, thread => thread.Thread.Name == $"worker-{number}");
            Assert.Contains(worker.Frames, frame => frame.Function.Name == $"work_{number}");
            Assert.Contains(worker.Frames, frame => frame.Function.Name == $"park_{number}");
        }

        Assert.Equal(501, dump.Threads.Select(thread => thread.Thread.NativeId).Distinct().Count());
    }

    [Fact]
    public void Leaves_a_stopped_process_stopped()
    {
        using TargetProcess target = TargetProcess.Start(Interpreters.Any(), "idle.py");
        target.Signal("STOP");
        Deadline deadline = Deadline.In();
        while (target.State != 'T')
        {
            Assert.False(deadline.HasPassed, "the target did not stop");
        }

        ThreadDump dump = ThreadDump.OfProcess(target.Pid, blocking: true);

        Assert.Contains(dump.Threads, thread => thread.Frames.Count > 0);
        // Let go, it wakes for a moment to stop anew, unseen by all but its own tracer.
        WaitUntil.True(() => target.State == 'T', "it stands again");
        target.Signal("CONT");
        Assert.Equal(0, target.Finish());
    }

    private static void AssertSame(string scenario, JsonElement threads, ThreadDump dump)
    {
        List<string> expected = [.. threads.EnumerateArray().Select(thread => Describe(thread, dump.Python.Version))];
        List<string> actual = [.. dump.Threads.Where(thread => thread.Frames.Count > 0).Select(Describe)];
        expected.Sort(StringComparer.Ordinal);
        actual.Sort(StringComparer.Ordinal);
        Assert.True(expected.SequenceEqual(actual),
            $"{scenario}, expected:\n{string.Join("\n", expected)}\n\nbut shown:\n{string.Join("\n", actual)}");
    }

    private static string Describe(JsonElement thread, string version)
    {
        _ = version;
        IEnumerable<string> frames = thread.GetProperty("frames").EnumerateArray()
            .Select(frame => $"  {frame[0].GetString()}:{frame[1].GetInt32()} {frame[3].GetString() ?? frame[2].GetString()}");
        return $"{thread.GetProperty("name").GetString()}\n{string.Join("\n", frames)}";
    }

    private static string Describe(DumpThread thread) =>
        $"{thread.Thread.Name}\n{string.Join("\n", thread.Frames.Reverse().Select(frame => $"  {frame.Function.File}:{frame.Line} {frame.Function.Name}"))}";
}
