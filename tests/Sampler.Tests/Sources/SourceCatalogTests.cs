using System.IO.Compression;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Sources;
using LibProf.TestSupport;

namespace LibProf.Sampler.Tests.Sources;

public class SourceCatalogTests
{
    [Fact]
    public void Sources_in_a_zip_archive_are_read()
    {
        using TemporaryDirectory directory = new();
        using (ZipArchive archive = ZipFile.Open(directory["app.pyz"], ZipArchiveMode.Create))
        {
            Write(archive, "__main__.py", "import tool");
            Write(archive, "tool.py", "import json");
        }

        List<ModuleSource> sources = Find(["python3", "app.pyz"], directory, [], Module("__main__", ""), Module("tool", directory["app.pyz"] + "/tool.py"));

        Assert.Equal(["__main__", "tool"], sources.Select(source => source.Module));
        Assert.Equal(["tool", "json"], sources.Select(source => source.Imports.Single().Target));
    }

    [Fact]
    public void The_program_of_dash_m_is_the_body_that_is_no_modules()
    {
        using TemporaryDirectory directory = new();
        File.WriteAllText(directory["tool.py"], "import json");
        File.WriteAllText(directory["lib.py"], "import os");

        List<ModuleSource> sources = Find(
            ["python3", "-m", "tool"], directory, ["<frozen runpy>", directory["tool.py"], directory["lib.py"]], Module("__main__", ""), Module("lib", directory["lib.py"]));

        Assert.Equal(["__main__", "lib"], sources.Select(source => source.Module));
        Assert.Equal(directory["tool.py"], sources[0].File);
    }

    [Fact]
    public void What_runpy_runs_is_a_file_of_the_program()
    {
        using TemporaryDirectory directory = new();
        File.WriteAllText(directory["start.py"], "import runpy");
        File.WriteAllText(directory["tool.py"], "import json");

        List<ModuleSource> sources = Find(["python3", "start.py"], directory, [directory["start.py"], "tool.py", "gone.py"], Module("__main__", ""));

        Assert.Equal(["__main__", "<tool.py>"], sources.Select(source => source.Module));
    }

    private static List<ModuleSource> Find(string[] command, TemporaryDirectory directory, string[] bodies, params ModuleInfo[] modules) =>
        [.. SourceCatalog.Find("", new ProcessImage { Pid = 1, StartNs = 0, Attached = false, Executable = "", CommandLine = command, WorkingDirectory = directory.Path }, modules, default, bodies)];

    private static ModuleInfo Module(string name, string file) => new(name, file, ModuleKind.Source, 0, 1, false, []);

    private static void Write(ZipArchive archive, string name, string text)
    {
        using StreamWriter writer = new(archive.CreateEntry(name).Open());
        writer.Write(text);
    }
}
