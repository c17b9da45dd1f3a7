using System.Diagnostics;
using LibProf.Sampler.Elf;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Target;
using LibProf.TestSupport;

namespace LibProf.Sampler.Tests.Interpreter;

/// <summary>Interpreters whose binary was stripped, deleted or replaced, or is out of reach.</summary>
public sealed class RuntimeLocatorVariantTests
{
    public enum Variant
    {
        Stripped,
        WithoutSectionHeaders,
        Deleted,
        DeletedWithoutSectionHeaders,
    }

    public static TheoryData<PythonInterpreter, Variant> Variants()
    {
        TheoryData<PythonInterpreter, Variant> rows = [];
        foreach (PythonInterpreter interpreter in Interpreters.All.Where(interpreter => !interpreter.IsInOtherRoot))
        {
            foreach (Variant variant in Enum.GetValues<Variant>())
            {
                rows.Add(interpreter, variant);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Finds_an_interpreter_whose_binary_is(PythonInterpreter interpreter, Variant variant)
    {
        using TemporaryDirectory directory = new();
        string module = ModuleOf(interpreter);
        string copy = directory[Path.GetFileName(module)];
        File.Copy(module, copy);
        if (variant is Variant.Stripped)
        {
            Strip(copy);
        }

        if (variant is Variant.WithoutSectionHeaders or Variant.DeletedWithoutSectionHeaders)
        {
            RemoveSectionHeaders(copy);
        }

        bool isExecutable = module == interpreter.HostPath;
        Dictionary<string, string?> environment = new()
        {
            ["LD_LIBRARY_PATH"] = directory.Path,
            ["PYTHONHOME"] = HomeOf(interpreter),
        };
        using TargetProcess target = TargetProcess.Launch(
            [isExecutable ? copy : interpreter.Path, TargetScripts.PathOf("idle.py")], environment);
        target.WaitForReady();
        if (variant is Variant.Deleted or Variant.DeletedWithoutSectionHeaders)
        {
            // As an upgrade does it: another file takes the name.
            File.Delete(copy);
            File.WriteAllText(copy, "another file");
        }

        LiveProcessMemory memory = new(target.Pid);
        LocatedRuntime runtime = RuntimeLocator.Locate(target.Pid, memory);

        Assert.Equal(copy, runtime.ModulePath);
        Assert.Equal(interpreter.Version, runtime.Version);
        RuntimeLocatorTests.AssertInterpreterIsThere(memory, runtime);
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryMinor), MemberType = typeof(Interpreters))]
    public void Finds_an_interpreter_by_its_memory_alone(PythonInterpreter interpreter)
    {
        using TargetProcess target = TargetProcess.Start(interpreter, "idle.py");
        LiveProcessMemory memory = new(target.Pid);
        LocatedRuntime expected = RuntimeLocator.Locate(target.Pid, memory);
        MappedModule module = ProcessMappings.GetModules(ProcessMappings.TryRead(target.Pid, out _)!)
            .First(candidate => candidate.Path == expected.ModulePath);

        Assert.True(ElfImage.TryRead(new MappedMemory(memory, module), out ElfImage? image, expected.LoadBias));
        PythonModule? python = PythonModule.Inspect(image, thorough: true);
        Assert.NotNull(python);
        RuntimeFinding finding = RuntimeFinder.Resolve(memory, module, python);

        Assert.Equal(expected, finding.Runtime);
    }

    [Fact]
    public void Finds_an_interpreter_of_another_user()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can start a process as another user");
        PythonInterpreter interpreter = Interpreters.System ?? Interpreters.Any();
        using TargetProcess target = TargetProcess.Launch(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", interpreter.Path, "-c", "print('ready', flush=True); input()"]);
        target.WaitForReady();
        LiveProcessMemory memory = new(target.Pid);

        LocatedRuntime runtime = RuntimeLocator.Locate(target.Pid, memory);

        Assert.Equal(interpreter.Version, runtime.Version);
    }

    /// <summary>The library or executable of the tests' own root that holds the interpreter.</summary>
    private static string ModuleOf(PythonInterpreter interpreter)
    {
        using TargetProcess target = TargetProcess.Start(interpreter, "idle.py");
        return RuntimeLocator.Locate(target.Pid, new LiveProcessMemory(target.Pid)).ModulePath;
    }

    private static string HomeOf(PythonInterpreter interpreter) =>
        Path.GetDirectoryName(Path.GetDirectoryName(interpreter.Path))!;

    private static void Strip(string file)
    {
        try
        {
            using Process strip = Process.Start("strip", ["--strip-all", file]);
            strip.WaitForExit();
            Assert.Equal(0, strip.ExitCode);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("no strip(1) on this machine");
        }
    }

    private static void RemoveSectionHeaders(string file)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = 40;
        stream.Write(new byte[8]); // e_shoff
        stream.Position = 60;
        stream.Write(new byte[4]); // e_shnum, e_shstrndx
    }
}
