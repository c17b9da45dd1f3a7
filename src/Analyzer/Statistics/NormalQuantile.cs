namespace LibProf.Analyzer.Statistics;

/// <summary>Quantiles of the standard normal distribution, where there are too many values for exact counting.</summary>
internal static class NormalQuantile
{
    /// <summary>The value below which a share of the distribution lies; correct to 5e-4, Abramowitz and Stegun 26.2.23.</summary>
    /// <param name="share">Above one half, below 1.</param>
    public static double Of(double share)
    {
        double t = Math.Sqrt(-2 * Math.Log(1 - share));
        return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    }
}
