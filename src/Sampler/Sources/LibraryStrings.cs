using System.Buffers;
using System.Text;

namespace LibProf.Sampler.Sources;

/// <summary>
/// Finds names of modules among the strings of shared libraries: what compiled code may import without a frame of Python. A
/// name that is there need not be imported; one that is not there is not.
/// </summary>
internal sealed class LibraryStrings
{
    private const int MaxNameLength = 200;

    private static readonly SearchValues<byte> s_parts = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_."u8);

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
        // Whole strings of C, not words in a text: what a library imports by name stands between two zeros.
        int from = bytes.IndexOf((byte)0) + 1;
        while (from > 0 && from < bytes.Length)
        {
            int length = bytes[from..].IndexOf((byte)0);
            if (length < 0)
            {
                break;
            }

            if (length >= _shortest && length <= _longest && IsName(bytes.Slice(from, length)))
            {
                for (int n = 0; n < length; n++)
                {
                    word[n] = (char)bytes[from + n];
                }

                if (_lookup.TryGetValue(word[..length], out string? name) && name != own)
                {
                    found.Add(name);
                }
            }

            from += length + 1;
        }

        return [.. found];
    }

    private static bool IsName(ReadOnlySpan<byte> bytes) =>
        (char.IsAsciiLetter((char)bytes[0]) || bytes[0] == '_') && bytes.IndexOfAnyExcept(s_parts) < 0;
}
