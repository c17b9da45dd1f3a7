using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Imports;

/// <summary>Which module a frame's code belongs to, by its file.</summary>
internal sealed class ModuleFiles
{
    private const string MainModule = "__main__";

    private readonly Dictionary<(long Interpreter, string File), List<string>> _names = [];
    private readonly StackTable _stacks;
    private readonly ImportPathTable _paths;

    /// <summary>Collects what the inventory and the stacks say.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="paths">Its imports.</param>
    public ModuleFiles(Profile profile, ImportPathTable paths)
    {
        _stacks = profile.Stacks;
        _paths = paths;
        foreach (ModuleInfo module in profile.Modules)
        {
            if (module.File.Length > 0)
            {
                Add(module.File, module.Name);
            }
        }

        if (FindMainFile(profile) is { } mainFile)
        {
            MainFile = mainFile;
            Add(mainFile, MainModule);
        }

        foreach ((string file, string name) in paths.BodyFiles)
        {
            if (!_names.ContainsKey((ModuleKey.InterpreterOf(name), file)))
            {
                Add(file, name);
            }
        }
    }

    /// <summary>The file of the program's own code, as its code object names it; null when it was never seen.</summary>
    public string? MainFile { get; }

    /// <summary>The module that the leaf frame's code belongs to; null when unknown (code made with <c>exec</c>).</summary>
    /// <param name="stack">The stack up to that frame.</param>
    public string? ModuleOf(StackId stack)
    {
        string file = _stacks.LeafFunction(stack).File;
        long interpreter = _stacks.InterpreterOf(stack);
        if (_names.TryGetValue((interpreter, file), out List<string>? names))
        {
            return names.Count == 1 ? names[0] : Choose(stack, names);
        }

        if (interpreter != 0)
        {
            return OfOther(interpreter, stack, file);
        }

        // Frozen modules name themselves, also those that have a file beside it (os, site, ... from 3.11 on).
        return FrozenName(file);
    }

    private static string? FrozenName(string file) =>
        file.StartsWith("<frozen ", StringComparison.Ordinal) && file.EndsWith('>') ? file["<frozen ".Length..^1] : null;

    /// <summary>
    /// Of an interpreter that was there too shortly for an inventory: as the main one's. What it runs outside of any import is its program.
    /// </summary>
    private string? OfOther(long interpreter, StackId stack, string file)
    {
        if (FrozenName(file) is { } frozen)
        {
            return ModuleKey.Of(interpreter, frozen);
        }

        if (_paths.Innermost(stack).Id == 0 && _stacks.LeafFunction(stack).Name == "<module>" && _stacks.Depth(stack) == 1)
        {
            return ModuleKey.Of(interpreter, MainModule);
        }

        return _names.TryGetValue((0, file), out List<string>? names) ? ModuleKey.Of(interpreter, names[0]) : null;
    }

    /// <summary>A file that was loaded under several names: the one being imported, else the program itself, else the first.</summary>
    private string Choose(StackId stack, List<string> names)
    {
        for (ImportPath path = _paths.Innermost(stack); path.Id != 0; path = _paths.Paths[path.Parent])
        {
            if (names.Contains(path.Name))
            {
                return path.Name;
            }
        }

        return names.Contains(MainModule) ? MainModule : names[0];
    }

    private void Add(string file, string name)
    {
        (long, string) key = (ModuleKey.InterpreterOf(name), file);
        if (!_names.TryGetValue(key, out List<string>? names))
        {
            _names[key] = names = [];
        }

        if (!names.Contains(name))
        {
            names.Add(name);
        }
    }

    /// <summary>The body that the interpreter (or runpy) itself runs, outside of any import: the script, the module of -m, the string of -c.</summary>
    private string? FindMainFile(Profile profile)
    {
        if (profile.MainThread is not { } main)
        {
            return null;
        }

        var seen = new HashSet<StackId>();
        foreach (StackRun run in main.Runs)
        {
            string? found = null;
            for (StackId stack = run.Stack; !stack.IsNone && seen.Add(stack); stack = _stacks.Parent(stack))
            {
                ref readonly FunctionInfo function = ref _stacks.LeafFunction(stack);
                if (_paths.Innermost(stack).Id == 0 && function.Name == "<module>"
                    && !function.File.StartsWith("<frozen ", StringComparison.Ordinal) && !IsRunpy(function.File))
                {
                    found = function.File;
                }
            }

            if (found is not null)
            {
                return found;
            }
        }

        return null;
    }

    private static bool IsRunpy(string file) => file.EndsWith("/runpy.py", StringComparison.Ordinal);
}
