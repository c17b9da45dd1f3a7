using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests.Imports;

public sealed class ImportCauseTests
{
    private const string Pkg = "/l/pkg/__init__.py";

    [Fact]
    public void The_script_is_main()
    {
        ImportStatement cause = Cause("json", [Py.Script(3), .. Py.Body("json", "/l/json.py", 1)])!;

        Assert.Equal(new ImportStatement("__main__", "/app/app.py", 3), cause);
    }

    [Fact]
    public void A_function_of_the_script_is_main_too()
    {
        FrameSpec[] stack = [Py.Script(30), Py.Code("/app/app.py", "handler", 12), .. Py.FindSpec("late")];

        Assert.Equal(new ImportStatement("__main__", "/app/app.py", 12), Cause("late", stack));
    }

    [Fact]
    public void From_package_import_submodule_is_the_statement_below_the_from_list()
    {
        FrameSpec[] stack = [Py.Script(1), .. Py.Body("user", "/l/user.py", 7), .. Py.FromList(), .. Py.FindSpec("pkg.sub")];

        Assert.Equal(new ImportStatement("user", "/l/user.py", 7), Cause("pkg.sub", stack));
    }

    [Fact]
    public void A_parent_package_is_caused_by_the_statement_that_asked_for_its_child()
    {
        FrameSpec[] stack = [Py.Script(5), .. Py.Parent("a.b.c"), .. Py.Parent("a.b"), .. Py.FindSpec("a")];
        ImportTree tree = Tree(stack);

        Assert.Equal(new ImportStatement("__main__", "/app/app.py", 5), tree.Find("a")!.Cause);
        Assert.Equal(new ImportStatement("__main__", "/app/app.py", 5), tree.Find("a.b")!.Cause);
        Assert.Equal("a.b", tree.Find("a")!.Within);
        Assert.True(tree.Find("a.b.c")!.Phases.ExecuteNs > 0);
        Assert.Equal(tree.Find("a.b.c")!.InclusiveNs, tree.Find("a.b.c")!.Phases.TotalNs);
    }

    [Fact]
    public void A_relative_import_has_the_absolute_name_and_its_own_line()
    {
        FrameSpec[] stack = [Py.Script(1), .. Py.Body("pkg", Pkg, 3), .. Py.FindSpec("pkg.core")];

        Assert.Equal(new ImportStatement("pkg", Pkg, 3), Cause("pkg.core", stack));
    }

    [Fact]
    public void Import_module_is_not_the_place_but_its_caller_is()
    {
        FrameSpec[] stack =
        [
            Py.Script(9), Py.Code("/usr/lib/python3.11/importlib/__init__.py", "import_module", 126),
            Py.Code(Py.Bootstrap, "_gcd_import", 1206), .. Py.FindSpec("plugin"),
        ];

        Assert.Equal(new ImportStatement("__main__", "/app/app.py", 9), Cause("plugin", stack));
    }

    [Fact]
    public void The_body_of_importlib_imports_like_any_module()
    {
        const string file = "/usr/lib/python3.11/importlib/__init__.py";
        FrameSpec[] stack = [Py.Script(1), .. Py.Body("importlib", file, 57), .. Py.FindSpec("warnings")];

        Assert.Equal(new ImportStatement("importlib", file, 57), Cause("warnings", stack));
    }

    [Fact]
    public void A_c_extension_that_imports_is_caused_by_the_python_code_below_it()
    {
        FrameSpec[] stack = [Py.Script(1), .. Py.Body("np", "/l/np.py", 22), .. Py.ExecExtension("np._core"), .. Py.FindSpec("datetime")];
        ImportTree tree = Tree(stack);

        Assert.Equal(new ImportStatement("np", "/l/np.py", 22), tree.Find("datetime")!.Cause);
        Assert.Equal("np._core", tree.Find("datetime")!.Within);
        Assert.Equal(tree.Find("np._core")!.InclusiveNs, tree.Find("np._core")!.Phases.ExecuteNs);
    }

    [Fact]
    public void What_the_interpreter_imports_has_no_cause()
    {
        Assert.Null(Cause("site", Py.FindSpec("site")));
    }

    [Fact]
    public void A_pth_line_belongs_to_site()
    {
        FrameSpec[] stack =
        [
            .. Py.Body("site", "<frozen site>", 600), Py.Code("<frozen site>", "addpackage", 184), Py.Code("<string>", "<module>", 1),
            .. Py.FindSpec("distutils_hack"),
        ];

        Assert.Equal(new ImportStatement("site", "<string>", 1), Cause("distutils_hack", stack));
    }

    [Fact]
    public void A_module_run_by_runpy_is_main_and_runpy_only_itself()
    {
        const string runpy = "<frozen runpy>";
        FrameSpec[] run = [Py.Code(runpy, "_run_module_as_main", 198), Py.Code(runpy, "_run_code", 88), Py.Code("/l/tool/__main__.py", "<module>", 4)];
        FrameSpec[] details = [Py.Code(runpy, "_run_module_as_main", 189), Py.Code(runpy, "_get_module_details", 112), .. Py.FindSpec("tool")];
        ImportTree tree = ImportTree.Of(RecordingScript.Run().Looks(0, 5, details).Looks(5, 10, [.. run, .. Py.FindSpec("tool.cli")]).Profile());

        Assert.Equal(new ImportStatement("runpy", runpy, 112), tree.Find("tool")!.Cause);
        Assert.Equal(new ImportStatement("__main__", "/l/tool/__main__.py", 4), tree.Find("tool.cli")!.Cause);
    }

    [Fact]
    public void The_inventory_names_the_module_of_a_function_whose_body_was_never_seen()
    {
        ImportTree tree = ImportTree.Of(RecordingScript.Run()
            .Module("pkg.util", "/l/pkg/util.py")
            .Looks(0, 5, [Py.Script(1), Py.Code("/l/pkg/util.py", "lazy", 40), .. Py.FindSpec("heavy")])
            .Profile());

        Assert.Equal(new ImportStatement("pkg.util", "/l/pkg/util.py", 40), tree.Find("heavy")!.Cause);
    }

    [Fact]
    public void A_file_loaded_under_two_names_is_the_one_being_imported()
    {
        ImportTree tree = ImportTree.Of(RecordingScript.Run()
            .Module("__main__", "/app/app.py")
            .Module("app", "/app/app.py")
            .Looks(0, 5, [Py.Script(8), .. Py.Body("app", "/app/app.py", 2), .. Py.FindSpec("x")])
            .Looks(5, 9, [Py.Script(9), .. Py.FindSpec("y")])
            .Profile());

        Assert.Equal("app", tree.Find("x")!.Cause!.Module);
        Assert.Equal("__main__", tree.Find("y")!.Cause!.Module);
    }

    [Fact]
    public void An_unreadable_line_is_absent()
    {
        Assert.Null(Cause("x", [Py.Script(0), .. Py.FindSpec("x")])!.Line);
    }

    [Fact]
    public void Before_3_8_importlib_has_files_of_its_own()
    {
        FrameSpec[] stack =
        [
            Py.Script(2), new("/usr/lib/python3.6/importlib/_bootstrap.py", "_find_and_load", 971, "old"),
            new("/usr/lib/python3.6/importlib/_bootstrap.py", "_find_and_load_unlocked", 950),
        ];

        Assert.Equal(new ImportStatement("__main__", "/app/app.py", 2), Cause("old", stack));
    }

    private static ImportTree Tree(FrameSpec[] stack) => ImportTree.Of(RecordingScript.Run().Looks(0, 5, stack).Profile());

    private static ImportStatement? Cause(string module, FrameSpec[] stack) => Tree(stack).Find(module)!.Cause;
}
