using System.Globalization;
using System.Text;
using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>The user or group ids of a process, in the order of <c>/proc/PID/status</c>.</summary>
/// <param name="Real">Who started it.</param>
/// <param name="Effective">Whose rights it has.</param>
/// <param name="Saved">What it may become again.</param>
public readonly record struct ProcessOwner(uint Real, uint Effective, uint Saved)
{
    /// <summary>Whether all three are <paramref name="id"/>.</summary>
    public bool IsAll(uint id) => Real == id && Effective == id && Saved == id;
}

/// <summary>What <c>/proc/PID/status</c> says (proc_pid_status(5)). A line that the kernel leaves out leaves its default.</summary>
public sealed record ProcessStatus
{
    /// <summary>The command's name, at most 15 bytes.</summary>
    public string Name { get; private init; } = "";

    /// <summary>R running, S sleeping, D waiting for a device, T stopped, t traced, Z zombie, X dead; I idle kernel thread.</summary>
    public char State { get; private init; }

    /// <summary>Process id; another than asked for when a thread's id was asked for.</summary>
    public int ProcessId { get; private init; }

    /// <summary>Process id of the parent as libprof sees it, 0 when it is outside.</summary>
    public int ParentId { get; private init; }

    /// <summary>Process id of the tracer, 0 when it is not traced.</summary>
    public int TracerId { get; private init; }

    /// <summary>User ids.</summary>
    public ProcessOwner User { get; private init; }

    /// <summary>Group ids.</summary>
    public ProcessOwner Group { get; private init; }

    /// <summary>Its process ids from libprof's PID namespace inwards; the last is the one that the process itself sees.</summary>
    public IReadOnlyList<int> NamespaceIds { get; private init; } = [];

    /// <summary>Peak resident memory in KiB; null for a kernel thread or a zombie.</summary>
    public long? PeakResidentKiB { get; private init; }

    /// <summary>Resident memory in KiB; null for a kernel thread or a zombie.</summary>
    public long? ResidentKiB { get; private init; }

    /// <summary>Number of threads.</summary>
    public int Threads { get; private init; }

    /// <summary>Permitted capabilities, a bit each.</summary>
    public ulong PermittedCapabilities { get; private init; }

    /// <summary>Effective capabilities, a bit each.</summary>
    public ulong EffectiveCapabilities { get; private init; }

    /// <summary>How many CPUs it may run on; 0 when unknown.</summary>
    public int AllowedCpus { get; private init; }

    /// <summary>Whether it has ended and only its exit status is left.</summary>
    public bool HasEnded => State is 'Z' or 'X' or 'x';

    /// <summary>Whether it is a thread of the kernel: nothing but a zombie otherwise has no memory.</summary>
    public bool IsKernelThread => !HasEnded && State != 0 && PeakResidentKiB is null && ResidentKiB is null;

    /// <summary>Reads that of a process.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    /// <returns>Null when there is no such process.</returns>
    public static ProcessStatus? TryRead(int pid) => TryReadFile($"/proc/{pid}/status");

    /// <summary>The same of one thread; null when it is gone.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    /// <param name="thread">Thread id as libprof sees it.</param>
    public static ProcessStatus? TryReadThread(int pid, int thread) => TryReadFile($"/proc/{pid}/task/{thread}/status");

    /// <summary>Reads libprof's own.</summary>
    public static ProcessStatus? TryReadOwn() => TryReadFile("/proc/self/status");

    /// <summary>Parses the text of a <c>status</c> file. Lines that are not understood are passed over.</summary>
    public static ProcessStatus Parse(string text)
    {
        ProcessStatus status = new();
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            int colon = line.IndexOf(':');
            if (colon < 0)
            {
                continue;
            }

            ReadOnlySpan<char> value = line[(colon + 1)..].Trim();
            status = line[..colon] switch
            {
                "Name" => status with { Name = value.ToString() },
                "State" => status with { State = value.IsEmpty ? '\0' : value[0] },
                "Tgid" => status with { ProcessId = Number(value) },
                "PPid" => status with { ParentId = Number(value) },
                "TracerPid" => status with { TracerId = Number(value) },
                "Uid" => status with { User = Owner(value) },
                "Gid" => status with { Group = Owner(value) },
                "NSpid" => status with { NamespaceIds = Numbers(value) },
                "VmHWM" => status with { PeakResidentKiB = KiB(value) },
                "VmRSS" => status with { ResidentKiB = KiB(value) },
                "Threads" => status with { Threads = Number(value) },
                "CapPrm" => status with { PermittedCapabilities = Bits(value) },
                "CapEff" => status with { EffectiveCapabilities = Bits(value) },
                "Cpus_allowed_list" => status with { AllowedCpus = CountList(value) },
                _ => status,
            };
        }

        return status;
    }

    private static ProcessStatus? TryReadFile(string path) =>
        FileCalls.ReadAll(path, out _) is { Length: > 0 } text ? Parse(Encoding.UTF8.GetString(text)) : null;

    private static int Number(ReadOnlySpan<char> text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : 0;

    private static ulong Bits(ReadOnlySpan<char> text) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value) ? value : 0;

    private static long? KiB(ReadOnlySpan<char> text) =>
        text.EndsWith(" kB") && long.TryParse(text[..^3].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;

    private static List<int> Numbers(ReadOnlySpan<char> text)
    {
        List<int> numbers = [];
        foreach (Range part in text.SplitAny('\t', ' '))
        {
            if (!text[part].IsEmpty)
            {
                numbers.Add(Number(text[part]));
            }
        }

        return numbers;
    }

    private static ProcessOwner Owner(ReadOnlySpan<char> text)
    {
        Span<uint> ids = stackalloc uint[3];
        int count = 0;
        foreach (Range part in text.SplitAny('\t', ' '))
        {
            if (count < ids.Length && !text[part].IsEmpty)
            {
                uint.TryParse(text[part], NumberStyles.None, CultureInfo.InvariantCulture, out ids[count++]);
            }
        }

        return new ProcessOwner(ids[0], ids[1], ids[2]);
    }

    /// <summary>The number of members of a list such as <c>0-3,7</c>.</summary>
    private static int CountList(ReadOnlySpan<char> text)
    {
        int count = 0;
        foreach (Range part in text.Split(','))
        {
            ReadOnlySpan<char> range = text[part];
            int dash = range.IndexOf('-');
            count += range.IsEmpty ? 0 : dash < 0 ? 1 : Math.Max(0, Number(range[(dash + 1)..]) - Number(range[..dash]) + 1);
        }

        return count;
    }
}
