using System.Globalization;
using System.Text;
using System.Text.Json;
using LibProf.Cli.Tests.Imports;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Findings;

/// <summary>A command-line tool of a thousand modules in twenty groups, of which it uses one: the others are found, each by itself, and nothing of the one.</summary>
public sealed class ManyModulesTests
{
    private const int Groups = 20;
    private const int ModulesOfGroup = 50;
    private const string Used = "tool.g03";

    public static TheoryData<PythonInterpreter> All => [.. Interpreters.OnePerMinor];

    [Theory]
    [MemberData(nameof(All))]
    public void EachGroupThatIsNotUsedIsFound(PythonInterpreter interpreter)
    {
        Assert.SkipUnless(LibProfProgram.IsNative, "the JIT takes longer to start than the target (set LIBPROF_BINARY)");
        using WorkPlace place = new(interpreter);
        MakeTool(place.Outside("tool"));
        Dictionary<string, string?> environment = new() { ["PYTHONPATH"] = place["."] };
        using TemporaryDirectory reports = new();
        string file = reports["report.json"];
        // A machine that is too busy may keep libprof from the last reading: then it finds less, and never too much.
        for (int run = 0; run < 5; run++)
        {
            LibProfResult result = LibProfProgram.Run(["run", "-q", "-f", "json", "-o", file, "--", .. interpreter.Command, "-m", "tool.main"], input: null, environment);
            Assert.True(result.Status == 0, result.Errors);
            Assert.Equal("777", result.Output.Trim());
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            HashSet<string> modules = [.. json.RootElement.GetProperty("modules").EnumerateArray().Select(module => module.GetProperty("name").GetString()!)
                .Where(name => name.StartsWith("tool.g", StringComparison.Ordinal))];
            HashSet<string> subjects = [.. json.RootElement.GetProperty("findings").EnumerateArray()
                .Where(finding => finding.GetProperty("pattern").GetString() == "unused-library")
                .Select(finding => finding.GetProperty("id").GetString()!["unused-library:".Length..])
                .Where(subject => subject.StartsWith("tool", StringComparison.Ordinal))];
            Assert.DoesNotContain(subjects, subject => subject is "tool" or Used or Used + ".c07");
            if (modules.Count == Groups * (ModulesOfGroup + 1) && subjects.Count(subject => !subject.StartsWith(Used, StringComparison.Ordinal)) == Groups - 1)
            {
                return;
            }
        }

        Assert.Skip("too busy a machine");
    }

    private static void MakeTool(string directory)
    {
        _ = Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "__init__.py"), "");
        string[] groups = [.. Enumerable.Range(0, Groups).Select(group => string.Create(CultureInfo.InvariantCulture, $"g{group:00}"))];
        foreach (string group in groups)
        {
            string package = Path.Combine(directory, group);
            _ = Directory.CreateDirectory(package);
            StringBuilder imports = new();
            for (int i = 0; i < ModulesOfGroup; i++)
            {
                string module = string.Create(CultureInfo.InvariantCulture, $"c{i:00}");
                _ = imports.Append(CultureInfo.InvariantCulture, $"from tool.{group} import {module}\n");
                File.WriteAllText(Path.Combine(package, module + ".py"), """
                    TABLE = {n: str(n) * 3 for n in range(300)}


                    class Command:
                        def run(self, n):
                            return TABLE[n]


                    def run(n):
                        return Command().run(n)

                    """);
            }

            File.WriteAllText(Path.Combine(package, "__init__.py"), imports + "\n\ndef run(n):\n    return c07.run(n)\n");
        }

        File.WriteAllText(Path.Combine(directory, "main.py"), $"from tool import {string.Join(", ", groups)}\n\n\ndef main():\n    print(g03.run(7))\n\n\nmain()\n");
    }
}
