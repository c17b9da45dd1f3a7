namespace LibProf.TestSupport;

/// <summary>The Python programs under test, tests/Targets, as copied beside the test assembly.</summary>
public static class TargetScripts
{
    /// <summary>The directory that holds them.</summary>
    public static string Directory { get; } = Path.Combine(AppContext.BaseDirectory, "Targets");

    /// <summary>The full path of one of them, for example <c>idle.py</c>.</summary>
    public static string PathOf(string script) => Path.Combine(Directory, script);

    /// <summary>Copies a directory of tests/Targets, for tests that add or spoil compiled files.</summary>
    /// <param name="directory">Its path relative to tests/Targets.</param>
    /// <param name="destination">An existing directory that receives a subdirectory of the same name.</param>
    /// <returns>The path of the copy.</returns>
    public static string CopyTree(string directory, string destination)
    {
        string source = PathOf(directory);
        string target = Path.Combine(destination, Path.GetFileName(directory));
        foreach (string file in System.IO.Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            if (file.Contains("/__pycache__/", StringComparison.Ordinal))
            {
                continue;
            }

            string copy = Path.Combine(target, Path.GetRelativePath(source, file));
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return target;
    }
}
