using System.Text.Json;
using System.Text.Unicode;
using LibProf.Analyzer.Findings;

namespace LibProf.Analyzer.Budgets;

/// <summary>
/// Reads budget files: JSON, with comments and trailing commas. Each key is a rule: <c>"init": ["error", "400 ms"]</c>, in short
/// <c>"init": "400 ms"</c>, or <c>"init": "off"</c>. What is not known is refused with its line: a rule that is misspelt would never fail.
/// </summary>
public static class BudgetReader
{
    private const string Forbidden = "forbidden";
    private const string FindingsKey = "findings";
    private const string ExitStatus = "exit-status";
    private const string EntryPoints = "entry-points";

    /// <summary>The file may say which schema an editor should check it with; nothing is made of it here.</summary>
    private const string Schema = "$schema";

    /// <summary>Every key that a set of rules may have, in the order in which help lists them.</summary>
    public static IReadOnlyList<string> Keys { get; } = [.. BudgetMetrics.Keys, Forbidden, FindingsKey, ExitStatus];

    /// <summary>Reads a budget.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <exception cref="BudgetException">It is not JSON, or not a budget.</exception>
    public static Budget Read(ReadOnlySpan<byte> bytes)
    {
        var text = new BudgetText(bytes);
        if (!Utf8.IsValid(bytes))
        {
            throw new BudgetException(text.LineAt(Utf8Prefix(bytes)), "the file is not UTF-8");
        }

        var reader = new Utf8JsonReader(bytes[text.Start..], new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        try
        {
            return ReadFile(ref reader, text);
        }
        catch (JsonException exception)
        {
            throw new BudgetException((int)(exception.LineNumber ?? 0) + 1, "this is not JSON");
        }
    }

    private static Budget ReadFile(ref Utf8JsonReader reader, BudgetText text)
    {
        List<EntryBudget> entries = [];
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw text.Error(ref reader, "a budget is an object: { ... }");
        }

        List<BudgetRule> rules = ReadRules(ref reader, text, entries);
        _ = reader.Read(); // throws when something follows
        return rules.Count > 0 || entries.Exists(entry => entry.Rules.Count > 0)
            ? new Budget(rules, entries)
            : throw new BudgetException(0, "the budget has no rule", $"rules: {string.Join(", ", Keys)}");
    }

    /// <summary>The rules of an object, whose start is the current token; its end is, afterwards.</summary>
    private static List<BudgetRule> ReadRules(ref Utf8JsonReader reader, BudgetText text, List<EntryBudget>? entries)
    {
        List<BudgetRule> rules = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            string key = Key(ref reader, text, seen);
            int line = text.Line(ref reader);
            _ = reader.Read();
            if (BudgetMetrics.TryFind(key, out BudgetMetric metric))
            {
                rules.Add(ReadLimit(ref reader, text, key, metric, line));
            }
            else if (key == Forbidden)
            {
                rules.Add(ReadAbsence(ref reader, text, line));
            }
            else if (key == ExitStatus)
            {
                (BudgetLevel level, BudgetPlace place, double status) = ReadNumber(ref reader, text, key, QuantityKind.Count, line);
                rules.Add(new StatusRule(key, level, place, (int)status));
            }
            else if (key == FindingsKey)
            {
                ReadFindings(ref reader, text, line, rules);
            }
            else if (key == EntryPoints && entries is not null)
            {
                ReadEntries(ref reader, text, entries);
            }
            else if (key != Schema || entries is null || reader.TokenType != JsonTokenType.String)
            {
                throw Unknown(key, entries is null ? Keys : [.. Keys, EntryPoints], line);
            }
        }

        return rules;
    }

    private static void ReadEntries(ref Utf8JsonReader reader, BudgetText text, List<EntryBudget> entries)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw text.Error(ref reader, $"'{EntryPoints}' is an object of entry points and their rules", "\"entry-points\": { \"handler.py\": { \"init\": \"400 ms\" } }");
        }

        HashSet<string> seen = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            string pattern = Key(ref reader, text, seen);
            int line = text.Line(ref reader);
            _ = reader.Read();
            if (pattern.Length == 0 || reader.TokenType != JsonTokenType.StartObject)
            {
                throw text.Error(ref reader, $"the rules of '{pattern}' are an object", "\"handler.py\": { \"init\": \"400 ms\" }");
            }

            entries.Add(new EntryBudget(pattern, ReadRules(ref reader, text, null), line));
        }
    }

    private static LimitRule ReadLimit(ref Utf8JsonReader reader, BudgetText text, string key, BudgetMetric metric, int line)
    {
        (BudgetLevel level, BudgetPlace place, double limit) = ReadNumber(ref reader, text, key, metric.Kind(), line);
        return new LimitRule(key, level, place, metric, limit);
    }

    private static (BudgetLevel Level, BudgetPlace Place, double Value) ReadNumber(
        ref Utf8JsonReader reader, BudgetText text, string key, QuantityKind kind, int line)
    {
        BudgetLevel level = BudgetLevel.Error;
        bool inArray = reader.TokenType == JsonTokenType.StartArray;
        if (inArray)
        {
            level = ReadLevel(ref reader, text, key);
            if (!reader.Read() || reader.TokenType == JsonTokenType.EndArray)
            {
                return level == BudgetLevel.Off ? (level, BudgetPlace.None with { Line = line }, 0)
                    : throw text.Error(ref reader, $"'{key}' has a level but no limit", $"for example [\"error\", {Sample(kind)}]");
            }
        }
        else if (reader.TokenType == JsonTokenType.String && TryLevel(reader.GetString(), out level))
        {
            return level == BudgetLevel.Off ? (level, BudgetPlace.None with { Line = line }, 0)
                : throw text.Error(ref reader, $"'{key}' has a level but no limit", $"for example [\"error\", {Sample(kind)}]");
        }
        else
        {
            level = BudgetLevel.Error;
        }

        (BudgetPlace place, double value) = ReadQuantity(ref reader, text, key, kind, line);
        if (inArray && (!reader.Read() || reader.TokenType != JsonTokenType.EndArray))
        {
            throw text.Error(ref reader, $"'{key}' has more than a level and a limit");
        }

        return (level, place, value);
    }

    private static (BudgetPlace Place, double Value) ReadQuantity(ref Utf8JsonReader reader, BudgetText text, string key, QuantityKind kind, int line)
    {
        double value = 0;
        bool known = reader.TokenType switch
        {
            JsonTokenType.String => Quantity.TryParse(reader.GetString()!, kind, out value),
            JsonTokenType.Number => kind == QuantityKind.Count && reader.TryGetInt32(out int count) && (value = count) >= 0,
            _ => false,
        };
        if (!known)
        {
            string written = reader.TokenType is JsonTokenType.String or JsonTokenType.Number ? $": {text.Shown(ref reader)} is none" : "";
            throw text.Error(ref reader, $"the limit of '{key}' is {Quantity.Example(kind)}{written}");
        }

        return (text.Place(ref reader, line), value);
    }

    private static AbsenceRule ReadAbsence(ref Utf8JsonReader reader, BudgetText text, int line)
    {
        const string Form = "for example \"forbidden\": [\"error\", [\"pandas\", \"scipy.*\"]]";
        if (reader.TokenType == JsonTokenType.String && TryLevel(reader.GetString(), out BudgetLevel bare) && bare == BudgetLevel.Off)
        {
            return new AbsenceRule(Forbidden, BudgetLevel.Off, BudgetPlace.None with { Line = line }, []);
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw text.Error(ref reader, $"'{Forbidden}' is a list of libraries and modules", Form);
        }

        BudgetLevel level = BudgetLevel.Error;
        List<NamePattern> patterns = [];
        bool hasLevel = reader.Read() && reader.TokenType == JsonTokenType.String && TryLevel(reader.GetString(), out level);
        if (!hasLevel)
        {
            level = BudgetLevel.Error;
        }
        else if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            return level == BudgetLevel.Off && reader.TokenType == JsonTokenType.EndArray
                ? new AbsenceRule(Forbidden, level, BudgetPlace.None with { Line = line }, [])
                : throw text.Error(ref reader, $"after its level '{Forbidden}' has a list of libraries and modules", Form);
        }
        else
        {
            _ = reader.Read();
        }

        for (; reader.TokenType != JsonTokenType.EndArray; _ = reader.Read())
        {
            string? pattern = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            if (pattern is null or "" || pattern.Trim('*').Length == 0)
            {
                throw text.Error(ref reader, $"'{Forbidden}' lists names of libraries and modules; {text.Shown(ref reader)} is none", Form);
            }

            patterns.Add(new NamePattern(pattern));
        }

        if (hasLevel && (!reader.Read() || reader.TokenType != JsonTokenType.EndArray))
        {
            throw text.Error(ref reader, $"'{Forbidden}' has more than a level and a list", Form);
        }

        return new AbsenceRule(Forbidden, level, BudgetPlace.None with { Line = line }, patterns);
    }

    private static void ReadFindings(ref Utf8JsonReader reader, BudgetText text, int line, List<BudgetRule> rules)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Add(ref reader, FindingsKey, "*", line);
            return;
        }

        HashSet<string> seen = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            string pattern = Key(ref reader, text, seen);
            int own = text.Line(ref reader);
            if (!FindingsReport.Patterns.Any(known => NamePattern.Glob(pattern, known)))
            {
                throw Unknown(pattern, FindingsReport.Patterns, own);
            }

            _ = reader.Read();
            Add(ref reader, $"{FindingsKey}.{pattern}", pattern, own);
        }

        void Add(ref Utf8JsonReader reader, string key, string pattern, int line)
        {
            (BudgetLevel level, BudgetPlace place, double most) = ReadNumber(ref reader, text, key, QuantityKind.Count, line);
            rules.Add(new FindingRule(key, level, place, new NamePattern(pattern), (int)most));
        }
    }

    private static BudgetLevel ReadLevel(ref Utf8JsonReader reader, BudgetText text, string key) =>
        reader.Read() && reader.TokenType == JsonTokenType.String && TryLevel(reader.GetString(), out BudgetLevel level) ? level
            : throw text.Error(ref reader, $"the first of '{key}' is its level", "levels: error, warn, off");

    private static bool TryLevel(string? word, out BudgetLevel level)
    {
        level = word switch { "error" => BudgetLevel.Error, "warn" => BudgetLevel.Warn, _ => BudgetLevel.Off };
        return word is "error" or "warn" or "off";
    }

    private static string Key(ref Utf8JsonReader reader, BudgetText text, HashSet<string> seen)
    {
        string key = reader.GetString()!;
        return seen.Add(key) ? key : throw text.Error(ref reader, $"'{Reports.SafeText.Clean(key)}' is there twice");
    }

    private static BudgetException Unknown(string key, IReadOnlyList<string> known, int line) =>
        new(line, $"unknown key '{Reports.SafeText.Clean(key)}'", $"keys: {string.Join(", ", known)}");

    private static string Sample(QuantityKind kind) => kind switch
    {
        QuantityKind.Time => "\"400 ms\"",
        QuantityKind.Memory => "\"64 MiB\"",
        QuantityKind.Share => "\"10 %\"",
        _ => "120",
    };

    private static int Utf8Prefix(ReadOnlySpan<byte> bytes)
    {
        int done = 0;
        while (done < bytes.Length && System.Text.Rune.DecodeFromUtf8(bytes[done..], out _, out int consumed) == System.Buffers.OperationStatus.Done)
        {
            done += consumed;
        }

        return done;
    }
}
