using System.Text.Encodings.Web;
using System.Text.Json;
using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Memory;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Phases;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Usage;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Exporters;

/// <summary>
/// The contract for scripts, <c>libprof/1</c>: times in milliseconds, memory in KiB. It only grows.
/// What was not measured is absent, never 0.
/// </summary>
public sealed class JsonExporter : IProfileExporter
{
    /// <summary>The value of <c>schema</c>.</summary>
    public const string Schema = "libprof/1";

    /// <inheritdoc/>
    public string Name => "json";

    /// <inheritdoc/>
    public string FileExtension => "json";

    /// <inheritdoc/>
    public string Description => "everything, for scripts";

    /// <inheritdoc/>
    public void Export(ReportModel report, Stream output, ExportOptions options)
    {
        var writerOptions = new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using var json = new Utf8JsonWriter(output, writerOptions);
        Write(json, report);
        json.Flush();
        output.Write("\n"u8);
    }

    /// <summary>Writes the report as one object.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="report">The report.</param>
    internal static void Write(Utf8JsonWriter json, ReportModel report)
    {
        json.WriteStartObject();
        json.WriteString("schema", Schema);
        WriteProcess(json, report.Profile);
        WriteEnvironment(json, report.Profile);
        WriteSampling(json, report);
        if (report.Phases is { } phases)
        {
            WritePhases(json, phases);
        }

        WriteMs(json, "collecting_ms", report.Profile.CollectedNs is > 0 and var collectedNs ? collectedNs : null);
        WriteMemory(json, report.Imports.Memory?.Process);

        json.WriteStartArray("modules");
        foreach (ModuleReport module in report.IsPython ? report.Modules : [])
        {
            WriteModule(json, module, report);
        }

        json.WriteEndArray();
        json.WriteStartArray("libraries");
        foreach (LibraryReport library in report.IsPython ? report.Libraries : [])
        {
            WriteLibrary(json, library, report.Usage);
        }

        json.WriteEndArray();
        JsonFindings.Write(json, report.Findings);
        json.WriteEndObject();
    }

    private static void WriteProcess(Utf8JsonWriter json, Profile profile)
    {
        json.WriteStartObject("process");
        WriteImage(json, profile.Image, profile.ProcessEnd, profile.Environment?.Platform);
        json.WriteStartArray("previous");
        foreach (ImageHistory previous in profile.PreviousImages)
        {
            json.WriteStartObject();
            WriteImage(json, previous, previous.End, profile.Environment?.Platform);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteImage(Utf8JsonWriter json, ImageHistory history, ImageEnd? end, string? platform)
    {
        json.WriteNumber("pid", history.Image.Pid);
        json.WriteStartArray("command_line");
        foreach (string argument in history.Image.CommandLine)
        {
            json.WriteStringValue(JsonText.Clean(argument));
        }

        json.WriteEndArray();
        WriteText(json, "executable", history.Image.Executable);
        WriteText(json, "python_version", history.Python?.Version);
        WriteText(json, "platform", platform);
        WriteWhole(json, "exit_status", end?.ExitStatus);
        WriteMs(json, "cpu_ms", end?.CpuNs);
        WriteWhole(json, "peak_rss_kib", history.End?.PeakRssKib ?? end?.PeakRssKib);
    }

    private static void WriteEnvironment(Utf8JsonWriter json, Profile profile)
    {
        json.WriteStartObject("environment");
        WriteWhole(json, "cpus", profile.Environment?.Cpus);
        WriteNumber(json, "cpu_quota", profile.Environment?.CpuQuota);
        WriteText(json, "kernel", profile.Environment?.Kernel);
        if (profile.Image.Python?.DontWriteBytecode is { } dontWriteBytecode)
        {
            json.WriteBoolean("dont_write_bytecode", dontWriteBytecode);
        }

        json.WriteEndObject();
    }

    private static void WriteSampling(Utf8JsonWriter json, ReportModel report)
    {
        SamplingQuality quality = report.Quality;
        json.WriteStartObject("sampling");
        WriteText(json, "mode", report.Profile.Environment?.Mode);
        WriteNumber(json, "rate_hz", report.Profile.Environment is { RateHz: > 0 and var rate } ? rate : null);
        WriteMs(json, "duration_ms", quality.DurationNs);
        json.WriteNumber("samples", quality.Samples);
        WriteWhole(json, "failed", quality.Failed);
        json.WriteNumber("cut", quality.Cut);
        WriteWhole(json, "missed", quality.Missed);
        WriteWhole(json, "idle", quality.Idle);
        WriteWhole(json, "dropped", quality.Dropped is > 0 ? quality.Dropped : null);
        if (quality.Failed is not null)
        {
            json.WriteStartObject("failures");
            foreach ((SampleFailure reason, long count) in quality.Failures.OrderBy(pair => pair.Key))
            {
                if (count > 0)
                {
                    json.WriteNumber(NameOf(reason), count);
                }
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WritePhases(Utf8JsonWriter json, RunPhases phases)
    {
        json.WriteStartObject("phases");
        WriteMs(json, "launch_ms", phases.LaunchNs);
        WriteMs(json, "runtime_init_ms", phases.RuntimeInitNs);
        WriteMs(json, "site_ms", phases.SiteNs);
        WriteMs(json, "import_ms", phases.ImportNs);
        WriteMs(json, "main_ms", phases.MainNs);
        WriteMs(json, "driver_ms", phases.DriverNs);
        WriteMs(json, "finalize_ms", phases.FinalizeNs);
        if (phases.InvocationsNs.Count > 0)
        {
            json.WriteStartArray("invocations_ms");
            foreach (long ns in phases.InvocationsNs)
            {
                json.WriteNumberValue(Math.Round(ns / 1e6, 6)); // exact, unlike what looks give
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteModule(Utf8JsonWriter json, ModuleReport module, ReportModel report)
    {
        Profile profile = report.Profile;
        json.WriteStartObject();
        json.WriteString("name", JsonText.Clean(module.PlainName));
        if (module.InterpreterId != 0)
        {
            json.WriteNumber("interpreter", module.InterpreterId);
        }

        WriteText(json, "file", module.Info?.File);
        WriteText(json, "kind", NameOf(module.Info?.Kind ?? ModuleKind.Unknown));
        json.WriteString("library", JsonText.Clean(module.Library.Name));
        if (module.Import is { } import)
        {
            int nativeId = profile.Threads.FirstOrDefault(timeline => timeline.Thread.Id == import.ThreadId)?.Thread.NativeId ?? 0;
            WriteWhole(json, "thread", nativeId == 0 ? null : nativeId);
            WriteText(json, "imported_by", import.Cause?.Module is { } importer ? ModuleKey.NameOf(importer) : null);
            WriteText(json, "import_file", import.Cause?.File);
            WriteWhole(json, "import_line", import.Cause?.Line);
            WriteText(json, "declared_by", module.LazyDeclaration?.Module);
            WriteText(json, "declared_file", module.LazyDeclaration?.File);
            WriteWhole(json, "declared_line", module.LazyDeclaration?.Line);
            WriteMs(json, "start_ms", import.StartNs - profile.StartNs);
            WriteMs(json, "inclusive_ms", import.InclusiveNs);
            WriteMs(json, "exclusive_ms", import.ExclusiveNs);
            WriteModulePhases(json, import.Phases);
        }

        WriteModuleMemory(json, module.Memory);
        JsonUse.WriteModule(json, report.Usage, module.Name);
        json.WriteEndObject();
    }

    private static void WriteMemory(Utf8JsonWriter json, ProcessMemory? memory)
    {
        if (memory is not null)
        {
            json.WriteStartObject("memory");
            json.WriteNumber("before_imports_kib", memory.BeforeKib);
            json.WriteNumber("before_imports_file_kib", memory.BeforeFileKib);
            json.WriteNumber("imports_kib", memory.ImportsKib);
            json.WriteNumber("imports_file_kib", memory.ImportsFileKib);
            json.WriteNumber("program_kib", memory.ProgramKib);
            json.WriteNumber("peak_kib", memory.PeakKib);
            json.WriteEndObject();
        }
    }

    private static void WriteModuleMemory(Utf8JsonWriter json, ModuleMemory? memory)
    {
        if (memory is not null)
        {
            json.WriteNumber("memory_inclusive_kib", memory.InclusiveKib);
            json.WriteNumber("memory_exclusive_kib", memory.ExclusiveKib);
            json.WriteNumber("memory_error_kib", memory.ErrorKib);
            json.WriteNumber("memory_peak_kib", memory.PeakKib);
            json.WriteNumber("memory_inclusive_file_kib", memory.FileInclusiveKib);
            json.WriteNumber("memory_exclusive_file_kib", memory.FileExclusiveKib);
        }
    }

    private static void WriteModulePhases(Utf8JsonWriter json, ImportPhaseTimes phases)
    {
        json.WriteStartObject("phases_ms");
        WriteMs(json, "find", phases.FindNs);
        WriteMs(json, "read", phases.ReadNs);
        WriteMs(json, "compile", phases.CompileNs);
        WriteMs(json, "load", phases.LoadNs);
        WriteMs(json, "execute", phases.ExecuteNs);
        json.WriteEndObject();
    }

    private static void WriteLibrary(Utf8JsonWriter json, LibraryReport library, UsageReport usage)
    {
        json.WriteStartObject();
        json.WriteString("name", JsonText.Clean(library.Library.Name));
        WriteText(json, "version", library.Library.Version);
        json.WriteString("kind", NameOf(library.Library.Kind));
        json.WriteNumber("modules", library.Modules);
        WriteMs(json, "init_ms", library.InitNs);
        WriteNumber(json, "init_share", library.InitShare is { } share ? Math.Round(share, 6) : null);
        WriteWhole(json, "memory_kib", library.MemoryKib);
        WriteWhole(json, "memory_file_kib", library.MemoryFileKib);
        JsonUse.WriteLibrary(json, usage, library.Library.Name);
        json.WriteEndObject();
    }

    /// <summary>The word for a library's kind.</summary>
    /// <param name="kind">The kind.</param>
    public static string NameOf(LibraryKind kind) => kind switch
    {
        LibraryKind.Distribution => "distribution",
        LibraryKind.StandardLibrary => "stdlib",
        LibraryKind.Application => "application",
        _ => "unknown",
    };

    private static string? NameOf(ModuleKind kind) => kind switch
    {
        ModuleKind.Source => "source",
        ModuleKind.Bytecode => "bytecode",
        ModuleKind.Extension => "extension",
        ModuleKind.Builtin => "builtin",
        ModuleKind.Frozen => "frozen",
        ModuleKind.Namespace => "namespace",
        _ => null,
    };

    private static string NameOf(SampleFailure reason) => reason switch
    {
        SampleFailure.Torn => "torn",
        SampleFailure.Unreadable => "unreadable",
        SampleFailure.Invalid => "invalid",
        SampleFailure.Stopped => "stopped",
        _ => "other",
    };

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            json.WriteString(name, JsonText.Clean(value));
        }
    }

    private static void WriteWhole(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    /// <summary>A number that JSON can hold; an infinite or undefined one is not a measurement.</summary>
    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, number);
        }
    }

    /// <summary>Milliseconds with three decimals: more than sampling can tell.</summary>
    private static void WriteMs(Utf8JsonWriter json, string name, long? ns)
    {
        if (ns is { } value)
        {
            json.WriteNumber(name, Math.Round(value / 1e6, 3));
        }
    }
}
