using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Statistics;

namespace LibProf.Analyzer.Views;

/// <summary>
/// Which differences between two recordings mean nothing. Two runs of the same program differ, and a busy machine differs from an idle one:
/// how much so is told by the modules that both recordings have, since most of them are no other than before.
/// </summary>
/// <param name="Ms">Milliseconds below which a difference in time is noise.</param>
/// <param name="Share">Share of the larger time below which it is noise.</param>
/// <param name="Kib">KiB below which a difference in memory is noise.</param>
/// <param name="KibShare">Share of the larger amount below which it is noise.</param>
/// <param name="Speed">How many times as long the modules of both recordings took in the later one, by their median; null with too few of them.</param>
public sealed record DiffNoise(double Ms, double Share, double Kib, double KibShare, double? Speed)
{
    private const double LeastMs = 1;
    private const double LeastShare = 0.2;
    private const double LeastKib = 256;
    private const double LeastKibShare = 0.05;

    /// <summary>The machine may have been this much slower as a whole; a difference beyond is never noise.</summary>
    private const double MostShare = 0.75;

    /// <summary>Modules that are shorter say more about the sampling than about the machine.</summary>
    private const double ModuleMs = 0.5;

    private const int FewModules = 5;

    /// <summary>Whether a difference in time is noise. Without both times it is none.</summary>
    /// <param name="ms">The times in milliseconds.</param>
    public bool IsNoiseMs(Figures ms) => ms.Difference is { } difference && Math.Abs(difference) <= Math.Max(Ms, Share * Larger(ms));

    /// <summary>Whether a difference in memory is noise.</summary>
    /// <param name="kib">The amounts in KiB.</param>
    /// <param name="errorKib">How far they may be off by their own account.</param>
    public bool IsNoiseKib(Figures kib, double errorKib = 0) =>
        kib.Difference is { } difference && Math.Abs(difference) <= Math.Max(Math.Max(Kib, errorKib), KibShare * Larger(kib));

    /// <summary>Finds out what is noise.</summary>
    /// <param name="before">The earlier recording.</param>
    /// <param name="after">The later one.</param>
    public static DiffNoise Of(ReportModel before, ReportModel after)
    {
        double period = Math.Max(PeriodMs(before), PeriodMs(after));
        double ms = Math.Max(LeastMs, 3 * period);
        List<double> ratios = [];
        foreach (ModuleReport module in before.Modules)
        {
            if (module.Import is { } first && after.Imports.Find(module.Name) is { } second
                && first.ExclusiveNs / 1e6 >= ModuleMs && second.ExclusiveNs / 1e6 >= ModuleMs)
            {
                ratios.Add(Math.Log((double)second.ExclusiveNs / first.ExclusiveNs));
            }
        }

        if (ratios.Count < FewModules)
        {
            return new DiffNoise(ms, LeastShare, LeastKib, LeastKibShare, null);
        }

        double speed = Medians.Of(ratios);
        double spread = Medians.Of(ratios.Select(ratio => Math.Abs(ratio - speed)));
        double share = 1 - Math.Exp(-(Math.Abs(speed) + 3 * spread)); // of the larger
        return new DiffNoise(ms, Math.Clamp(share, LeastShare, MostShare), LeastKib, LeastKibShare, Math.Exp(speed));
    }

    private static double PeriodMs(ReportModel report) => report.Quality.AchievedHz is > 0 and var hz ? 1000 / hz : 0;

    private static double Larger(Figures figures) => Math.Max(figures.Before ?? 0, figures.After ?? 0);
}
