using System.Text.Json;
using LibProf.Cli.Tests.Imports;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Use;

/// <summary>Programs that end without finalisation right after their last import: what is said of use, and that their end is as ever.</summary>
public sealed class SuddenEndTests
{
    private static readonly Dictionary<string, int> s_endings = new() { ["_exit"] = 3, ["9"] = 137, ["11"] = 139, ["exec"] = 4 };

    public static MatrixTheoryData<PythonInterpreter, string> Runs => new(Interpreters.All, [.. s_endings.Keys]);

    [Theory]
    [MemberData(nameof(Runs))]
    public void TheLastReadingIsOfTheMemoryAsItWasAtTheEnd(PythonInterpreter interpreter, string ending)
    {
        Assert.SkipUnless(LibProfProgram.IsNative, "the JIT takes longer to start than the target (set LIBPROF_BINARY)");
        Assert.SkipWhen(interpreter.Version.Minor == 12, "in 3.12 functions without evidence leave it unknown");
        Assert.SkipUnless(MayHoldMemory(), "this kernel or container does not let memory be held (userfaultfd)");
        using WorkPlace place = new(interpreter);
        string directory = place.CopyTree("use");
        using TemporaryDirectory reports = new();
        string file = reports["report.json"];
        string seen = "";
        for (int run = 0; run < 5; run++)
        {
            LibProfResult result = LibProfProgram.Run(["run", "-q", "-f", "json", "-o", file, "--", .. interpreter.Command, $"{directory}/sudden.py", ending]);
            Assert.True(result.Status == s_endings[ending], $"{result.Status}: {result.Errors}");
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            Dictionary<string, JsonElement> modules = [];
            foreach (JsonElement module in json.RootElement.GetProperty("modules").EnumerateArray())
            {
                modules[module.GetProperty("name").GetString()!] = module;
            }

            string plain = UseOf(modules, "plain");
            string never = UseOf(modules, "never");
            seen = $"plain {plain}, never {never}";
            Assert.False(plain == "never", seen);
            Assert.False(never is "used", seen);
            if (never is "never" or "not_since_init")
            {
                return;
            }
        }

        Assert.Fail("in none of 5 runs was it known that it never ran: " + seen);
    }

    // With CAP_SYS_PTRACE (bit 19), or where everybody may; a filter of system calls may refuse it all the same.
    private static bool MayHoldMemory()
    {
        string[] status = File.ReadAllLines("/proc/self/status");
        string Line(string name) => status.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim() ?? "0";
        const string Everybody = "/proc/sys/vm/unprivileged_userfaultfd";
        bool isAllowed = (Convert.ToUInt64(Line("CapEff:"), 16) >> 19 & 1) != 0 || (File.Exists(Everybody) && File.ReadAllText(Everybody).Trim() == "1");
        return isAllowed && Line("Seccomp:") == "0";
    }

    private static string UseOf(Dictionary<string, JsonElement> modules, string name) =>
        modules.TryGetValue(name, out JsonElement module) && module.TryGetProperty("use", out JsonElement use) ? use.GetString()! : "-";
}
