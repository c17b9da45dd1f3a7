using LibProf.Analyzer.Exporters;
using LibProf.Analyzer.Findings;
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
    private const string StandardOutputName = "-";

    private readonly IProfileExporter? _exporter;
    private readonly Stream? _export;
    private readonly FileStream? _scratch;
    private readonly bool _isNew;
    private string _path;

    private RecordingOutput(IProfileExporter? exporter, string path, bool isProvisional)
    {
        _exporter = exporter;
        _path = path;
        IsProvisional = isProvisional;
        _isNew = path != StandardOutputName && !Path.Exists(path);
        if (exporter is null && path != StandardOutputName)
        {
            Writer = RecordingWriter.Create(path);
            return;
        }

        _export = OpenExport(path);
        try
        {
            (Writer, _scratch) = CreateScratch();
        }
        catch
        {
            RemoveWhatIsNew();
            throw;
        }
    }

    /// <summary>Takes the events.</summary>
    public RecordingWriter Writer { get; }

    /// <summary>Whether the file still has a provisional name, for want of the process id.</summary>
    public bool IsProvisional { get; private set; }

    /// <summary>What the user finds afterwards; null for standard output.</summary>
    public string? FileName => _path == StandardOutputName ? null : _path;

    /// <summary>Whether it goes to standard output and there to another program, which may have the terminal.</summary>
    public bool GoesToAnother => _path == StandardOutputName && !LibProf.Sampler.Target.StandardStream.Output.IsTerminal;

    /// <summary>Whether something is made of the recording in the end: another format, or a copy on standard output.</summary>
    public bool HasExport => _export is not null;

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

        if (path is { Length: 0 })
        {
            throw CliException.Usage("the name of the output file is empty", "name a file with -o FILE");
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
            throw new CliException(ExitStatus.Usage, $"cannot write {target}: {Reason(exception, target)}", "name another file with -o FILE", exception);
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

    /// <summary>Removes a file that holds nothing, unless it was there before: the process could not be started or looked at.</summary>
    public void Discard()
    {
        Dispose();
        RemoveWhatIsNew();
    }

    /// <summary>Reads back what was recorded; null when nothing of it can be read.</summary>
    /// <param name="initUntil">MODULE:FUNCTION with whose first call initialisation ends; null to find its end.</param>
    public ReportModel? ReadBack(string? initUntil = null)
    {
        ProfileBuilder builder = new();
        try
        {
            if (_scratch is null)
            {
                RecordingReader.Read(_path, builder);
            }
            else
            {
                _scratch.Position = 0;
                RecordingReader.Read(_scratch, builder);
            }
        }
        catch (Exception exception) when (exception is RecordingException or IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return builder.TryBuild(out Profile? profile) ? ReportModel.Of(profile, FindingOptions.Default, initUntil) : null;
    }

    /// <summary>Writes the format that was asked for, if there is something to be made of the recording.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Export(ReportModel report, bool verbose)
    {
        if (_export is null || _scratch is null)
        {
            return;
        }

        if (_exporter is null)
        {
            _scratch.Position = 0;
            _scratch.CopyTo(_export);
        }
        else
        {
            _exporter.Export(report, _export, new ExportOptions { Verbose = verbose });
        }

        // Closing may be what tells of a failure.
        _export.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Writer.Dispose();
        _scratch?.Dispose();
        try
        {
            _export?.Dispose();
        }
        catch (IOException)
        {
            // Export has told of it: what could not be written is tried once more here.
        }
    }

    /// <summary>An exception's reason without the path, which the message names already.</summary>
    public static string Reason(Exception exception, string path) => exception switch
    {
        DirectoryNotFoundException => "no such directory",
        UnauthorizedAccessException when Directory.Exists(path) => "it is a directory",
        UnauthorizedAccessException => "permission denied",
        _ => exception.Message.Split(" : '")[0],
    };

    // Has no name from the start, so that nothing is left of it however libprof ends.
    private static (RecordingWriter Writer, FileStream Reader) CreateScratch()
    {
        string directory = Path.GetTempPath();
        try
        {
            string path = Path.Combine(directory, $"libprof-{Guid.NewGuid():N}.{RecordingExtension}");
            RecordingWriter writer = RecordingWriter.Create(path);
            FileStream reader = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            File.Delete(path);
            return (writer, reader);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitStatus.Usage, $"cannot write in the directory for temporary files, {directory}: {Reason(exception, "")}", "set TMPDIR to another one", exception);
        }
    }

    private void RemoveWhatIsNew()
    {
        if (_isNew)
        {
            File.Delete(_path);
        }
    }

    private static Stream OpenExport(string path)
    {
        if (path == StandardOutputName)
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
