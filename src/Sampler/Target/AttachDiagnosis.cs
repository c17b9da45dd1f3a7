using System.Globalization;
using System.Text;
using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>What decides whether the kernel lets one process read another (ptrace(2), "Ptrace access mode checking").</summary>
internal sealed record AttachCircumstances
{
    /// <summary>The target; null when there is no such process.</summary>
    public ProcessStatus? Target { get; init; }

    /// <summary>libprof itself.</summary>
    public required ProcessStatus Own { get; init; }

    /// <summary><c>/proc/sys/kernel/yama/ptrace_scope</c>; null without the Yama module.</summary>
    public int? YamaScope { get; init; }

    /// <summary>Whether libprof runs in a container.</summary>
    public bool InContainer { get; init; }

    /// <summary>Name of the tracer, empty when unknown.</summary>
    public string TracerName { get; init; } = "";

    /// <summary>Gives the name of a user id, or null.</summary>
    public Func<uint, string?> UserName { get; init; } = _ => null;
}

/// <summary>Finds out why a process cannot be read and says it in one line, with what to do about it.</summary>
public static class AttachDiagnosis
{
    private const int Eperm = 1;
    private const int Enoent = 2;
    private const int Esrch = 3;
    private const int Eacces = 13;
    private const int Enosys = 38;
    private const int CapSysPtrace = 19;

    /// <summary>Explains a failed access to a process.</summary>
    /// <param name="pid">Process id as libprof sees it.</param>
    /// <param name="error">errno of the call that failed; 0 when it gave nothing without an error.</param>
    /// <param name="seenBefore">Whether the process was read before: then its absence means that it ended.</param>
    /// <returns>The exception to throw.</returns>
    public static AttachException Explain(int pid, int error, bool seenBefore = false)
    {
        ProcessStatus? target = ProcessStatus.TryRead(pid);
        return Explain(pid, error, seenBefore, new AttachCircumstances
        {
            Target = target,
            Own = ProcessStatus.TryReadOwn() ?? ProcessStatus.Parse(""),
            YamaScope = ReadNumber("/proc/sys/kernel/yama/ptrace_scope"),
            InContainer = IsContainer(),
            TracerName = target is { TracerId: > 0 } ? ProcessStatus.TryRead(target.TracerId)?.Name ?? "" : "",
            UserName = FindUserName,
        });
    }

    internal static AttachException Explain(int pid, int error, bool seenBefore, AttachCircumstances facts)
    {
        if (facts.Target is not { } target)
        {
            return seenBefore
                ? new AttachException(AttachFailure.EndedMeanwhile, $"process {pid} ended while libprof was attaching")
                : new AttachException(AttachFailure.NoSuchProcess, $"there is no process {pid}",
                    "A process of another container has another id here: see ps -e.");
        }

        string process = $"process {pid} ({target.Name})";
        if (target.HasEnded)
        {
            return seenBefore
                ? new AttachException(AttachFailure.EndedMeanwhile, $"{process} ended while libprof was attaching")
                : new AttachException(AttachFailure.Zombie, $"{process} has already ended and waits for its parent (zombie)");
        }

        if (target.IsKernelThread)
        {
            return new AttachException(AttachFailure.NotPython, $"{process} is a thread of the kernel, not a program");
        }

        if (target.TracerId != 0 && error is Eperm)
        {
            string tracer = facts.TracerName.Length == 0 ? $"process {target.TracerId}" : $"process {target.TracerId} ({facts.TracerName})";
            return new AttachException(AttachFailure.AlreadyTraced, $"{process} is already traced by {tracer}",
                "Only one process can trace another: end that one, or sample without --blocking.");
        }

        return error switch
        {
            Eperm or Eacces => ExplainPermission(process, target, facts),
            Enosys => new AttachException(AttachFailure.NoPermission,
                $"{process} cannot be read: this kernel or sandbox does not offer process_vm_readv",
                "Allow that system call (seccomp), or run libprof outside of the sandbox."),
            0 or Enoent or Esrch => new AttachException(AttachFailure.EndedMeanwhile, $"{process} ended or began another program while libprof was attaching",
                "Try again."),
            _ => new AttachException(AttachFailure.Inconsistent, string.Create(CultureInfo.InvariantCulture, $"{process} cannot be read (errno {error})")),
        };
    }

    private static AttachException ExplainPermission(string process, ProcessStatus target, AttachCircumstances facts)
    {
        ProcessStatus own = facts.Own;
        const string Capability = "Add the capability SYS_PTRACE (docker run --cap-add SYS_PTRACE; "
            + "Kubernetes: securityContext.capabilities.add: [SYS_PTRACE]) and run as root.";
        bool capable = (own.EffectiveCapabilities >> CapSysPtrace & 1) != 0;
        if (facts.YamaScope == 3)
        {
            return Refuse($"{process} cannot be read: kernel.yama.ptrace_scope is 3, which forbids it to everyone until the next boot",
                "Set kernel.yama.ptrace_scope in /etc/sysctl.d to 0, 1 or 2 and boot again.");
        }

        if (capable)
        {
            return Refuse($"{process} cannot be read although libprof has CAP_SYS_PTRACE: it is in another user namespace, or a security module (AppArmor, SELinux, seccomp) forbids it",
                facts.InContainer ? "Run libprof on the host, or in the container of the target." : "See the kernel's log (dmesg, audit.log) for the rule that forbids it.");
        }

        uint user = own.User.Real;
        if (!target.User.IsAll(user))
        {
            uint other = target.User.Real != user ? target.User.Real : target.User.Effective != user ? target.User.Effective : target.User.Saved;
            return Refuse($"{process} belongs to {Name(other)}, libprof runs as {Name(user)} without CAP_SYS_PTRACE",
                facts.InContainer ? $"Run libprof as that user. Or: {Capability}" : "Run libprof as that user, or with sudo.");
        }

        if (!target.Group.IsAll(own.Group.Real))
        {
            return Refuse($"{process} runs with other group ids than libprof, which lacks CAP_SYS_PTRACE",
                facts.InContainer ? Capability : "Run libprof with sudo.");
        }

        if ((target.PermittedCapabilities & ~own.PermittedCapabilities) != 0)
        {
            return Refuse($"{process} has capabilities that libprof lacks, and libprof has no CAP_SYS_PTRACE",
                facts.InContainer ? Capability : "Run libprof with sudo.");
        }

        switch (facts.YamaScope)
        {
            case 1:
                return Refuse($"{process} cannot be read: kernel.yama.ptrace_scope is 1, which allows only one's own children",
                    (facts.InContainer ? Capability : "Run libprof with sudo, or sudo sysctl kernel.yama.ptrace_scope=0,")
                    + " or start the program with libprof run -- COMMAND.");
            case 2:
                return Refuse($"{process} cannot be read: kernel.yama.ptrace_scope is 2, which allows it only with CAP_SYS_PTRACE",
                    facts.InContainer ? Capability : "Run libprof with sudo, or sudo sysctl kernel.yama.ptrace_scope=0.");
            default:
                return Refuse($"{process} cannot be read: it is not dumpable (it changed its user, holds secrets, or its program file is not readable) or a security module forbids it",
                    facts.InContainer ? Capability : "Run libprof with sudo.");
        }

        string Name(uint id) => facts.UserName(id) is { } name ? $"user {name} (uid {id})" : $"uid {id}";
        static AttachException Refuse(string message, string hint) => new(AttachFailure.NoPermission, message, hint);
    }

    private static int? ReadNumber(string path) =>
        FileCalls.ReadAll(path, out _) is { } text
        && int.TryParse(Encoding.ASCII.GetString(text).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;

    private static bool IsContainer() =>
        File.Exists("/.dockerenv") || File.Exists("/run/.containerenv")
        || Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is not null
        || Environment.GetEnvironmentVariable("container") is { Length: > 0 };

    private static string? FindUserName(uint id)
    {
        // name:password:uid:gid:...
        string[] lines = FileCalls.ReadAll("/etc/passwd", out _) is { } text ? Encoding.UTF8.GetString(text).Split('\n') : [];
        foreach (string line in lines)
        {
            string[] fields = line.Split(':');
            if (fields.Length > 2 && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint found) && found == id)
            {
                return fields[0];
            }
        }

        return null;
    }
}
