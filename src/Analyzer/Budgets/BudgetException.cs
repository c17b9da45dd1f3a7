namespace LibProf.Analyzer.Budgets;

/// <summary>A budget that makes no sense, or that cannot be checked with what was recorded. The message is one line.</summary>
public sealed class BudgetException : Exception
{
    /// <summary>Something is wrong in a line of the file.</summary>
    /// <param name="line">The line, from 1; 0 when it concerns no line.</param>
    /// <param name="message">What is wrong.</param>
    /// <param name="hint">What to do; empty when nothing.</param>
    public BudgetException(int line, string message, string hint = "")
        : base(message)
    {
        Line = line;
        Hint = hint;
    }

    /// <summary>The line, from 1; 0 when it concerns no line.</summary>
    public int Line { get; }

    /// <summary>What to do about it; empty when nothing.</summary>
    public string Hint { get; }
}
