using LibProf.TestSupport;

namespace LibProf.CPythonLayouts.Tests;

/// <summary>Reads the layout out of an ELF file's debug information with the script that also makes the tables.</summary>
internal static class Gdb
{
    /// <summary>The debugger; null where it is not installed.</summary>
    public static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(directory => System.IO.Path.Combine(directory, "gdb"))
        .FirstOrDefault(File.Exists);

    /// <summary>The figures as JSON; null when the file has no debug information.</summary>
    public static string? Extract(string binary)
    {
        string scripts = System.IO.Path.Combine(AppContext.BaseDirectory, "Layouts");
        using TargetProcess gdb = TargetProcess.Launch(
            [Path!, "-nx", "-batch", "-ex", "source " + System.IO.Path.Combine(scripts, "extract.py"), binary],
            new Dictionary<string, string?> { ["DEBUGINFOD_URLS"] = null });
        string output = gdb.ReadToEnd();
        Assert.Equal(0, gdb.WaitForExit());
        return output.Contains("PyCodeObject", StringComparison.Ordinal) ? output : null;
    }
}
