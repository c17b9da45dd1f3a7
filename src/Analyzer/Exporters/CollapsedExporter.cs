using System.Globalization;
using System.Text;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Views;

namespace LibProf.Analyzer.Exporters;

/// <summary>
/// Collapsed stacks for flame graphs: a line for each stack, root first, frames separated by <c>;</c>, then the number of samples.
/// With several threads, the thread is the first frame. A <c>;</c> in a name becomes <c>:</c> (the format has no escape), control characters become escapes.
/// </summary>
public sealed class CollapsedExporter : IProfileExporter
{
    /// <inheritdoc/>
    public string Name => "collapsed";

    /// <inheritdoc/>
    public string FileExtension => "collapsed";

    /// <inheritdoc/>
    public string Description => "stacks and sample counts, for flame graphs";

    /// <inheritdoc/>
    public void Export(ReportModel report, Stream output, ExportOptions options)
    {
        Profile profile = report.Profile;
        using var writer = new StreamWriter(output, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        string[] names = [.. Enumerable.Range(0, profile.Stacks.Frames.Count).Select(frame => Clean(FrameText.Of(profile.Stacks, new FrameId(frame))))];
        bool several = profile.Threads.Count > 1;
        foreach (ThreadTimeline timeline in profile.Threads)
        {
            string prefix = several ? Clean(FrameText.Of(timeline.Thread)) + ";" : "";
            foreach ((StackId stack, StackWeight weight) in StackWeights.Of(profile, timeline).OrderBy(pair => pair.Key.Value))
            {
                writer.Write(prefix);
                writer.Write(string.Join(';', profile.Stacks.FramesFromRoot(stack).Select(frame => names[frame.Value])));
                writer.Write(' ');
                writer.WriteLine(weight.Samples.ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    private static string Clean(string name) => SafeText.Clean(name).Replace(';', ':');
}
