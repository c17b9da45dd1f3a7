namespace LibProf.Analyzer.Imports;

/// <summary>What the import system does for a module, in the order in which it does it.</summary>
public enum ImportPhase
{
    /// <summary>Searching: finders, directory listings, waiting for another thread's import of the same module, and what importlib spends between the steps.</summary>
    Find,
    /// <summary>Reading and validating the source or compiled file, unmarshalling included.</summary>
    Read,
    /// <summary>Compiling source, and writing the compiled file.</summary>
    Compile,
    /// <summary>Loading and initialising a shared library or a built-in module.</summary>
    Load,
    /// <summary>Running the module's body and whatever it calls, further imports included; also a parent package imported first.</summary>
    Execute,
}

/// <summary>A time for each <see cref="ImportPhase"/>, in nanoseconds.</summary>
/// <param name="FindNs">See <see cref="ImportPhase.Find"/>.</param>
/// <param name="ReadNs">See <see cref="ImportPhase.Read"/>.</param>
/// <param name="CompileNs">See <see cref="ImportPhase.Compile"/>.</param>
/// <param name="LoadNs">See <see cref="ImportPhase.Load"/>.</param>
/// <param name="ExecuteNs">See <see cref="ImportPhase.Execute"/>.</param>
public readonly record struct ImportPhaseTimes(long FindNs, long ReadNs, long CompileNs, long LoadNs, long ExecuteNs)
{
    /// <summary>All of them together.</summary>
    public long TotalNs => FindNs + ReadNs + CompileNs + LoadNs + ExecuteNs;

    /// <summary>The same with some more time in one phase.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="ns">Nanoseconds.</param>
    public ImportPhaseTimes Add(ImportPhase phase, long ns) => phase switch
    {
        ImportPhase.Find => this with { FindNs = FindNs + ns },
        ImportPhase.Read => this with { ReadNs = ReadNs + ns },
        ImportPhase.Compile => this with { CompileNs = CompileNs + ns },
        ImportPhase.Load => this with { LoadNs = LoadNs + ns },
        _ => this with { ExecuteNs = ExecuteNs + ns },
    };
}
