using LibProf.CPythonLayouts;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Interpreter;

/// <summary>What tells a thread from another one whose state stands at the same address.</summary>
/// <param name="UniqueId">The thread state's serial number; 0 where the version has none.</param>
/// <param name="PthreadId"><c>pthread_self()</c> of the thread.</param>
internal readonly record struct ThreadIdentity(ulong UniqueId, ulong PthreadId)
{
    /// <summary>Reads the identity out of a thread state.</summary>
    public static ThreadIdentity Of(RemoteStruct state, ThreadLayout thread) =>
        new(thread.UniqueId.Exists ? state.UInt64(thread.UniqueId) : 0, state.UInt64(thread.ThreadId));

    /// <summary>Whether a thread state is still this thread's.</summary>
    public bool Matches(RemoteStruct state, ThreadLayout thread)
    {
        ThreadIdentity now = Of(state, thread);
        // The thread's own id is filled in when the thread starts to run, after its state was made.
        return now.UniqueId == UniqueId && (now.PthreadId == PthreadId || (PthreadId == 0 && thread.UniqueId.Exists));
    }
}
