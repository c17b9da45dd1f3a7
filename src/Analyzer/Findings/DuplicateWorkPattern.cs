using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Reports;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Findings;

/// <summary>The same work twice: one file loaded as two modules, or a module that is not there searched for again and again.</summary>
internal sealed class DuplicateWorkPattern : IFindingPattern
{
    /// <inheritdoc/>
    public string Name => "duplicate-work";

    /// <inheritdoc/>
    public PatternHelp Help => new(
        Name, "The same work twice",
        "One file was loaded as two modules, or a module that is not there was searched for again and again.",
        "Import a file by one name only; ask once whether a module is there, and remember the answer.");

    /// <inheritdoc/>
    public IEnumerable<Finding> Find(FindingContext context) => LoadedTwice(context).Concat(SearchedAgain(context));

    private IEnumerable<Finding> LoadedTwice(FindingContext context)
    {
        // Each interpreter has to load a file for itself: that is not the same work twice.
        IEnumerable<IGrouping<(long, string File), ModuleReport>> files = context.Report.Modules
            .Where(module => module is { Import: not null, Info: { File.Length: > 0, Kind: ModuleKind.Source or ModuleKind.Bytecode } })
            .GroupBy(module => (module.InterpreterId, module.Info!.File));
        foreach (IGrouping<(long, string File), ModuleReport> file in files)
        {
            // One name imported within the other's import is another name for the same module.
            var names = file.Select(module => module.Name).ToHashSet(StringComparer.Ordinal);
            List<ModuleReport> modules = [.. file.Where(module => module.Import!.Within is not { } outer || !names.Contains(outer)).OrderBy(module => module.Import!.StartNs)];
            long againNs = modules.Skip(1).Sum(module => module.Import!.ExclusiveNs);
            if (modules.Count < 2 || againNs < context.GateNs)
            {
                continue;
            }

            ModuleReport last = modules[^1];
            yield return new Finding
            {
                Pattern = Name,
                Subject = last.Name,
                Library = last.Library.Name,
                Module = last.Name,
                InitNs = againNs,
                InitShare = context.Share(againNs),
                SavingNs = againNs,
                SavingCpuNs = context.Costs.HasCpu ? (long)(againNs * context.Costs.BusyShare) : null,
                Confidence = FindingConfidence.Sampled,
                Evidence = $"{file.Key.File} was loaded as {string.Join(" and as ", modules.Select(module => module.Name))}",
                Chain = last.Import!.Cause is { } cause ? [new ImportLink(cause.File, cause.Line ?? 0, last.Name)] : [],
                Suggestion = $"import it by one name, {modules[0].Name}, everywhere: a directory that is inside a package need not be in sys.path as well",
            };
        }
    }

    private IEnumerable<Finding> SearchedAgain(FindingContext context)
    {
        ILookup<string, ImportSpan> spans = context.Imports.Spans.ToLookup(span => span.Name, StringComparer.Ordinal);
        foreach (ModuleReport module in context.Report.Modules.Where(module => module is { Info: null, Import: not null }))
        {
            List<ImportSpan> tries = [.. spans[module.Name]];
            long againNs = tries.Skip(1).Sum(span => span.EndNs - span.StartNs);
            // What the standard library looks for in vain, it will go on to look for.
            if (tries.Count < 2 || againNs < context.GateNs
                || (module.Import!.Cause?.Module is { } importer && context.Libraries.Resolve(importer).Kind == LibraryKind.StandardLibrary))
            {
                continue;
            }

            yield return new Finding
            {
                Pattern = Name,
                Subject = module.Name,
                Library = module.Library.Name,
                Module = module.Name,
                InitNs = module.Import!.InclusiveNs,
                InitShare = context.Share(module.Import.InclusiveNs),
                SavingNs = againNs,
                SavingCpuNs = context.Costs.HasCpu ? (long)(againNs * context.Costs.BusyShare) : null,
                Confidence = FindingConfidence.Sampled,
                Evidence = ReportViewBuilder.Text($"{module.Name}, which is not there, was searched for {tries.Count} times"),
                Chain = module.Import.Cause is { } cause ? [new ImportLink(cause.File, cause.Line ?? 0, module.Name)] : [],
                Suggestion = "ask once and remember the answer: Python remembers modules that it found, not those that it did not",
            };
        }
    }
}
