using Microsoft.Diagnostics.Runtime;
using Microsoft.Diagnostics.Runtime.DataReaders.Implementation;

namespace LibProf.Sampler.Memory;

/// <summary>
/// The memory of a process that a core file kept (core(5)), read with ClrMD. Read-only pages of the executable and of libraries,
/// which a core usually leaves out, are taken from those files where they are still the same. One thread at a time.
/// </summary>
public sealed class CoreDumpMemory : IRemoteMemory, IDisposable
{
    private readonly DataTarget _dump;
    private readonly CoreModule[] _modules;

    private CoreDumpMemory(string path, DataTarget dump)
    {
        _dump = dump;
        Path = path;
        _modules = [.. dump.EnumerateModules()
            .Where(module => module.FileName is { Length: > 0 } && module.ImageBase != 0)
            .Select(module => new CoreModule(this, module))
            .OrderBy(module => module.Start)];
        ThreadIds = dump.DataReader is IThreadReader threads ? [.. threads.EnumerateOSThreadIds().Select(id => (int)id)] : [];
        Executable = (dump.DataReader as IProcessInfoProvider)?.GetProcessInfo().ImagePath ?? "";
        CoreProcess? process = CoreProcess.TryRead(path);
        Pid = process is { Pid: > 0 } ? process.Pid : ThreadIds.FirstOrDefault();
        Arguments = process?.Arguments ?? "";
    }

    /// <summary>The core file.</summary>
    public string Path { get; }

    /// <summary>Kernel ids of the threads, as the process saw them; the first is the one that was dumped for.</summary>
    public IReadOnlyList<int> ThreadIds { get; }

    /// <summary>The program that ran, as it was started; empty when the core does not say.</summary>
    public string Executable { get; }

    /// <summary>The process id as the process saw it, which is its main thread's; 0 when the core does not say.</summary>
    public int Pid { get; }

    /// <summary>The beginning of the command line, as the kernel keeps it in a core: 80 bytes at most; empty when the core does not say.</summary>
    public string Arguments { get; }

    /// <summary>The mapped files, by ascending address.</summary>
    internal IReadOnlyList<CoreModule> Modules => _modules;

    /// <summary>Opens a core file.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="AttachException">It is not there, or not the core file of a 64-bit Linux process.</exception>
    public static CoreDumpMemory Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw new AttachException(AttachFailure.UnusableCore, $"{path} is a directory, not a core file");
        }

        DataTarget? dump = null;
        try
        {
            // Looking for a .NET runtime in it is not wanted.
            dump = DataTarget.LoadDump(path, new DataTargetOptions { SkipRuntimeEnumeration = true });
            if (dump.DataReader.TargetPlatform != System.Runtime.InteropServices.OSPlatform.Linux || dump.DataReader.PointerSize != 8)
            {
                throw new InvalidDataException("it is not of a 64-bit Linux process");
            }

            return new CoreDumpMemory(path, dump);
        }
        // What a damaged file makes ClrMD throw is not limited to a few types.
        catch (Exception error) when (error is not (AttachException or OutOfMemoryException))
        {
            dump?.Dispose();
            throw new AttachException(AttachFailure.UnusableCore, error switch
            {
                FileNotFoundException or DirectoryNotFoundException => $"there is no file {path}",
                UnauthorizedAccessException => $"{path} may not be read",
                _ => $"{path} cannot be read as a core file: {error.Message.ReplaceLineEndings(" ")}",
            });
        }
    }

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> destination) =>
        TryTake(ref address, ref destination) || TryReadFromFile(address, destination);

    /// <inheritdoc/>
    public int ReadRanges(ReadOnlySpan<RemoteRange> ranges, Span<byte> destination)
    {
        int done = 0;
        foreach (RemoteRange range in ranges)
        {
            if (range.Length > (ulong)(destination.Length - done) || !TryRead(range.Address, destination.Slice(done, (int)range.Length)))
            {
                break;
            }

            done += (int)range.Length;
        }

        return done;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (CoreModule module in _modules)
        {
            module.Dispose();
        }

        _dump.Dispose();
    }

    /// <summary>Reads what the core itself holds.</summary>
    internal bool TryReadDumped(ulong address, Span<byte> destination) => TryTake(ref address, ref destination);

    /// <summary>Fills as much of the destination as the core holds without a gap; true when that is all.</summary>
    private bool TryTake(ref ulong address, ref Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            // Gives less at the end of a dumped range; the next one may follow at once.
            int read = _dump.DataReader.Read(address, destination);
            if (read <= 0)
            {
                return false;
            }

            destination = destination[read..];
            address += (ulong)read;
        }

        return true;
    }

    private bool TryReadFromFile(ulong address, Span<byte> destination)
    {
        for (int i = _modules.Length - 1; i >= 0; i--)
        {
            if (_modules[i].Start <= address)
            {
                return _modules[i].TryReadLoaded(address, destination);
            }
        }

        return false;
    }
}
