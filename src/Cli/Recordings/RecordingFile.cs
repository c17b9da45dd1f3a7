using LibProf.Analyzer.Model;
using LibProf.Analyzer.Reports;
using LibProf.Cli.Terminal;
using LibProf.Sampler.Recording;

namespace LibProf.Cli.Recordings;

/// <summary>A recording that a user named, read whole.</summary>
/// <param name="Path">As given.</param>
/// <param name="Report">Everything in it, worked out.</param>
/// <param name="CutWarning">What is wrong with it when it ends too early; null when it is whole.</param>
internal sealed record RecordingFile(string Path, ReportModel Report, string? CutWarning)
{
    /// <summary>Reads a recording.</summary>
    /// <exception cref="CliException">There is no such file, or it is no recording.</exception>
    public static RecordingFile Read(string path) => Read(path, ReportModel.Of);

    /// <summary>Reads a recording and works it out in a way of the caller's.</summary>
    /// <exception cref="CliException">There is no such file, or it is no recording.</exception>
    public static RecordingFile Read(string path, Func<Profile, ReportModel> workOut)
    {
        if (path.Length == 0)
        {
            throw CliException.Usage("the name of a file is empty", "name a recording that 'run' or 'attach' has written");
        }

        ProfileBuilder builder = new();
        RecordingReadResult result;
        try
        {
            result = RecordingReader.Read(path, builder);
        }
        catch (RecordingException exception)
        {
            throw new CliException(ExitStatus.Usage, $"{path}: {exception.Message}", "", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitStatus.Usage, $"cannot read {path}: {ReasonToRead(exception, path)}", "", exception);
        }

        if (!builder.TryBuild(out Profile? profile))
        {
            throw CliException.Usage($"{path}: the recording was cut before it says what was recorded");
        }

        return new RecordingFile(path, workOut(profile), result.IsComplete ? null : result.Warning ?? "the recording is cut");
    }

    /// <summary>Says that it is cut, if it is.</summary>
    public void WarnOfCut(bool quiet)
    {
        if (CutWarning is { } warning && !quiet)
        {
            StandardError.Warning(warning);
        }
    }

    /// <summary>Why a file could not be read, without its path.</summary>
    public static string ReasonToRead(Exception exception, string path) =>
        exception is FileNotFoundException or DirectoryNotFoundException ? "no such file" : RecordingOutput.Reason(exception, path);
}
