using LibProf.Analyzer.Exporters;
using LibProf.Cli.Terminal;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Recordings;

/// <summary>
/// Where a result goes that <c>-o</c> names: a file that only its owner can read, or standard output. Opened before the work is done, so
/// that one that cannot be written costs nothing; without a result nothing is left of a file that was not there.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private readonly string _path;
    private readonly FileStream? _file;
    private readonly bool _isNew;
    private bool _isWritten;

    private OutputFile(string path, FileStream? file, bool isNew)
    {
        _path = path;
        _file = file;
        _isNew = isNew;
    }

    /// <summary>Opens it.</summary>
    /// <param name="path">As given; <c>-</c> for standard output.</param>
    /// <exception cref="CliException">It cannot be written.</exception>
    public static OutputFile Open(string path)
    {
        if (path.Length == 0)
        {
            throw CliException.Usage("the name of the output file is empty", "name a file with -o FILE");
        }

        if (path == "-")
        {
            return new OutputFile(path, null, false);
        }

        bool isNew = !Path.Exists(path);
        try
        {
            // Not yet emptied: what was there stays if there is no result.
            return new OutputFile(path, new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }), isNew);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Explain(path, exception);
        }
    }

    /// <summary>Writes the result.</summary>
    /// <param name="verbose">Whether everything is to be shown.</param>
    /// <param name="write">Writes it.</param>
    /// <exception cref="CliException">It cannot be written.</exception>
    public void Write(bool verbose, Action<Stream, ExportOptions> write)
    {
        if (_file is null)
        {
            using StandardOutputStream output = new();
            int width = StandardStream.Output.Columns is > 0 and int columns ? columns : ReportConsole.DefaultWidth;
            write(output, new ExportOptions { Width = width, Verbose = verbose });
            return;
        }

        try
        {
            if (_file.CanSeek)
            {
                _file.SetLength(0);
            }

            _isWritten = true;
            write(_file, new ExportOptions { Verbose = verbose });
            _file.Dispose();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Explain(_path, exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _file?.Dispose();
        }
        catch (IOException)
        {
            // Write has told of it.
        }

        if (_isNew && !_isWritten)
        {
            File.Delete(_path);
        }
    }

    private static CliException Explain(string path, Exception exception) =>
        new(ExitStatus.Usage, $"cannot write {path}: {RecordingOutput.Reason(exception, path)}", "name another file with -o FILE", exception);
}
