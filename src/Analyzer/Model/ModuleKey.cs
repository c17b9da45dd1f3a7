using System.Globalization;

namespace LibProf.Analyzer.Model;

/// <summary>
/// What tells modules of a profile apart: the name, and in front of it the interpreter where that is not the main one. A dotted name stays one:
/// the parent of <c>interpreter 2: json.decoder</c> is <c>interpreter 2: json</c>.
/// </summary>
public static class ModuleKey
{
    private const string Word = "interpreter ";
    private const string End = ": ";

    /// <summary>The key of a module.</summary>
    /// <param name="interpreterId">Number of its interpreter, 0 for the main one.</param>
    /// <param name="name">Its name in <c>sys.modules</c>.</param>
    public static string Of(long interpreterId, string name) =>
        interpreterId == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{Word}{interpreterId}{End}{name}");

    /// <summary>The name in <c>sys.modules</c>.</summary>
    /// <param name="key">A key.</param>
    public static string NameOf(string key) => TrySplit(key, out _, out string name) ? name : key;

    /// <summary>The number of the interpreter, 0 for the main one.</summary>
    /// <param name="key">A key.</param>
    public static long InterpreterOf(string key) => TrySplit(key, out long interpreterId, out _) ? interpreterId : 0;

    private static bool TrySplit(string key, out long interpreterId, out string name)
    {
        interpreterId = 0;
        name = key;
        if (!key.StartsWith(Word, StringComparison.Ordinal))
        {
            return false;
        }

        int end = key.IndexOf(End, Word.Length, StringComparison.Ordinal);
        if (end < 0 || !long.TryParse(key.AsSpan(Word.Length, end - Word.Length), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out interpreterId))
        {
            return false;
        }

        name = key[(end + End.Length)..];
        return true;
    }
}
