using System.Globalization;
using LibProf.Analyzer.Reports;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Views;

/// <summary>What of two recordings' surroundings is not the same. Versions of libraries stand with the libraries.</summary>
internal static class DiffEnvironment
{
    public static IReadOnlyList<EnvironmentChange> Of(ReportModel before, ReportModel after)
    {
        List<EnvironmentChange> changes = [];
        Add("Python", report => Python(report.Profile.Image.Python));
        Add("CPUs", report => Number(report.Profile.Environment?.Cpus));
        Add("CPU quota", report => report.Profile.Environment?.CpuQuota is { } quota ? Number(quota) : "none");
        Add("platform", report => report.Profile.Environment?.Platform ?? "");
        Add("kernel", report => report.Profile.Environment?.Kernel ?? "");
        Add("recorded by", report => report.Profile.Environment?.Verb ?? "");
        Add("sampling mode", report => report.Profile.Environment?.Mode ?? "");
        Add("rate", report => report.Profile.Environment is { } environment ? environment.RateHz > 0 ? Number(environment.RateHz) + " Hz" : "max" : "");
        Add("compiled files", report => report.Profile.Image.Python?.DontWriteBytecode switch { true => "not written", false => "written", _ => "" });
        Add("exit status", report => Number(report.Profile.ProcessEnd?.ExitStatus));
        return changes;

        // What one of them does not say cannot be told to differ.
        void Add(string what, Func<ReportModel, string> value)
        {
            (string first, string second) = (value(before), value(after));
            if (first != second && first.Length > 0 && second.Length > 0)
            {
                changes.Add(new EnvironmentChange(what, SafeText.Clean(first), SafeText.Clean(second)));
            }
        }
    }

    private static string Python(PythonInfo? python) => python is null ? "" : python.Version + (python.FreeThreaded ? " free-threaded" : "");

    private static string Number(double? number) => number?.ToString("0.##", CultureInfo.InvariantCulture) ?? "";
}
