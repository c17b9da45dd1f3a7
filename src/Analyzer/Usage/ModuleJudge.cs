using LibProf.Analyzer.Model;

namespace LibProf.Analyzer.Usage;

/// <summary>Judges a module by its functions: used if any is; else unknown if any is; never if all are; otherwise not since init.</summary>
internal static class ModuleJudge
{
    private const int MostNames = 1000;

    /// <summary>The verdict on a module.</summary>
    /// <param name="module">Its name.</param>
    /// <param name="codes">Its functions.</param>
    /// <param name="judge">What a function's readings prove.</param>
    /// <param name="ranLate">Whether a function ran after its module's import.</param>
    /// <param name="isWalked">Whether all its functions are among them.</param>
    /// <param name="sampled">What samples saw.</param>
    /// <param name="profile">The profile.</param>
    public static ModuleUse Of(string module, IReadOnlyList<CodeHistory> codes, Func<CodeHistory, UseVerdict> judge, Func<CodeHistory, LateRun> ranLate, bool isWalked, SampledUse sampled, Profile profile)
    {
        Dictionary<int, UseVerdict> proven = codes.ToDictionary(code => code.Code.Id, judge);
        Dictionary<int, UseVerdict> verdicts = new(proven);
        foreach (CodeHistory code in codes)
        {
            if (sampled.IsUsed(code.Code.FunctionId))
            {
                verdicts[code.Code.Id] = UseVerdict.Used;
            }
        }

        foreach (CodeHistory code in codes)
        {
            // A comprehension runs with the function that it is in.
            if (verdicts[code.Code.Id] == UseVerdict.Unknown && IsPartOfItsFunction(profile.Stacks.Functions[code.Code.FunctionId].Name)
                && verdicts.TryGetValue(code.Code.ParentId, out UseVerdict parent) && parent is UseVerdict.Never or UseVerdict.NotSinceInit)
            {
                verdicts[code.Code.Id] = parent;
            }
        }

        List<CodeHistory> used = [.. codes.Where(code => verdicts[code.Code.Id] == UseVerdict.Used)];
        bool byExecution = used.Exists(code => proven[code.Code.Id] == UseVerdict.Used);
        bool isUsed = used.Count > 0 || sampled.IsUsed(module);
        int unknown = verdicts.Values.Count(verdict => verdict == UseVerdict.Unknown);
        (UseVerdict verdict, UseEvidence evidence) = isUsed ? (UseVerdict.Used, byExecution ? UseEvidence.Execution : UseEvidence.Samples)
            : codes.Count == 0 || unknown > 0 || !isWalked ? (UseVerdict.Unknown, UseEvidence.None)
            : (verdicts.Values.All(verdict => verdict == UseVerdict.Never) ? UseVerdict.Never : UseVerdict.NotSinceInit, UseEvidence.Execution);
        return new ModuleUse(
            module, verdict, evidence, codes.Count,
            codes.Count(code => code.HasRun || sampled.IsUsed(code.Code.FunctionId)),
            used.Count, sampled.OfModule(module),
            [.. used.OrderByDescending(code => sampled.OfFunction(code.Code.FunctionId)).ThenBy(code => code.Code.Id)
                .Select(code => profile.Stacks.Functions[code.Code.FunctionId].Name).Distinct(StringComparer.Ordinal).Take(MostNames)])
        {
            FunctionsUnknown = unknown,
            Run = [.. codes.Where(code => code.HasRun || sampled.IsUsed(code.Code.FunctionId))
                .Select(code => profile.Stacks.Functions[code.Code.FunctionId].Name).Distinct(StringComparer.Ordinal)],
            IsWalked = isWalked,
            FunctionsNeverRun = NeverRun(codes, code => verdicts[code.Code.Id] == UseVerdict.Never, code => profile.Stacks.Functions[code.Code.FunctionId].Name),
            LateRun = isUsed ? LateRun.None : !isWalked ? LateRun.Possible : codes.Where(code => verdicts[code.Code.Id] == UseVerdict.Unknown).Select(ranLate).DefaultIfEmpty().Max(),
        };
    }

    // Of several functions of one name (properties, overloads, before 3.11 methods of several classes) none may have run.
    private static HashSet<string> NeverRun(IReadOnlyList<CodeHistory> codes, Predicate<CodeHistory> isNever, Func<CodeHistory, string> nameOf)
    {
        var never = new HashSet<string>(StringComparer.Ordinal);
        foreach (CodeHistory code in codes.Where(code => isNever(code)))
        {
            _ = never.Add(nameOf(code));
        }

        never.ExceptWith(codes.Where(code => !isNever(code)).Select(nameOf));
        return never;
    }

    private static bool IsPartOfItsFunction(string name) =>
        name.EndsWith("<listcomp>", StringComparison.Ordinal) || name.EndsWith("<setcomp>", StringComparison.Ordinal)
        || name.EndsWith("<dictcomp>", StringComparison.Ordinal) || name.EndsWith("<genexpr>", StringComparison.Ordinal);
}
