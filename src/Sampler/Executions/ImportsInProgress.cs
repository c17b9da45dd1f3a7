using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Executions;

/// <summary>Which modules are being imported at a look, by the stacks of all threads.</summary>
internal sealed class ImportsInProgress(StackInterner interner)
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<int> _before = [];
    private readonly List<int> _now = [];

    /// <summary>Whether a module is being imported.</summary>
    public bool Contains(string module) => _names.Contains(module);

    /// <summary>Whether any is.</summary>
    public bool Any => _now.Count > 0;

    /// <summary>Takes a look's stacks; true when other imports are in progress than at the look before.</summary>
    public bool Update(ReadOnlySpan<ThreadStack> stacks)
    {
        _now.Clear();
        foreach (ThreadStack stack in stacks)
        {
            if (interner.ImportOf(stack.StackId) is int importing and not 0)
            {
                _now.Add(importing);
            }
        }

        if (_now.Count == _before.Count && _now.SequenceEqual(_before))
        {
            return false;
        }

        _before.Clear();
        _before.AddRange(_now);
        _names.Clear();
        foreach (int stack in _now)
        {
            for (int id = stack; id != 0; id = interner.ImportOf(interner.ParentOf(id)))
            {
                _ = _names.Add(interner.ImportingAt(id) ?? "");
            }
        }

        return true;
    }
}
