namespace LibProf.Analyzer.Tests.Dsl;

/// <summary>The repository that the tests were built from.</summary>
public static class Sources
{
    /// <summary>Set to write what tests got into their golden files: then look at the differences before committing them.</summary>
    private const string UpdateVariable = "LIBPROF_UPDATE_GOLDEN";

    /// <summary>A directory of the repository; skips the test when there is none (tests copied elsewhere).</summary>
    public static string Directory(string name)
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "LibProf.Native.sln")))
            {
                return Path.Combine(directory.FullName, name);
            }
        }

        Assert.Skip("the sources are not beside the tests");
        return "";
    }

    /// <summary>Compares with a golden file beside the tests' sources.</summary>
    public static void AssertGolden(string file, string actual)
    {
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            File.WriteAllText(Path.Combine(Directory("tests/Analyzer.Tests"), file), actual);
            return;
        }

        Assert.Equal(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, file)), actual);
    }
}
