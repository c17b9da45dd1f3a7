using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Usage;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Findings;

/// <summary>Makes findings of what patterns have found: chain, edits, evidence, side effects.</summary>
internal sealed class FindingWords(FindingContext context)
{
    private const int MostEffects = 6;

    /// <summary>From this share on it is said that others save it, too.</summary>
    private const double SharedFrom = 0.2;

    private Dictionary<string, ImportEdge> FirstEdges => field ??= context.Graph.Modules.SelectMany(context.Graph.From)
        .Where(edge => edge.Kind != ImportEdgeKind.Parent && context.Needed.Modules.Contains(edge.From))
        .GroupBy(edge => edge.To, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);

    /// <summary>A finding about something that could be put off.</summary>
    /// <param name="pattern">The pattern's name.</param>
    /// <param name="deferral">What.</param>
    /// <param name="evidence">What it rests on.</param>
    /// <param name="suggestion">What to do.</param>
    public Finding Of(string pattern, Deferral deferral, string evidence, string suggestion)
    {
        long initNs = context.Imports.Find(deferral.Head)?.InclusiveNs ?? deferral.Gone.Sum(module => context.Imports.Find(module)?.ExclusiveNs ?? 0);
        long? kib = context.Kib(deferral.Gone);
        return new Finding
        {
            Pattern = pattern,
            Subject = deferral.Head,
            Library = context.Libraries.Resolve(deferral.Head).Name,
            Module = deferral.Head,
            InitNs = initNs,
            InitShare = context.Share(initNs),
            MemoryKib = kib,
            SavingNs = deferral.Saved.WallNs,
            SavingCpuNs = deferral.Saved.CpuNs,
            SavingKib = kib is { } value ? Math.Max(0, value) : null,
            Confidence = ConfidenceIn(deferral),
            Evidence = deferral.SharedNs >= context.GateNs && deferral.SharedNs > SharedFrom * deferral.Saved.WallNs
                ? evidence + ReportViewBuilder.Text($"; {deferral.SharedNs / 1e6:0.0} ms of it would also vanish with other findings of this list") : evidence,
            SideEffects = SideEffectsOf(deferral.Gone),
            Chain = ChainTo(deferral.Cuts),
            Edits = EditsOf(deferral.AllCuts),
            Suggestion = suggestion + Suggestions.Together(context, deferral),
            Gone = deferral.Gone,
        };
    }

    /// <summary>What is known of the use of some modules, in a sentence.</summary>
    /// <param name="gone">The modules.</param>
    public string UseOf(IReadOnlySet<string> gone)
    {
        List<ModuleUse> uses = [.. gone.Select(context.Usage.Of)];
        int functions = uses.Sum(use => use.Functions);
        int executed = uses.Sum(use => use.FunctionsExecuted);
        int unknown = uses.Count(use => use.Verdict == UseVerdict.Unknown && NeedsEvidence(use.Module));
        string modules = ReportViewBuilder.Count(gone.Count, "module", "modules");
        string text = functions == 0
            ? ReportViewBuilder.Text($"no sample after initialisation is in its {modules}")
            : ReportViewBuilder.Text($"no function of {functions} in {modules} was seen to run after initialisation");
        if (functions > 0)
        {
            text += executed > 0 ? ReportViewBuilder.Text($"; {executed} ran while importing") : "; none ran at all";
        }

        return unknown == 0 ? text : text + ReportViewBuilder.Text($"; for {unknown} of them only samples can tell");
    }

    /// <summary>How sure it is that nothing needs what would vanish.</summary>
    public FindingConfidence ConfidenceIn(Deferral deferral)
    {
        if (deferral.AllCuts.Any(edge => edge.Kind == ImportEdgeKind.Observed))
        {
            return FindingConfidence.Guess;
        }

        return deferral.Gone.All(module => context.Usage.Of(module) is { IsProvenUnused: true } || !NeedsEvidence(module))
            ? FindingConfidence.Proof : FindingConfidence.Sampled;
    }

    /// <summary>What importing some modules does beyond them; the first few, and how many more.</summary>
    public IReadOnlyList<string> SideEffectsOf(IReadOnlySet<string> modules)
    {
        var own = modules.ToHashSet(StringComparer.Ordinal);
        List<string> effects = [.. modules.Order(StringComparer.Ordinal)
            .Select(module => context.Profile.Sources.GetValueOrDefault(module)).OfType<ModuleSource>()
            .SelectMany(source => source.Effects.Where(effect => !IsWithin(effect.What, own))
                .Select(effect => ReportViewBuilder.Text($"{source.Module} {effect.What} ({source.File}:{effect.Line})")))];
        return effects.Count <= MostEffects ? effects
            : [.. effects.Take(MostEffects), ReportViewBuilder.Text($"and {effects.Count - MostEffects} more")];
    }

    /// <summary>The statements to change.</summary>
    public IReadOnlyList<ImportEdit> EditsOf(IEnumerable<ImportEdge> cuts) =>
        [.. cuts.Where(edge => edge.File.Length > 0)
            .GroupBy(edge => (edge.From, edge.File, edge.Line))
            .Select(group => new ImportEdit(
                group.Key.From, context.Libraries.Resolve(group.Key.From).Name, group.Key.File, group.Key.Line, Longest(group),
                group.First().Statement?.Function ?? "",
                [.. group.SelectMany(edge => edge.Statement?.Definitions ?? []).Distinct(StringComparer.Ordinal)]))
            .OrderBy(edit => context.Imports.Find(edit.Importer)?.StartNs ?? long.MinValue).ThenBy(edit => edit.File, StringComparer.Ordinal).ThenBy(edit => edit.Line)];

    /// <summary>From the program to the first of some edges that was followed.</summary>
    public IReadOnlyList<ImportLink> ChainTo(IReadOnlyList<ImportEdge> cuts)
    {
        if (cuts.Count == 0)
        {
            return [];
        }

        ImportEdge last = cuts.OrderBy(edge => IsFirstCause(edge) ? 0 : 1).ThenBy(edge => context.Imports.Find(edge.To)?.StartNs ?? long.MaxValue).First();
        var chain = new List<ImportLink> { new(last.File, last.Line, last.To) };
        var seen = new HashSet<string>(StringComparer.Ordinal) { last.To };
        string module = last.From;
        while (module != "__main__" && seen.Add(module))
        {
            if (context.Imports.Find(module)?.Cause is { } cause)
            {
                chain.Add(new ImportLink(cause.File, cause.Line ?? 0, module));
                module = cause.Module ?? "__main__";
            }
            else if (FirstEdges.TryGetValue(module, out ImportEdge? edge))
            {
                chain.Add(new ImportLink(edge.File, edge.Line, module));
                module = edge.From;
            }
            else
            {
                break;
            }
        }

        chain.Reverse();
        return chain;
    }

    private bool IsFirstCause(ImportEdge edge) =>
        context.Imports.Find(edge.To)?.Cause is { } cause && cause.Module == edge.From && cause.Line >= edge.Line && cause.Line <= (edge.Statement?.EndLine ?? edge.Line);

    /// <summary>Of what a statement loads, the module that is furthest in: it loads the others on the way.</summary>
    private static string Longest(IEnumerable<ImportEdge> edges) => edges.OrderBy(edge => edge.AskedOf is null ? 0 : 1).ThenByDescending(edge => edge.To.Length).First().Written;

    /// <summary>A module without functions of its own (constants, names of others, a namespace) has nothing that could have run.</summary>
    private bool NeedsEvidence(string module)
    {
        ModuleUse use = context.Usage.Of(module);
        return KindOf(module) is { } kind && (use.Functions > 0 || kind == ModuleKind.Extension || (!use.IsWalked && kind is ModuleKind.Source or ModuleKind.Bytecode));
    }

    private ModuleKind? KindOf(string module) => Kinds.TryGetValue(module, out ModuleKind kind) ? kind : null;

    private Dictionary<string, ModuleKind> Kinds => field ??= context.Profile.Modules.ToDictionary(module => module.Name, module => module.Kind, StringComparer.Ordinal);

    /// <summary>What a library does to its own modules ends with them.</summary>
    private static bool IsWithin(string effect, HashSet<string> modules)
    {
        string target = effect.StartsWith("sets ", StringComparison.Ordinal) ? effect[5..] : effect.StartsWith("registers with ", StringComparison.Ordinal) ? effect[15..] : "";
        for (int dot = target.LastIndexOf('.'); dot > 0; dot = target.LastIndexOf('.', dot - 1))
        {
            if (modules.Contains(target[..dot]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a module is the program's own, which its user can edit.</summary>
    public bool IsApplication(string module) => context.Libraries.Resolve(module).Kind == LibraryKind.Application;
}
