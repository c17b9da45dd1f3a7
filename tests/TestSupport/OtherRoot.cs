using System.Security.Cryptography;
using System.Text;

namespace LibProf.TestSupport;

/// <summary>Processes and files in another root directory than the tests' own.</summary>
internal static class OtherRoot
{
    private static readonly Lock s_lock = new();
    private static readonly Dictionary<(string Root, string Path), string> s_placed = [];

    /// <summary>The command prefix that executes what follows inside <paramref name="root"/>, in the same process.</summary>
    /// <remarks>Both <c>chroot(1)</c> and <c>unshare(1)</c> exec: the pid that was started is the target's.</remarks>
    public static IReadOnlyList<string> Enter(string root) =>
        Environment.IsPrivilegedProcess ? ["chroot", root] : ["unshare", "--map-root-user", "--root=" + root, "--wd=/"];

    /// <summary>Copies a file or a directory into <paramref name="root"/> and gives its path there.</summary>
    /// <remarks>The place depends on the contents, so that test processes that run at the same time share one finished copy.</remarks>
    public static string Place(string root, string path)
    {
        lock (s_lock)
        {
            string full = Path.GetFullPath(path);
            if (!s_placed.TryGetValue((root, full), out string? inside))
            {
                inside = Copy(root, full);
                s_placed[(root, full)] = inside;
            }

            return inside;
        }
    }

    private static string Copy(string root, string path)
    {
        bool isDirectory = Directory.Exists(path);
        string[] files = isDirectory
            ? [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Where(file => !file.Contains("/__pycache__/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)]
            : [path];
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(path, file) + "\0"));
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }

        string inside = "/tmp/libprof-tests/" + Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
        string place = root + inside;
        string result = isDirectory ? inside : inside + "/" + Path.GetFileName(path);
        if (Directory.Exists(place))
        {
            return result;
        }

        string draft = $"{place}.{Environment.ProcessId}";
        foreach (string file in files)
        {
            string target = Path.Combine(draft, isDirectory ? Path.GetRelativePath(path, file) : Path.GetFileName(path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }

        try
        {
            Directory.Move(draft, place);
        }
        catch (IOException) when (Directory.Exists(place))
        {
            Directory.Delete(draft, recursive: true); // Another test process was first.
        }

        return result;
    }
}
