namespace LibProf.Analyzer.Usage;

/// <summary>Whether something was used, and when. A library or module is judged by its functions, see <see cref="UsageReport"/>.</summary>
public enum UseVerdict
{
    /// <summary>Not known: no evidence, or evidence that does not tell whether it ran before or after initialisation ended.</summary>
    Unknown,
    /// <summary>No function of it ever ran: proof.</summary>
    Never,
    /// <summary>It ran during initialisation only: proof.</summary>
    NotSinceInit,
    /// <summary>It ran after initialisation.</summary>
    Used,
}

/// <summary>What a verdict rests on.</summary>
public enum UseEvidence
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>The code objects' own marks of execution.</summary>
    Execution,
    /// <summary>Samples that hit it.</summary>
    Samples,
    /// <summary>Accessed pages of a shared library.</summary>
    NativePages,
}

/// <summary>Whether functions of a module ran between the end of its own import and the program's end, where it is not known that the program called them.</summary>
public enum LateRun
{
    /// <summary>None did, as far as is known.</summary>
    None,
    /// <summary>One was first seen to have run after initialisation, and may have run in its module's import.</summary>
    Possible,
    /// <summary>One ran after its module's import: called by the program, or by something that was imported later.</summary>
    Certain,
}

/// <summary>Whether a module was used.</summary>
/// <param name="Module">Absolute name.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="Evidence">What it rests on.</param>
/// <param name="Functions">Functions of it that are known.</param>
/// <param name="FunctionsExecuted">Those of them that ran at some time.</param>
/// <param name="FunctionsUsedAfterInit">Those that ran after initialisation.</param>
/// <param name="SamplesAfterInit">Samples after the end of initialisation, outside of imports, with a frame of it.</param>
/// <param name="UsedFunctions">Names of the functions that ran after initialisation, the most sampled ones first.</param>
public sealed record ModuleUse(
    string Module,
    UseVerdict Verdict,
    UseEvidence Evidence,
    int Functions,
    int FunctionsExecuted,
    int FunctionsUsedAfterInit,
    long SamplesAfterInit,
    IReadOnlyList<string> UsedFunctions)
{
    /// <summary>Functions of which it is not known whether they ran after initialisation; when there are none, the verdict is a proof.</summary>
    public int FunctionsUnknown { get; init; }

    /// <summary>Names of the functions that are known to have run at some time, be it in the initialisation.</summary>
    public IReadOnlyList<string> Run { get; init; } = [];

    /// <summary>Whether all its functions were looked for: otherwise there may be others, and they may have run.</summary>
    public bool IsWalked { get; init; } = true;

    /// <summary>Names of functions that are proven never to have run; any other function may have.</summary>
    public IReadOnlyCollection<string> FunctionsNeverRun { get; init; } = [];

    /// <summary>What is known of runs of its functions by others than its own import, where the verdict is unknown.</summary>
    public LateRun LateRun { get; init; }

    /// <summary>For an extension module: KiB of its shared library's code that were accessed after initialisation; null when that is not known.</summary>
    public long? NativeTouchedKib { get; init; }

    /// <summary>Whether every function is known not to have run after initialisation: <see cref="UseVerdict.Never"/> or <see cref="UseVerdict.NotSinceInit"/> as a proof.</summary>
    public bool IsProvenUnused => Verdict is UseVerdict.Never or UseVerdict.NotSinceInit && Evidence is UseEvidence.Execution or UseEvidence.NativePages;
}

/// <summary>Whether a library was used, and how much.</summary>
/// <param name="Library">Its name.</param>
/// <param name="Verdict">From its modules': used if any is; else unknown if any is; never if none ever ran; otherwise not since init.</param>
/// <param name="Evidence">What it rests on.</param>
/// <param name="Utilization">Its share of the samples after initialisation, 0 to 1; null when there are none.</param>
/// <param name="SamplesAfterInit">Its samples after initialisation.</param>
/// <param name="Functions">Functions of its modules that are known.</param>
/// <param name="FunctionsExecuted">Those of them that ran at some time.</param>
/// <param name="FunctionsUsedAfterInit">Those that ran after initialisation.</param>
public sealed record LibraryUse(
    string Library,
    UseVerdict Verdict,
    UseEvidence Evidence,
    double? Utilization,
    long SamplesAfterInit,
    int Functions,
    int FunctionsExecuted,
    int FunctionsUsedAfterInit);
