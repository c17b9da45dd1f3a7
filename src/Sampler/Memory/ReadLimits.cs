namespace LibProf.Sampler.Memory;

/// <summary>
/// How much is taken from a target at most. A target's memory is untrusted: lengths, counts and links read from it are held
/// against these before anything is allocated or followed.
/// </summary>
public static class ReadLimits
{
    /// <summary>Frames of one stack.</summary>
    public const int MaxFrames = 100_000;
    /// <summary>Threads of one interpreter.</summary>
    public const int MaxThreads = 10_000;
    /// <summary>Interpreters of one process.</summary>
    public const int MaxInterpreters = 256;
    /// <summary>Characters of a name or path.</summary>
    public const int MaxStringLength = 4096;
    /// <summary>Bytes of a line table.</summary>
    public const int MaxLineTable = 1 << 20;
    /// <summary>Bytes of a function's instructions.</summary>
    public const int MaxBytecode = 1 << 23;
    /// <summary>Entries of a dict.</summary>
    public const int MaxDictEntries = 1 << 20;
    /// <summary>Items of a list or tuple.</summary>
    public const int MaxSequenceItems = 4096;
    /// <summary>Pieces of a thread's data stack.</summary>
    public const int MaxStackChunks = 4096;
    /// <summary>Bytes of one piece of a thread's data stack.</summary>
    public const int MaxStackChunkSize = 1 << 26;
}
