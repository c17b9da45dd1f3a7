using System.Globalization;
using System.Text;
using LibProf.Analyzer.Findings;
using LibProf.Analyzer.Model;

namespace LibProf.Analyzer.Reports;

/// <summary>A place in a file that an editor or a code host can open.</summary>
/// <param name="Path">The file: relative to the project when it is within it, absolute otherwise; as the target names it.</param>
/// <param name="IsRelative">Whether it is within the project.</param>
/// <param name="IsOwn">Whether it is the project's own: within it, and not in a directory of installed packages.</param>
/// <param name="Line">The line; null when not known.</param>
/// <param name="Imports">The module that the statement there makes load.</param>
public sealed record SourcePlace(string Path, bool IsRelative, bool IsOwn, int? Line, string Imports);

/// <summary>
/// Finds the files of findings from a project's point of view: its root is the directory in which the program was started, which in a build
/// is the checkout. What is no file (<c>&lt;frozen importlib&gt;</c>, <c>&lt;string&gt;</c>) has no place.
/// </summary>
public sealed class SourcePlaces
{
    private readonly string _root;
    private readonly List<string> _installed;

    /// <summary>Takes the directories from a profile.</summary>
    /// <param name="profile">The profile.</param>
    public SourcePlaces(Profile profile)
        : this(profile.Image.Image.WorkingDirectory, (profile.Image.Python?.StandardLibraryPaths ?? []).Concat(profile.Distributions.Select(distribution => distribution.Location)))
    {
    }

    /// <summary>Takes the directories.</summary>
    /// <param name="root">The project's directory; empty when not known.</param>
    /// <param name="installed">Directories of installed packages and of the standard library.</param>
    public SourcePlaces(string root, IEnumerable<string> installed)
    {
        _root = root.StartsWith('/') && !root.Contains('\0') ? WithSlash(Path.GetFullPath(root)) : "";
        _installed = [.. installed.Where(path => path.StartsWith('/') && !path.Contains('\0')).Select(path => WithSlash(Path.GetFullPath(path)))
            // A package that is worked on where it stands is installed in the project itself, which makes nothing of it foreign.
            .Where(path => path.Length > _root.Length).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The project's directory with a slash at its end; empty when not known.</summary>
    public string Root => _root;

    /// <summary>The place of a statement; null when it is in no file.</summary>
    /// <param name="file">As the code object names it.</param>
    /// <param name="line">The line; 0 or less when not known.</param>
    /// <param name="imports">The module that it makes load.</param>
    public SourcePlace? Of(string file, int line, string imports)
    {
        if (file.Length == 0 || file[0] == '<' || file.Contains('\0'))
        {
            return null;
        }

        string path = file.StartsWith('/') ? Path.GetFullPath(file) : _root.Length > 0 ? Path.GetFullPath(file, _root) : file;
        bool isRelative = !path.StartsWith('/') || (_root.Length > 0 && path.StartsWith(_root, StringComparison.Ordinal));
        bool isOwn = isRelative && !_installed.Exists(directory => path.StartsWith(directory, StringComparison.Ordinal));
        return new SourcePlace(isRelative && path.StartsWith('/') ? path[_root.Length..] : path, isRelative, isOwn, line > 0 ? line : null, imports);
    }

    /// <summary>The statements to change, those of the project first; for a finding without such, the statement that leads to it.</summary>
    /// <param name="finding">The finding.</param>
    public IReadOnlyList<SourcePlace> Statements(Finding finding)
    {
        List<SourcePlace> edits = [.. finding.Edits.Select(edit => Of(edit.File, edit.Line, edit.Imports)).OfType<SourcePlace>().OrderBy(place => place.IsOwn ? 0 : 1)];
        return edits.Count > 0 ? edits : [.. Chain(finding.Chain).TakeLast(1)];
    }

    /// <summary>
    /// Where a finding is shown: at the statement to change when that is the project's, else at the project's last statement on the way to
    /// it (what is not in the repository, no review can show), else at the statement to change. Null when none is in a file.
    /// </summary>
    /// <param name="finding">The finding.</param>
    public SourcePlace? Primary(Finding finding) => Best(Statements(finding), Chain(finding.Chain));

    /// <summary>Where something is shown to which a chain of import statements leads; null when none is in a file.</summary>
    /// <param name="chain">From the program to it.</param>
    public SourcePlace? Primary(IEnumerable<ImportLink> chain)
    {
        List<SourcePlace> places = [.. chain.Select(link => Of(link.File, link.Line ?? 0, link.Imports)).OfType<SourcePlace>()];
        return Best(places.TakeLast(1), places);
    }

    /// <summary>The import statements from the program to something, as far as they are in files.</summary>
    /// <param name="chain">The statements.</param>
    public IReadOnlyList<SourcePlace> Chain(IEnumerable<Findings.ImportLink> chain) =>
        [.. chain.Select(link => Of(link.File, link.Line, link.Imports)).OfType<SourcePlace>()];

    /// <summary>
    /// A path as a URI reference: everything but unreserved characters and slashes as bytes of UTF-8 in hexadecimal, and bytes that Python could
    /// not decode (halves of surrogate pairs from U+DC80 on) as these bytes.
    /// </summary>
    /// <param name="path">The path.</param>
    public static string Uri(string path)
    {
        var uri = new StringBuilder(path.StartsWith('/') ? "file://" : "");
        Span<byte> bytes = stackalloc byte[4];
        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] is >= '\udc80' and <= '\udcff' && !(i > 0 && char.IsHighSurrogate(path[i - 1])))
            {
                Append(uri, (byte)(path[i] - 0xdc00));
                continue;
            }

            Rune rune = Rune.TryGetRuneAt(path, i, out Rune whole) ? whole : Rune.ReplacementChar;
            i += rune.Utf16SequenceLength - 1;
            foreach (byte one in bytes[..rune.EncodeToUtf8(bytes)])
            {
                Append(uri, one);
            }
        }

        return uri.ToString();

        static void Append(StringBuilder uri, byte one)
        {
            if (char.IsAsciiLetterOrDigit((char)one) || one is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~' or (byte)'/')
            {
                uri.Append((char)one);
            }
            else
            {
                uri.Append(CultureInfo.InvariantCulture, $"%{one:X2}");
            }
        }
    }

    private static SourcePlace? Best(IEnumerable<SourcePlace> statements, IEnumerable<SourcePlace> chain)
    {
        List<SourcePlace> all = [.. statements];
        return all.Find(place => place.IsOwn) ?? chain.LastOrDefault(place => place.IsOwn) ?? all.FirstOrDefault();
    }

    private static string WithSlash(string path) => path.EndsWith('/') ? path : path + "/";
}
