using System.Globalization;
using System.Text;
using System.Xml;
using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Views;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Exporters;

/// <summary>
/// A flame graph as one SVG file: callers on top, an import as one frame whatever the machinery did for it, width by time, a click zooms, Ctrl-F or the field searches, names and
/// shares on hover. Frames too narrow to be seen are left out, so that the file stays small whatever was recorded.
/// </summary>
public sealed class FlameGraphExporter : IProfileExporter
{
    private const int Width = 1200;
    private const int RowHeight = 18;
    private const int Top = 44;
    private const int Bottom = 12;
    private const int MostRows = 400;

    /// <summary>Narrower frames are not drawn, in pixels.</summary>
    private const double Least = 0.3;

    private static readonly string[] s_colors = ["#c8c8c8", "#f2c14e", "#7fb2e5", "#8fcf9b", "#f0a272"];

    /// <inheritdoc/>
    public string Name => "flamegraph";

    /// <inheritdoc/>
    public string FileExtension => "svg";

    /// <inheritdoc/>
    public string Description => "an interactive flame graph, for a browser";

    /// <inheritdoc/>
    public void Export(ReportModel report, Stream output, ExportOptions options)
    {
        List<Frame> frames = Place(report);
        int rows = frames.Count == 0 ? 1 : frames.Max(frame => frame.Row) + 1;
        int height = Top + rows * RowHeight + Bottom;
        var settings = new XmlWriterSettings { Encoding = new UTF8Encoding(false), Indent = true, IndentChars = "", NewLineChars = "\n", CloseOutput = false, CheckCharacters = false };
        using var svg = XmlWriter.Create(output, settings);
        svg.WriteStartElement("svg", "http://www.w3.org/2000/svg");
        svg.WriteAttributeString("viewBox", string.Create(CultureInfo.InvariantCulture, $"0 0 {Width} {height}"));
        svg.WriteAttributeString("width", Number(Width));
        svg.WriteAttributeString("height", Number(height));
        svg.WriteAttributeString("style", "max-width:100%;height:auto");
        svg.WriteAttributeString("font-family", "ui-sans-serif, system-ui, sans-serif");
        svg.WriteAttributeString("font-size", "12");
        string title = FrameText.Title(report.Profile);
        svg.WriteElementString("title", Text(title));
        svg.WriteElementString("style", Style);
        Rectangle(svg, "background", 0, 0, Width, height);
        Label(svg, "title", 10, 20, string.Create(CultureInfo.InvariantCulture, $"{title}, {report.Profile.DurationNs / 1e6:0.#} ms"));
        Label(svg, "reset", 10, 37, "");
        Label(svg, "search", Width - 10, 20, "Search");
        Label(svg, "matched", Width - 10, 37, "");
        svg.WriteStartElement("g");
        svg.WriteAttributeString("id", "frames");
        foreach (Frame frame in frames)
        {
            Write(svg, frame);
        }

        svg.WriteEndElement();
        svg.WriteStartElement("script");
        svg.WriteCData(Script);
        svg.WriteEndElement();
        svg.WriteEndElement();
    }

    private static List<Frame> Place(ReportModel report)
    {
        Profile profile = report.Profile;
        var kinds = new FunctionKinds(report);
        List<(string Name, IReadOnlyList<CallTreeNode> Roots)> threads = [.. profile.Threads
            .Select(timeline => (FrameText.Of(timeline.Thread), CallTree.Of(profile, other => other == timeline, foldImports: true)))
            .Where(thread => thread.Item2.Count > 0)];
        double total = threads.Sum(thread => thread.Roots.Sum(root => root.TotalNs));
        List<Frame> frames = [];
        if (total <= 0)
        {
            return frames;
        }

        frames.Add(new Frame("all", "", 0, Width, 0, total / 1e6, 1, 0));
        var open = new Stack<(CallTreeNode Node, double X, int Row)>();
        double x = 0;
        foreach ((string name, IReadOnlyList<CallTreeNode> roots) in threads)
        {
            double ns = roots.Sum(root => root.TotalNs);
            int row = 1;
            if (threads.Count > 1)
            {
                frames.Add(new Frame(Text(name), "", x, ns / total * Width, row++, ns / 1e6, ns / total, 0));
            }

            Push(roots, x, row);
            x += ns / total * Width;
        }

        while (open.TryPop(out (CallTreeNode Node, double X, int Row) next))
        {
            double width = next.Node.TotalNs / total * Width;
            if (width < Least || next.Row >= MostRows)
            {
                continue;
            }

            FunctionInfo function = next.Node.Function;
            frames.Add(next.Node.Import is { } module
                ? new Frame(Text("import " + module), Text(Asked(report.Imports.Find(module)?.Cause)), next.X, width, next.Row, next.Node.TotalNs / 1e6, next.Node.TotalNs / total, kinds.Of(module))
                : new Frame(Text(function.Name), Text(Place(function)), next.X, width, next.Row, next.Node.TotalNs / 1e6, next.Node.TotalNs / total, kinds.Of(function)));
            Push(next.Node.Children, next.X, next.Row + 1);
        }

        return frames;

        void Push(IReadOnlyList<CallTreeNode> nodes, double start, int row)
        {
            foreach (CallTreeNode node in nodes)
            {
                open.Push((node, start, row));
                start += node.TotalNs / total * Width;
            }
        }
    }

    private static string Place(in FunctionInfo function) =>
        function.FirstLine > 0 ? string.Create(CultureInfo.InvariantCulture, $"{function.File}:{function.FirstLine}") : function.File;

    private static string Asked(ImportStatement? cause) =>
        cause is null ? "" : cause.Line is { } line ? string.Create(CultureInfo.InvariantCulture, $"at {cause.File}:{line}") : $"at {cause.File}";

    private static void Write(XmlWriter svg, in Frame frame)
    {
        double y = Top + frame.Row * RowHeight;
        svg.WriteStartElement("g");
        svg.WriteAttributeString("tabindex", "0");
        svg.WriteAttributeString("data-x", Number(frame.X));
        svg.WriteAttributeString("data-w", Number(frame.Width));
        svg.WriteAttributeString("data-n", frame.Name);
        string place = frame.Place.Length > 0 ? $" ({frame.Place})" : "";
        svg.WriteElementString("title", string.Create(CultureInfo.InvariantCulture, $"{frame.Name}{place}: {frame.Ms:0.###} ms, {frame.Share * 100:0.##} %"));
        svg.WriteStartElement("rect");
        svg.WriteAttributeString("x", Number(frame.X));
        svg.WriteAttributeString("y", Number(y));
        svg.WriteAttributeString("width", Number(frame.Width));
        svg.WriteAttributeString("height", Number(RowHeight - 1));
        svg.WriteAttributeString("fill", s_colors[frame.Kind]);
        svg.WriteEndElement();
        svg.WriteStartElement("text");
        svg.WriteAttributeString("x", Number(frame.X + 3));
        svg.WriteAttributeString("y", Number(y + 13));
        svg.WriteEndElement();
        svg.WriteEndElement();
    }

    private static void Rectangle(XmlWriter svg, string id, double x, double y, double width, double height)
    {
        svg.WriteStartElement("rect");
        svg.WriteAttributeString("id", id);
        svg.WriteAttributeString("x", Number(x));
        svg.WriteAttributeString("y", Number(y));
        svg.WriteAttributeString("width", Number(width));
        svg.WriteAttributeString("height", Number(height));
        svg.WriteEndElement();
    }

    private static void Label(XmlWriter svg, string id, double x, double y, string text)
    {
        svg.WriteStartElement("text");
        svg.WriteAttributeString("id", id);
        svg.WriteAttributeString("x", Number(x));
        svg.WriteAttributeString("y", Number(y));
        svg.WriteString(Text(text));
        svg.WriteEndElement();
    }

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    // Control characters are no XML, whichever way they are written.
    private static string Text(string text) => JsonText.Clean(SafeText.Clean(text));

    private readonly record struct Frame(string Name, string Place, double X, double Width, int Row, double Ms, double Share, int Kind);

    private const string Style =
        """
        #background{fill:#fff} text{fill:#1b1b1b;pointer-events:none} #title{font-size:15px}
        #search,#matched{text-anchor:end} #search,#reset{pointer-events:all;cursor:pointer;fill:#2456a6}
        g[tabindex]{cursor:pointer;outline:none} g[tabindex]:hover rect,g[tabindex]:focus rect{stroke:#1b1b1b;stroke-width:1}
        .parent rect{opacity:.55} .hidden{display:none} .match rect{fill:#c44fd0}
        @media (prefers-color-scheme:dark){#background{fill:#1d1f21} text#title,#matched{fill:#e6e6e6} #search,#reset{fill:#8ab4f8}}
        """;

    private const string Script =
        """
        (function () {
          'use strict';
          var width = 1200, frames = [], root = document.documentElement;
          document.querySelectorAll('#frames > g').forEach(function (g) {
            frames.push({ g: g, rect: g.querySelector('rect'), text: g.querySelector('text'), name: g.getAttribute('data-n'),
              x: +g.getAttribute('data-x'), w: +g.getAttribute('data-w'), y: +g.querySelector('rect').getAttribute('y') });
          });
          function draw(from, span, row) {
            frames.forEach(function (f) {
              var caller = f.y < row && f.x <= from + 0.005 && f.x + f.w >= from + span - 0.005;
              var inside = f.x >= from - 0.005 && f.x + f.w <= from + span + 0.005 && f.y >= row;
              f.g.setAttribute('class', caller ? 'parent' : inside ? '' : 'hidden');
              if (!caller && !inside) { return; }
              var x = caller ? 0 : (f.x - from) / span * width, w = caller ? width : f.w / span * width;
              f.rect.setAttribute('x', x); f.rect.setAttribute('width', Math.max(w - 0.2, 0.1));
              f.text.setAttribute('x', x + 3);
              var room = Math.floor((w - 6) / 6.7);
              f.text.textContent = room < 3 ? '' : f.name.length <= room ? f.name : f.name.slice(0, room - 1) + '\u2026';
            });
            document.getElementById('reset').textContent = span < width ? 'Reset zoom' : '';
            mark();
          }
          var pattern = null;
          function mark() {
            var total = 0, ends = [];
            frames.forEach(function (f) {
              var hit = pattern && pattern.test(f.name);
              f.g.classList.toggle('match', !!hit);
              if (hit && !f.g.classList.contains('hidden')) { ends.push(f); }
            });
            ends.sort(function (a, b) { return a.y - b.y || a.x - b.x; });
            var taken = [];
            ends.forEach(function (f) {
              if (!taken.some(function (t) { return f.x >= t[0] - 0.005 && f.x + f.w <= t[1] + 0.005; })) { taken.push([f.x, f.x + f.w]); total += f.w; }
            });
            document.getElementById('matched').textContent = pattern ? 'Matched: ' + (total / width * 100).toFixed(1) + ' %' : '';
          }
          function search() {
            var text = window.prompt('Search for a name (a regular expression)', pattern ? pattern.source : '');
            if (text === null) { return; }
            try { pattern = text ? new RegExp(text, 'i') : null; }
            catch (e) { pattern = new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i'); }
            mark();
          }
          function reset() { draw(0, width, -Infinity); }
          frames.forEach(function (f) { f.g.addEventListener('click', function () { draw(f.x, f.w, f.y); }); });
          document.getElementById('reset').addEventListener('click', reset);
          document.getElementById('search').addEventListener('click', search);
          root.addEventListener('keydown', function (e) {
            if ((e.ctrlKey || e.metaKey) && e.key === 'f') { e.preventDefault(); search(); }
            else if (e.key === 'Escape') { reset(); }
            else if (e.key === 'Enter' && document.activeElement && document.activeElement.dispatchEvent) { document.activeElement.dispatchEvent(new MouseEvent('click')); }
          });
          reset();
        })();
        """;
}
