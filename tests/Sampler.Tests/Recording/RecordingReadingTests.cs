using System.Buffers.Binary;
using CsCheck;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Recording.Wire;
using static LibProf.Sampler.Tests.Recording.RecordingFiles;

namespace LibProf.Sampler.Tests.Recording;

public class RecordingReadingTests
{
    private static readonly CollectingSink _smallEvents = new();
    private static readonly byte[] _small = Make(2, 160, _smallEvents);

    /// <summary>Whatever was done to a recording: what is read is how it began, or it is refused.</summary>
    internal static RecordingReadResult? CheckReadsAsPrefix(byte[] file, List<string> events)
    {
        var got = new CheckingSink();
        RecordingReadResult? result = null;
        try
        {
            result = Read(file, got);
        }
        catch (RecordingException e)
        {
            Assert.DoesNotContain('\n', e.Message);
        }
        Assert.Equal(events[..got.Events.Count], got.Events);
        return result;
    }

    [Fact]
    public void Cut_at_any_byte_it_is_readable_up_to_the_last_whole_block()
    {
        var lastCount = 0;
        for (var size = 0; size < _small.Length; size++)
        {
            var got = new CheckingSink();
            var file = _small[..size];
            try
            {
                var result = Read(file, got);
                Assert.False(result.IsComplete);
                Assert.StartsWith($"the recording is cut after {result.Blocks} block", result.Warning, StringComparison.Ordinal);
            }
            catch (RecordingException e)
            {
                Assert.Equal(RecordingProblem.Empty, e.Problem);
                Assert.Equal(0, lastCount);
            }
            Assert.Equal(_smallEvents.Events[..got.Events.Count], got.Events);
            Assert.True(got.Events.Count >= lastCount);
            lastCount = got.Events.Count;
        }
        Assert.Equal(_smallEvents.Events.Count, lastCount);
    }

    [Fact]
    public void With_any_byte_changed_it_is_read_up_to_there_or_refused()
    {
        for (var at = 0; at < _small.Length; at++)
        {
            foreach (var change in (byte[])[1, 0x80, 0xff])
            {
                var file = (byte[])_small.Clone();
                file[at] ^= change;
                var result = CheckReadsAsPrefix(file, _smallEvents.Events);
                // The minor version and the reserved bytes do not matter.
                if (at is < 10 or >= 16)
                    Assert.False(result?.IsComplete ?? false, $"byte {at}");
            }
        }
    }

    [Fact]
    public void Random_changes_never_do_harm()
    {
        Gen.Select(Gen.Int[0, _small.Length - 1], Gen.Byte).Array[1, 20].Sample(changes =>
        {
            var file = (byte[])_small.Clone();
            foreach (var (at, value) in changes)
                file[at] = value;
            CheckReadsAsPrefix(file, _smallEvents.Events);
        }, iter: 2000);
    }

    [Fact]
    public void Random_bytes_as_a_block_never_do_harm()
    {
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Byte[0, 3], Gen.Int[0, 100_000]).Sample((payload, compression, expandedSize) =>
            ReadAnything(Forge(Events(Beginning()), (BlockKind.Events, (BlockCompression)compression, payload, expandedSize))), iter: 5000);
    }

    [Fact]
    public void Changed_content_with_correct_checksums_never_does_harm()
    {
        var blocks = Contents(_small);
        Gen.Select(Gen.Int[0, blocks.Count - 1], Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte).Array[1, 8]).Sample((which, changes) =>
        {
            var changed = blocks.Select(b => (byte[])b.Clone()).ToList();
            foreach (var (at, value) in changes)
            {
                if (changed[which].Length > 0)
                    changed[which][at % changed[which].Length] = value;
            }
            ReadAnything(Forge([.. changed.Select(Events), End]));
        }, iter: 5000);
    }

    [Fact]
    public void Any_numbers_in_a_block_keep_the_promises_to_the_sink()
    {
        var number = Gen.Frequency((20, Gen.UInt[0, 6]), (1, Gen.UInt));
        var numbers = number.Array[0, 30];
        Gen.Select(Gen.Select(Gen.UInt[1, 15], Gen.UInt[1, 3]).Array[0, 20], numbers, numbers, numbers, numbers).Sample((order, a, b, c, look) =>
        {
            var block = new Block { BaseTimeNs = a.Length, IntervalNs = b.Length };
            block.Order.AddRange(order.Select(o => Run((EventKind)o.Item1, o.Item2)));
            block.Strings.AddRange(["x", "y", "z"]);
            block.FunctionName.AddRange(a);
            block.FunctionFile.AddRange(b);
            block.FunctionFirstLine.AddRange(c.Select(n => (int)n));
            block.FrameFunction.AddRange(c);
            block.FrameLine.AddRange(a.Select(n => (int)n));
            block.FrameImporting.AddRange(b);
            block.StackDistance.AddRange(c);
            block.StackFrame.AddRange(a);
            block.TimeDelta.AddRange(b.Select(n => (long)n - 1));
            block.Look.AddRange(look.Select(n => (ulong)n));
            block.Milestone.AddRange(a);
            block.MilestoneTimeNs.AddRange(b.Select(n => (long)n));
            block.Thread.AddRange(b.Select(n => new LibProf.Sampler.Recording.Wire.Thread { Id = n }));
            var module = new Module { Name = 1, File = 2, Origin = (ModuleOrigin)a.Length };
            module.SearchPath.AddRange(a);
            block.Module.Add(module);
            ReadAnything(Forge(Events(Beginning()), Events(block), Events(block), End));
        }, iter: 20_000);
    }

    [Theory]
    [InlineData("", RecordingProblem.Empty)]
    [InlineData("LIB", RecordingProblem.Empty)]
    [InlineData("LIBPRO\r\n", RecordingProblem.Empty)]
    [InlineData("LIBPRO\n", RecordingProblem.NotARecording)]
    [InlineData("import sys\n", RecordingProblem.NotARecording)]
    [InlineData("{", RecordingProblem.NotARecording)]
    public void Other_files_are_told_what_they_are(string content, RecordingProblem problem)
    {
        var exception = Assert.Throws<RecordingException>(() => Read(System.Text.Encoding.UTF8.GetBytes(content), new CollectingSink()));
        Assert.Equal(problem, exception.Problem);
    }

    [Fact]
    public void A_newer_major_version_is_refused()
    {
        var file = (byte[])_small.Clone();
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(8), RecordingFormat.MajorVersion + 1);
        var exception = Assert.Throws<RecordingException>(() => Read(file, new CollectingSink()));
        Assert.Equal(RecordingProblem.NewerVersion, exception.Problem);
        Assert.Contains("newer libprof", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_newer_minor_version_added_is_skipped()
    {
        var newer = new Block();
        newer.Order.AddRange([Run((EventKind)31, 1000), Run(EventKind.Milestone, 2), Run((EventKind)30, 1)]);
        newer.Milestone.AddRange([500u, (uint)Milestone.FirstFrame]);
        newer.MilestoneTimeNs.AddRange([1, 2]);
        // Field 1000, three bytes.
        byte[] bytes = [.. Google.Protobuf.MessageExtensions.ToByteArray(newer), 0xc2, 0x3e, 3, 1, 2, 3];
        var file = Forge(Events(Beginning()), ((BlockKind)200, (BlockCompression)9, [1, 2, 3], -1), Events(bytes), End);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(10), RecordingFormat.MinorVersion + 1);
        var got = new CheckingSink();
        Assert.True(Read(file, got).IsComplete);
        Assert.Equal("milestone FirstFrame 2", got.Events[^1]);
        Assert.Equal(2, got.Events.Count);
    }

    [Fact]
    public void An_unknown_compression_asks_for_a_newer_libprof()
    {
        var file = Forge((BlockKind.Events, (BlockCompression)7, [1], 1));
        Assert.Equal(RecordingProblem.NewerVersion, Assert.Throws<RecordingException>(() => Read(file, new CollectingSink())).Problem);
    }

    [Fact]
    public void A_block_that_expands_out_of_proportion_is_refused()
    {
        using var compressor = new ZstdSharp.Compressor();
        var bomb = compressor.Wrap(new byte[RecordingFormat.MaxBlockSize]).ToArray();
        Assert.Equal(RecordingProblem.Damaged, Refused((BlockKind.Events, BlockCompression.Zstandard, bomb, RecordingFormat.MaxBlockSize)));
        // One that lies about its size.
        Assert.Equal(RecordingProblem.Damaged, Refused((BlockKind.Events, BlockCompression.Zstandard, bomb, 100)));
        // Lengths beyond all bounds, and below.
        Assert.Equal(RecordingProblem.Damaged, Refused((BlockKind.Events, BlockCompression.None, [], -1)));

        static RecordingProblem Refused(params (BlockKind, BlockCompression, byte[], int)[] blocks) =>
            Assert.Throws<RecordingException>(() => Read(Forge(blocks), new CollectingSink())).Problem;
    }

    [Fact]
    public void A_length_that_lies_allocates_nothing_much()
    {
        var file = Forge(Events(Beginning()));
        var lying = file.Concat(new byte[RecordingFormat.FrameSize]).ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(lying.AsSpan(file.Length), RecordingFormat.MaxBlockSize);
        lying[file.Length + 8] = (byte)BlockKind.Events;
        Read(file, new CollectingSink());
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(Read(lying, new CollectingSink()).IsComplete);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void A_recording_must_begin_with_its_environment()
    {
        var block = new Block();
        block.Order.Add(Run(EventKind.Milestone, 1));
        block.Milestone.Add(1);
        block.MilestoneTimeNs.Add(1);
        Assert.Throws<RecordingException>(() => Read(Forge(Events(block), End), new CollectingSink()));
        Assert.Throws<RecordingException>(() => Read(Forge(End), new CollectingSink()));
    }

    [Fact]
    public void What_follows_the_end_is_left_out_with_a_warning()
    {
        var got = new CollectingSink();
        var result = Read([.. _small, 1], got);
        Assert.True(result.IsComplete);
        Assert.NotNull(result.Warning);
        Assert.Equal(_smallEvents.Events, got.Events);
    }

    private static void ReadAnything(byte[] file)
    {
        try
        {
            Read(file, new CheckingSink());
        }
        catch (RecordingException)
        {
            // Refused, with a reason.
        }
    }

    private static List<byte[]> Contents(byte[] file)
    {
        var contents = new List<byte[]>();
        using var decompressor = new ZstdSharp.Decompressor();
        for (var at = RecordingFormat.HeaderSize; ;)
        {
            var frame = BlockFrame.Read(file.AsSpan(at), out _);
            if (frame.Kind == BlockKind.End)
                return contents;
            var payload = file.AsSpan(at + RecordingFormat.FrameSize, frame.StoredSize);
            contents.Add(frame.Compression == BlockCompression.None ? payload.ToArray() : decompressor.Unwrap(payload).ToArray());
            at += RecordingFormat.FrameSize + frame.StoredSize;
        }
    }
}
