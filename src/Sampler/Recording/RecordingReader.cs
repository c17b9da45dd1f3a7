using Google.Protobuf;
using LibProf.Sampler.Recording.Wire;
using ZstdSharp;

namespace LibProf.Sampler.Recording;

/// <summary>How reading a recording went.</summary>
/// <param name="IsComplete">Whether the recording was read to its end, and its writer completed it.</param>
/// <param name="Blocks">Blocks of events read.</param>
/// <param name="Warning">One line for the user when not everything is as it should be, for example that the recording is cut; else null.</param>
public sealed record RecordingReadResult(bool IsComplete, int Blocks, string? Warning);

/// <summary>
/// Reads recordings. A recording may come from anywhere: whatever its bytes are, it is played, played in part with a warning, or refused
/// with a <see cref="RecordingException"/>, and memory stays in proportion to its size.
/// </summary>
public static class RecordingReader
{
    // Grows with what has really arrived, so that a length that lies costs nothing.
    private const int FirstReadSize = 1 << 18;

    /// <summary>Plays a file's events into a sink.</summary>
    /// <exception cref="RecordingException">It cannot be read as a recording. Events may have been played before that was seen.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a directory.</exception>
    public static RecordingReadResult Read(string path, IRecordingSink sink)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
        return Read(stream, sink);
    }

    /// <summary>Plays the events that a stream holds from its position on into a sink. When this returns, the environment has been played at least.</summary>
    /// <exception cref="RecordingException">It cannot be read as a recording. Events may have been played before that was seen.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RecordingReadResult Read(Stream stream, IRecordingSink sink)
    {
        ReadHeader(stream);
        var player = new BlockPlayer(sink);
        var state = new Buffers();
        var start = new byte[RecordingFormat.FrameSize];
        var blocks = 0;
        while (true)
        {
            var got = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            var frame = BlockFrame.Read(start, out var checksum);
            if (got == start.Length && !frame.IsPlausible)
                return Damaged(blocks);
            if (got < start.Length || !state.TryReadPayload(stream, frame.StoredSize))
                return Cut(blocks);
            var payload = state.Stored.AsSpan(0, frame.StoredSize);
            if (RecordingFormat.Checksum(start, payload) != checksum)
                return Damaged(blocks);
            switch (frame.Kind)
            {
                case BlockKind.Events:
                    player.Play(Parse(state.Expand(frame)));
                    blocks++;
                    break;
                case BlockKind.End:
                    RecordingException.ThrowIf(blocks == 0, "it ends before it begins");
                    return new RecordingReadResult(true, blocks, stream.ReadByte() < 0 ? null : "something follows the end of the recording; it is left out");
            }
        }
    }

    private static void ReadHeader(Stream stream)
    {
        Span<byte> header = stackalloc byte[RecordingFormat.HeaderSize];
        var got = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (got == 0)
            throw new RecordingException(RecordingProblem.Empty, "the file is empty");
        var known = Math.Min(got, RecordingFormat.Magic.Length);
        if (!header[..known].SequenceEqual(RecordingFormat.Magic[..known]))
            throw new RecordingException(RecordingProblem.NotARecording, "not a libprof recording");
        if (got < header.Length)
            throw NothingWhole();
        var major = BitConverter.ToUInt16(header[8..10]);
        if (major > RecordingFormat.MajorVersion)
            throw new RecordingException(RecordingProblem.NewerVersion, $"the recording has format version {major}, this libprof reads up to {RecordingFormat.MajorVersion}: a newer libprof is needed");
        RecordingException.ThrowIf(major == 0, "its format version is 0");
    }

    private static RecordingException NothingWhole() => new(RecordingProblem.Empty, "the recording is cut before its first block: nothing can be read");

    private static RecordingReadResult Cut(int blocks) =>
        blocks == 0 ? throw NothingWhole() : new RecordingReadResult(false, blocks, $"the recording is cut after {Count(blocks)}");

    private static RecordingReadResult Damaged(int blocks) =>
        blocks == 0
            ? throw new RecordingException(RecordingProblem.Damaged, "the recording is damaged: its first block cannot be read")
            : new RecordingReadResult(false, blocks, $"the recording is damaged after {Count(blocks)}; the rest is left out");

    private static string Count(int blocks) => blocks == 1 ? "1 block" : $"{blocks} blocks";

    private static Block Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Block.Parser.WithDiscardUnknownFields(true).ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new RecordingException(RecordingProblem.Damaged, "the recording is damaged: a block cannot be decoded", e);
        }
    }

    /// <summary>The bytes of a block as stored and as expanded, used again from block to block.</summary>
    private sealed class Buffers
    {
        private byte[] _expanded = [];
        private Decompressor? _decompressor;

        public byte[] Stored { get; private set; } = [];

        public bool TryReadPayload(Stream stream, int size)
        {
            var got = 0;
            while (got < size)
            {
                if (got == Stored.Length)
                {
                    var larger = new byte[Math.Min(size, Math.Max(FirstReadSize, 2 * got))];
                    Stored.AsSpan(0, got).CopyTo(larger);
                    Stored = larger;
                }
                var more = stream.Read(Stored, got, Math.Min(size, Stored.Length) - got);
                if (more == 0)
                    return false;
                got += more;
            }
            return true;
        }

        public ReadOnlySpan<byte> Expand(BlockFrame frame)
        {
            var stored = Stored.AsSpan(0, frame.StoredSize);
            if (frame.Compression == BlockCompression.None)
            {
                RecordingException.ThrowIf(frame.ExpandedSize != frame.StoredSize, "a block's sizes do not match");
                return stored;
            }
            if (frame.Compression != BlockCompression.Zstandard)
                throw new RecordingException(RecordingProblem.NewerVersion, $"the recording is compressed in a way (number {(int)frame.Compression}) that this libprof does not know: a newer libprof is needed");
            if (_expanded.Length < frame.ExpandedSize)
                _expanded = new byte[frame.ExpandedSize];
            try
            {
                _decompressor ??= new Decompressor();
                var size = _decompressor.Unwrap(stored, _expanded.AsSpan(0, frame.ExpandedSize));
                RecordingException.ThrowIf(size != frame.ExpandedSize, "a block's sizes do not match");
            }
            catch (ZstdException e)
            {
                throw new RecordingException(RecordingProblem.Damaged, "the recording is damaged: a block cannot be expanded", e);
            }
            return _expanded.AsSpan(0, frame.ExpandedSize);
        }
    }
}
