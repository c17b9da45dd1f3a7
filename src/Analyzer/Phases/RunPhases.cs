using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Phases;

/// <summary>
/// The phases of a run from the exec of the Python image to its end: disjoint, and together the whole duration.
/// A phase that was not seen is null. Nanoseconds.
/// </summary>
public sealed record RunPhases
{
    /// <summary>From the exec until the interpreter exists: kernel, dynamic loader, early runtime.</summary>
    public long? LaunchNs { get; init; }

    /// <summary>From there until the main thread begins to import <c>site</c>, or the program when it does not.</summary>
    public long? RuntimeInitNs { get; init; }

    /// <summary>The interpreter's import of <c>site</c>, .pth files and sitecustomize included.</summary>
    public long? SiteNs { get; init; }

    /// <summary>Time after that in which the main thread is inside some import, until the program returns; calls of a handler not included.</summary>
    public long? ImportNs { get; init; }

    /// <summary>The rest until the program returns; null with a handler.</summary>
    public long? MainNs { get; init; }

    /// <summary>With a handler, the rest until its driver returns: the driver's own doing, and its waits for libprof. None of it is the application's.</summary>
    public long? DriverNs { get; init; }

    /// <summary>The calls of a handler, each with all that happens in it, imports too; empty without a handler.</summary>
    public IReadOnlyList<long> InvocationsNs { get; init; } = [];

    /// <summary>From the return of the program to the end of the process.</summary>
    public long? FinalizeNs { get; init; }

    /// <summary>Cuts a profile into phases.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="tree">Its imports.</param>
    /// <returns>Null for an attach and for what is not Python: there are no phases to speak of.</returns>
    public static RunPhases? Of(Profile profile, ImportTree tree)
    {
        if (profile.Attached || profile.Image.Python is null)
        {
            return null;
        }

        ThreadTimeline? main = profile.MainThread;
        long startNs = profile.StartNs;
        long endNs = profile.EndNs;
        long? createdNs = profile.Image.At(Milestone.InterpreterCreated) ?? profile.Image.At(Milestone.FirstFrame) ?? main?.StartNs;
        if (createdNs is not { } created)
        {
            // It ended before there was an interpreter (python --version).
            return new RunPhases { LaunchNs = endNs - startNs };
        }

        created = Math.Clamp(created, startNs, endNs);
        ImportSpan? site = main is null ? null : FindSite(tree, main.Thread.Id);
        long? readyNs = site?.EndNs ?? (main is null ? null : FindProgram(profile.Stacks, main));
        if (profile.Image.At(Milestone.HandlerReady) is { } handlerNs)
        {
            // The driver says so exactly; looks that came late do not.
            readyNs = Math.Min(readyNs ?? handlerNs, handlerNs);
            created = Math.Min(created, handlerNs);
        }

        long ready = Math.Clamp(readyNs ?? endNs, created, endNs);
        long lastCallNs = profile.Invocations.Count > 0 ? Math.Min(profile.Invocations[^1].EndNs, endNs) : ready;
        long? returnedNs = Returned(profile.Image, main) is { } seen && seen < endNs ? Math.Max(seen, Math.Max(ready, lastCallNs)) : null;
        long mainEnd = returnedNs ?? endNs;
        long? siteSeenNs = site is null && readyNs is not null ? SiteSeen(profile, ready) : site?.StartNs;
        long siteStart = Math.Clamp(siteSeenNs ?? ready, created, ready);
        if (readyNs is null)
        {
            // Nothing of the program was seen: all that is known is that the runtime was there.
            long over = Returned(profile.Image, main) is { } left ? Math.Clamp(left, created, endNs) : endNs;
            return new RunPhases
            {
                LaunchNs = created - startNs,
                RuntimeInitNs = over - created,
                FinalizeNs = over < endNs ? endNs - over : null,
            };
        }

        List<(long StartNs, long EndNs)> calls =
            [.. profile.Invocations.Select(call => (Math.Clamp(call.BeginNs, ready, mainEnd), Math.Clamp(call.EndNs, ready, mainEnd)))];
        long importNs = tree.Spans
            .Where(span => span.Depth == 1 && span.ThreadId == main?.Thread.Id)
            .Sum(span => Overlap(span, ready, mainEnd) - calls.Sum(call => Overlap(span, call.StartNs, call.EndNs)));
        bool isHandler = profile.Image.Image.Handler is not null;
        long restNs = mainEnd - ready - importNs - calls.Sum(call => call.EndNs - call.StartNs);
        return new RunPhases
        {
            LaunchNs = created - startNs,
            RuntimeInitNs = siteStart - created,
            SiteNs = siteSeenNs is null ? null : ready - siteStart,
            ImportNs = importNs,
            MainNs = isHandler ? null : restNs,
            DriverNs = isHandler ? restNs : null,
            InvocationsNs = [.. calls.Select(call => call.EndNs - call.StartNs)],
            FinalizeNs = returnedNs is null ? null : endNs - mainEnd,
        };
    }

    private static long Overlap(ImportSpan span, long startNs, long endNs) =>
        Math.Max(0, Math.Min(span.EndNs, endNs) - Math.Max(span.StartNs, startNs));

    /// <summary>
    /// The program is over when the main thread has no frame left for good (it has none for a moment between site and the program, too),
    /// or when the runtime says that it finalizes.
    /// </summary>
    private static long? Returned(ImageHistory image, ThreadTimeline? main)
    {
        long? returned = image.At(Milestone.MainReturned);
        long? finalizing = image.At(Milestone.Finalizing);
        if (main is not null && main.EndNs > returned)
        {
            returned = null;
        }

        return returned is { } a && finalizing is { } b ? Math.Min(a, b) : returned ?? finalizing;
    }

    /// <summary>The import of site that the interpreter itself makes: no Python frame is below it.</summary>
    private static ImportSpan? FindSite(ImportTree tree, int threadId)
    {
        if (tree.Find("site") is not { Cause: null } site || site.ThreadId != threadId)
        {
            return null;
        }

        foreach (ImportSpan span in tree.Spans)
        {
            if (span.ThreadId == threadId && span.Depth == 1 && span.Name == "site")
            {
                return span;
            }
        }

        return null;
    }

    /// <summary>
    /// Where no look fell into a quick import of site: when it was first seen in <c>sys.modules</c>, which it enters before its body runs.
    /// Null when that was not before the program began: there is none, or the program imports it.
    /// </summary>
    private static long? SiteSeen(Profile profile, long programNs) =>
        profile.Modules.FirstOrDefault(module => module.Name == "site") is { BeforeRecording: false } site && site.SeenNs < programNs ? site.SeenNs : null;

    /// <summary>When the main thread first runs the body of a program (or runpy for it) that nothing imports.</summary>
    private static long? FindProgram(StackTable stacks, ThreadTimeline main)
    {
        long startNs = main.StartNs;
        foreach (StackRun run in main.Runs)
        {
            if (!run.Stack.IsNone && IsProgram(stacks, stacks.Prefix(run.Stack, 1)))
            {
                return startNs;
            }

            startNs = run.EndNs;
        }

        return null;
    }

    private static bool IsProgram(StackTable stacks, StackId root)
    {
        ref readonly FunctionInfo function = ref stacks.LeafFunction(root);
        return stacks.Leaf(root).Importing is null
            && (function.Name == "_run_module_as_main"
                || (function.Name == "<module>" && !function.File.StartsWith("<frozen ", StringComparison.Ordinal)));
    }
}
