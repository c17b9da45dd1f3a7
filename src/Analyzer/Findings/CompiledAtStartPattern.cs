using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Findings;

/// <summary>Source compiled while the program starts, because its compiled file is missing, stale or not to be written.</summary>
internal sealed class CompiledAtStartPattern : IFindingPattern
{
    /// <inheritdoc/>
    public string Name => "compiled-at-start";

    /// <inheritdoc/>
    public PatternHelp Help => new(
        Name, "Source compiled while the program starts",
        "Source without an up-to-date compiled file was compiled during the start, and will be again where the compiled file cannot be kept.",
        "Compile when you build or install: python -m compileall DIRECTORY.");

    /// <inheritdoc/>
    public IEnumerable<Finding> Find(FindingContext context)
    {
        List<ModuleReport> compiled = context.Report.Modules.Where(module => module.Import is { Phases.CompileNs: > 0 }).ToList();
        foreach (IGrouping<LibraryId, ModuleReport> library in compiled.GroupBy(module => module.Library))
        {
            List<ModuleReport> modules = [.. library.OrderByDescending(module => module.Import!.Phases.CompileNs)];
            long compileNs = modules.Sum(module => module.Import!.Phases.CompileNs);
            if (compileNs < context.GateNs)
            {
                continue;
            }

            ModuleReport first = modules[0];
            bool kept = context.Profile.Image.Python?.DontWriteBytecode != true;
            string directory = Path.GetDirectoryName(first.Info?.File ?? "") is { Length: > 0 } found ? found : "its directory";
            long initNs = modules.Sum(module => module.Import!.ExclusiveNs);
            yield return new Finding
            {
                Pattern = Name,
                Subject = library.Key.Name,
                Library = library.Key.Name,
                Module = modules.Count == 1 ? first.Name : null,
                InitNs = initNs,
                InitShare = context.Share(initNs),
                SavingNs = compileNs,
                SavingCpuNs = context.Costs.HasCpu ? (long)(compileNs * context.Costs.BusyShare) : null,
                Confidence = FindingConfidence.Sampled,
                Evidence = ReportViewBuilder.Text($"samples while compiling {ReportViewBuilder.Count(modules.Count, "file", "files")}, {compileNs / 1e6:0.0} ms: {Suggestions.Names([.. modules.Select(module => module.Name)])}"),
                Chain = first.Import!.Cause is { } cause ? [new ImportLink(cause.File, cause.Line ?? 0, first.Name)] : [],
                Suggestion = $"compile when you build or install: python -m compileall {directory}"
                    + (kept ? "; if the directory can be written, Python has done so now and the next start will not compile"
                        : "; PYTHONDONTWRITEBYTECODE (or -B) is set, so that Python does not keep what it compiles"),
            };
        }
    }
}
