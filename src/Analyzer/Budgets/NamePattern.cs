using System.Text;

namespace LibProf.Analyzer.Budgets;

/// <summary>A name with wildcards: <c>*</c> stands for any characters, <c>?</c> for one.</summary>
/// <param name="Text">As written.</param>
public sealed record NamePattern(string Text)
{
    /// <summary>Whether a module's absolute name is meant: exactly, as modules have it.</summary>
    /// <param name="module">The name.</param>
    public bool MatchesModule(string module) => Glob(Text, module);

    /// <summary>Whether a distribution is meant: upper case, <c>-</c>, <c>_</c> and <c>.</c> make no difference there (PEP 503).</summary>
    /// <param name="library">The distribution's name.</param>
    public bool MatchesLibrary(string library) => Glob(Normalise(Text), Normalise(library));

    /// <summary>Whether a name fits a pattern; upper and lower case are different.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="name">The name.</param>
    public static bool Glob(string pattern, string name)
    {
        int p = 0;
        int n = 0;
        int star = -1;
        int retry = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                retry = n;
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == name[n]))
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                // The last star takes one character more: enough, since an earlier one could only take what this one can.
                p = star + 1;
                n = ++retry;
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(p).TrimStart('*').IsEmpty;
    }

    private static string Normalise(string name)
    {
        StringBuilder normal = new(name.Length);
        foreach (char c in name)
        {
            char next = c is '-' or '_' or '.' ? '-' : char.ToLowerInvariant(c);
            if (next != '-' || normal.Length == 0 || normal[^1] != '-')
            {
                normal.Append(next);
            }
        }

        return normal.ToString();
    }
}
