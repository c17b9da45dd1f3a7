using System.Diagnostics;
using System.Text.RegularExpressions;
using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests.Exporters.Html;

/// <summary>Runs the tests of <c>web/tests</c>, which drive a browser, once; each of their results is a test here.</summary>
public sealed partial class BrowserRun : IDisposable
{
    private const string TestFile = "page.test.mjs";

    /// <summary>Set to a directory to keep the pages there, to look at them.</summary>
    private const string KeepVariable = "LIBPROF_KEEP_PAGES";

    private static readonly string? s_kept = Environment.GetEnvironmentVariable(KeepVariable);

    private readonly DirectoryInfo _pages = s_kept is null ? Directory.CreateTempSubdirectory("libprof-pages-") : Directory.CreateDirectory(s_kept);
    private readonly Dictionary<string, (bool Passed, string Output)> _results = new(StringComparer.Ordinal);
    private readonly string? _obstacle;
    private string _output = "";

    public BrowserRun()
    {
        string? node = Find("node");
        string? browser = Environment.GetEnvironmentVariable("LIBPROF_CHROMIUM") ?? Find("chromium") ?? Find("chromium-browser") ?? Find("google-chrome");
        string web = Web;
        _obstacle = node is null ? "no Node.js" : browser is null ? "no Chromium: scripts/setup gets one"
            : Directory.Exists(Path.Combine(web, "node_modules", "playwright-core")) ? null : "no packages in web/node_modules: scripts/setup gets them";
        if (_obstacle is null)
        {
            Pages.WriteTo(_pages.FullName);
            Run(node!, browser!, web);
        }
    }

    /// <summary>Names of the tests in the file.</summary>
    public static IEnumerable<TheoryDataRow<string>> Names
    {
        get
        {
            string source = File.ReadAllText(Path.Combine(Web, "tests", TestFile));
            foreach (Match match in TestName().Matches(source))
            {
                string name = match.Groups["name"].Value;
                foreach (string scheme in name.Contains("${scheme}", StringComparison.Ordinal) ? ["light", "dark"] : new[] { "" })
                {
                    yield return name.Replace("${scheme}", scheme, StringComparison.Ordinal);
                }
            }
        }
    }

    private static string Web => Sources.Directory("web");

    /// <summary>Fails, with what was said, when the browser's test of this name did; skips when there could be none.</summary>
    public void Check(string name)
    {
        Assert.SkipWhen(_obstacle is not null, _obstacle ?? "");
        Assert.True(_results.TryGetValue(name, out (bool Passed, string Output) result), $"it has no result\n{_output}");
        Assert.True(result.Passed, result.Output);
    }

    public void Dispose()
    {
        if (s_kept is null)
        {
            _pages.Delete(recursive: true);
        }
    }

    private void Run(string node, string browser, string web)
    {
        var start = new ProcessStartInfo(node, ["--test", "--test-reporter=tap", Path.Combine(web, "tests", TestFile)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = web,
        };
        start.Environment["LIBPROF_PAGES"] = _pages.FullName;
        start.Environment["LIBPROF_CHROMIUM"] = browser;
        start.Environment.Remove("NODE_OPTIONS");
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        _output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        _output += errors.Result;
        MatchCollection results = Result().Matches(_output);
        for (int i = 0; i < results.Count; i++)
        {
            int end = i + 1 < results.Count ? results[i + 1].Index : _output.Length;
            _results[Unescape(results[i].Groups["name"].Value)] = (results[i].Groups["no"].Length == 0, _output[results[i].Index..end]);
        }
    }

    private static string Unescape(string name) => name.Trim().Replace(@"\#", "#", StringComparison.Ordinal).Replace(@"\\", @"\", StringComparison.Ordinal);

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);

    [GeneratedRegex(@"^\s*test\(['`](?<name>[^'`]+)['`],", RegexOptions.Multiline)]
    private static partial Regex TestName();

    [GeneratedRegex(@"^ *(?<no>not )?ok \d+ - (?<name>.*)$", RegexOptions.Multiline)]
    private static partial Regex Result();
}

/// <summary>The page in a real browser.</summary>
public sealed class BrowserTests(BrowserRun run) : IClassFixture<BrowserRun>
{
    public static IEnumerable<TheoryDataRow<string>> Names => BrowserRun.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void In_a_browser(string name) => run.Check(name);
}

/// <summary>The page that is kept in the sources is the one that its own sources make.</summary>
public sealed class BuiltPageTests
{
    [Fact]
    public void The_page_is_up_to_date()
    {
        string web = Sources.Directory("web");
        Assert.SkipUnless(Directory.Exists(Path.Combine(web, "node_modules", "esbuild")), "no packages in web/node_modules: scripts/setup gets them");
        using Process process = Process.Start(new ProcessStartInfo("node", ["build.mjs", "--check"]) { WorkingDirectory = web, RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.True(process.ExitCode == 0, errors);
    }
}
