namespace LibProf.Analyzer.Tests.Dsl;

/// <summary>A frame as tests write it.</summary>
/// <param name="File">co_filename.</param>
/// <param name="Name">Qualified name.</param>
/// <param name="Line">Line.</param>
/// <param name="Importing">The module that a <c>_find_and_load</c> frame imports.</param>
public sealed record FrameSpec(string File, string Name, int Line, string? Importing = null);

/// <summary>The frames that CPython 3.11 and later put on a stack for an import.</summary>
public static class Py
{
    public const string Bootstrap = "<frozen importlib._bootstrap>";
    public const string External = "<frozen importlib._bootstrap_external>";

    /// <summary>A frame of ordinary code.</summary>
    public static FrameSpec Code(string file, string name, int line) => new(file, name, line);

    /// <summary>The body of the script.</summary>
    public static FrameSpec Script(int line, string file = "/app/app.py") => new(file, "<module>", line);

    /// <summary>The import system's entry.</summary>
    public static FrameSpec Import(string module, int line = 1178) => new(Bootstrap, "_find_and_load", line, module);

    public static FrameSpec[] FindSpec(string module) =>
    [
        Import(module), new(Bootstrap, "_find_and_load_unlocked", 1140), new(Bootstrap, "_find_spec", 1080),
        new(External, "PathFinder.find_spec", 1500), new(External, "FileFinder.find_spec", 1600),
    ];

    public static FrameSpec[] Load(string module) =>
        [Import(module), new(Bootstrap, "_find_and_load_unlocked", 1149), new(Bootstrap, "_load_unlocked", 690)];

    public static FrameSpec[] GetCode(string module) =>
        [.. Load(module), new(External, "_LoaderBasics.exec_module", 936), new(External, "SourceLoader.get_code", 1000)];

    public static FrameSpec[] Read(string module) => [.. GetCode(module), new(External, "FileLoader.get_data", 1073)];

    public static FrameSpec[] Unmarshal(string module) => [.. GetCode(module), new(External, "_compile_bytecode", 672)];

    public static FrameSpec[] Compile(string module) =>
        [.. GetCode(module), new(External, "SourceLoader.source_to_code", 1004), new(Bootstrap, "_call_with_frames_removed", 241)];

    public static FrameSpec[] WritePyc(string module) =>
        [.. GetCode(module), new(External, "SourceFileLoader._cache_bytecode", 1100), new(External, "_write_atomic", 200)];

    /// <summary>The body of a module under import.</summary>
    public static FrameSpec[] Body(string module, string file, int line) =>
    [
        .. Load(module), new(External, "_LoaderBasics.exec_module", 940),
        new(Bootstrap, "_call_with_frames_removed", 241), new(file, "<module>", line),
    ];

    public static FrameSpec[] CreateExtension(string module) =>
    [
        .. Load(module), new(Bootstrap, "module_from_spec", 573), new(External, "ExtensionFileLoader.create_module", 1233),
        new(Bootstrap, "_call_with_frames_removed", 241),
    ];

    public static FrameSpec[] ExecExtension(string module) =>
        [.. Load(module), new(External, "ExtensionFileLoader.exec_module", 1241), new(Bootstrap, "_call_with_frames_removed", 241)];

    /// <summary><c>from package import submodule</c>.</summary>
    public static FrameSpec[] FromList() =>
        [new(Bootstrap, "_handle_fromlist", 1229), new(Bootstrap, "_call_with_frames_removed", 241)];

    /// <summary>A parent package imported on the way to its child.</summary>
    public static FrameSpec[] Parent(string child) =>
        [Import(child), new(Bootstrap, "_find_and_load_unlocked", 1126), new(Bootstrap, "_call_with_frames_removed", 241)];
}
