using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Sources;

/// <summary>A use of a name as a place in the text.</summary>
internal readonly record struct RawUse(int Start, int End, int Line, int Function, int Statement, bool IsSure, EagerUses Kind, string? Definition, char Follow, bool IsTarget)
{
    /// <summary>Instead of the character that follows: an attribute of it is set by <c>setattr</c>.</summary>
    public const char SetAttribute = 's';

    /// <summary>Instead of the character that follows: it stands in an <c>except</c> clause.</summary>
    public const char Caught = 'c';
}

/// <summary>A statement of a function, as far as it matters whether the next one is executed after it.</summary>
/// <param name="GoesOn">Whether the next one in the file is, exceptions aside.</param>
/// <param name="Call">The name that its first call begins with: what may raise, or not return, is that. Empty without a call.</param>
internal readonly record struct RawStatement(bool GoesOn, string Call);

/// <summary>Room that reading source takes, used again from file to file: files are many, and the command that was profiled waits. For one thread.</summary>
internal sealed class SourceScratch
{
    private const int MaxWords = 100_000;

    private readonly HashSet<string> _words = new(StringComparer.Ordinal);

    /// <summary>The tokens of the current logical line.</summary>
    public List<PythonToken> Tokens { get; } = new(256);

    /// <summary>The uses of names of the current file.</summary>
    public List<RawUse> Uses { get; } = new(4096);

    /// <summary>The statements of functions of the current file, in its order.</summary>
    public List<RawStatement> Statements { get; } = new(1024);

    /// <summary>Makes it ready for another file.</summary>
    public void Clear()
    {
        Tokens.Clear();
        Uses.Clear();
        Statements.Clear();
        if (_words.Count > MaxWords)
        {
            _words.Clear();
        }
    }

    /// <summary>The string of a word, the same one each time.</summary>
    public string Interned(ReadOnlySpan<char> word)
    {
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> words = _words.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!words.TryGetValue(word, out string? known))
        {
            _words.Add(known = word.ToString());
        }

        return known;
    }
}
