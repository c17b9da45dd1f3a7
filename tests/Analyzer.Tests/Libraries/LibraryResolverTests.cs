using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Tests.Dsl;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Tests.Libraries;

public sealed class LibraryResolverTests
{
    private const string Site = "/usr/lib/python3/dist-packages/";

    [Theory]
    [InlineData("sklearn.svm", Site + "sklearn/svm.py", ModuleKind.Source, LibraryKind.Distribution, "scikit-learn")]
    [InlineData("email.mime", "/usr/lib/python3.11/email/mime.py", ModuleKind.Source, LibraryKind.StandardLibrary, "email")]
    [InlineData("_json", "/usr/lib/python3.11/lib-dynload/_json.so", ModuleKind.Extension, LibraryKind.StandardLibrary, "_json")]
    [InlineData("sys", "", ModuleKind.Builtin, LibraryKind.StandardLibrary, "sys")]
    [InlineData("zipimport", "", ModuleKind.Frozen, LibraryKind.StandardLibrary, "zipimport")]
    [InlineData("__main__", "/app/app.py", ModuleKind.Source, LibraryKind.Application, "__main__")]
    [InlineData("helpers.db", "/app/helpers/db.py", ModuleKind.Source, LibraryKind.Application, "helpers")]
    [InlineData("venv_thing", "/app/venv/lib/python3.11/site-packages/venv_thing.py", ModuleKind.Source, LibraryKind.Unknown, "venv_thing")]
    [InlineData("orphan", Site + "orphan.py", ModuleKind.Source, LibraryKind.Unknown, "orphan")]
    [InlineData("elsewhere", "/opt/x/elsewhere.py", ModuleKind.Source, LibraryKind.Unknown, "elsewhere")]
    [InlineData("sklearn.made_at_run_time", "", ModuleKind.Unknown, LibraryKind.Distribution, "scikit-learn")]
    public void A_module_belongs_to(string module, string file, ModuleKind kind, LibraryKind libraryKind, string library)
    {
        var resolver = new LibraryResolver(
            RecordingScript.Run().Module("sklearn", Site + "sklearn/__init__.py").Module(module, file, kind)
                .Distribution("scikit-learn", "1.2.1", "sklearn", "sklearn.svm").Profile(),
            mainFile: null);

        LibraryId id = resolver.Resolve(module);
        Assert.Equal(libraryKind, id.Kind);
        Assert.Equal(library, id.Name);
        Assert.Equal(libraryKind == LibraryKind.Distribution ? "1.2.1" : "", id.Version);
    }

    [Fact]
    public void A_namespace_package_belongs_where_its_directories_are()
    {
        var resolver = new LibraryResolver(
            RecordingScript.Run()
                .Module("ours", "", ModuleKind.Namespace, path: "/app/ours")
                .Module("google", "", ModuleKind.Namespace, path: Site + "google").Profile(),
            mainFile: null);

        Assert.Equal(LibraryKind.Application, resolver.Resolve("ours").Kind);
        Assert.Equal(LibraryKind.Unknown, resolver.Resolve("google").Kind);
    }

    [Fact]
    public void The_directory_of_the_script_is_the_application_wherever_it_was_started()
    {
        var resolver = new LibraryResolver(
            new RecordingScript().Environment().Image(0, ["python3", "/srv/job/run.py"], directory: "/").Python()
                .Module("__main__", "/srv/job/run.py").Module("steps", "/srv/job/steps.py").Module("far", "/var/far.py").Profile(),
            mainFile: null);

        Assert.Equal(LibraryKind.Application, resolver.Resolve("steps").Kind);
        Assert.Equal(LibraryKind.Unknown, resolver.Resolve("far").Kind);
    }

    [Fact]
    public void The_program_is_known_by_what_was_seen_run()
    {
        ReportModel report = RecordingScript.Run().Module("__main__", kind: ModuleKind.Builtin).Looks(0, 5, Py.Script(1)).End(5).Report();

        ModuleReport main = Assert.Single(report.Modules);
        Assert.Equal(("/app/app.py", ModuleKind.Source, LibraryKind.Application), (main.Info!.File, main.Info.Kind, main.Library.Kind));
    }

    [Fact]
    public void The_string_of_dash_c_has_no_file()
    {
        ReportModel report = RecordingScript.Run().Module("__main__", kind: ModuleKind.Builtin).Looks(0, 5, Py.Script(1, "<string>")).End(5).Report();

        Assert.Equal(("", ModuleKind.Unknown), (report.Modules[0].Info!.File, report.Modules[0].Info!.Kind));
    }

    [Fact]
    public void A_library_costs_the_sum_of_its_modules_own_times()
    {
        FrameSpec[] a = [Py.Script(1), .. Py.Body("a", Site + "a/__init__.py", 1)];
        ReportModel report = RecordingScript.Run()
            .Module("a", Site + "a/__init__.py").Module("a.x", Site + "a/x.py").Module("a.quick", Site + "a/quick.py")
            .Module("json", "/usr/lib/python3.11/json.py").Module("sys", kind: ModuleKind.Builtin)
            .Distribution("a", "2.0", "a", "a.x", "a.quick")
            .Looks(0, 10, a)
            .Looks(10, 20, [.. a, .. Py.Body("a.x", Site + "a/x.py", 1)])
            .Looks(20, 60, [.. a, .. Py.Body("json", "/usr/lib/python3.11/json.py", 1)])
            .Looks(60, 100, Py.Script(2))
            .End(100).Report();

        LibraryReport json = report.Libraries[0];
        LibraryReport library = report.Libraries[1];
        LibraryReport sys = report.Libraries.Single(each => each.Library.Name == "sys");
        Assert.Equal("json", json.Library.Name);
        Assert.Equal(3, library.Modules);
        Assert.Equal(RecordingScript.Ns(19.5), library.InitNs);
        Assert.Equal(0.195, library.InitShare!.Value, 6);
        Assert.Null(sys.InitNs);
        Assert.Null(sys.InitShare);
    }
}
