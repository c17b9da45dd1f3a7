using LibProf.Analyzer.Model;

namespace LibProf.Analyzer.Imports;

/// <summary>
/// An import as a place in the program: this module, imported from this stack. The imports above it on the stack are its children.
/// Path 0 stands for "no import".
/// </summary>
/// <param name="Id">Its number; a parent's is smaller.</param>
/// <param name="Parent">Number of the import that it happens within; 0 for none.</param>
/// <param name="Caller">The stack below its <c>_find_and_load</c> frame.</param>
/// <param name="Name">The module's absolute name.</param>
/// <param name="Depth">How many imports are on the stack, itself included.</param>
/// <param name="Outermost">Whether no import of the same name is below it.</param>
/// <param name="PhaseInParent">The phase of the parent's import that it happens in.</param>
internal sealed record ImportPath(int Id, int Parent, StackId Caller, string Name, int Depth, bool Outermost, ImportPhase PhaseInParent);

/// <summary>For each stack of a <see cref="StackTable"/>: which imports are on it, and how far the innermost one has come.</summary>
internal sealed class ImportPathTable
{
    private readonly List<ImportPath> _paths = [new ImportPath(0, 0, StackId.None, "", 0, false, ImportPhase.Find)];
    private readonly int[] _innermost;
    private readonly LoadStep[] _steps;

    /// <summary>Works through all stacks once.</summary>
    /// <param name="stacks">The stacks.</param>
    public ImportPathTable(StackTable stacks)
    {
        Functions = new MachineryFunction[stacks.Functions.Count];
        for (int i = 0; i < Functions.Length; i++)
        {
            Functions[i] = MachineryFunction.Of(stacks.Functions[i]);
        }

        _innermost = new int[stacks.StackCount + 1];
        _steps = new LoadStep[stacks.StackCount + 1];
        var known = new Dictionary<(int Caller, string Name), int>();
        for (int i = 1; i <= stacks.StackCount; i++)
        {
            var stack = new StackId(i);
            int caller = stacks.Parent(stack).Value;
            ref readonly var leaf = ref stacks.Leaf(stack);
            if (leaf.Importing is { } name)
            {
                if (!known.TryGetValue((caller, name), out int path))
                {
                    known[(caller, name)] = path = AddPath(caller, name);
                }

                _innermost[i] = path;
                _steps[i] = LoadStep.Between;
                continue;
            }

            int innermost = _innermost[caller];
            _innermost[i] = innermost;
            if (innermost == 0)
            {
                continue;
            }

            ref readonly MachineryFunction function = ref Functions[leaf.FunctionId];
            LoadStep before = _steps[caller];
            _steps[i] = LoadSteps.Next(before, function);
            bool loaderBelow = before == LoadStep.LoadingForeign || Functions[stacks.Leaf(stacks.Parent(stack)).FunctionId].IsMachinery;
            if (function.IsModuleBody && loaderBelow && _steps[i] == LoadStep.Executing)
            {
                BodyFiles.TryAdd(stacks.Functions[leaf.FunctionId].File, _paths[innermost].Name);
            }
        }
    }

    /// <summary>By function number: where it belongs in the import system.</summary>
    public MachineryFunction[] Functions { get; }

    /// <summary>Every path by its number, 0 included.</summary>
    public IReadOnlyList<ImportPath> Paths => _paths;

    /// <summary>File (co_filename) of a module's body, as seen run by the import system, and the module's name.</summary>
    public Dictionary<string, string> BodyFiles { get; } = new(StringComparer.Ordinal);

    /// <summary>The innermost import on a stack; path 0 when there is none.</summary>
    public ImportPath Innermost(StackId stack) => _paths[_innermost[stack.Value]];

    /// <summary>How far the innermost import on a stack has come.</summary>
    public LoadStep Step(StackId stack) => _steps[stack.Value];

    /// <summary>The module that a finder searched for when it made an import, or made one of a child that imports its parent first; null for none.</summary>
    public string? SoughtBelow(ImportPath path)
    {
        for (; path.Parent != 0; path = _paths[path.Parent])
        {
            string around = _paths[path.Parent].Name;
            if (path.PhaseInParent == ImportPhase.Find)
            {
                return around == path.Name ? null : around;
            }

            if (!around.StartsWith(path.Name + ".", StringComparison.Ordinal))
            {
                return null;
            }
        }

        return null;
    }

    private int AddPath(int caller, string name)
    {
        ImportPath parent = _paths[_innermost[caller]];
        bool outermost = true;
        for (ImportPath path = parent; path.Id != 0 && outermost; path = _paths[path.Parent])
        {
            outermost = path.Name != name;
        }

        ImportPhase phase = parent.Id == 0 ? ImportPhase.Execute : LoadSteps.PhaseOfNested(_steps[caller]);
        _paths.Add(new ImportPath(_paths.Count, parent.Id, new StackId(caller), name, parent.Depth + 1, outermost, phase));
        return _paths.Count - 1;
    }
}
