using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Usage;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Findings;

/// <summary>
/// Modules of which a function ran late, though it is not known whether the program called it: that counts as use, unless something that
/// is not needed either was imported later and explains it.
/// </summary>
/// <param name="profile">The profile.</param>
/// <param name="imports">Its imports.</param>
/// <param name="graph">Who loads whom.</param>
/// <param name="libraries">Whose modules they are.</param>
/// <param name="usage">What was used.</param>
internal sealed class LateCalls(Profile profile, ImportTree imports, ImportGraph graph, LibraryResolver libraries, UsageReport usage)
{
    /// <summary>Such modules.</summary>
    /// <param name="needed">What is needed without them.</param>
    public List<string> Find(HashSet<string> needed) =>
    [
        .. graph.Modules.Where(module => !needed.Contains(module) && usage.Of(module).LateRun switch
        {
            LateRun.Certain => !IsCalledByOthers(module, needed),
            LateRun.Possible => HandsOut(module, needed),
            _ => false,
        }),
    ];

    private bool IsCalledByOthers(string module, HashSet<string> needed) =>
        imports.Find(module) is { } own && graph.Modules.Any(other => !needed.Contains(other) && graph.From(other).Any(edge => edge.To == module)
            && imports.Find(other) is { } import && import.StartNs >= own.StartNs + own.InclusiveNs);

    /// <summary>
    /// Whether a module of the program's own gives its functions to somebody who may call them later: a registry, a thread, the interpreter's
    /// end. Libraries do that all the time, among themselves.
    /// </summary>
    private bool HandsOut(string module, HashSet<string> needed) =>
        libraries.Resolve(module).Kind is LibraryKind.Application or LibraryKind.Unknown
        && profile.Sources.TryGetValue(module, out ModuleSource? source) && source.Handed.Count > 0
        && (source.Effects.Count > 0 || graph.From(module).Any(edge => edge.Statement is { } statement && needed.Contains(edge.To)
            && (statement.EagerUses & (EagerUses.Evaluated | EagerUses.Definition)) != 0
            && libraries.Resolve(edge.To).Kind != LibraryKind.StandardLibrary));
}
