using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using LibProf.Analyzer.Exporters;
using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests.Exporters.Html;

public sealed class HtmlExporterTests
{
    [Fact]
    public void The_page_holds_the_json_report()
    {
        JsonElement json = JsonDocument.Parse(Samples.Export("json", Samples.Small().Report())).RootElement;

        Assert.True(JsonElement.DeepEquals(json, Pages.Data(Pages.Small()).GetProperty("report")));
    }

    [Fact]
    public void The_page_has_one_place_for_data_and_allows_nothing_but_its_own_script_and_style()
    {
        string page = Encoding.UTF8.GetString(HtmlExporter.Page());

        Assert.Single(Regex.Matches(page, HtmlExporter.Marker));
        Assert.Matches("default-src 'none'; script-src 'sha256-[^' ]+'; style-src 'sha256-[^' ]+'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'", page);
    }

    [Fact]
    public void The_page_refers_to_nothing_outside_of_itself()
    {
        string page = Encoding.UTF8.GetString(HtmlExporter.Page());

        Assert.DoesNotMatch("""(?i)<(link|img|iframe|base|object|embed|form)\b|@import|url\(|\bsrc\s*=""", page);
        Assert.DoesNotMatch(@"\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|innerHTML|outerHTML|insertAdjacentHTML|eval|importScripts)\b", page);
    }

    [Fact]
    public void No_string_of_the_target_is_anything_but_data()
    {
        string page = Pages.Hostile();
        string data = Pages.DataOf(page);
        string empty = Encoding.UTF8.GetString(HtmlExporter.Page());

        Assert.DoesNotMatch(@"[<>&'\u0080-\uffff]", data);
        Assert.Equal(empty.Replace(HtmlExporter.Marker, data, StringComparison.Ordinal), page);
        string[] modules = [.. Pages.Data(page).GetProperty("report").GetProperty("modules").EnumerateArray().Select(module => module.GetProperty("name").GetString()!)];
        Assert.All(Pages.HostileNames.Where(name => !name.Contains('\ud800')), name => Assert.Contains(name, modules));
    }

    [Fact]
    public void Each_module_knows_in_whose_import_its_own_happened()
    {
        JsonElement data = Pages.Data(Pages.Small());
        List<string> modules = [.. data.GetProperty("report").GetProperty("modules").EnumerateArray().Select(module => module.GetProperty("name").GetString()!)];
        int[] within = [.. data.GetProperty("within").EnumerateArray().Select(number => number.GetInt32())];

        Assert.Equal(modules.Count, within.Length);
        Assert.Equal("numpy", modules[within[modules.IndexOf("numpy.lib")]]);
        Assert.Equal(-1, within[modules.IndexOf("numpy")]);
        Assert.Equal(-1, within[modules.IndexOf("errno")]);
    }

    [Fact]
    public void A_process_without_python_has_a_page_too()
    {
        JsonElement data = Pages.Data(Pages.NoPython());

        Assert.False(data.GetProperty("python").GetBoolean());
        Assert.Equal(0, data.GetProperty("within").GetArrayLength());
    }

    [Fact]
    public void Ten_thousand_modules_make_a_page_of_bounded_size()
    {
        JsonElement flame = Pages.Data(Pages.Big()).GetProperty("flame");

        Assert.InRange(flame.GetProperty("parents").GetArrayLength(), 10_000, 40_000);
    }
}
