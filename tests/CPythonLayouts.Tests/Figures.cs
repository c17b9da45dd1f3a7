using System.Globalization;
using System.Text.Json;

namespace LibProf.CPythonLayouts.Tests;

/// <summary>Where the fields of one CPython build stand according to its debug information, as scripts/layouts/extract.py prints it.</summary>
internal sealed class Figures
{
    private readonly Dictionary<string, JsonElement> _structs;

    private Figures(string json) => _structs = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!;

    /// <summary>Names of the kept figures: the release, with a "t" for the free-threaded build.</summary>
    public static TheoryData<string> Kept =>
        [.. Directory.EnumerateFiles(PathOf(""), "*.json").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    /// <summary>The members of <c>_Py_DebugOffsets</c> in order; empty before 3.13.</summary>
    public IReadOnlyList<string> DebugOffsetNames =>
        _structs.TryGetValue("_Py_DebugOffsets", out JsonElement found)
            ? [.. found.GetProperty("names").EnumerateArray().Select(name => name.GetString()!)]
            : [];

    public static Figures Parse(string json) => new(json);

    public static Figures Load(string name) => new(File.ReadAllText(PathOf(name + ".json")));

    /// <summary>The release that a name of <see cref="Kept"/> stands for.</summary>
    public static (CPythonVersion Version, bool FreeThreaded) Release(string name)
    {
        int[] parts = [.. name.TrimEnd('t').Split('.').Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
        return (new CPythonVersion(parts[0], parts[1], parts[2]), name.EndsWith('t'));
    }

    public bool Has(string structure) => _structs.ContainsKey(structure);

    public int Size(string structure) => _structs[structure].GetProperty("size").GetInt32();

    /// <summary>Offset, size and, of a bit field, first bit and width of the first of these "Struct.field" that the build has; else null.</summary>
    public int[]? Find(params IEnumerable<string> paths)
    {
        foreach (string path in paths)
        {
            string[] parts = path.Split('.', 2);
            if (_structs.TryGetValue(parts[0], out JsonElement found) && found.GetProperty("fields").TryGetProperty(parts[1], out JsonElement field))
            {
                return field.Deserialize<int[]>();
            }
        }

        return null;
    }

    private static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Figures", file);
}
