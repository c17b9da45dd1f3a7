using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Usage;

/// <summary>Judges what was used: by what code objects said of their executions, and by samples as a second witness.</summary>
public static class UsageBuilder
{
    /// <summary>What of a profile was used.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="imports">Its imports.</param>
    /// <param name="libraryOf">The library of a module.</param>
    /// <param name="initUntil">MODULE:FUNCTION with whose first call initialisation ends; null to find it.</param>
    public static UsageReport Of(Profile profile, ImportTree imports, Func<string, LibraryId> libraryOf, string? initUntil = null)
    {
        if (profile.Image.Python is null)
        {
            return UsageReport.Empty;
        }

        var ends = new ImportEnds(profile, imports);
        Dictionary<int, CodeHistory> codes = Histories(profile);
        var functions = new FunctionModules(profile, imports);
        long? initEndNs = initUntil is null ? ends.OfProgram() : FirstCall(profile, codes.Values, functions, initUntil);
        List<UsageSnapshot> passes = [.. profile.Usage.Where(usage => usage.IsComplete)];
        bool isComplete = passes.Exists(pass => pass.Moment is UsageMoment.Final or UsageMoment.Stopped);
        SampledUse sampled = SampledUse.Of(profile, imports, functions, ends, initEndNs ?? (profile.Attached ? profile.StartNs : null));

        (long FromNs, long UntilNs)? quiet = profile.Image.At(Milestone.HandlerReady) is { } ready && profile.Invocations.Count > 0
            ? (ready, profile.Invocations[0].BeginNs) : null;

        var native = new NativeUse(profile, ends, initEndNs);
        // Before 3.11 a method's code does not say of which class it is.
        bool isQualified = profile.Codes.Any(code => profile.Stacks.Functions[code.FunctionId].Name.Contains('.'));
        HashSet<string> walked = [.. profile.Usage.SelectMany(usage => usage.Walked)];
        var modules = new Dictionary<string, ModuleUse>(StringComparer.Ordinal);
        ILookup<string, CodeHistory> byModule = codes.Values.ToLookup(code => code.Code.Module, StringComparer.Ordinal);
        foreach (string module in profile.Modules.Select(module => module.Name).Concat(byModule.Select(group => group.Key)).Distinct(StringComparer.Ordinal))
        {
            modules[module] = native.Judge(Judge(module));
        }

        return new UsageReport
        {
            Modules = modules,
            Libraries = LibraryUses.Of(profile, modules, sampled, libraryOf),
            InitEndNs = initEndNs,
            SamplesAfterInit = sampled.Total,
            IsComplete = isComplete,
            HasExecutions = profile.Codes.Count > 0,
        };

        // One that gives away functions of its own, of which none was found, was walked at a moment when it had none yet, or no more.
        bool IsWalked(string module) =>
            walked.Contains(module) && (byModule[module].Any() || profile.Sources.GetValueOrDefault(module) is not { Handed.Count: > 0 });

        // Who can call a function later without mentioning it: those that its module's own code gave it to.
        LateRun RanLate(CodeHistory code, long? importEndNs, long? workNs) =>
            code.RanLate(importEndNs, workNs) is var late && late == LateRun.Possible && profile.Sources.GetValueOrDefault(code.Code.Module) is { } source
            && !(isQualified ? source.Handed.Contains(profile.Stacks.Functions[code.Code.FunctionId].Name.Split('.')[0]) : source.Handed.Count > 0) ? LateRun.None : late;

        ModuleUse Judge(string module)
        {
            long? moduleEndNs = ends.Of(module);
            long? programEndNs = profile.Attached ? profile.StartNs : initEndNs;
            long? afterNs = moduleEndNs is { } own && programEndNs is { } program ? Math.Max(own, program) + ends.UncertaintyNs : null;
            long? withinNs = profile.Attached && moduleEndNs == profile.StartNs ? long.MaxValue : moduleEndNs - ends.UncertaintyNs;
            if (initUntil is null && quiet is { } between && ends.BeginOf(module) <= between.UntilNs)
            {
                // The handler's driver waited between these two: a reading then is after the initialisation and before any call. What had
                // begun to be imported had been.
                (afterNs, withinNs) = (between.FromNs, between.UntilNs);
            }

            long? workNs = quiet?.UntilNs ?? programEndNs - ends.UncertaintyNs;
            return ModuleJudge.Of(module, [.. byModule[module]], code => code.Judge(withinNs, afterNs, passes, isComplete), code => RanLate(code, moduleEndNs + ends.UncertaintyNs, workNs), IsWalked(module), sampled, profile);
        }
    }

    private static Dictionary<int, CodeHistory> Histories(Profile profile)
    {
        var codes = profile.Codes.ToDictionary(code => code.Id, code => new CodeHistory(code));
        foreach (UsageSnapshot usage in profile.Usage)
        {
            foreach (CodeReading reading in usage.Readings)
            {
                if (codes.TryGetValue(reading.CodeId, out CodeHistory? history))
                {
                    history.Add(usage, reading);
                }
            }
        }

        return codes;
    }

    // The first look with the function on a stack, or the first reading that shows that it ran.
    private static long? FirstCall(Profile profile, IEnumerable<CodeHistory> codes, FunctionModules functions, string place)
    {
        int colon = place.IndexOf(':');
        string module = colon < 0 ? "__main__" : place[..colon];
        string name = place[(colon + 1)..];
        bool IsIt(int functionId) => functions.ModuleOf(functionId) == module && profile.Stacks.Functions[functionId].Name is var own
            && (own == name || own.EndsWith("." + name, StringComparison.Ordinal));
        long? firstNs = codes.Where(code => code.Code.Module == module && IsIt(code.Code.FunctionId)).Min(code => code.FirstRunNs);
        foreach (ThreadTimeline timeline in profile.Threads)
        {
            long nowNs = timeline.StartNs;
            foreach (StackRun run in timeline.Runs)
            {
                if (firstNs <= nowNs)
                {
                    break;
                }

                if (!run.Stack.IsNone && profile.Stacks.FramesFromRoot(run.Stack).Any(frame => IsIt(profile.Stacks.Frames[frame.Value].FunctionId)))
                {
                    firstNs = nowNs;
                    break;
                }

                nowNs = run.EndNs;
            }
        }

        return firstNs;
    }
}
