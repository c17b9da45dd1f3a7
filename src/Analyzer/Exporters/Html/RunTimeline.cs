using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters.Html;

/// <summary>Phases of a run in order of time; the numbers are part of the page's data.</summary>
internal enum PhaseKey
{
    /// <summary>Until the interpreter exists.</summary>
    Launch,

    /// <summary>Until site is imported.</summary>
    RuntimeInit,

    /// <summary>The import of site.</summary>
    Site,

    /// <summary>Imports of the program on the main thread.</summary>
    Import,

    /// <summary>The rest of the program.</summary>
    Main,

    /// <summary>After the program.</summary>
    Finalize,

    /// <summary>With a handler: its driver.</summary>
    Driver,

    /// <summary>With a handler: its first call.</summary>
    FirstCall,

    /// <summary>With a handler: the calls after the first.</summary>
    LaterCall,
}

/// <summary>Resident memory at a moment.</summary>
/// <param name="TimeNs">When, from the exec of the image.</param>
/// <param name="Kib">All of it.</param>
/// <param name="AnonymousKib">The part that belongs to no file.</param>
internal readonly record struct MemoryPoint(long TimeNs, long Kib, long AnonymousKib);

/// <summary>One thread's lane.</summary>
/// <param name="Name">The thread's name.</param>
/// <param name="NativeId">The kernel's number; 0 when unknown.</param>
/// <param name="IsMain">Whether it is the main thread.</param>
/// <param name="Active">When it had Python frames; the key is 0.</param>
/// <param name="Imports">Imports going on, a row for each depth of nesting, the outermost first; the key is the module's place in the report.</param>
internal sealed record ThreadLane(
    string Name, int NativeId, bool IsMain, IReadOnlyList<Stretch> Active, IReadOnlyList<IReadOnlyList<Stretch>> Imports);

/// <summary>What happened when: phases and threads, bounded for drawing.</summary>
/// <param name="DurationNs">The whole time.</param>
/// <param name="Phases">Keys are <see cref="PhaseKey"/>; empty when there are no phases (an attach).</param>
/// <param name="Calls">Calls of a serverless handler; the key is the number of the call.</param>
/// <param name="Lanes">The main thread first, then the busiest.</param>
/// <param name="OtherThreads">How many have no lane.</param>
/// <param name="Memory">Resident memory; empty when it was not measured.</param>
internal sealed record RunTimeline(long DurationNs, IReadOnlyList<Stretch> Phases, IReadOnlyList<Stretch> Calls, IReadOnlyList<ThreadLane> Lanes, int OtherThreads, IReadOnlyList<MemoryPoint> Memory)
{
    /// <summary>So many threads have a lane.</summary>
    public const int MaxLanes = 24;

    /// <summary>So many nested imports are told apart on the main thread.</summary>
    public const int MaxDepth = 8;

    /// <summary>And so many on the others.</summary>
    public const int MaxDepthElsewhere = 2;

    /// <summary>The timeline of a report.</summary>
    /// <param name="report">The report.</param>
    public static RunTimeline Of(ReportModel report)
    {
        Profile profile = report.Profile;
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < report.Modules.Count; i++)
        {
            places.TryAdd(report.Modules[i].Name, i);
        }

        List<ThreadTimeline> chosen = [.. profile.Threads
            .OrderByDescending(timeline => timeline.Thread.IsMain).ThenByDescending(timeline => timeline.Samples).ThenBy(timeline => timeline.Thread.Id)
            .Take(MaxLanes)];
        ILookup<int, ImportSpan> spans = report.Imports.Spans.ToLookup(span => span.ThreadId);
        return new RunTimeline(
            profile.DurationNs, TimeStrip.Bound(PhasesOf(report, profile), profile.DurationNs), TimeStrip.Bound(CallsOf(profile), profile.DurationNs),
            [.. chosen.Select(timeline => Lane(profile, timeline, spans[timeline.Thread.Id], places))],
            profile.Threads.Count - chosen.Count, MemoryOf(profile));
    }

    private static ThreadLane Lane(Profile profile, ThreadTimeline timeline, IEnumerable<ImportSpan> spans, Dictionary<string, int> places)
    {
        var active = new List<Stretch>();
        long nowNs = timeline.StartNs;
        foreach (StackRun run in timeline.Runs)
        {
            if (!run.Stack.IsNone)
            {
                TimeStrip.Append(active, Within(profile, nowNs, run.EndNs, 0));
            }

            nowNs = run.EndNs;
        }

        var rows = new List<List<Stretch>>();
        foreach (ImportSpan span in spans.Where(span => span.Depth <= (timeline.Thread.IsMain ? MaxDepth : MaxDepthElsewhere) && places.ContainsKey(span.Name)).OrderBy(span => span.StartNs))
        {
            while (rows.Count < span.Depth)
            {
                rows.Add([]);
            }

            TimeStrip.Append(rows[span.Depth - 1], Within(profile, span.StartNs, span.EndNs, places[span.Name]));
        }

        return new ThreadLane(
            timeline.Thread.Name, timeline.Thread.NativeId, timeline.Thread.IsMain, TimeStrip.Bound(active, profile.DurationNs),
            [.. rows.Select(row => TimeStrip.Bound(row, profile.DurationNs))]);
    }

    private static Stretch Within(Profile profile, long startNs, long endNs, int key) =>
        new(Math.Clamp(startNs - profile.StartNs, 0, profile.DurationNs), Math.Clamp(endNs - profile.StartNs, 0, profile.DurationNs), key);

    private static List<Stretch> PhasesOf(ReportModel report, Profile profile)
    {
        var strip = new List<Stretch>();
        if (report.Phases is not { } phases)
        {
            return strip;
        }

        long nowNs = 0;
        Next(phases.LaunchNs, PhaseKey.Launch);
        Next(phases.RuntimeInitNs, PhaseKey.RuntimeInit);
        Next(phases.SiteNs, PhaseKey.Site);
        long programEndNs = nowNs + (phases.ImportNs ?? 0) + (phases.MainNs ?? 0) + (phases.DriverNs ?? 0) + phases.InvocationsNs.Sum();
        var rest = phases.DriverNs is null ? PhaseKey.Main : PhaseKey.Driver;
        foreach (Stretch stretch in CallsAndImports(report, profile))
        {
            long startNs = Math.Clamp(stretch.StartNs, nowNs, programEndNs);
            long endNs = Math.Clamp(stretch.EndNs, nowNs, programEndNs);
            TimeStrip.Append(strip, new Stretch(nowNs, startNs, (int)rest));
            TimeStrip.Append(strip, stretch with { StartNs = startNs, EndNs = endNs });
            nowNs = Math.Max(nowNs, endNs);
        }

        TimeStrip.Append(strip, new Stretch(nowNs, programEndNs, (int)rest));
        nowNs = programEndNs;
        Next(phases.FinalizeNs, PhaseKey.Finalize);
        return strip;

        void Next(long? ns, PhaseKey key)
        {
            TimeStrip.Append(strip, new Stretch(nowNs, nowNs + (ns ?? 0), (int)key));
            nowNs += ns ?? 0;
        }
    }

    /// <summary>The readings as they are; where they are many, the highest of each slot of time.</summary>
    private static List<MemoryPoint> MemoryOf(Profile profile)
    {
        IEnumerable<MemoryPoint> points = profile.Memory
            .Where(reading => reading.TimeNs >= profile.StartNs && reading.TimeNs <= profile.EndNs)
            .OrderBy(reading => reading.TimeNs)
            .Select(reading => new MemoryPoint(reading.TimeNs - profile.StartNs, reading.ResidentKib, reading.AnonymousKib));
        if (profile.Memory.Count > TimeStrip.MaxStretches)
        {
            long slotNs = profile.DurationNs / TimeStrip.MaxStretches + 1;
            points = points.GroupBy(point => point.TimeNs / slotNs).Select(slot => slot.MaxBy(point => point.Kib));
        }

        return [.. points];
    }

    /// <summary>Calls of a handler, and the main thread's imports between them, in order of time.</summary>
    private static List<Stretch> CallsAndImports(ReportModel report, Profile profile)
    {
        List<Stretch> calls = CallsOf(profile);
        var stretches = new List<Stretch>();
        IEnumerable<ImportSpan> spans = profile.MainThread is { } main
            ? report.Imports.Spans.Where(span => span.Depth == 1 && span.ThreadId == main.Thread.Id)
            : [];
        foreach (ImportSpan span in spans)
        {
            Stretch import = Within(profile, span.StartNs, span.EndNs, (int)PhaseKey.Import);
            foreach (Stretch call in calls.Where(call => call.StartNs < import.EndNs && call.EndNs > import.StartNs))
            {
                TimeStrip.Append(stretches, import with { EndNs = call.StartNs });
                import = import with { StartNs = call.EndNs };
            }

            TimeStrip.Append(stretches, import);
        }

        stretches.AddRange(calls.Select(call => call with { Key = (int)(call.Key == 0 ? PhaseKey.FirstCall : PhaseKey.LaterCall) }));
        return [.. stretches.OrderBy(stretch => stretch.StartNs)];
    }

    /// <summary>The calls of a handler; the key is the number of the call.</summary>
    private static List<Stretch> CallsOf(Profile profile) =>
        [.. profile.Invocations.Select((call, number) => Within(profile, call.BeginNs, call.EndNs, number)).OrderBy(call => call.StartNs)];
}
