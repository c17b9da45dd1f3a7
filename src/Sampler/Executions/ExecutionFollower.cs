using LibProf.CPythonLayouts.ExecutionEvidence;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Target;

namespace LibProf.Sampler.Executions;

/// <summary>
/// Follows which functions of a process image run: finds the functions of each module once it is loaded, and reads their code objects' evidence
/// again when an outermost import is over, from time to time, and last of all when the interpreter begins to tear down. Works in short steps
/// between looks. The target is stopped for the last reading alone, for as long as that takes.
/// </summary>
internal sealed class ExecutionFollower
{
    private const string MainModule = "__main__";
    private const int MostRechecks = 200;
    private const int RangesOfStep = 64;
    private const int FewestObjects = 24;
    private const int MostObjects = 512;
    private const long StepNs = 50_000;
    private const int NamesOfStep = 48;
    private const int PagesOfStep = 48;
    private const int PagesWhenAttached = 256;

    // What a walk has read in passing is as good as new for this long: the modules that it walks are loaded, and change little.
    private const long OldestPageNs = 20_000_000;
    // Modules that are walked together share the pages they read; so while imports go on, those that are due wait for company for a while:
    // at most this long, and this part of the time since the beginning.
    private const int ModulesAtOnce = 16;
    private const long LongestDueNs = 10_000_000;
    private const int DuePart = 50;
    private const long ShortestPeriodNs = 10_000_000;
    private const long ImportPeriodNs = 100_000_000;
    private const long LongestPeriodNs = 1_000_000_000;
    // How long the target may stand still at its end for functions that are still to be found: a millisecond, or this part of its life.
    private const long ShortestStopNs = 500_000;
    private const int StopPart = 100;

    // Reading again takes at most this part of the time.
    private const int PassesPart = 20;

    private readonly ModuleTable _modules;
    private readonly GuardedMemory _guarded;
    private readonly PagedMemory _pages;
    private readonly CodeRegister _register;
    private readonly CodeNames _names;
    private readonly FunctionWalk _walk;
    private readonly ImportsInProgress _imports;
    private readonly Func<long> _clock;
    private readonly Stack<string> _due = new();
    private readonly List<string> _loading = [];
    // In the table since the last look at the stacks, which does not say whether their import goes on.
    private readonly HashSet<string> _arrived = new(StringComparer.Ordinal);
    private readonly HashSet<string> _walked = new(StringComparer.Ordinal);
    private readonly List<string> _walking = [];
    private readonly List<string> _incomplete = [];
    private readonly ulong _typeOffset;
    private long _pagesSinceNs;
    private long _dueSinceNs;
    private int _seenModules;
    private int _objectsOfStep = 64;
    private bool _importOver;
    private bool _recheck;
    private UsageMoment _moment;
    private long _nextPassNs;
    private long _spentNs;
    private long _periodNs = ShortestPeriodNs;
    private bool _isOver;

    private ExecutionFollower(PythonObjects objects, ModuleTable modules, StackInterner interner, IRecordingSink sink, EvidenceLayout evidence, int firstCodeId, Func<long> clock, bool attached)
    {
        _modules = modules;
        _clock = clock;
        _register = new CodeRegister(objects, evidence, sink);
        _typeOffset = (ulong)objects.Layout.Object.Type.Value;
        _guarded = new GuardedMemory(objects.Memory.Source);
        _pages = new PagedMemory(_guarded, attached ? PagesWhenAttached : PagedMemory.MostPages);
        PythonObjects walked = new(_pages, objects.Layout);
        _names = new CodeNames(walked, interner, _register, sink) { NextId = firstCodeId };
        _walk = new FunctionWalk(walked, _pages, evidence, _register, _names, () => _pagesSinceNs);
        _imports = new ImportsInProgress(interner);
    }

    /// <summary>A follower for an image; null when its version has no evidence that is known.</summary>
    /// <param name="objects">The target's objects.</param>
    /// <param name="modules">Its modules.</param>
    /// <param name="interner">Numbers of functions.</param>
    /// <param name="sink">The recording.</param>
    /// <param name="firstCodeId">The next number for a code object in the recording.</param>
    /// <param name="clock">The recording's clock.</param>
    /// <param name="attached">Whether it ran before: it is not waited for, and less memory does.</param>
    public static ExecutionFollower? TryMake(PythonObjects objects, ModuleTable modules, StackInterner interner, IRecordingSink sink, int firstCodeId, Func<long> clock, bool attached)
    {
        EvidenceLayout evidence = EvidenceLayout.Of(objects.Layout);
        return evidence.Kind == EvidenceKind.None ? null : new ExecutionFollower(objects, modules, interner, sink, evidence, firstCodeId, clock, attached);
    }

    /// <summary>The number that the next image's first code object has.</summary>
    public int NextCodeId => _names.NextId;

    /// <summary>Takes a look's stacks: which imports are in progress.</summary>
    /// <param name="stacks">The look.</param>
    /// <param name="isCut">Whether some stack lost its newest frames: what it imports is not known then.</param>
    public void Note(ReadOnlySpan<ThreadStack> stacks, bool isCut)
    {
        if (isCut || _isOver)
        {
            return;
        }

        bool before = _imports.Any;
        bool hasArrived = _arrived.Count > 0;
        _arrived.Clear();
        if (_imports.Update(stacks) || hasArrived)
        {
            _importOver |= before && !_imports.Any;
            FindDue();
        }
    }

    /// <summary>Whether there is something to do.</summary>
    public bool HasWork => !_isOver && (!_walk.IsDone || _names.Count > 0 || _register.IsReading || IsDue
        || _modules.Modules.Count != _seenModules || _importOver || _recheck || _clock() >= _nextPassNs);

    /// <summary>Does a step of some tens of microseconds.</summary>
    public void Step()
    {
        if (_isOver)
        {
            return;
        }

        if (_modules.Modules.Count != _seenModules)
        {
            FindDue();
        }

        if (_register.IsReading)
        {
            StepPass();
        }
        else if (!_walk.IsDone || _names.Count > 0 || _walking.Count > 0)
        {
            StepWalk();
        }
        else if (_importOver || _clock() >= _nextPassNs)
        {
            BeginPass();
        }
        else if (IsDue)
        {
            BeginWalk();
        }
        else if (_recheck)
        {
            // Definitions that came after a module's first walk: its own late ones, and those of the program itself.
            _recheck = false;
            foreach (string name in _walked)
            {
                _walk.Recheck(name, _modules.AddressOf(name));
            }
        }
    }

    /// <summary>Whether all modules that are loaded are known.</summary>
    public bool KnowsAllModules => _modules.IsIntact();

    /// <summary>
    /// Finds every function and reads each, now, however long it takes up to some time: the program waits between two calls of a handler, so
    /// that what ran before and what runs after cannot be mixed up.
    /// </summary>
    /// <param name="untilNs">The time, on the recording's clock.</param>
    public void CatchUp(long untilNs)
    {
        if (_isOver)
        {
            return;
        }

        StepPasses(untilNs);
        // The last look may have been of an import that is over by now.
        _ = _imports.Update([]);
        FindDue();
        _arrived.Clear();
        FindDue();
        FinishWalks(untilNs);
        _importOver = true;
        BeginPass();
        StepPasses(untilNs);
    }

    /// <summary>
    /// The last reading: the interpreter begins to tear down, or sampling ends. Code objects keep their bytes until their memory is used
    /// again. Modules that were loaded last may not have been walked yet: that is made up for, as long as <c>sys.modules</c> is still whole,
    /// which the interpreter clears before any module.
    /// </summary>
    /// <param name="moment">Why.</param>
    /// <param name="pause">Stops the target for it; null to read while it goes on.</param>
    public void Finish(UsageMoment moment, TargetPause? pause)
    {
        if (_isOver)
        {
            return;
        }

        _isOver = true;
        try
        {
            _ = pause?.TryPause();
            _modules.TakeLast(_clock());
            ForgetPages();
            FindDue();
            RecheckLate();
            RetryWalks();
            FinishWalks(pause is null ? long.MaxValue : _clock() + Math.Max(ShortestStopNs, _clock() / StopPart));
            _register.BeginPass(_clock());
            while (_register.IsReading)
            {
                _register.Step(int.MaxValue, moment, _clock);
            }
        }
        finally
        {
            pause?.Resume();
        }

        FinishWalks(long.MaxValue);
    }

    private void StepPasses(long untilNs)
    {
        while (_register.IsReading && _clock() < untilNs)
        {
            StepPass();
        }
    }

    private bool IsDue => _due.Count > 0 && (_due.Count >= ModulesAtOnce || !_imports.Any || _clock() - _dueSinceNs >= Math.Min(LongestDueNs, _clock() / DuePart));

    private bool IsWalking => !_walk.IsDone || _names.Count > 0 || _walking.Count > 0;

    // What is read of a dict that is being cleared would leave functions out: such a module is not reported as walked.
    private void FinishWalks(long untilNs)
    {
        while ((IsWalking || _due.Count > 0) && _clock() < untilNs && _modules.IsIntact())
        {
            if (!IsWalking)
            {
                BeginWalk();
            }

            while (IsWalking && _clock() < untilNs)
            {
                StepWalk(isEnding: true);
            }
        }
    }

    private void FindDue()
    {
        if (_modules.Modules.Count != _seenModules)
        {
            if (!_guarded.IsGuarded)
            {
                // The type of sys.modules, which is a dict for as long as the interpreter lives.
                _guarded.Guard(_modules.Dict + _typeOffset);
            }

            foreach (ModuleInfo module in _modules.Modules.Skip(_seenModules))
            {
                _walk.Note(module.Name, _modules.AddressOf(module.Name));
                _loading.Add(module.Name);
                _arrived.Add(module.Name);
            }

            _seenModules = _modules.Modules.Count;
        }

        int kept = 0;
        for (int i = 0; i < _loading.Count; i++)
        {
            string name = _loading[i];
            if (!_isOver && (_arrived.Contains(name) || _imports.Contains(name)))
            {
                _loading[kept++] = name;
            }
            else if (_walked.Add(name))
            {
                _dueSinceNs = _due.Count == 0 ? _clock() : _dueSinceNs;
                _due.Push(name);
            }
        }

        _loading.RemoveRange(kept, _loading.Count - kept);
    }

    // The newest first: what the interpreter itself loads at its start can wait, and what a program loads last may be all the time there is.
    private void BeginWalk()
    {
        // What these modules made may stand in pages that were read before they made it.
        ForgetPages();
        while (_walking.Count < ModulesAtOnce && _due.TryPop(out string? name))
        {
            _walking.Add(name);
            _walk.Begin(name, _modules.AddressOf(name));
        }
    }

    private void StepWalk(bool isEnding = false)
    {
        if (_clock() - _pagesSinceNs > OldestPageNs)
        {
            ForgetPages();
        }

        if (!_walk.IsDone)
        {
            // As many as keep a step short, on whatever machine.
            long begin = _clock();
            _walk.Step(_objectsOfStep, PagesOfStep);
            _objectsOfStep = _clock() - begin > StepNs ? Math.Max(FewestObjects, _objectsOfStep * 3 / 4) : Math.Min(MostObjects, _objectsOfStep + 4);
        }

        if (_names.Count >= NamesOfStep || (_walk.IsDone && _names.Count > 0))
        {
            _names.Step(NamesOfStep);
        }

        if (_walk.IsDone && _names.Count == 0)
        {
            _walk.Step(0, 0);
            // At the end there is no other try: what cannot be read of a table that is whole is none of its functions.
            _incomplete.AddRange(_walking.Where(name => !isEnding && (_walk.HasFailed(name) || _names.HasFailed(name))));
            bool isWhole = isEnding ? _modules.IsIntact() : _modules.Holds(_walking);
            _names.Report(_clock(), isWhole ? [.. _walking.Except(_incomplete)] : []);
            _walking.Clear();
        }
    }

    // The program's own module was walked at its beginning, and is never done: one that soon ends has had no second walk. And in a look that
    // came at a bad moment a module may have seemed to be loaded that was not: it has no functions then.
    private void RecheckLate()
    {
        foreach (string name in _walked.Where(name => name != MainModule && !_walk.HasFunctions(name)).TakeLast(MostRechecks).Append(MainModule))
        {
            _walk.Recheck(name, _modules.AddressOf(name));
        }
    }

    // The memory of a program that ended in the middle of a walk is there again now, or will never be.
    private void RetryWalks()
    {
        _walk.Retry();
        _names.Retry();
        _walking.AddRange(_incomplete);
        _incomplete.Clear();
    }

    private void ForgetPages()
    {
        _pages.Forget();
        _pagesSinceNs = _clock();
    }

    private void BeginPass()
    {
        _moment = _importOver ? UsageMoment.ImportOver : UsageMoment.Periodic;
        _importOver = false;
        long now = _clock();
        _register.BeginPass(now);
        if (_register.Count > 0)
        {
            StepPass();
        }
        else
        {
            _register.DropPass();
            _nextPassNs = now + ShortestPeriodNs;
        }
    }

    private void StepPass()
    {
        long begin = _clock();
        _register.Step(RangesOfStep, _moment, _clock);
        _spentNs += _clock() - begin;
        if (!_register.IsReading)
        {
            // In the long run once a second; soon after the beginning more often, since it may be over soon.
            _periodNs = _imports.Any ? ImportPeriodNs : Math.Min(LongestPeriodNs, _periodNs + (_periodNs / 2));
            _nextPassNs = _clock() + Math.Max(_periodNs, PassesPart * _spentNs);
            _spentNs = 0;
            _recheck = !_imports.Any;
        }
    }
}
