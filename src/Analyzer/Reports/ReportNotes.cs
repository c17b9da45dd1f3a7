using LibProf.Analyzer.Model;

namespace LibProf.Analyzer.Reports;

/// <summary>Sentences that a reader needs to judge the figures; none when there is nothing to say.</summary>
internal static class ReportNotes
{
    /// <summary>Compiling, or collecting, this much of the run is worth a word.</summary>
    private const double WorthAWord = 0.02;

    /// <summary>More failed or missed looks than this make the figures coarse.</summary>
    private const double LossShare = 0.05;

    /// <summary>The notes on a report.</summary>
    /// <param name="report">The report.</param>
    public static IReadOnlyList<string> Of(ReportModel report)
    {
        Profile profile = report.Profile;
        var notes = new List<string>();
        if (!report.IsPython)
        {
            notes.Add("No Python interpreter was seen in this process.");
            return notes;
        }

        if (profile.Attached)
        {
            notes.Add("Attached to a running process: what was imported before is listed without times.");
        }

        if (report.Findings.Missing is { } missing)
        {
            notes.Add(missing);
        }

        long compileNs = report.Modules.Sum(module => module.Import?.Phases.CompileNs ?? 0);
        if (compileNs > WorthAWord * profile.DurationNs)
        {
            notes.Add(ReportViewBuilder.Text($"{compileNs / 1e6:0.0} ms went into compiling source that has no up-to-date compiled file."));
        }

        if (profile.CollectedNs > WorthAWord * profile.DurationNs)
        {
            notes.Add(ReportViewBuilder.Text($"{profile.CollectedNs / 1e6:0.0} ms of the imports went into collecting garbage: gc.disable() before them, gc.freeze() and gc.enable() after, spares that."));
        }

        int untimed = report.Modules.Count(module => module is { Import: null, Info.BeforeRecording: false });
        if (untimed > 0 && report.Modules.Count > untimed)
        {
            notes.Add(ReportViewBuilder.Text($"{untimed} of {report.Modules.Count} modules were imported too quickly for a look, or made without an import: they have no times."));
        }

        SamplingQuality quality = report.Quality;
        if (quality.Failed > LossShare * (quality.Samples + quality.Failed))
        {
            notes.Add("Many looks failed: short imports may be off.");
        }

        if (quality.Missed > LossShare * (quality.Samples + quality.Missed))
        {
            notes.Add("Many looks came too late or were left out: the machine is busy, or the program mapped memory all the time. Short imports may be off.");
        }

        if (quality.Dropped > 0)
        {
            notes.Add("Some samples could not be written and are not in these figures.");
        }

        return notes;
    }
}
