using LibProf.Analyzer.Exporters;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Reports;
using LibProf.Sampler.Recording;

namespace LibProf.Cli.Recordings;

/// <summary>
/// Where a recording goes: to the file that the user keeps, or, with another format, to a file without a name from which that
/// format is made in the end. Opened before anything is launched, so that an output that cannot be written costs nothing.
/// </summary>
internal sealed class RecordingOutput : IDisposable
{
    private const string RecordingFormat = "recording";
    private const string RecordingExtension = "libprof";

    private readonly IProfileExporter? _exporter;
    private readonly Stream? _export;
    private readonly string? _scratch;
    private string _path;

    private RecordingOutput(IProfileExporter? exporter, string path, bool isProvisional)
    {
        _exporter = exporter;
        _path = path;
        IsProvisional = isProvisional;
        if (exporter is null)
        {
            Writer = RecordingWriter.Create(path);
            return;
        }

        _export = OpenExport(path);
        _scratch = Path.Combine(Path.GetTempPath(), $"libprof-{Guid.NewGuid():N}.{RecordingExtension}");
        Writer = RecordingWriter.Create(_scratch);
    }

    /// <summary>Takes the events.</summary>
    public RecordingWriter Writer { get; }

    /// <summary>Whether the file still has a provisional name, for want of the process id.</summary>
    public bool IsProvisional { get; private set; }

    /// <summary>What the user finds afterwards; null for standard output.</summary>
    public string? FileName => _path == "-" ? null : _path;

    /// <summary>Opens the output.</summary>
    /// <param name="format">As given by the user.</param>
    /// <param name="path">As given by the user; null for a name made of the command's name and the process id.</param>
    /// <param name="name">The command's name.</param>
    /// <param name="pid">The process id, where it is known already.</param>
    /// <exception cref="CliException">There is no such format, or the file cannot be written.</exception>
    public static RecordingOutput Open(string format, string? path, string name, int? pid)
    {
        bool isRecording = string.Equals(format, RecordingFormat, StringComparison.OrdinalIgnoreCase);
        IProfileExporter? exporter = isRecording ? null : ProfileExporters.Find(format);
        if (!isRecording && exporter is null)
        {
            throw UnknownFormat(format, [RecordingFormat]);
        }

        string extension = exporter?.FileExtension ?? RecordingExtension;
        bool isProvisional = path is null && pid is null;
        string target = path ?? (pid is { } id ? $"{name}-{id}.{extension}" : $".{name}-{Environment.ProcessId}.{extension}.part");
        try
        {
            return new RecordingOutput(exporter, target, isProvisional);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CliException(ExitStatus.Usage, $"cannot write {target}: {Reason(exception)}", "name another file with -o FILE", exception);
        }
    }

    /// <summary>The error for a format that does not exist.</summary>
    public static CliException UnknownFormat(string format, IEnumerable<string> others) =>
        CliException.Usage($"unknown format '{format}'", $"formats: {string.Join(", ", others.Concat(ProfileExporters.All.Select(exporter => exporter.Name)))}");

    /// <summary>Gives the file its name, once the process id is known.</summary>
    public void Settle(string name, int pid)
    {
        if (!IsProvisional)
        {
            return;
        }

        IsProvisional = false;
        string target = $"{name}-{pid}.{_exporter?.FileExtension ?? RecordingExtension}";
        try
        {
            File.Move(_path, target, overwrite: true);
            _path = target;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It keeps the provisional name, and is reported under that.
        }
    }

    /// <summary>Removes a file that holds nothing: the command could not be started.</summary>
    public void Discard()
    {
        Dispose();
        if (IsProvisional)
        {
            File.Delete(_path);
        }
    }

    /// <summary>Reads back what was recorded; null when nothing of it can be read.</summary>
    public ReportModel? ReadBack()
    {
        ProfileBuilder builder = new();
        try
        {
            RecordingReader.Read(_scratch ?? _path, builder);
        }
        catch (Exception exception) when (exception is RecordingException or IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return builder.TryBuild(out Profile? profile) ? ReportModel.Of(profile) : null;
    }

    /// <summary>Writes the format that was asked for, if it is another than the recording itself.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Export(ReportModel report, bool verbose)
    {
        if (_exporter is not null && _export is not null)
        {
            _exporter.Export(report, _export, new ExportOptions { Verbose = verbose });
            _export.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Writer.Dispose();
        _export?.Dispose();
        if (_scratch is not null)
        {
            File.Delete(_scratch);
        }
    }

    /// <summary>An exception's reason without the path, which the message names already.</summary>
    public static string Reason(Exception exception) => exception switch
    {
        DirectoryNotFoundException => "no such directory",
        UnauthorizedAccessException e when e.Message.Contains("directory", StringComparison.OrdinalIgnoreCase) && !e.Message.Contains("denied", StringComparison.OrdinalIgnoreCase) => "it is a directory",
        UnauthorizedAccessException => "permission denied, or it is a directory",
        _ => exception.Message.Split(" : '")[0],
    };

    private static Stream OpenExport(string path)
    {
        if (path == "-")
        {
            return new Terminal.StandardOutputStream();
        }

        return new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            // Command lines hold secrets.
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }
}
