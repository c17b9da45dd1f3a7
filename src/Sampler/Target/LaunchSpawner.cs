using System.Runtime.InteropServices;
using System.Text;
using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>Creates the process: finds the program, gives it the signals that libprof was given, and explains when it cannot be done.</summary>
internal static class LaunchSpawner
{
    /// <summary>Starts a program; returns its process id and CLOCK_MONOTONIC just before.</summary>
    public static (int Pid, long SpawnedAtNs) Spawn(IReadOnlyList<byte[]> arguments)
    {
        ArgumentOutOfRangeException.ThrowIfZero(arguments.Count);
        SignalEntryState entry = SignalEntryState.Current;
        if (SignalEntryState.BlockedFromStart)
        {
            RestoreIgnored(entry.Ignored);
        }

        // All others to their default: it undoes what the runtime ignores, and glibc's leaving its own two signals ignored in the program.
        ulong defaults = ~(entry.Ignored | SignalSets.Of(9, SignalSets.SIGSTOP));
        long spawnedAtNs = WaitCalls.MonotonicNs();
        int error = Spawn(arguments[0], arguments, defaults, entry, out int pid);
        if (error == SpawnCalls.ENOEXEC && FindScript(arguments[0]) is byte[] script)
        {
            // No #! line: shells, and execvp(3), run it with sh.
            byte[] shell = "/bin/sh"u8.ToArray();
            error = Spawn(shell, [shell, script, .. arguments.Skip(1)], defaults, entry, out pid);
        }

        return error == 0 ? (pid, spawnedAtNs) : throw Explain(arguments[0], error);
    }

    /// <summary>
    /// Signals that were ignored but that the runtime caught: ignored again, for a program inherits only that. They are blocked here,
    /// so a signalfd still gets them. Not the faults that the runtime lives on, nor its own signal.
    /// </summary>
    private static void RestoreIgnored(ulong ignored)
    {
        for (int number = 1; number <= 64; number++)
        {
            if (SignalSets.Contains(ignored & SignalSets.Relayed, number) && !SignalCalls.IsIgnored(number))
            {
                SignalCalls.SetDisposition(number, ignore: true);
            }
        }
    }

    private static int Spawn(byte[] file, IReadOnlyList<byte[]> arguments, ulong defaults, SignalEntryState entry, out int pid) =>
        SignalCalls.IsIgnored(SignalSets.SIGCHLD)
            ? SpawnWithIgnoredChildSignal(file, arguments, defaults, entry.Blocked, out pid)
            : SpawnCalls.Spawn(file, arguments, defaults, entry.Blocked, null, out pid);

    /// <summary>
    /// The program must inherit SIGCHLD ignored, but we must not ignore it when the program ends, or the kernel throws its status
    /// away; and a short program may end before posix_spawn returns to us. So it waits at a FIFO before its exec, its
    /// dispositions already its own, until another thread has set ours.
    /// </summary>
    private static int SpawnWithIgnoredChildSignal(byte[] file, IReadOnlyList<byte[]> arguments, ulong defaults, ulong mask, out int pid)
    {
        DirectoryInfo? directory = TryMakeDirectory();
        string? gate = directory is null ? null : Path.Combine(directory.FullName, "gate");
        try
        {
            if (gate is null || !SpawnCalls.TryMakeFifo(gate))
            {
                int failed = SpawnCalls.Spawn(file, arguments, defaults, mask, null, out pid);
                SignalCalls.SetDisposition(SignalSets.SIGCHLD, ignore: false);
                return failed;
            }

            bool returned = false;
            Thread opener = new(() =>
            {
                while (!WaitCalls.HasChild() && !Volatile.Read(ref returned))
                {
                    Thread.Sleep(0);
                }

                SignalCalls.SetDisposition(SignalSets.SIGCHLD, ignore: false);
                while (!SpawnCalls.TryReleaseFifo(gate) && !Volatile.Read(ref returned))
                {
                    Thread.Sleep(0);
                }
            });
            opener.Start();
            int error = SpawnCalls.Spawn(file, arguments, defaults, mask, gate, out pid);
            Volatile.Write(ref returned, true);
            opener.Join();
            if (error != 0)
            {
                // There may be another try, as a shell script.
                SignalCalls.SetDisposition(SignalSets.SIGCHLD, ignore: true);
            }

            return error;
        }
        finally
        {
            directory?.Delete(recursive: true);
        }
    }

    private static DirectoryInfo? TryMakeDirectory()
    {
        try
        {
            return Directory.CreateTempSubdirectory("libprof-");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The path of a program that the kernel does not know how to execute, if it looks like a text; null otherwise.</summary>
    private static byte[]? FindScript(byte[] name)
    {
        string text = Encoding.UTF8.GetString(name);
        IEnumerable<string> candidates = text.Contains('/', StringComparison.Ordinal)
            ? [text]
            : (Environment.GetEnvironmentVariable("PATH") ?? "/bin:/usr/bin").Split(':').Select(part => Path.Combine(part.Length == 0 ? "." : part, text));
        foreach (string candidate in candidates)
        {
            try
            {
                using FileStream file = File.OpenRead(candidate);
                Span<byte> start = stackalloc byte[256];
                start = start[..file.Read(start)];
                int lineEnd = start.IndexOf((byte)'\n');
                bool isText = !(lineEnd < 0 ? start : start[..lineEnd]).Contains((byte)0);
                return isText ? Encoding.UTF8.GetBytes(candidate) : null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }
        }

        return null;
    }

    private static LaunchException Explain(byte[] name, int error)
    {
        string shown = string.Concat(Encoding.UTF8.GetString(name).Select(c => char.IsControl(c) ? '?' : c));
        bool isPath = shown.Contains('/', StringComparison.Ordinal);
        if (error == SpawnCalls.ENOENT && isPath && File.Exists(shown))
        {
            return new(LaunchFailure.NotExecutable, $"cannot execute {shown}: the interpreter that it names does not exist",
                "look at its first line (#!), or at its ELF interpreter");
        }

        if (error == SpawnCalls.ENOENT)
        {
            return new(LaunchFailure.NotFound, isPath ? $"{shown}: no such file" : $"{(shown.Length == 0 ? "''" : shown)}: command not found");
        }

        string reason = Directory.Exists(shown) && isPath ? "it is a directory" : Marshal.GetPInvokeErrorMessage(error);
        return new(LaunchFailure.NotExecutable, $"cannot execute {shown}: {reason}");
    }
}
