using System.Text;
using LibProf.Analyzer.Exporters.Html;
using LibProf.Analyzer.Reports;

namespace LibProf.Analyzer.Exporters;

/// <summary>
/// One page for a browser, self-contained: it asks the network for nothing and its content security policy allows nothing but its own
/// script and style, by their hashes. The page itself is built from <c>web/</c>; here the data is put in its place.
/// </summary>
public sealed class HtmlExporter : IProfileExporter
{
    /// <summary>Where in the page the data goes: the only thing in its script element.</summary>
    internal const string Marker = "@LIBPROF_DATA@";

    private const string Resource = "report.html";

    /// <inheritdoc/>
    public string Name => "html";

    /// <inheritdoc/>
    public string FileExtension => "html";

    /// <inheritdoc/>
    public string Description => "one page to look at in a browser";

    /// <inheritdoc/>
    public void Export(ReportModel report, Stream output, ExportOptions options)
    {
        byte[] page = Page();
        int place = page.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Marker));
        output.Write(page.AsSpan(0, place));
        PageData.Write(report, output);
        output.Write(page.AsSpan(place + Marker.Length));
    }

    /// <summary>The page without data.</summary>
    internal static byte[] Page()
    {
        using Stream resource = typeof(HtmlExporter).Assembly.GetManifestResourceStream(Resource)!;
        var page = new byte[resource.Length];
        resource.ReadExactly(page);
        return page;
    }
}
