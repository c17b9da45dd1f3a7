using Google.Protobuf;
using LibProf.Sampler.Native;
using ZstdSharp;

namespace LibProf.Sampler.Recording;

/// <summary>
/// Writes a recording as its events come. Events gather in a block; a block is written when it is large enough, or with
/// <see cref="Tick"/> when it is old enough, so that little is lost when libprof is killed, and memory stays bounded.
/// </summary>
/// <remarks>
/// A failure to write (disk full, for example) never reaches the caller of an event: it is kept in <see cref="Failure"/>, what
/// was written before stays readable, and what follows is dropped. All members are for one thread at a time.
/// </remarks>
public sealed class RecordingWriter : IPeriodicSink, IDisposable
{
    // Small enough to keep memory low (columns, expanded and compressed bytes exist once each), large enough to compress well.
    private const int BlockSize = 64 * 1024;
    private const long BlockAgeNs = 750_000_000;
    // Fast, and within 2 % of the default level on such data.
    private const int CompressionLevel = 1;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Stream _stream;
    private readonly BlockBuilder _builder = new();
    private byte[] _expanded = [];
    private byte[] _stored = [];
    private Compressor? _compressor;
    private long _lastFlushNs = long.MinValue;
    private bool _headerWritten;
    private bool _completed;

    /// <summary>Writes to a stream.</summary>
    /// <param name="stream">Where to; closed with the writer.</param>
    public RecordingWriter(Stream stream) => _stream = stream;

    /// <summary>Why nothing more is written; null as long as everything went well.</summary>
    public IOException? Failure { get; private set; }

    /// <summary>Bytes written so far.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Creates a file that only its owner can read (command lines hold secrets), or replaces what an existing file holds.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be created, or is a directory.</exception>
    public static RecordingWriter Create(string path)
    {
        var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            // Whoever wants to may look at it while it grows.
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = OwnerOnly,
        });
        RestrictToOwner(stream);
        return new RecordingWriter(stream);
    }

    // A file that was there keeps its mode when it is opened. Devices (/dev/null) and pipes are left alone.
    private static void RestrictToOwner(FileStream stream)
    {
        try
        {
            if (FileCalls.TryGetFacts(stream.SafeFileHandle, out var facts) && facts.IsRegular && (facts.Mode & 0x1ff) != (int)OwnerOnly)
                File.SetUnixFileMode(stream.SafeFileHandle, OwnerOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else's file, or a file system without modes: whoever made it decided who may read it.
        }
    }

    /// <inheritdoc/>
    public void OnEnvironment(RecordingEnvironment environment)
    {
        if (!IsTaking)
            return;
        _builder.Add(environment);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnImage(ProcessImage image)
    {
        if (!IsTaking)
            return;
        _builder.Add(image);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnPython(PythonInfo python)
    {
        if (!IsTaking)
            return;
        _builder.Add(python);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnMilestone(Milestone milestone, long timeNs)
    {
        if (!IsTaking)
            return;
        _builder.Add(milestone, timeNs);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnThread(ThreadInfo thread)
    {
        if (!IsTaking)
            return;
        _builder.Add(thread);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnFunction(in FunctionInfo function)
    {
        if (!IsTaking)
            return;
        _builder.Add(function);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnFrame(in FrameInfo frame)
    {
        if (!IsTaking)
            return;
        _builder.Add(frame);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnStack(int stackId, int parentStackId, int frameId)
    {
        if (!IsTaking)
            return;
        _builder.Add(stackId, parentStackId, frameId);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnModule(ModuleInfo module)
    {
        if (!IsTaking)
            return;
        _builder.Add(module);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnDistribution(DistributionInfo distribution)
    {
        if (!IsTaking)
            return;
        _builder.Add(distribution);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnModuleSource(ModuleSource source)
    {
        if (!IsTaking)
            return;
        _builder.Add(source);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnProcessorTime(long timeNs, long cpuNs)
    {
        if (!IsTaking)
            return;
        _builder.AddProcessorTime(timeNs, cpuNs);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnCollection(long beginNs, long endNs)
    {
        if (!IsTaking)
            return;
        _builder.AddCollection(beginNs, endNs);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnSample(long timeNs, ReadOnlySpan<ThreadStack> stacks)
    {
        if (!IsTaking)
            return;
        _builder.Add(timeNs, stacks);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnIdle(long untilNs, long looks)
    {
        if (!IsTaking)
            return;
        _builder.AddIdle(untilNs, looks);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnMemory(in MemoryReading reading)
    {
        if (!IsTaking)
            return;
        _builder.Add(reading);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnStatistics(SamplingStatistics statistics)
    {
        if (!IsTaking)
            return;
        _builder.Add(statistics);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnCode(in CodeInfo code)
    {
        if (!IsTaking)
            return;
        _builder.Add(code);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnUsage(UsageSnapshot usage)
    {
        if (!IsTaking)
            return;
        _builder.Add(usage);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnNativePages(NativePagesReading pages)
    {
        if (!IsTaking)
            return;
        _builder.Add(pages);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnImageEnd(ImageEnd end)
    {
        if (!IsTaking)
            return;
        _builder.Add(end);
        FlushIfLarge();
    }

    /// <inheritdoc/>
    public void OnInvocation(in Invocation invocation)
    {
        if (!IsTaking)
            return;
        _builder.Add(invocation);
        FlushIfLarge();
    }

    /// <summary>Writes the block when it is due: at the first call, so that the recording soon says what it is, then once in less than a second.</summary>
    /// <param name="nowNs">A clock that only goes forward, in nanoseconds.</param>
    public void Tick(long nowNs)
    {
        if (_builder.EstimatedSize == 0 || (_lastFlushNs != long.MinValue && nowNs - _lastFlushNs < BlockAgeNs))
            return;
        _lastFlushNs = nowNs;
        Flush();
    }

    /// <summary>Writes all events so far.</summary>
    public void Flush()
    {
        if (_builder.EstimatedSize == 0 || !IsTaking)
            return;
        var block = _builder.Finish();
        var size = block.CalculateSize();
        if (_expanded.Length < size)
            _expanded = new byte[Math.Max(size, BlockSize + BlockSize / 4)];
        var expanded = _expanded.AsSpan(0, size);
        block.WriteTo(expanded);
        _builder.Clear();
        WriteEvents(expanded);
    }

    /// <summary>Writes what is left and marks the recording as complete. Events that come later are dropped.</summary>
    public void Complete()
    {
        if (_completed)
            return;
        Flush();
        if (Failure is null)
            WriteFrame(new BlockFrame(0, 0, BlockKind.End, BlockCompression.None));
        _completed = true;
    }

    /// <summary>
    /// Writes what is left and closes the file. Without <see cref="Complete"/> before, the recording reads as cut: its end was not seen.
    /// </summary>
    public void Dispose()
    {
        Flush();
        _completed = true;
        _compressor?.Dispose();
        _compressor = null;
        try
        {
            _stream.Dispose();
        }
        catch (IOException e)
        {
            // Closing may be what tells of an earlier write (NFS).
            Failure ??= e;
        }
    }

    private bool IsTaking => Failure is null && !_completed;

    private void FlushIfLarge()
    {
        if (_builder.EstimatedSize >= BlockSize)
            Flush();
    }

    private void WriteEvents(ReadOnlySpan<byte> expanded)
    {
        // Compression starts with the first block, on the draining thread, not when the target is about to be launched.
        _compressor ??= new Compressor(CompressionLevel);
        Reserve(Math.Max(Compressor.GetCompressBound(expanded.Length), expanded.Length));
        var size = _compressor.Wrap(expanded, _stored.AsSpan(PayloadStart));
        var frame = new BlockFrame(size, expanded.Length, BlockKind.Events, BlockCompression.Zstandard);
        if (size >= expanded.Length || !frame.IsPlausible)
        {
            // Does not get smaller, or so small that a reader would take it for a trap.
            expanded.CopyTo(_stored.AsSpan(PayloadStart));
            frame = new BlockFrame(expanded.Length, expanded.Length, BlockKind.Events, BlockCompression.None);
        }
        WriteFrame(frame);
    }

    // The file's header goes out with the first block, in one piece.
    private int PayloadStart => (_headerWritten ? 0 : RecordingFormat.HeaderSize) + RecordingFormat.FrameSize;

    private void Reserve(int payloadSize)
    {
        var size = RecordingFormat.HeaderSize + RecordingFormat.FrameSize + payloadSize;
        if (_stored.Length < size)
            _stored = new byte[Math.Max(size, BlockSize + BlockSize / 4)];
    }

    private void WriteFrame(BlockFrame frame)
    {
        Reserve(frame.StoredSize);
        var start = PayloadStart - RecordingFormat.FrameSize;
        frame.Write(_stored.AsSpan(start));
        if (!_headerWritten)
            RecordingFormat.WriteHeader(_stored);
        var size = PayloadStart + frame.StoredSize;
        try
        {
            _stream.Write(_stored.AsSpan(0, size));
            _headerWritten = true;
            BytesWritten += size;
        }
        catch (IOException e)
        {
            Failure = e;
        }
        catch (UnauthorizedAccessException e)
        {
            // How .NET reports EACCES and EPERM, which some file systems give for a write.
            Failure = new IOException(e.Message, e);
        }
    }
}
