using LibProf.Analyzer.Imports;

namespace LibProf.Analyzer.Memory;

/// <summary>What was billed to one module, or to what is no import.</summary>
internal sealed class MemoryAccount
{
    /// <summary>Change while it was on the stack.</summary>
    public MemoryAmount Inclusive { get; private set; }

    /// <summary>The most that this ever was.</summary>
    public double Peak { get; private set; }

    /// <summary>Change while it was the innermost one.</summary>
    public MemoryAmount Exclusive { get; set; }

    /// <summary>Adds to the inclusive change.</summary>
    public void AddInclusive(MemoryAmount share)
    {
        Inclusive += share;
        Peak = Math.Max(Peak, Inclusive.Total);
    }

    /// <summary>Sum of the squares of what may be wrong with the inclusive change: boundaries are off independently of each other.</summary>
    public double InclusiveError { get; set; }

    /// <summary>The same of the exclusive change.</summary>
    public double ExclusiveError { get; set; }
}

/// <summary>Bills changes of resident memory to imports.</summary>
/// <param name="paths">The imports.</param>
/// <param name="firstImportNs">When the first one began.</param>
internal sealed class MemoryAccounts(ImportPathTable paths, long firstImportNs)
{
    private readonly Dictionary<string, MemoryAccount> _modules = new(StringComparer.Ordinal);
    private readonly HashSet<int> _settled = [];

    /// <summary>The modules by name.</summary>
    public IReadOnlyDictionary<string, MemoryAccount> Modules => _modules;

    /// <summary>Until the first import.</summary>
    public MemoryAccount Before { get; } = new();

    /// <summary>While nothing was imported, from then on.</summary>
    public MemoryAccount Program { get; } = new();

    /// <summary>The module of an import; null for path 0.</summary>
    public MemoryAccount Of(int path, long timeNs)
    {
        if (path == 0)
        {
            return timeNs <= firstImportNs ? Before : Program;
        }

        string name = paths.Paths[path].Name;
        if (!_modules.TryGetValue(name, out MemoryAccount? account))
        {
            _modules[name] = account = new MemoryAccount();
        }

        return account;
    }

    /// <summary>Bills a change on one thread to the imports on its stack between two readings.</summary>
    /// <param name="states">What the thread did, in order.</param>
    /// <param name="shares">Each one's share of the change.</param>
    /// <param name="total">The whole change.</param>
    /// <param name="doubtKib">How much more or less may be this thread's.</param>
    public void Bill(ReadOnlySpan<ImportState> states, ReadOnlySpan<MemoryAmount> shares, MemoryAmount total, double doubtKib)
    {
        for (int i = 0; i < states.Length; i++)
        {
            BillStack(states[i], shares[i]);
        }

        if (states.Length > 1 || doubtKib > 0)
        {
            AddErrors(states, shares, total, doubtKib);
        }
    }

    private void BillStack(in ImportState state, MemoryAmount share)
    {
        MemoryAccount innermost = Of(state.Path, state.StartNs);
        innermost.Exclusive += share;
        if (state.Path == 0)
        {
            innermost.AddInclusive(share);
            return;
        }

        for (ImportPath path = paths.Paths[state.Path]; path.Id != 0; path = paths.Paths[path.Parent])
        {
            if (path.Outermost)
            {
                Of(path.Id, state.StartNs).AddInclusive(share);
            }
        }
    }

    /// <summary>
    /// Of a module that was on the stack for a part of the time only, all or nothing of the change may be its own; so may of the change of
    /// another thread.
    /// </summary>
    private void AddErrors(ReadOnlySpan<ImportState> states, ReadOnlySpan<MemoryAmount> shares, MemoryAmount total, double doubtKib)
    {
        _settled.Clear();
        for (int i = 0; i < states.Length; i++)
        {
            for (ImportPath path = paths.Paths[states[i].Path]; path.Id != 0; path = paths.Paths[path.Parent])
            {
                if (!path.Outermost || !_settled.Add(path.Id))
                {
                    continue;
                }

                MemoryAmount inclusive = default;
                MemoryAmount exclusive = default;
                bool always = true;
                int alone = 0;
                for (int j = 0; j < states.Length; j++)
                {
                    bool isOn = IsOn(path.Id, states[j].Path);
                    inclusive += isOn ? shares[j] : default;
                    exclusive += states[j].Path == path.Id ? shares[j] : default;
                    always &= isOn;
                    alone += states[j].Path == path.Id ? 1 : 0;
                }

                MemoryAccount account = Of(path.Id, 0);
                account.InclusiveError += Square(always ? 0 : Doubt(inclusive, total), doubtKib);
                account.ExclusiveError += Square(alone == 0 || alone == states.Length ? 0 : Doubt(exclusive, total), doubtKib);
            }
        }
    }

    private bool IsOn(int path, int innermost)
    {
        while (innermost > path)
        {
            innermost = paths.Paths[innermost].Parent;
        }

        return innermost == path;
    }

    private static double Doubt(MemoryAmount share, MemoryAmount total) =>
        Doubt(share.Anonymous, total.Anonymous) + Doubt(share.File, total.File);

    private static double Doubt(double share, double total) => Math.Max(Math.Abs(share), Math.Abs(total - share));

    private static double Square(double one, double other) => (one * one) + (other * other);
}
