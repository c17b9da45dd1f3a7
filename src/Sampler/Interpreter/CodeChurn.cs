namespace LibProf.Sampler.Interpreter;

/// <summary>
/// How often what is known of an address turns out to be wrong: in a program that makes and frees code all the time, often; in one that imports,
/// hardly ever, since its functions stay. In calm, what was just seen unchanged need not be read again with every look: the samples that
/// rely on it are held back until it was verified once more, and thrown away when it was not.
/// </summary>
internal sealed class CodeChurn
{
    /// <summary>In calm, how long what has passed may be relied on before it is read along again, in nanoseconds.</summary>
    public const long CalmNs = 5_000_000;

    private const int FewestChecks = 32;

    // Both counts are halved then: the present weighs more than the past.
    private const int MostChecks = 1024;
    private const int ChecksOfDeath = 20;

    private int _checks;
    private int _deaths;

    /// <summary>Whether at most one in twenty checks of late found something else than expected.</summary>
    public bool IsCalm => _checks >= FewestChecks && _deaths * ChecksOfDeath <= _checks;

    /// <summary>Counts a look at something that is not stable yet.</summary>
    public void NoteCheck()
    {
        if (++_checks >= MostChecks)
        {
            _checks /= 2;
            _deaths /= 2;
        }
    }

    /// <summary>Counts that something else was found.</summary>
    public void NoteDeath() => _deaths++;
}
