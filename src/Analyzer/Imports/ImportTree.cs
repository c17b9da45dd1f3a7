using LibProf.Analyzer.Memory;
using LibProf.Analyzer.Model;

namespace LibProf.Analyzer.Imports;

/// <summary>One stay of a module's import on a thread's stack, for timelines.</summary>
/// <param name="ThreadId">Number of the thread in the recording.</param>
/// <param name="Name">The module.</param>
/// <param name="Depth">How many imports were on the stack, this one included.</param>
/// <param name="StartNs">Begin on the recording's clock.</param>
/// <param name="EndNs">End on the recording's clock.</param>
public readonly record struct ImportSpan(int ThreadId, string Name, int Depth, long StartNs, long EndNs);

/// <summary>
/// The imports of a profile, attributed: what each module took, when, on which thread, and which statement caused it.
/// Modules without a look inside their import are not in it; what was not measured has no time.
/// </summary>
public sealed class ImportTree
{
    private readonly Dictionary<string, ModuleImport> _byName;

    private readonly ImportPathTable _paths;

    private ImportTree(Dictionary<string, ModuleImport> byName, IReadOnlyList<ImportSpan> spans, string? mainFile, ImportPathTable paths, ImportMemory? memory)
    {
        Memory = memory;
        _byName = byName;
        _paths = paths;
        Modules = [.. byName.Values.OrderBy(module => module.StartNs).ThenByDescending(module => module.InclusiveNs)];
        Spans = spans;
        MainFile = mainFile;
        BodyFiles = paths.BodyFiles.GroupBy(pair => pair.Value).ToDictionary(group => group.Key, group => group.First().Key, StringComparer.Ordinal);
    }

    /// <summary>The modules with measured times, in the order in which their imports began.</summary>
    public IReadOnlyList<ModuleImport> Modules { get; }

    /// <summary>What the imports did to resident memory; null when that was not recorded.</summary>
    public ImportMemory? Memory { get; }

    /// <summary>Every stay of an import on a stack; by thread, then by begin, outer before inner.</summary>
    public IReadOnlyList<ImportSpan> Spans { get; }

    /// <summary>The file of the program's own code; null when no frame of it was seen.</summary>
    public string? MainFile { get; }

    /// <summary>By module, the file (co_filename) whose code was seen run as its body.</summary>
    public IReadOnlyDictionary<string, string> BodyFiles { get; }

    /// <summary>A module's import; null when it was not measured.</summary>
    /// <param name="name">Absolute name.</param>
    public ModuleImport? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Whether some import is going on in a stack.</summary>
    /// <param name="stack">A stack of the profile.</param>
    public bool IsImporting(StackId stack) => _paths.Innermost(stack).Id != 0;

    /// <summary>Attributes the imports of a profile.</summary>
    /// <param name="profile">The profile.</param>
    public static ImportTree Of(Profile profile)
    {
        var paths = new ImportPathTable(profile.Stacks);
        var intervals = new ImportIntervals(profile, paths);
        var files = new ModuleFiles(profile, paths);
        var causes = new CauseFinder(profile.Stacks, paths, files);
        var modules = ImportAccounts.Of(profile, intervals, paths, causes);
        IReadOnlyList<ImportSpan> spans = [.. intervals.Intervals
            .Select(interval => new ImportSpan(interval.ThreadId, interval.Path.Name, interval.Path.Depth, interval.StartNs, interval.EndNs))];
        return new ImportTree(modules, spans, files.MainFile, paths, ImportMemory.Of(profile, intervals, paths));
    }
}
