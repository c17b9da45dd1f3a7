using System.Text;

namespace LibProf.Sampler.Sources;

/// <summary>
/// Finds names of modules among the strings of shared libraries: what compiled code may import without a frame of Python. A
/// name that is there need not be imported; one that is not there is not.
/// </summary>
internal sealed class LibraryStrings
{
    private const int MaxNameLength = 200;

    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly int _shortest = int.MaxValue;
    private readonly int _longest;

    /// <summary>Takes the names to look for.</summary>
    public LibraryStrings(IReadOnlyList<string> names)
    {
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (name.Length is < 3 or > MaxNameLength || !Ascii.IsValid(name))
                continue;
            known.TryAdd(name, name);
            _shortest = Math.Min(_shortest, name.Length);
            _longest = Math.Max(_longest, name.Length);
        }
        _lookup = known.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The names that a library holds.</summary>
    /// <param name="bytes">The library.</param>
    /// <param name="own">Its own name, which is left out.</param>
    public IReadOnlyList<string> In(ReadOnlySpan<byte> bytes, string own)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        Span<char> word = stackalloc char[MaxNameLength];
        for (var i = 0; i < bytes.Length; i++)
        {
            if (!IsPart(bytes[i]))
                continue;
            var start = i;
            while (i < bytes.Length && IsPart(bytes[i]))
                i++;
            var length = i - start;
            // A whole string of C, not a word in a text: what a library imports by name ends with a zero.
            if (start == 0 || bytes[start - 1] != 0 || i >= bytes.Length || bytes[i] != 0)
                continue;
            if (length < _shortest || length > _longest || !char.IsAsciiLetter((char)bytes[start]) && bytes[start] != '_')
                continue;
            for (var n = 0; n < length; n++)
                word[n] = (char)bytes[start + n];
            if (_lookup.TryGetValue(word[..length], out var name) && name != own)
                found.Add(name);
        }
        return [.. found];
    }

    private static bool IsPart(byte b) => char.IsAsciiLetterOrDigit((char)b) || b is (byte)'_' or (byte)'.';
}
