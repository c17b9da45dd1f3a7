using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Sources;

namespace LibProf.Sampler.Sampling;

/// <summary>
/// Finds out where the program itself begins: the interpreter's last import before it is that of <c>site</c>, and what came with that (with
/// <c>.pth</c> files, a <c>sitecustomize</c>) does not depend on the program.
/// </summary>
internal sealed class ProgramStart(StackInterner interner)
{
    private bool _sawSite;
    private bool _isKnown;
    private ProgramBoundary _boundary;

    /// <summary>Where it began, as far as it was seen.</summary>
    public ProgramBoundary Boundary => _isKnown || !_sawSite ? _boundary : new ProgramBoundary(long.MaxValue, null);

    /// <summary>Takes a look.</summary>
    /// <param name="nowNs">Its time, on the recording's clock.</param>
    /// <param name="stacks">Its stacks.</param>
    /// <returns>True once: when it is the first look at the program, and finds no import under way: what has been imported by now, in less time than
    /// passes between two looks, counts as imported before.</returns>
    public bool IsFirstWithoutImport(long nowNs, ReadOnlySpan<ThreadStack> stacks)
    {
        if (_isKnown)
        {
            return false;
        }

        string? outermost = null;
        bool isSite = false;
        foreach (ThreadStack stack in stacks)
        {
            for (int id = interner.ImportOf(stack.StackId); id != 0 && !isSite; id = interner.ImportOf(interner.ParentOf(id)))
            {
                outermost = interner.ImportingAt(id);
                isSite = outermost == "site";
            }
        }

        if (isSite || !_sawSite)
        {
            _sawSite |= isSite;
            return false;
        }

        _isKnown = true;
        _boundary = new ProgramBoundary(nowNs, outermost);
        return outermost is null;
    }
}
