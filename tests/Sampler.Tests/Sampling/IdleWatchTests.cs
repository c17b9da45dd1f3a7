using LibProf.Sampler.Native;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Sampling;
using LibProf.TestSupport;

namespace LibProf.Sampler.Tests.Sampling;

public sealed class IdleWatchTests
{
    // As if so much time had passed between two looks.
    private const long StepNs = 1_000_000_000;

    [Fact]
    public void A_process_that_sleeps_is_seen_to_and_so_is_its_waking()
    {
        RequireEvents();
        using TargetProcess target = TargetProcess.Start(Interpreters.Any(), "idle.py");
        using IdleWatch idle = new(target.Pid);

        long now = FallAsleep(idle, 0);
        Assert.False(idle.Wait(1));
        Assert.True(idle.IsAsleep(now), "it sleeps on");

        Wake(target);
        Assert.True(idle.Wait(60_000));
        Assert.False(idle.IsAsleep(now));

        // And once more, with the events that are there.
        _ = FallAsleep(idle, now);
        Wake(target);
        Assert.True(idle.Wait(60_000));
        Assert.Equal(0, target.Finish());
    }

    [Fact]
    public void A_process_that_works_is_never_asleep()
    {
        RequireEvents();
        using TargetProcess target = TargetProcess.Start(Interpreters.Any(), "busy.py");
        using IdleWatch idle = new(target.Pid);

        for (long now = 0; now < 50 * StepNs; now += StepNs)
        {
            Assert.False(idle.IsAsleep(now));
        }
    }

    [Fact]
    public void The_end_of_a_process_is_a_waking()
    {
        RequireEvents();
        using TargetProcess target = TargetProcess.Start(Interpreters.Any(), "idle.py");
        using IdleWatch idle = new(target.Pid);
        long now = FallAsleep(idle, 0);

        Assert.Equal(0, target.Finish());
        Assert.True(idle.Wait(60_000));
        Assert.False(idle.IsAsleep(now));
        Assert.False(idle.IsAsleep(now + StepNs));
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]
    public void Looks_at_a_sleeping_process_are_left_out_and_counted(PythonInterpreter interpreter)
    {
        RequireEvents();
        using TargetProcess target = TargetProcess.Start(interpreter, "idle.py");
        StackSink sink = new();

        SamplingOutcome outcome = SessionTests.Attach(target, sink, rateHz: 1000, TimeSpan.FromSeconds(1), blocking: false);

        SamplingStatistics statistics = outcome.Statistics;
        Assert.True(statistics.Idle > 0, $"{statistics.Samples} samples, none idle");
        Assert.Equal(statistics.Samples, sink.Samples);
        Assert.Equal(statistics.Idle, sink.Idle);
        Assert.True(sink.TimesGoForward);
        Assert.True(outcome.Reads >= statistics.Samples, "a sample without a read");
        // Each look that was due is a sample, failed, missed, or idle; an attach has first an inventory to read. The session may end late.
        long looks = statistics.Samples + statistics.Failed + statistics.Missed + statistics.Idle;
        Assert.InRange(looks, 500, (statistics.DurationNs / 1_000_000) + 10);
        Assert.Equal(0, target.Finish());
    }

    // The watch asks the process's clock twice, and each time the process may just have got there.
    private static long FallAsleep(IdleWatch idle, long now)
    {
        WaitUntil.True(() => idle.IsAsleep(now += StepNs), "it has fallen asleep");
        return now;
    }

    private static void Wake(TargetProcess target)
    {
        target.Input.Write("x\n");
        target.Input.Flush();
    }

    private static void RequireEvents()
    {
        using SwitchEvent? one = SwitchEvent.TryOpen(Environment.ProcessId, out int error);
        Assert.SkipWhen(one is null, $"perf_event_open(2) is refused here (errno {error})");
    }
}
