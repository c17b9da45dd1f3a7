using System.IO.Compression;
using System.Text;
using LibProf.Sampler.Target;

namespace LibProf.Sampler.Sources;

/// <summary>Source files inside zip archives, as zipimport names them: <c>/app/program.pyz/package/module.py</c>. Can be used by several threads.</summary>
/// <param name="files">The files that the target sees.</param>
internal sealed class ZippedFiles(TargetFiles files)
{
    private const int MaxArchiveBytes = 64 << 20;

    private readonly Dictionary<string, ZipArchive?> _archives = new(StringComparer.Ordinal);

    /// <summary>Reads a file as UTF-8.</summary>
    /// <param name="path">Absolute path of the archive, and that within it.</param>
    /// <param name="maxBytes">No more than this is read.</param>
    /// <returns>Null when no part of the path is an archive, or it has no such file.</returns>
    public string? ReadText(string path, int maxBytes)
    {
        lock (_archives)
        {
            for (int slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
            {
                if (ArchiveAt(path[..slash]) is { } archive)
                {
                    return Read(archive, path[(slash + 1)..], maxBytes);
                }
            }
        }

        return null;
    }

    private ZipArchive? ArchiveAt(string path)
    {
        if (!_archives.TryGetValue(path, out ZipArchive? archive))
        {
            _archives[path] = archive = Open(path);
        }

        return archive;
    }

    // What is there may be anything.
    private ZipArchive? Open(string path)
    {
        try
        {
            return files.ReadBytes(path, MaxArchiveBytes) is { } bytes ? new ZipArchive(new MemoryStream(bytes, writable: false)) : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static string? Read(ZipArchive archive, string name, int maxBytes)
    {
        try
        {
            if (archive.GetEntry(name) is not { } entry)
            {
                return null;
            }

            using Stream stream = entry.Open();
            byte[] bytes = new byte[(int)Math.Clamp(entry.Length, 0, maxBytes)];
            return Encoding.UTF8.GetString(bytes, 0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        }
        catch (Exception exception) when (exception is InvalidDataException or NotSupportedException)
        {
            return null;
        }
    }
}
