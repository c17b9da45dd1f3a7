using System.Buffers.Text;
using LibProf.Sampler.Native;
using Microsoft.Win32.SafeHandles;

namespace LibProf.Sampler.Target;

/// <summary>Resident memory in KiB: pages of no file (or written to since), and pages of mapped files and shared memory.</summary>
/// <param name="AnonymousKib">The former.</param>
/// <param name="FileKib">The latter.</param>
internal readonly record struct ResidentKib(long AnonymousKib, long FileKib);

/// <summary>How much memory of a process is resident, from a cheap and from a precise source.</summary>
internal interface IResidentMemory
{
    /// <summary>Whether the cheap source is as precise as the other one.</summary>
    bool CountersAreExact { get; }

    /// <summary>Reads the kernel's counters: a microsecond. False when the process has no memory (any more).</summary>
    bool TryReadCounters(out ResidentKib resident);

    /// <summary>Counts in the page tables: takes the longer the more there is. False when that is not allowed or the process is gone.</summary>
    bool TryReadPageTables(out ResidentKib resident);

    /// <summary>Page faults so far of a thread, by its kernel id, or of all threads (0); -1 when they cannot be read.</summary>
    long ReadFaults(int thread);
}

/// <summary>
/// <see cref="IResidentMemory"/> of a live process, from <c>/proc</c>. The files stay open: reading them again is one system call.
/// Belongs to one process image, since <c>smaps_rollup</c> stays with the address space that it was opened for.
/// </summary>
internal sealed class ResidentMemory(int pid) : IResidentMemory, IDisposable
{
    private const int MostThreads = 64;
    private static readonly long _pageKib = Environment.SystemPageSize / 1024;
    private static readonly Lazy<bool> _countersAreExact = new(Calibrate);

    private readonly SafeFileHandle? _counters = FileCalls.Open($"/proc/{pid}/statm", out _);
    private readonly Dictionary<int, SafeFileHandle?> _stats = [];
    private readonly byte[] _text = new byte[4096];
    private SafeFileHandle? _pageTables;

    /// <inheritdoc/>
    public bool CountersAreExact => _countersAreExact.Value;

    /// <inheritdoc/>
    public bool TryReadCounters(out ResidentKib resident)
    {
        resident = default;
        return _counters is not null && Read(_counters, out ReadOnlySpan<byte> text) && TryParseCounters(text, _pageKib, out resident);
    }

    /// <inheritdoc/>
    public bool TryReadPageTables(out ResidentKib resident)
    {
        resident = default;
        _pageTables ??= FileCalls.Open($"/proc/{pid}/smaps_rollup", out _);
        return _pageTables is not null && Read(_pageTables, out ReadOnlySpan<byte> text) && TryParsePageTables(text, out resident);
    }

    /// <inheritdoc/>
    public long ReadFaults(int thread)
    {
        if (!_stats.TryGetValue(thread, out SafeFileHandle? file))
        {
            if (_stats.Count >= MostThreads)
            {
                Forget(_stats);
            }

            file = FileCalls.Open(thread == 0 ? $"/proc/{pid}/stat" : $"/proc/{pid}/task/{thread}/stat", out _);
            _stats.Add(thread, file);
        }

        return file is not null && Read(file, out ReadOnlySpan<byte> text) && TryParseFaults(text, out long faults) ? faults : -1;
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        _counters?.Dispose();
        _pageTables?.Dispose();
        Forget(_stats);
    }

    /// <summary>Parses <c>statm</c>: size, resident and shared pages (proc_pid_statm(5)).</summary>
    internal static bool TryParseCounters(ReadOnlySpan<byte> text, long pageKib, out ResidentKib resident)
    {
        resident = default;
        if (!TakeNumber(ref text, out _) || !TakeNumber(ref text, out long pages) || !TakeNumber(ref text, out long shared) || pages == 0)
        {
            return false;
        }

        // Counters that lag may say more shared than resident.
        resident = new ResidentKib(Math.Max(pages - shared, 0) * pageKib, shared * pageKib);
        return true;
    }

    /// <summary>Parses <c>smaps_rollup</c>: its lines Rss and Anonymous (proc_pid_smaps(5)).</summary>
    internal static bool TryParsePageTables(ReadOnlySpan<byte> text, out ResidentKib resident)
    {
        resident = default;
        if (!TryFind(text, "\nRss:"u8, out long all) || !TryFind(text, "\nAnonymous:"u8, out long anonymous) || anonymous > all)
        {
            return false;
        }

        resident = new ResidentKib(anonymous, all - anonymous);
        return true;
    }

    /// <summary>Parses <c>stat</c>: minor and major faults, fields 10 and 12 (proc_pid_stat(5)).</summary>
    internal static bool TryParseFaults(ReadOnlySpan<byte> text, out long faults)
    {
        // The name, field 2, stands in brackets and may hold anything.
        faults = 0;
        int end = text.LastIndexOf((byte)')');
        if (end < 0 || text.Length < end + 4)
        {
            return false;
        }

        text = text[(end + 4)..]; // ") S "
        long minor = 0;
        for (int field = 4; field <= 12; field++)
        {
            if (!TakeNumber(ref text, out long value))
            {
                return false;
            }

            minor = field == 10 ? value : minor;
            faults = field == 12 ? minor + value : 0;
        }

        return true;
    }

    // The kernel may gather counts by processor (6.2 on) or by thread (before) and add them up at every 32nd or 64th only. Whether it does is
    // told by pages of our own: fewer than a batch, which a counter that lags does not show. Other threads of ours make noise.
    private static bool Calibrate()
    {
        const int Pages = 8;
        const int Trials = 7;
        using ResidentMemory own = new(Environment.ProcessId);
        int exact = 0;
        for (int i = 0; i < Trials; i++)
        {
            long before = 0;
            long between = 0;
            _ = own.TryReadCounters(out ResidentKib resident);
            before = resident.AnonymousKib;
            _ = FreshPages.With(Pages, () => between = own.TryReadCounters(out ResidentKib more) ? more.AnonymousKib : 0);
            exact += between - before == Pages * _pageKib ? 1 : 0;
        }

        return exact > Trials / 2;
    }

    private bool Read(SafeFileHandle file, out ReadOnlySpan<byte> text)
    {
        int length = FileCalls.Read(file, _text, 0);
        text = _text.AsSpan(0, Math.Max(length, 0));
        return length > 0;
    }

    private static void Forget(Dictionary<int, SafeFileHandle?> files)
    {
        foreach (SafeFileHandle? file in files.Values)
        {
            file?.Dispose();
        }

        files.Clear();
    }

    private static bool TryFind(ReadOnlySpan<byte> text, ReadOnlySpan<byte> label, out long value)
    {
        value = 0;
        int at = text.IndexOf(label);
        if (at < 0)
        {
            return false;
        }

        text = text[(at + label.Length)..];
        return TakeNumber(ref text, out value);
    }

    private static bool TakeNumber(ref ReadOnlySpan<byte> text, out long value)
    {
        text = text.TrimStart((byte)' ');
        if (!Utf8Parser.TryParse(text, out value, out int digits))
        {
            return false;
        }

        text = text[digits..];
        return true;
    }
}
