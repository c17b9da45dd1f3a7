using System.Buffers.Binary;
using LibProf.CPythonLayouts;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Interpreter;

/// <summary>A CPython in a process: which one, how its memory is laid out, and where its state begins.</summary>
public sealed record LocatedRuntime
{
    /// <summary>The release, as the running binary says it.</summary>
    public required CPythonVersion Version { get; init; }

    /// <summary>The layout of its memory.</summary>
    public required CPythonLayout Layout { get; init; }

    /// <summary>Whether it is a free-threaded build.</summary>
    public bool FreeThreaded => Layout.FreeThreaded;

    /// <summary>Address of <c>_PyRuntime</c>; 0 in 3.6, which has none.</summary>
    public required ulong RuntimeAddress { get; init; }

    /// <summary>
    /// Address of the pointer to the first interpreter: <c>_PyRuntime.interpreters.head</c>, in 3.6 the variable <c>interp_head</c>.
    /// 0 when a 3.6 hides it.
    /// </summary>
    public required ulong InterpretersHeadAddress { get; init; }

    /// <summary>3.6: address of the pointer to the thread state that holds the GIL, <c>_PyThreadState_Current</c>; else 0.</summary>
    public required ulong CurrentThreadStateAddress { get; init; }

    /// <summary>3.6: address of the pointer to the thread that finalizes, <c>_Py_Finalizing</c>; else 0.</summary>
    public ulong FinalizingAddress { get; init; }

    /// <summary>The executable or library that holds it, as the target names it.</summary>
    public required string ModulePath { get; init; }

    /// <summary>What the module's linked addresses are moved by in this process.</summary>
    public required ulong LoadBias { get; init; }

    /// <summary>The module's build id in hexadecimal, or empty.</summary>
    public required string BuildId { get; init; }

    /// <summary>Reads the pointer to the first interpreter.</summary>
    /// <param name="memory">The target's memory.</param>
    /// <param name="interpreter">Address of its <c>PyInterpreterState</c>; 0 when none exists yet or any more.</param>
    /// <returns>False when the memory could not be read.</returns>
    public bool TryReadFirstInterpreter(IRemoteMemory memory, out ulong interpreter)
    {
        if (InterpretersHeadAddress != 0)
        {
            return TryReadPointer(memory, InterpretersHeadAddress, out interpreter);
        }

        // Only while some thread holds the GIL does this point anywhere.
        if (!TryReadPointer(memory, CurrentThreadStateAddress, out ulong thread) || thread == 0)
        {
            interpreter = 0;
            return thread == 0;
        }

        return TryReadPointer(memory, thread + (ulong)Layout.Thread.Interpreter.Value, out interpreter);
    }

    /// <summary>Address of the int that says whether an interpreter is collecting garbage; 0 where that is not known (3.6, and 3.7 up to 3.7.3).</summary>
    /// <param name="interpreter">Address of its <c>PyInterpreterState</c>.</param>
    public ulong CollectingAddress(ulong interpreter) =>
        Layout.Interpreter.Collecting.Exists ? interpreter + (ulong)Layout.Interpreter.Collecting.Value
        : Layout.Runtime is { Collecting: { Exists: true } shared } && RuntimeAddress != 0 ? RuntimeAddress + (ulong)shared.Value : 0;

    private static bool TryReadPointer(IRemoteMemory memory, ulong address, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        bool read = memory.TryRead(address, bytes);
        value = read ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
        return read;
    }
}
