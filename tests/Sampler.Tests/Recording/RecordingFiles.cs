using Google.Protobuf;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Recording.Wire;

namespace LibProf.Sampler.Tests.Recording;

/// <summary>Makes recordings in memory, proper ones and forged ones.</summary>
internal static class RecordingFiles
{
    /// <summary>A complete recording of a random sequence of events in several blocks.</summary>
    public static byte[] Make(int seed, int count, IRecordingSink? expected = null)
    {
        var stream = new MemoryStream();
        using var writer = new RecordingWriter(stream);
        Play(writer, seed, count, writer.Flush);
        if (expected is not null)
            Play(expected, seed, count, () => { });
        writer.Complete();
        Assert.Null(writer.Failure);
        Assert.Equal(stream.Length, writer.BytesWritten);
        return stream.ToArray();
    }

    /// <summary>A sequence of events in four parts.</summary>
    public static void Play(IRecordingSink sink, int seed, int count, Action betweenParts)
    {
        var events = new RandomEvents(seed);
        events.Begin(sink);
        for (var part = 0; part < 4; part++)
        {
            betweenParts();
            events.Play(sink, count / 4);
        }
    }

    /// <summary>Header and blocks with correct lengths and checksums, whatever is in them.</summary>
    public static byte[] Forge(params (BlockKind Kind, BlockCompression Compression, byte[] Payload, int ExpandedSize)[] blocks)
    {
        var stream = new MemoryStream();
        var header = new byte[RecordingFormat.HeaderSize];
        RecordingFormat.WriteHeader(header);
        stream.Write(header);
        foreach (var (kind, compression, payload, expandedSize) in blocks)
        {
            var frame = new byte[RecordingFormat.FrameSize + payload.Length];
            payload.CopyTo(frame, RecordingFormat.FrameSize);
            new BlockFrame(payload.Length, expandedSize, kind, compression).Write(frame);
            stream.Write(frame);
        }
        return stream.ToArray();
    }

    public static (BlockKind, BlockCompression, byte[], int) Events(byte[] payload) => (BlockKind.Events, BlockCompression.None, payload, payload.Length);

    public static (BlockKind, BlockCompression, byte[], int) Events(Block block) => Events(block.ToByteArray());

    public static (BlockKind, BlockCompression, byte[], int) End => (BlockKind.End, BlockCompression.None, [], 0);

    /// <summary>A block with an environment, to begin a recording.</summary>
    public static Block Beginning()
    {
        var block = new Block();
        block.Order.Add(Run(EventKind.Environment, 1));
        block.Environment.Add(new LibProf.Sampler.Recording.Wire.Environment { ToolVersion = "0", StartedTicks = 1 });
        return block;
    }

    public static uint Run(EventKind kind, uint count) => count << 5 | (uint)kind;

    public static RecordingReadResult Read(byte[] file, IRecordingSink sink) => RecordingReader.Read(new MemoryStream(file), sink);
}
