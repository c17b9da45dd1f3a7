using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Usage;

/// <summary>The verdict on libraries, from their modules'.</summary>
internal static class LibraryUses
{
    /// <summary>By library name.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="modules">The verdict on each module.</param>
    /// <param name="sampled">What samples saw.</param>
    /// <param name="libraryOf">The library of a module.</param>
    public static Dictionary<string, LibraryUse> Of(Profile profile, IReadOnlyDictionary<string, ModuleUse> modules, SampledUse sampled, Func<string, LibraryId> libraryOf)
    {
        Dictionary<string, ModuleInfo> infos = profile.Modules.ToDictionary(module => module.Name, StringComparer.Ordinal);
        var libraries = new Dictionary<string, LibraryUse>(StringComparer.Ordinal);
        foreach (IGrouping<string, ModuleUse> group in modules.Values.GroupBy(module => libraryOf(module.Module).Name, StringComparer.Ordinal))
        {
            List<ModuleUse> all = [.. group];
            // A module without functions (names and constants alone) neither shows nor hides use; native code does hide it.
            List<ModuleUse> telling = [.. all.Where(module => module.Functions > 0 || module.Evidence != UseEvidence.None || HidesUse(infos.GetValueOrDefault(module.Module)))];
            UseVerdict verdict = telling.Count == 0 ? UseVerdict.Unknown
                : telling.Exists(module => module.Verdict == UseVerdict.Used) ? UseVerdict.Used
                : telling.Exists(module => module.Verdict == UseVerdict.Unknown) ? UseVerdict.Unknown
                : telling.TrueForAll(module => module.Verdict == UseVerdict.Never) ? UseVerdict.Never
                : UseVerdict.NotSinceInit;
            UseEvidence evidence = verdict == UseVerdict.Unknown ? UseEvidence.None
                : telling.Where(module => module.Verdict == verdict).Select(module => module.Evidence).OrderBy(Rank).First();
            long samples = sampled.OfAny(all.Select(module => module.Module).ToHashSet(StringComparer.Ordinal));
            libraries[group.Key] = new LibraryUse(
                group.Key, verdict, evidence, sampled.Total > 0 ? (double)samples / sampled.Total : null, samples,
                all.Sum(module => module.Functions), all.Sum(module => module.FunctionsExecuted), all.Sum(module => module.FunctionsUsedAfterInit));
        }

        return libraries;
    }

    // Functions of other interpreters than the main one are not followed.
    private static bool HidesUse(ModuleInfo? module) => module is { Kind: ModuleKind.Extension or ModuleKind.Builtin } or { InterpreterId: not 0 };

    private static int Rank(UseEvidence evidence) => evidence switch
    {
        UseEvidence.Execution => 0,
        UseEvidence.Samples => 1,
        UseEvidence.NativePages => 2,
        _ => 3,
    };
}
