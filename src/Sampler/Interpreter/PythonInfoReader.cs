using LibProf.Sampler.Memory;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Interpreter;

/// <summary>Reads what <c>sys</c> says of the interpreter: build, prefixes, search path.</summary>
internal static class PythonInfoReader
{
    private static readonly string[] s_names =
        ["version", "prefix", "base_prefix", "path", "dont_write_bytecode", "_stdlib_dir", "platlibdir"];

    /// <summary>Reads it; false while <c>sys</c> does not have it yet.</summary>
    /// <param name="objects">Access to the target's objects.</param>
    /// <param name="runtime">The interpreter's release.</param>
    /// <param name="interpreter">Address of the <c>PyInterpreterState</c>.</param>
    /// <param name="standardLibrary">Directory of a module of the standard library, when known; else empty.</param>
    /// <param name="info">What was read.</param>
    public static bool TryRead(PythonObjects objects, LocatedRuntime runtime, ulong interpreter, string standardLibrary, out PythonInfo info)
    {
        info = new PythonInfo { Version = runtime.Version.ToString(), FreeThreaded = runtime.FreeThreaded };
        if (!objects.Memory.TryReadUInt64(interpreter + (ulong)objects.Layout.Interpreter.SysDict.Value, out ulong dict) || dict == 0)
        {
            return false;
        }

        Span<ulong> values = stackalloc ulong[s_names.Length];
        objects.Lookup(dict, s_names, values);
        if (values[1] == 0 || values[3] == 0)
        {
            return false;
        }

        string basePrefix = Text(objects, values[2]);
        string stdlib = Text(objects, values[5]);
        if (stdlib.Length == 0)
        {
            stdlib = standardLibrary;
        }

        if (stdlib.Length == 0 && basePrefix.Length > 0)
        {
            string library = Text(objects, values[6]) is { Length: > 0 } lib ? lib : "lib";
            stdlib = $"{basePrefix}/{library}/python{runtime.Version.Major}.{runtime.Version.Minor}";
        }

        info = info with
        {
            Build = Text(objects, values[0]),
            Prefix = Text(objects, values[1]),
            BasePrefix = basePrefix,
            SearchPath = objects.ReadStrings(values[3]),
            DontWriteBytecode = ReadBool(objects, values[4]),
            StandardLibraryPaths = stdlib.Length > 0 ? [stdlib, stdlib + "/lib-dynload"] : [],
        };
        return info.SearchPath.Count > 0;
    }

    private static string Text(PythonObjects objects, ulong address) =>
        address != 0 && objects.TryReadTypeName(address, out string type) && type == "str" && objects.TryReadString(address, out string text)
            ? text : "";

    // bool is a subclass of int: True has one digit, 1.
    private static bool? ReadBool(PythonObjects objects, ulong address)
    {
        if (address == 0 || !objects.TryReadTypeName(address, out string type) || type is not ("bool" or "int"))
        {
            return null;
        }

        return objects.Memory.TryReadUInt64(address + (ulong)objects.Layout.Long.SizeTag.Value, out ulong tag)
            && objects.Memory.TryReadInt32(address + (ulong)objects.Layout.Long.Digits.Value, out int digit)
            ? digit == 1 && (!objects.Layout.Long.HasTag || (tag & 3) != 1)
            : null;
    }
}
