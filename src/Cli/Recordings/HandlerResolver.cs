using System.Text.Json;
using LibProf.Sampler.Handlers;

namespace LibProf.Cli.Recordings;

/// <summary>From what <c>--handler</c>, <c>--event</c> and <c>--invocations</c> say to the driver's job.</summary>
internal static class HandlerResolver
{
    private const int MostInvocations = 1_000_000;

    /// <summary>CPython's marshal refuses deeper ones.</summary>
    private const int DeepestEvent = 900;

    /// <summary>What a handler's file is called where nothing else is said: the providers' templates' names.</summary>
    private static readonly string[] _modules = ["handler", "lambda_function", "app", "main", "index", "function"];

    private static readonly string[] _functions = ["handler", "lambda_handler", "main"];

    /// <summary>The job.</summary>
    /// <param name="handler">MODULE:FUNCTION, MODULE.FUNCTION, DIRECTORY/MODULE:FUNCTION, or a DIRECTORY.</param>
    /// <param name="eventFile">A file of JSON; null for the directory's event.json, or an empty object.</param>
    /// <param name="invocations">How often to call it; null for once.</param>
    /// <exception cref="CliException">There is no such thing.</exception>
    public static HandlerJob Resolve(string handler, string? eventFile, int? invocations)
    {
        if (invocations is < 1 or > MostInvocations)
        {
            throw CliException.Usage("bad number of invocations", $"a whole number from 1 to {MostInvocations}");
        }

        (string directory, string module, IReadOnlyList<string> functions) = Split(handler);
        string? events = eventFile;
        if (events is null && directory.Length > 0 && Path.Combine(directory, "event.json") is var beside && File.Exists(beside))
        {
            events = beside;
        }

        return new HandlerJob
        {
            Directory = directory,
            Module = module,
            Functions = functions,
            Event = ReadEvent(events),
            Invocations = invocations ?? 1,
        };
    }

    private static (string Directory, string Module, IReadOnlyList<string> Functions) Split(string handler)
    {
        if (Directory.Exists(handler))
        {
            string found = _modules.FirstOrDefault(module => Exists(handler, module))
                ?? throw CliException.Usage($"no handler in {handler}", $"one of {string.Join(", ", _modules.Select(module => module + ".py"))}, or --handler DIRECTORY/MODULE:FUNCTION");
            return (Path.GetFullPath(handler), found, _functions);
        }

        int slash = handler.LastIndexOf('/');
        string directory = slash < 0 ? "" : handler[..Math.Max(slash, 1)];
        string name = handler[(slash + 1)..];
        int colon = name.LastIndexOf(':');
        int split = colon >= 0 ? colon : name.LastIndexOf('.');
        if (split <= 0 || split == name.Length - 1)
        {
            throw CliException.Usage($"bad handler '{handler}'", "MODULE:FUNCTION, or a directory with a handler.py");
        }

        if (directory.Length > 0 && !Directory.Exists(directory))
        {
            throw CliException.Usage($"{directory}: no such directory");
        }

        return (directory.Length == 0 ? "" : Path.GetFullPath(directory), name[..split], [name[(split + 1)..]]);
    }

    private static bool Exists(string directory, string module) =>
        File.Exists(Path.Combine(directory, module + ".py")) || File.Exists(Path.Combine(directory, module, "__init__.py"));

    private static byte[] ReadEvent(string? file)
    {
        try
        {
            byte[] json = file is null ? "{}"u8.ToArray() : File.ReadAllBytes(file);
            ReadOnlyMemory<byte> text = json.AsSpan().StartsWith("\ufeff"u8) ? json.AsMemory(3) : json;
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = DeepestEvent });
            return MarshalWriter.FromJson(document.RootElement);
        }
        catch (JsonException e)
        {
            throw CliException.Usage($"{file} is not JSON: line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}");
        }
        catch (InvalidOperationException)
        {
            throw CliException.Usage($"{file}: a string that is not Unicode");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"cannot read the event: {e.Message}");
        }
    }
}
