using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Usage;

/// <summary>The module of a function: the one it was found in, else the one whose file its code has.</summary>
internal sealed class FunctionModules
{
    private readonly Dictionary<int, string> _found = [];
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);
    private readonly StackTable _stacks;

    /// <summary>Collects what the recording says.</summary>
    public FunctionModules(Profile profile, ImportTree imports)
    {
        _stacks = profile.Stacks;
        foreach (CodeInfo code in profile.Codes)
        {
            _ = _found.TryAdd(code.FunctionId, code.Module);
        }

        foreach (ModuleInfo module in profile.Modules.Where(module => module.InterpreterId == 0))
        {
            if (module.File.Length > 0)
            {
                _ = _files.TryAdd(module.File, module.Name);
            }
        }

        foreach ((string module, string file) in imports.BodyFiles.Where(pair => ModuleKey.InterpreterOf(pair.Key) == 0))
        {
            _ = _files.TryAdd(file, module);
        }

        if (imports.MainFile is { } main)
        {
            _files[main] = "__main__";
        }
    }

    /// <summary>Its module; null when unknown.</summary>
    public string? ModuleOf(int functionId) =>
        _found.GetValueOrDefault(functionId) ?? _files.GetValueOrDefault(_stacks.Functions[functionId].File);
}
