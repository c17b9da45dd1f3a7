using System.Text.Encodings.Web;
using System.Text.Json;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Views;

namespace LibProf.Analyzer.Exporters.Diffs;

/// <summary>
/// A difference for scripts, <c>libprof-diff/1</c>: times in milliseconds, memory in KiB, each as <c>before</c> and <c>after</c>. It only
/// grows; what was not measured, or is in one recording only, is absent.
/// </summary>
public sealed class DiffJsonExporter : IDiffExporter
{
    /// <summary>The value of <c>schema</c>.</summary>
    public const string Schema = "libprof-diff/1";

    /// <inheritdoc/>
    public string Name => "json";

    /// <inheritdoc/>
    public void Export(RecordingDiff diff, Stream output, ExportOptions options)
    {
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("schema", Schema);
            WritePair(json, "command", diff.CommandBefore, diff.CommandAfter);
            json.WriteStartArray("environment");
            foreach (EnvironmentChange change in diff.Environment)
            {
                json.WriteStartObject();
                json.WriteString("what", change.What);
                json.WriteString("before", JsonText.Clean(change.Before));
                json.WriteString("after", JsonText.Clean(change.After));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            WriteNoise(json, diff.Noise);
            json.WriteStartObject("figures");
            foreach (FigureChange figure in diff.Figures)
            {
                Write(json, figure.Key, figure.Values, figure.IsNoise);
            }

            json.WriteEndObject();
            json.WriteStartArray("libraries");
            foreach (LibraryChange library in diff.Libraries)
            {
                Write(json, library);
            }

            json.WriteEndArray();
            json.WriteStartArray("modules");
            foreach (ModuleChange module in diff.Modules)
            {
                Write(json, module);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    private static void WriteNoise(Utf8JsonWriter json, DiffNoise noise)
    {
        json.WriteStartObject("noise");
        json.WriteNumber("ms", Math.Round(noise.Ms, 3));
        json.WriteNumber("share", Math.Round(noise.Share, 4));
        json.WriteNumber("memory_kib", noise.Kib);
        json.WriteNumber("memory_share", noise.KibShare);
        if (noise.Speed is { } speed)
        {
            json.WriteNumber("common_modules_ratio", Math.Round(speed, 4));
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, LibraryChange library)
    {
        json.WriteStartObject();
        json.WriteString("name", JsonText.Clean(library.Name));
        json.WriteString("kind", JsonExporter.NameOf(library.Library));
        json.WriteString("change", DiffWords.Word(library.Change));
        WritePair(json, "version", library.VersionBefore, library.VersionAfter);
        Write(json, "modules", library.Modules);
        Write(json, "init_ms", library.Ms);
        Write(json, "memory_kib", library.Kib);
        Write(json, library.Importer);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ModuleChange module)
    {
        json.WriteStartObject();
        json.WriteString("name", JsonText.Clean(module.Name));
        json.WriteString("library", JsonText.Clean(module.Library));
        json.WriteString("change", DiffWords.Word(module.Change));
        Write(json, "inclusive_ms", module.InclusiveMs);
        Write(json, "exclusive_ms", module.Ms);
        Write(json, "memory_inclusive_kib", module.InclusiveKib);
        Write(json, "memory_exclusive_kib", module.Kib);
        if (module.With is { } with)
        {
            json.WriteString("with", JsonText.Clean(with));
        }

        Write(json, module.Importer);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ImportLink? importer)
    {
        if (importer is null)
        {
            return;
        }

        json.WriteString("import_file", JsonText.Clean(importer.File));
        if (importer.Line is { } line)
        {
            json.WriteNumber("import_line", line);
        }

        json.WriteString("imports", JsonText.Clean(importer.Imports));
    }

    private static void Write(Utf8JsonWriter json, string name, Figures figures, bool? isNoise = null)
    {
        if (figures is { Before: null, After: null })
        {
            return;
        }

        json.WriteStartObject(name);
        WriteNumber(json, "before", figures.Before);
        WriteNumber(json, "after", figures.After);
        if (isNoise is { } noise && figures.Difference is not null)
        {
            json.WriteBoolean("noise", noise);
        }

        json.WriteEndObject();
    }

    private static void WritePair(Utf8JsonWriter json, string name, string before, string after)
    {
        if (before.Length + after.Length == 0)
        {
            return;
        }

        json.WriteStartObject(name);
        if (before.Length > 0)
        {
            json.WriteString("before", JsonText.Clean(before));
        }

        if (after.Length > 0)
        {
            json.WriteString("after", JsonText.Clean(after));
        }

        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            json.WriteNumber(name, Math.Round(number, 3));
        }
    }
}
