using LibProf.CPythonLayouts;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Interpreter;

/// <summary>An interpreter of a process.</summary>
/// <param name="Address">Of its <c>PyInterpreterState</c>.</param>
/// <param name="Id">Its id, 0 for the main one. 3.6 has no ids: there it is how many interpreters are older.</param>
internal readonly record struct InterpreterEntry(ulong Address, long Id);

/// <summary>
/// The list of a process's interpreters. New ones are put at its head (<c>PyInterpreterState_New</c> of Python/pystate.c), so the main one
/// is the last.
/// </summary>
internal static class InterpreterList
{
    /// <summary>Finds the main interpreter.</summary>
    /// <param name="memory">The target's memory.</param>
    /// <param name="runtime">Where the list begins.</param>
    /// <param name="main">Address of its <c>PyInterpreterState</c>.</param>
    /// <returns>False when there is none, or the list cannot be followed to its end.</returns>
    public static bool TryFindMain(IRemoteMemory memory, LocatedRuntime runtime, out ulong main)
    {
        main = 0;
        if (!runtime.TryReadFirstInterpreter(memory, out ulong interpreter))
        {
            return false;
        }

        for (int i = 0; interpreter != 0; i++)
        {
            main = interpreter;
            if (i == ReadLimits.MaxInterpreters || !memory.TryReadUInt64(interpreter + (ulong)runtime.Layout.Interpreter.Next.Value, out interpreter))
            {
                main = 0;
                return false;
            }
        }

        return main != 0;
    }

    /// <summary>Lists all interpreters, the newest first; at most <see cref="ReadLimits.MaxInterpreters"/>, also of a list that goes in a circle.</summary>
    /// <param name="memory">The target's memory.</param>
    /// <param name="layout">How it is laid out.</param>
    /// <param name="first">The first one's address.</param>
    /// <param name="entries">Filled with those that could be read.</param>
    public static void Read(IRemoteMemory memory, CPythonLayout layout, ulong first, List<InterpreterEntry> entries)
    {
        entries.Clear();
        InterpreterLayout fields = layout.Interpreter;
        ulong interpreter = first;
        while (interpreter != 0 && entries.Count < ReadLimits.MaxInterpreters)
        {
            ulong id = 0;
            if (!memory.TryReadUInt64(interpreter + (ulong)fields.Next.Value, out ulong next)
                || (fields.Id.Exists && !memory.TryReadUInt64(interpreter + (ulong)fields.Id.Value, out id)))
            {
                break;
            }

            entries.Add(new InterpreterEntry(interpreter, (int)id));
            interpreter = next;
        }

        for (int i = 0; i < entries.Count && !fields.Id.Exists; i++)
        {
            entries[i] = entries[i] with { Id = entries.Count - 1 - i };
        }
    }
}
