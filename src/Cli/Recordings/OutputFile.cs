using LibProf.Analyzer.Exporters;
using LibProf.Cli.Terminal;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Recordings;

/// <summary>Where a result goes that <c>-o</c> names.</summary>
internal static class OutputFile
{
    /// <summary>Writes to a file that only its owner can read, or to standard output.</summary>
    /// <param name="path">As given; <c>-</c> for standard output.</param>
    /// <param name="verbose">Whether everything is to be shown.</param>
    /// <param name="write">Writes the result.</param>
    /// <exception cref="CliException">It cannot be written.</exception>
    public static void Write(string path, bool verbose, Action<Stream, ExportOptions> write)
    {
        if (path.Length == 0)
        {
            throw CliException.Usage("the name of the output file is empty", "name a file with -o FILE");
        }

        if (path == "-")
        {
            using StandardOutputStream output = new();
            int width = StandardStream.Output.Columns is > 0 and int columns ? columns : ReportConsole.DefaultWidth;
            write(output, new ExportOptions { Width = width, Verbose = verbose });
            return;
        }

        try
        {
            using FileStream file = new(path, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            write(file, new ExportOptions { Verbose = verbose });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitStatus.Usage, $"cannot write {path}: {RecordingOutput.Reason(exception, path)}", "name another file with -o FILE", exception);
        }
    }
}
