using System.Runtime.InteropServices;

namespace LibProf.Sampler.Native;

/// <summary>Starting a program: posix_spawn(3), and what of our own process it must get unchanged.</summary>
internal static unsafe partial class SpawnCalls
{
    public const int ENOENT = 2;
    public const int ENOEXEC = 8;

    private const short POSIX_SPAWN_SETSIGDEF = 0x04;
    private const short POSIX_SPAWN_SETSIGMASK = 0x08;
    private const int O_RDONLY = 0;
    private const int O_WRONLY = 1;
    private const int O_CLOEXEC = 0x80000;
    private const int O_NONBLOCK = 0x800;

    [LibraryImport("libc", EntryPoint = "posix_spawnp")]
    private static partial int PosixSpawnP(int* pid, byte* file, void* fileActions, void* attributes, byte** argv, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static partial int AttributesInit(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static partial int AttributesDestroy(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static partial int AttributesSetFlags(void* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int AttributesSetDefaultSignals(void* attributes, void* set);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static partial int AttributesSetMask(void* attributes, void* set);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int ActionsInit(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int ActionsDestroy(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen")]
    private static partial int ActionsAddOpen(void* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addclose")]
    private static partial int ActionsAddClose(void* actions, int descriptor);

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true)]
    private static partial int ExecVe(byte* path, byte** argv, byte** environment);

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    /// <summary>libc's <c>environ</c>: the very block that we were given, order, duplicates and invalid bytes included.</summary>
    private static byte** Environment => *(byte***)NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "environ");

    /// <summary>Starts a program in our process group with our descriptors, directory and environment.</summary>
    /// <param name="file">What to look for in PATH, without a terminating zero.</param>
    /// <param name="arguments">Arguments from the zeroth on, without terminating zeros.</param>
    /// <param name="defaultSignals">Signals to be set to default in the program although we ignore them.</param>
    /// <param name="mask">The program's signal mask.</param>
    /// <param name="gate">A FIFO that the child opens, and so waits at, before its exec; null for none.</param>
    /// <param name="pid">The process.</param>
    /// <returns>0, or the errno of the spawn or of the exec. When it returns the exec has happened.</returns>
    public static int Spawn(byte[] file, IReadOnlyList<byte[]> arguments, ulong defaultSignals, ulong mask, string? gate, out int pid)
    {
        ulong* attributes = stackalloc ulong[64]; // posix_spawnattr_t: 336 bytes in glibc and musl
        ulong* actions = stackalloc ulong[32];    // posix_spawn_file_actions_t: 80 bytes
        ulong* signals = stackalloc ulong[16];    // sigset_t
        new Span<ulong>(signals, 16).Clear();

        _ = AttributesInit(attributes);
        _ = ActionsInit(actions);
        _ = AttributesSetFlags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
        signals[0] = defaultSignals;
        _ = AttributesSetDefaultSignals(attributes, signals);
        signals[0] = mask;
        _ = AttributesSetMask(attributes, signals);

        byte** argv = Pack(arguments);
        byte** name = Pack([file]);
        byte* gatePath = gate is null ? null : (byte*)Marshal.StringToCoTaskMemUTF8(gate);
        try
        {
            if (gate is not null)
            {
                // Any number will do that the program does not inherit: the lowest free one.
                int free = Open("/", O_RDONLY | O_CLOEXEC);
                WaitCalls.Close(free);
                _ = ActionsAddOpen(actions, free, gatePath, O_RDONLY, 0);
                _ = ActionsAddClose(actions, free);
            }

            int started = 0;
            int error = PosixSpawnP(&started, name[0], gate is null ? null : actions, attributes, argv, Environment);
            pid = started;
            return error;
        }
        finally
        {
            NativeMemory.Free(argv);
            NativeMemory.Free(name);
            Marshal.FreeCoTaskMem((nint)gatePath);
            _ = ActionsDestroy(actions);
            _ = AttributesDestroy(attributes);
        }
    }

    /// <summary>Replaces this process's image by the same program with the same arguments and environment. Returns errno when it cannot.</summary>
    public static int ExecSelf(IReadOnlyList<byte[]> arguments)
    {
        byte** argv = Pack(arguments);
        byte** path = Pack(["/proc/self/exe"u8.ToArray()]);
        _ = ExecVe(path[0], argv, Environment);
        return Marshal.GetLastPInvokeError();
    }

    /// <summary>Makes a FIFO that only we may open; false when that is not possible there.</summary>
    public static bool TryMakeFifo(string path) => MakeFifo(path, 0x180) == 0;

    /// <summary>Lets the reader go that waits for a writer at a FIFO; false when none waits there yet.</summary>
    public static bool TryReleaseFifo(string path)
    {
        int descriptor = Open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
        if (descriptor >= 0)
        {
            WaitCalls.Close(descriptor);
        }

        return descriptor >= 0;
    }

    /// <summary>One allocation: the pointers, a null one, then the strings with their zeros.</summary>
    private static byte** Pack(IReadOnlyList<byte[]> strings)
    {
        nuint pointers = (nuint)(strings.Count + 1) * (nuint)sizeof(byte*);
        nuint size = pointers;
        foreach (byte[] text in strings)
        {
            size += (nuint)text.Length + 1;
        }

        byte** packed = (byte**)NativeMemory.AllocZeroed(size);
        byte* next = (byte*)packed + pointers;
        for (int i = 0; i < strings.Count; i++)
        {
            packed[i] = next;
            strings[i].CopyTo(new Span<byte>(next, strings[i].Length));
            next += strings[i].Length + 1;
        }

        return packed;
    }
}
