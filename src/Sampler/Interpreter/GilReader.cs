using LibProf.CPythonLayouts;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Interpreter;

/// <summary>
/// Reads which thread states hold a GIL. Up to 3.11 the runtime has one GIL and a pointer to the thread state that holds it
/// (<c>_PyThreadState_Current</c> in 3.6, <c>_PyRuntime.gilstate.tstate_current</c> then; NULL while nobody does). From 3.12 on each
/// interpreter has a GIL of its own, or shares the main one's: who held it last, and whether it is locked (Python/ceval_gil.c).
/// </summary>
/// <param name="memory">The target's memory.</param>
/// <param name="runtime">Where its interpreters are found.</param>
internal sealed class GilReader(IRemoteMemory memory, LocatedRuntime runtime)
{
    private const long ListIntervalNs = 200_000_000;

    private readonly List<ulong> _interpreters = [];
    private readonly CPythonLayout _layout = runtime.Layout;
    private long _nextList = long.MinValue;

    /// <summary>Whether this build has a GIL and its holder can be known.</summary>
    public bool CanTell { get; } = !runtime.FreeThreaded
        && (CurrentThreadState(runtime) != 0 || (runtime.Layout.Interpreter.GilLastHolder.Exists && runtime.Layout.Interpreter.GilLocked.Exists));

    /// <summary>Reads the holders.</summary>
    /// <param name="nowNs">A clock that goes forward: the list of interpreters is read anew from time to time only.</param>
    /// <param name="holders">Filled with the addresses of the thread states that hold a GIL, without those of GILs that nobody holds.</param>
    /// <returns>False when it could not be read, or this build does not tell.</returns>
    public bool TryRead(long nowNs, List<ulong> holders)
    {
        holders.Clear();
        if (!CanTell)
        {
            return false;
        }

        if (CurrentThreadState(runtime) is not 0 and ulong current)
        {
            if (!memory.TryReadUInt64(current, out ulong holder))
            {
                return false;
            }

            AddTo(holders, holder);
            return true;
        }

        if (nowNs >= _nextList)
        {
            _nextList = nowNs + ListIntervalNs;
            ListInterpreters();
        }

        foreach (ulong interpreter in _interpreters)
        {
            // An interpreter that shares the main one's GIL has one of its own that was never locked.
            if (!memory.TryReadInt32(interpreter + (ulong)_layout.Interpreter.GilLocked.Value, out int locked)
                || !memory.TryReadUInt64(interpreter + (ulong)_layout.Interpreter.GilLastHolder.Value, out ulong holder))
            {
                return false;
            }

            // -1 before the GIL is made.
            AddTo(holders, locked == 1 ? holder : 0);
        }

        return _interpreters.Count > 0;
    }

    private static void AddTo(List<ulong> holders, ulong holder)
    {
        if (holder != 0)
        {
            holders.Add(holder);
        }
    }

    // 0 where no such pointer is known.
    private static ulong CurrentThreadState(LocatedRuntime runtime) =>
        runtime.RuntimeAddress != 0 && runtime.Layout.Runtime is { CurrentThreadState: { Exists: true } field }
            ? runtime.RuntimeAddress + (ulong)field.Value
            : runtime.CurrentThreadStateAddress;

    private void ListInterpreters()
    {
        _interpreters.Clear();
        _ = runtime.TryReadFirstInterpreter(memory, out ulong interpreter);
        while (interpreter != 0 && _interpreters.Count < ReadLimits.MaxInterpreters)
        {
            _interpreters.Add(interpreter);
            if (!memory.TryReadUInt64(interpreter + (ulong)_layout.Interpreter.Next.Value, out interpreter))
            {
                break;
            }
        }
    }
}
