using System.Diagnostics;
using System.Globalization;
using LibProf.Analyzer.Reports;

namespace LibProf.Cli.Recordings;

/// <summary>The text of the line that is shown while recording. For one thread.</summary>
/// <param name="progress">What it tells.</param>
/// <param name="duration">How long sampling lasts, in seconds; null for as long as the process.</param>
internal sealed class ProgressText(RecordingProgress progress, double? duration)
{
    private const int ShortestName = 16; // what other figures give way to
    private const int LeastOfName = 8; // less says nothing
    private const int Window = 8;

    private readonly long _begin = Stopwatch.GetTimestamp();
    private readonly Queue<(double Seconds, long Looks)> _window = new();

    /// <summary>The text as of now, in at most so many columns.</summary>
    public string Of(int columns) => Of(Stopwatch.GetElapsedTime(_begin).TotalSeconds, columns);

    /// <summary>The text, in at most so many columns: where they are few, first the quality is left out, then the rate, then what is imported.</summary>
    /// <param name="seconds">Since the beginning.</param>
    /// <param name="columns">How many there are.</param>
    internal string Of(double seconds, int columns)
    {
        long samples = progress.Samples;
        long looks = samples + progress.Idle;
        _window.Enqueue((seconds, looks));
        (double since, long before) = _window.Count > Window ? _window.Dequeue() : _window.Peek();
        double? rate = seconds - since > 0 ? (looks - before) / (seconds - since) : null;
        string text = duration is { } whole
            ? Text($"libprof: {seconds:0} of {whole:0.#} s, {samples:#,0} samples") : Text($"libprof: {seconds:0} s, {samples:#,0} samples");
        string[] more = [rate is { } hz ? Text($", {hz:#,0}/s") : "", progress.Quality is { } good ? Text($", {100 * good:0.0} % good") : ""];
        // What was imported when the last sample came is not, when no look was taken for so long.
        string? importing = looks > before || _window.Count == 1 ? progress.Importing : null;
        string what = importing is not null ? ", importing " : progress.IsPython ? "" : ", no Python yet";
        string name = importing is null ? "" : SafeText.Clean(importing);
        int shown = more.Length;
        while (shown > 0 && text.Length + more.Take(shown).Sum(part => part.Length) + what.Length + Math.Min(ShortestName, SafeText.Columns(name)) > columns)
        {
            shown--;
        }

        text = string.Concat([text, .. more.Take(shown)]);
        int left = columns - text.Length - what.Length;
        return left >= Math.Min(LeastOfName, SafeText.Columns(name)) ? text + what + SafeText.KeepEnd(name, Math.Max(left, 4))
            : text.Length <= columns ? text : text[..Math.Max(columns, 0)];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
