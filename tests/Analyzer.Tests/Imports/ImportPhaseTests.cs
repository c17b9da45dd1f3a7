using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Tests.Dsl;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Tests.Imports;

public sealed class ImportPhaseTests
{
    private const string External36 = "<frozen importlib._bootstrap_external>";

    public static TheoryData<string, ImportPhase> Stacks()
    {
        var data = new TheoryData<string, ImportPhase>();
        foreach (string name in Known.Keys)
        {
            data.Add(name, Known[name].Phase);
        }

        return data;
    }

    private static Dictionary<string, (FrameSpec[] Stack, ImportPhase Phase)> Known { get; } = new()
    {
        ["entry"] = ([Py.Import("m")], ImportPhase.Find),
        ["finder"] = (Py.FindSpec("m"), ImportPhase.Find),
        ["finder of the program's own"] = ([.. Py.FindSpec("m")[..3], Py.Code("/l/hook.py", "Finder.find_spec", 3)], ImportPhase.Find),
        ["listing a directory"] = ([.. Py.FindSpec("m"), Py.Code(Py.External, "FileFinder._fill_cache", 1)], ImportPhase.Find),
        ["waiting for the lock"] = ([Py.Import("m"), Py.Code(Py.Bootstrap, "_ModuleLockManager.__enter__", 1), Py.Code(Py.Bootstrap, "_ModuleLock.acquire", 2)], ImportPhase.Find),
        ["cache path"] = ([.. Py.GetCode("m"), Py.Code(Py.External, "cache_from_source", 1)], ImportPhase.Read),
        ["stat"] = ([.. Py.GetCode("m"), Py.Code(Py.External, "SourceFileLoader.path_stats", 1)], ImportPhase.Read),
        ["data"] = (Py.Read("m"), ImportPhase.Read),
        ["validation"] = ([.. Py.GetCode("m"), Py.Code(Py.External, "_validate_timestamp_pyc", 1)], ImportPhase.Read),
        ["unmarshal"] = (Py.Unmarshal("m"), ImportPhase.Read),
        ["compile"] = (Py.Compile("m"), ImportPhase.Compile),
        ["write"] = (Py.WritePyc("m"), ImportPhase.Compile),
        ["compile of the program's own"] = ([.. Py.GetCode("m"), Py.Code("/l/hook.py", "Loader.source_to_code", 1), Py.Code("/l/hook.py", "rewrite", 2)], ImportPhase.Compile),
        ["body"] = (Py.Body("m", "/l/m.py", 1), ImportPhase.Execute),
        ["function called by the body"] = ([.. Py.Body("m", "/l/m.py", 1), Py.Code("/l/other.py", "get_data", 1)], ImportPhase.Execute),
        ["library opened"] = (Py.CreateExtension("m"), ImportPhase.Load),
        ["library initialised"] = (Py.ExecExtension("m"), ImportPhase.Load),
        ["python code called by a library"] = ([.. Py.ExecExtension("m"), Py.Code("/l/x.py", "setup", 1)], ImportPhase.Execute),
        ["built-in"] = ([.. Py.Load("m"), Py.Code(Py.Bootstrap, "module_from_spec", 1), Py.Code(Py.Bootstrap, "BuiltinImporter.create_module", 1)], ImportPhase.Load),
        ["frozen body"] = ([.. Py.Load("m"), Py.Code(Py.Bootstrap, "FrozenImporter.exec_module", 1), Py.Code("<frozen m>", "<module>", 1)], ImportPhase.Execute),
        ["zip directory"] = ([.. Py.Load("m"), Py.Code("<frozen zipimport>", "zipimporter.exec_module", 1), Py.Code("<frozen zipimport>", "zipimporter.get_code", 1), Py.Code("<frozen zipimport>", "_get_module_code", 1), Py.Code("<frozen zipimport>", "_get_data", 1)], ImportPhase.Read),
        ["zip compile"] = ([.. Py.Load("m"), Py.Code("<frozen zipimport>", "load_module", 1), Py.Code("<frozen zipimport>", "_get_module_code", 1), Py.Code("<frozen zipimport>", "_compile_source", 1)], ImportPhase.Compile),
        ["zip body before 3.10"] = ([.. Py.Load("m"), Py.Code("<frozen zipimport>", "load_module", 1), Py.Code("/l/x.zip/m.py", "<module>", 1)], ImportPhase.Execute),
        ["zip body before 3.8"] = ([.. Py.Load("m"), Py.Code(Py.Bootstrap, "_load_backward_compatible", 1), Py.Code("/l/x.zip/m.py", "<module>", 1)], ImportPhase.Execute),
        ["loader of the program's own"] = ([.. Py.Load("m"), Py.Code("/l/hook.py", "exec_module", 1), Py.Code("/l/hook.py", "rewrite", 1)], ImportPhase.Execute),
        ["loader of the program's own that calls the standard one"] = ([.. Py.Load("m"), Py.Code("/l/hook.py", "Loader.exec_module", 1), .. Py.Read("m")[3..]], ImportPhase.Read),
        ["library before 3.11"] = ([.. Py.Load("m"), Py.Code(External36, "exec_module", 1), Py.Code(Py.Bootstrap, "_call_with_frames_removed", 1)], ImportPhase.Load),
        ["reading before 3.11"] = ([.. Py.Load("m"), Py.Code(External36, "exec_module", 1), Py.Code(External36, "get_code", 1), Py.Code(External36, "get_data", 1)], ImportPhase.Read),
        ["body before 3.11"] = ([.. Py.Load("m"), Py.Code(External36, "exec_module", 1), Py.Code(Py.Bootstrap, "_call_with_frames_removed", 1), Py.Code("/l/m.py", "<module>", 1)], ImportPhase.Execute),
        ["nested import in the body"] = ([.. Py.Body("m", "/l/m.py", 1), .. Py.Read("n")], ImportPhase.Execute),
        ["nested import in a finder"] = ([.. Py.FindSpec("m"), .. Py.Body("zipimport", "/l/z.py", 1)], ImportPhase.Find),
    };

    [Theory]
    [MemberData(nameof(Stacks))]
    public void Time_is_billed_by_the_frames_above_the_import(string name, ImportPhase phase)
    {
        ModuleImport module = ImportTree.Of(RecordingScript.Run().Looks(0, 5, [Py.Script(1), .. Known[name].Stack]).Profile()).Find("m")!;

        Assert.Equal(default(ImportPhaseTimes).Add(phase, module.InclusiveNs), module.Phases);
    }

    [Fact]
    public void The_phases_of_a_module_sum_to_its_inclusive_time()
    {
        ModuleImport module = ImportTree.Of(RecordingScript.Run()
            .Looks(0, 3, [Py.Script(1), .. Py.FindSpec("m")])
            .Looks(3, 5, [Py.Script(1), .. Py.Read("m")])
            .Looks(5, 9, [Py.Script(1), .. Py.Compile("m")])
            .Looks(9, 20, [Py.Script(1), .. Py.Body("m", "/l/m.py", 2)])
            .Looks(20, 21, Py.Script(2)).Profile()).Find("m")!;

        Assert.Equal(module.InclusiveNs, module.Phases.TotalNs);
        Assert.Equal(RecordingScript.Ns(2), module.Phases.ReadNs);
        Assert.Equal(RecordingScript.Ns(4), module.Phases.CompileNs);
        Assert.Equal(RecordingScript.Ns(11), module.Phases.ExecuteNs);
    }

    [Fact]
    public void A_module_known_to_be_source_has_no_load_time()
    {
        ModuleImport module = ImportTree.Of(RecordingScript.Run()
            .Module("m", "/l/m.py", ModuleKind.Source)
            .Looks(0, 3, [Py.Script(1), .. Known["library before 3.11"].Stack]).Profile()).Find("m")!;

        Assert.Equal(0, module.Phases.LoadNs);
        Assert.Equal(module.InclusiveNs, module.Phases.ExecuteNs);
    }
}
