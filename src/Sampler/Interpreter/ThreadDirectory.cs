using System.Buffers.Binary;
using System.Globalization;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Interpreter;

/// <summary>Numbers the target's threads and finds out their kernel ids and names.</summary>
/// <param name="objects">Access to the target's objects.</param>
/// <param name="sink">Told of each thread, and again when its name becomes known.</param>
/// <param name="processDirectory">For example <c>/proc/1234</c>; empty for a core file.</param>
/// <param name="pid">The process id in the target's own PID namespace.</param>
/// <param name="threads">Kernel ids of a core file's threads; null for a live process.</param>
internal sealed class ThreadDirectory(
    PythonObjects objects, IRecordingSink sink, string processDirectory, int pid, IReadOnlyCollection<int>? threads = null)
{
    private const int MaxNamingTries = 8;
    private const int MaxNativeTries = 64;

    private readonly List<Known> _threads = [];
    private int _tidOffset = -1;
    private bool _tidSearched;

    private sealed class Known(ThreadInfo info, ThreadIdentity identity, ulong state)
    {
        public ThreadInfo Info { get; set; } = info;
        public ThreadIdentity Identity { get; } = identity;
        public ulong State { get; } = state;
        public int Tries { get; set; }
        public int NativeTries { get; set; }
    }

    /// <summary>Threads met so far.</summary>
    public IReadOnlyList<ThreadInfo> Threads => _threads.ConvertAll(known => known.Info);

    /// <summary>Kernel id of a thread by its number; 0 when unknown.</summary>
    public int NativeIdOf(int id)
    {
        Learn(_threads[id]);
        return _threads[id].Info.NativeId;
    }

    /// <summary>Whether some thread's name in Python is not known yet.</summary>
    public bool HasUnnamed { get; private set; }

    /// <summary>A new thread: gives its number.</summary>
    public int Add(ThreadIdentity identity, int interpreterId, ulong state)
    {
        int native = NativeId(identity, state);
        if (native != 0 && _threads.Exists(known => known.Info.NativeId == native && known.Identity.PthreadId != identity.PthreadId))
        {
            // A state is made by the thread that starts another one, and has its number until that one has put its own there (thread_run of
            // Modules/_threadmodule.c). It is asked again with the name.
            native = 0;
        }

        bool isMain = native == pid && interpreterId == 0;
        string name = isMain ? "MainThread" : KernelName(native);
        ThreadInfo info = new(_threads.Count, native, name, isMain, interpreterId);
        _threads.Add(new Known(info, identity, state) { Tries = isMain ? MaxNamingTries : 0 });
        HasUnnamed |= !isMain;
        sink.OnThread(info);
        return info.Id;
    }

    /// <summary>Looks up the names that Python gave to threads: <c>threading._active</c>, by <c>pthread_self()</c>.</summary>
    /// <param name="threadingModule">Address of the module <c>threading</c>; 0 when it is not loaded.</param>
    public void NameThreads(ulong threadingModule)
    {
        if (!HasUnnamed)
        {
            return;
        }

        Dictionary<ulong, string> names = ReadActive(threadingModule);
        HasUnnamed = false;
        foreach (Known known in _threads)
        {
            if (known.Tries >= MaxNamingTries)
            {
                continue;
            }

            known.Tries++;
            Learn(known);
            if (names.TryGetValue(known.Identity.PthreadId, out string? name) && name.Length > 0)
            {
                known.Tries = MaxNamingTries;
                known.Info = known.Info with { Name = name };
                sink.OnThread(known.Info);
            }

            HasUnnamed |= known.Tries < MaxNamingTries;
        }
    }

    // Asks for the kernel id again, while there is hope that it will be known.
    private void Learn(Known known)
    {
        if (known.Info.NativeId == 0 && known.NativeTries++ < MaxNativeTries && NativeId(known.Identity, known.State) is > 0 and var native && native != pid)
        {
            known.Info = known.Info with { NativeId = native };
            sink.OnThread(known.Info);
        }
    }

    private Dictionary<ulong, string> ReadActive(ulong threadingModule)
    {
        Dictionary<ulong, string> names = [];
        Span<ulong> value = stackalloc ulong[1];
        List<DictEntry> entries = [];
        if (threadingModule == 0
            || !objects.Memory.TryReadUInt64(threadingModule + (ulong)objects.Layout.Module.Dict.Value, out ulong dict))
        {
            return names;
        }

        objects.Lookup(dict, ["_active"], value);
        if (value[0] == 0 || !objects.TryReadDictTable(value[0], out DictTable table) || !objects.TryReadEntries(table, 0, entries))
        {
            return names;
        }

        foreach (DictEntry entry in entries.Take(ReadLimits.MaxThreads))
        {
            objects.LookupAttributes(entry.Value, ["_name"], value);
            if (value[0] != 0 && TryReadLong(entry.Key, out ulong ident) && objects.TryReadString(value[0], out string name))
            {
                names[ident] = name;
            }
        }

        return names;
    }

    // Digits of 30 bits, lowest first; a pthread_self() has at most three.
    private bool TryReadLong(ulong address, out ulong number)
    {
        Span<byte> digits = stackalloc byte[12];
        number = 0;
        if (!objects.Memory.TryReadUInt64(address + (ulong)objects.Layout.Long.SizeTag.Value, out ulong tag)
            || !objects.Memory.TryRead(address + (ulong)objects.Layout.Long.Digits.Value, digits))
        {
            return false;
        }

        ulong count = objects.Layout.Long.HasTag ? tag >> 3 : tag;
        for (int i = 0; i < 3 && (ulong)i < count; i++)
        {
            number |= (ulong)BinaryPrimitives.ReadUInt32LittleEndian(digits[(i * 4)..]) << (30 * i);
        }

        return count is > 0 and <= 3;
    }

    private int NativeId(ThreadIdentity identity, ulong state)
    {
        if (objects.Layout.Thread.NativeThreadId.Exists)
        {
            return objects.Memory.TryReadUInt64(state + (ulong)objects.Layout.Thread.NativeThreadId.Value, out ulong id)
                && id <= int.MaxValue ? (int)id : 0;
        }

        if (!_tidSearched)
        {
            FindTidOffset(identity.PthreadId);
        }

        return _tidOffset >= 0 ? ReadTid(identity.PthreadId, _tidOffset) : 0;
    }

    // To 3.10 a thread state has only pthread_self(): the address of glibc's (or musl's) struct pthread, in which the kernel id
    // stands somewhere. The main thread's is known, so it tells where. glibc's and musl's tid is the first int of a word (glibc:
    // at 720 on x86-64, 208 on aarch64; musl: at 48); the upper half of a pointer, which never is, reads 0x7fxx: a likely kernel id.
    private void FindTidOffset(ulong pthread)
    {
        Span<byte> bytes = stackalloc byte[1024];
        if (pthread == 0 || !objects.Memory.TryRead(pthread, bytes))
        {
            return;
        }

        _tidSearched = true;
        for (int offset = 0; offset + sizeof(ulong) <= bytes.Length; offset += sizeof(ulong))
        {
            int value = BinaryPrimitives.ReadInt32LittleEndian(bytes[offset..]);
            if (value == pid || (value > 0 && IsThread(value)))
            {
                _tidOffset = offset;
                return;
            }
        }
    }

    private bool IsThread(int tid) =>
        threads is not null ? threads.Contains(tid) : tid > 1 && processDirectory.Length > 0 && Directory.Exists($"{processDirectory}/task/{tid.ToString(CultureInfo.InvariantCulture)}");

    private int ReadTid(ulong pthread, int offset) =>
        pthread != 0 && objects.Memory.TryReadInt32(pthread + (ulong)offset, out int tid) && tid > 0 ? tid : 0;

    private string KernelName(int tid)
    {
        if (tid == 0 || processDirectory.Length == 0)
        {
            return "";
        }

        try
        {
            return File.ReadAllText($"{processDirectory}/task/{tid.ToString(CultureInfo.InvariantCulture)}/comm").TrimEnd('\n');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
