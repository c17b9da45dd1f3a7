using System.Globalization;
using System.Xml.Linq;
using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests.Exporters;

public sealed class FlameGraphExporterTests
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Every_frame_hangs_from_one_that_is_as_wide_at_least()
    {
        (double X, double Width, double Y)[] frames = [.. Frames(Samples.Small()).Select(frame => (Number(frame, "x"), Number(frame, "width"), Number(frame, "y")))];
        double top = frames.Min(frame => frame.Y);

        Assert.Equal((0, 1200), frames.Where(frame => frame.Y == top).Select(frame => (frame.X, frame.Width)).Single());
        Assert.All(frames.Where(frame => frame.Y > top), frame => Assert.Contains(frames, above =>
            above.Y == frame.Y - 18 && above.X <= frame.X + 0.02 && above.X + above.Width >= frame.X + frame.Width - 0.02));
    }

    [Fact]
    public void A_frame_says_its_name_place_and_share()
    {
        XElement work = Assert.Single(Export(Samples.Small()).Descendants(s_svg + "g"), g => (string?)g.Attribute("data-n") == "work;hard");
        Assert.Matches(@"^work;hard \(/app/app\.py:\d+\): 1[01](\.\d+)? ms, \d+(\.\d+)? %$", work.Element(s_svg + "title")!.Value);
    }

    [Fact]
    public void Names_cannot_become_markup()
    {
        const string Hostile = "</title><script>alert(1)</script>\u0000\u001b]]>&amp;\"'";
        RecordingScript script = RecordingScript.Run();
        for (int ms = 0; ms < 5; ms++)
        {
            script.Look(ms, (0, [Py.Script(1), Py.Code("/a\"><b>.py", Hostile, 3)], false));
        }

        XDocument svg = Export(script);
        Assert.Single(svg.Descendants(s_svg + "script"));
        Assert.Single(svg.Descendants(), e => e.Name.LocalName == "g" && ((string?)e.Attribute("data-n"))?.Contains("<script>alert(1)", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void A_recording_without_samples_is_an_empty_picture() => Assert.Empty(Frames(RecordingScript.Run()));

    private static IEnumerable<XElement> Frames(RecordingScript script) =>
        Export(script).Descendants(s_svg + "g").Where(g => g.Attribute("tabindex") is not null).Select(g => g.Element(s_svg + "rect")!);

    private static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private static XDocument Export(RecordingScript script) => XDocument.Parse(Samples.Export("flamegraph", script.Report()));
}
