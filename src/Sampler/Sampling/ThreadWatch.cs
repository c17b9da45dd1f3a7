using System.Globalization;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Native;
using LibProf.Sampler.Recording;
using Microsoft.Win32.SafeHandles;

namespace LibProf.Sampler.Sampling;

/// <summary>Finds out after a look what the threads did at it, for an observer: who holds the GIL, and who runs.</summary>
/// <param name="pid">The process as libprof sees it.</param>
/// <param name="memory">Its memory.</param>
/// <param name="runtime">Its interpreter.</param>
/// <param name="observer">Told of it.</param>
internal sealed class ThreadWatch(int pid, IRemoteMemory memory, LocatedRuntime runtime, ILookObserver observer) : IDisposable
{
    /// <summary>Threads whose state is read at a look; with more of them each has its turn, and keeps its last state meanwhile.</summary>
    private const int MostStates = 64;

    /// <summary>More open files than these are not kept.</summary>
    private const int MostFiles = 256;

    private readonly GilReader _gil = new(memory, runtime);
    private readonly List<ulong> _holders = [];
    private readonly HashSet<int> _holding = [];
    private readonly Dictionary<int, SafeFileHandle> _files = [];
    private readonly Dictionary<int, bool> _running = [];
    private ThreadActivity[] _threads = new ThreadActivity[16];
    private int _turn;

    /// <summary>To be called after each look that gave stacks.</summary>
    /// <param name="timeNs">The look's time.</param>
    /// <param name="reader">What it gave.</param>
    /// <param name="directory">Knows the threads' kernel ids.</param>
    public void Observe(long timeNs, InterpreterReader reader, ThreadDirectory directory)
    {
        bool isGilKnown = _gil.TryRead(timeNs, _holders);
        _holding.Clear();
        foreach (ulong holder in _holders)
        {
            _ = _holding.Add(reader.ThreadAt(holder));
        }

        ReadOnlySpan<ThreadStack> stacks = reader.Stacks;
        if (_threads.Length < stacks.Length)
        {
            _threads = new ThreadActivity[stacks.Length * 2];
        }

        _turn = stacks.Length > MostStates ? (_turn + MostStates) % stacks.Length : 0;
        for (int i = 0; i < stacks.Length; i++)
        {
            int thread = stacks[i].ThreadId;
            bool isDue = (i - _turn + stacks.Length) % stacks.Length < MostStates;
            bool? running = isDue ? ReadState(thread, directory.NativeIdOf(thread)) : _running.TryGetValue(thread, out bool last) ? last : null;
            _threads[i] = new ThreadActivity(thread, running, _holding.Contains(thread));
        }

        observer.OnLook(timeNs, _threads.AsSpan(0, stacks.Length), isGilKnown);
    }

    /// <inheritdoc/>
    public void Dispose() => ForgetFiles();

    private bool? ReadState(int thread, int tid)
    {
        if (tid == 0)
        {
            return null;
        }

        if (!_files.TryGetValue(thread, out SafeFileHandle? file))
        {
            if (_files.Count >= MostFiles)
            {
                // Those of threads that have ended are among them.
                ForgetFiles();
            }

            file = FileCalls.Open(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task/{tid}/stat"), out _);
            if (file is null)
            {
                return null;
            }

            _files[thread] = file;
        }

        Span<byte> stat = stackalloc byte[128];
        int read = FileCalls.Read(file, stat, 0);
        // "tid (name) state ...": the name has at most 15 bytes, but may hold anything, so look from its end.
        int end = read > 0 ? stat[..Math.Min(read, 40)].LastIndexOf((byte)')') : -1;
        if (end < 0 || end + 2 >= read)
        {
            return null;
        }

        return _running[thread] = stat[end + 2] == (byte)'R';
    }

    private void ForgetFiles()
    {
        foreach (SafeFileHandle file in _files.Values)
        {
            file.Dispose();
        }

        _files.Clear();
        _running.Clear();
    }
}
