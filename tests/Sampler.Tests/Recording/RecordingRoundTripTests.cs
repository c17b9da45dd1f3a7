using CsCheck;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Recording.Wire;

namespace LibProf.Sampler.Tests.Recording;

public class RecordingRoundTripTests
{
    private static readonly ThreadStack[] _oneStack = [new(0, 1, false)];

    [Fact]
    public void Events_come_out_as_they_went_in()
    {
        Gen.Select(Gen.Int, Gen.Int[0, 2000]).Sample((seed, count) =>
        {
            var expected = new CollectingSink();
            var got = new CheckingSink();
            var result = RecordingFiles.Read(RecordingFiles.Make(seed, count, expected), got);
            Assert.Equal(expected.Events, got.Events);
            Assert.True(result.IsComplete);
            Assert.Null(result.Warning);
        }, iter: 150);
    }

    [Fact]
    public void Large_recordings_are_written_in_many_blocks()
    {
        var expected = new CollectingSink();
        var got = new CheckingSink();
        var result = RecordingFiles.Read(RecordingFiles.Make(5, 60_000, expected), got);
        Assert.Equal(expected.Events, got.Events);
        Assert.InRange(result.Blocks, 5, 1000);
    }

    [Fact]
    public void Through_the_pump_events_come_out_as_they_went_in()
    {
        var expected = new CollectingSink();
        var got = new CheckingSink();
        var stream = new MemoryStream();
        using (var writer = new RecordingWriter(stream))
        {
            // Large enough for everything, so that nothing is refused however slow the draining thread is.
            using (var pump = new RecordingPump(writer, 1 << 20))
            {
                pump.Start();
                RecordingFiles.Play(pump, 7, 20_000, () => { });
                Assert.Equal(0, pump.Dropped);
            }
            writer.Complete();
        }
        RecordingFiles.Play(expected, 7, 20_000, () => { });
        RecordingFiles.Read(stream.ToArray(), got);
        Assert.Equal(expected.Events, got.Events);
    }

    [Fact]
    public void Samples_whose_clock_goes_back_get_the_time_of_the_one_before()
    {
        var got = new CheckingSink();
        var stream = new MemoryStream();
        using var writer = new RecordingWriter(stream);
        Announce(writer);
        writer.OnSample(long.MaxValue / 4, _oneStack);
        writer.OnSample(5, _oneStack);
        writer.Flush();
        writer.OnSample(6, _oneStack);
        writer.Complete();
        RecordingFiles.Read(stream.ToArray(), got);
        Assert.Equal([.. Enumerable.Repeat($"sample {long.MaxValue / 4} 0:1", 3)], got.Events.Where(e => e.StartsWith("sample", StringComparison.Ordinal)));
    }

    [Fact]
    public void Text_that_is_no_text_is_replaced_and_does_not_spoil_the_recording()
    {
        var got = new CollectingSink();
        var stream = new MemoryStream();
        using var writer = new RecordingWriter(stream);
        Announce(writer);
        writer.OnFunction(new FunctionInfo(1, "a\udc80b", "/x\0y", 1));
        writer.Complete();
        RecordingFiles.Read(stream.ToArray(), got);
        Assert.Contains("function 1 a\ufffdb /x\0y 1", got.Events);
    }

    [Fact]
    public void A_huge_command_line_of_one_letter_is_read_again()
    {
        var expected = new CollectingSink();
        var got = new CollectingSink();
        var stream = new MemoryStream();
        using var writer = new RecordingWriter(stream);
        foreach (var sink in new IRecordingSink[] { expected, writer })
        {
            new RandomEvents(1).Begin(sink);
            sink.OnImage(new ProcessImage { Pid = 1, StartNs = 0, Attached = false, Executable = "x", CommandLine = [new string('a', 6_000_000)] });
        }
        writer.Complete();
        RecordingFiles.Read(stream.ToArray(), got);
        Assert.Equal(expected.Events, got.Events);
    }

    [Fact]
    public void Events_that_refer_to_nothing_are_the_callers_error()
    {
        using var writer = new RecordingWriter(new MemoryStream());
        Announce(writer);
        Assert.Throws<ArgumentException>(() => writer.OnFunction(new FunctionInfo(5, "f", "f", 1)));
        Assert.Throws<ArgumentException>(() => writer.OnFrame(new FrameInfo(1, 1, 1, null)));
        Assert.Throws<ArgumentException>(() => writer.OnStack(2, 2, 0));
        Assert.Throws<ArgumentException>(() => writer.OnThread(new ThreadInfo(2, 0, "", false, 0)));
        Assert.Throws<ArgumentException>(() => writer.OnSample(0, [new ThreadStack(0, 2, false)]));
        Assert.Throws<ArgumentException>(() => writer.OnSample(0, [new ThreadStack(1, 1, false)]));
    }

    [Fact]
    public void A_sample_costs_few_bytes_and_the_writer_no_garbage()
    {
        using var writer = new RecordingWriter(new MemoryStream(1 << 20));
        Announce(writer);
        for (var i = 2; i <= 40; i++)
            writer.OnStack(i, i - 1, 0);
        var random = new Random(1);
        ThreadStack[] stacks = [new(0, 1, false)];
        void Samples(int from, int count)
        {
            for (var i = from; i < from + count; i++)
            {
                if (random.Next(4) == 0)
                    stacks[0] = new ThreadStack(0, random.Next(40) + 1, false);
                writer.OnSample(i * 100_000L + random.Next(5000), stacks);
            }
        }
        Samples(0, 50_000);
        var bytesBefore = writer.BytesWritten;
        var allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        Samples(50_000, 100_000);
        writer.Flush();
        // A column may still grow; an object for each sample would be 2,400,000.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocatedBefore, 0, 600_000);
        Assert.InRange(writer.BytesWritten - bytesBefore, 1, 400_000);
    }

    [Fact]
    public void The_names_of_numbers_in_the_file_are_those_of_the_contract()
    {
        Assert.Equal(Enum.GetNames<Milestone>(), Enum.GetNames<MilestoneKind>());
        Assert.Equal(Enum.GetNames<ModuleKind>(), Enum.GetNames<ModuleOrigin>());
        Assert.Equal(Enum.GetNames<SampleFailure>(), Enum.GetNames<FailureReason>());
        Assert.Equal(Enum.GetNames<UsageMoment>(), Enum.GetNames<UsageMomentKind>());
        Assert.Equal(Enum.GetNames<CodeUse>(), Enum.GetNames<CodeUseKind>());
    }

    internal static void Announce(IRecordingSink sink)
    {
        new RandomEvents(1).Begin(sink);
        sink.OnThread(new ThreadInfo(0, 1, "MainThread", true, 0));
        sink.OnFunction(new FunctionInfo(0, "main", "main.py", 1));
        sink.OnFrame(new FrameInfo(0, 0, 1, null));
        sink.OnStack(1, 0, 0);
    }
}
