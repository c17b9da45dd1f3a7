using System.Globalization;
using System.Text.RegularExpressions;

namespace LibProf.TestSupport;

/// <summary>A frame as a test sees it.</summary>
/// <param name="File">The code object's file name.</param>
/// <param name="Name">Its name or qualified name: the same for all functions that are checked here.</param>
public readonly record struct SeenFrame(string File, string Name);

/// <summary>Tells whether a stack is one that a hostile program of tests/Targets can have; the rules are at the top of each program.</summary>
public static partial class PossibleStacks
{
    /// <summary>The programs whose stacks can be checked.</summary>
    public static IReadOnlyList<string> Programs { get; } =
        ["busy.py", "churn.py", "updown.py", "nested_generators.py", "short_threads.py"];

    /// <summary>Why a stack cannot exist; null if it can.</summary>
    /// <param name="program">One of <see cref="Programs"/>.</param>
    /// <param name="frames">The frames, root first. A stack that lost its upper end is still one that can exist; one that lost its root is not.</param>
    /// <param name="threadName">The thread's name where it is known.</param>
    public static string? Explain(string program, IReadOnlyList<SeenFrame> frames, string? threadName = null)
    {
        if (frames.Count == 0)
        {
            return "no frames";
        }

        bool isThread = frames[0].File.EndsWith("/threading.py", StringComparison.Ordinal);
        if (isThread && program == "short_threads.py")
        {
            return ExplainShortThread(frames, threadName);
        }

        if (frames[0].Name != "<module>" || !frames[0].File.EndsWith(program, StringComparison.Ordinal))
        {
            // While the interpreter starts and ends, other modules' frames are the root.
            return frames.Any(f => f.File.EndsWith(program, StringComparison.Ordinal) || GeneratedName().IsMatch(f.Name))
                ? "does not begin with the program's <module>"
                : null;
        }

        if (frames.Count == 1 || frames[1].Name != "main")
        {
            // Before main: the program's imports and definitions.
            return frames.Any(f => GeneratedName().IsMatch(f.Name)) ? "generated function without main" : null;
        }

        IReadOnlyList<SeenFrame> rest = [.. frames.Skip(2)];
        return program switch
        {
            "busy.py" => ExplainBusy(rest),
            "churn.py" => ExplainChurn(rest),
            "updown.py" => ExplainChain(rest, "<updown>", "d", 250),
            "nested_generators.py" => ExplainChain(rest, "<generators>", "g", 20),
            "short_threads.py" => rest.Any(f => GeneratedName().IsMatch(f.Name)) ? "a short thread's function in the main thread" : null,
            _ => throw new ArgumentException($"no rules for {program}", nameof(program)),
        };
    }

    private static string? ExplainBusy(IReadOnlyList<SeenFrame> rest)
    {
        int levels = rest.TakeWhile(f => f.Name == "level").Count();
        bool isWhole = rest.Count == levels || (rest.Count == levels + 1 && rest[^1].Name == "spin");
        return isWhole ? null : "not <module>, main, level..., spin";
    }

    private static string? ExplainChurn(IReadOnlyList<SeenFrame> rest)
    {
        if (rest.Count > 0 && rest[0].Name == "make")
        {
            bool isMaking = rest.Count == 1 || (rest.Count == 2 && rest[1].Name == "<module>" && rest[1].File.StartsWith("<churn ", StringComparison.Ordinal));
            return isMaking ? null : "make called something that it does not call";
        }

        string? round = null;
        for (int i = 0; i < rest.Count; i++)
        {
            Match match = ChurnName().Match(rest[i].Name);
            if (!match.Success || int.Parse(match.Groups["level"].ValueSpan, CultureInfo.InvariantCulture) != i || i > 7)
            {
                return $"frame {i} after main is {rest[i]}";
            }

            round ??= match.Groups["round"].Value;
            if (match.Groups["round"].Value != round || rest[i].File != $"<churn {round}>")
            {
                return $"{rest[i]} in a stack of round {round}";
            }
        }

        return null;
    }

    private static string? ExplainChain(IReadOnlyList<SeenFrame> rest, string file, string prefix, int deepest)
    {
        if (rest.Count > 0 && rest[0].Name is "make")
        {
            return null;
        }

        if (rest.Count > deepest + 1)
        {
            return $"deeper than {deepest}";
        }

        for (int i = 0; i < rest.Count; i++)
        {
            // random and select calls of main happen in C or, for random, in Lib/random.py before the program is ready.
            if (i == 0 && rest[i].File.EndsWith("/random.py", StringComparison.Ordinal))
            {
                return rest.Any(f => GeneratedName().IsMatch(f.Name)) ? "random.py called a generated function" : null;
            }

            if (rest[i].Name != string.Create(CultureInfo.InvariantCulture, $"{prefix}{i}") || rest[i].File != file)
            {
                return $"frame {i} after main is {rest[i]}";
            }
        }

        return null;
    }

    private static string? ExplainShortThread(IReadOnlyList<SeenFrame> frames, string? threadName)
    {
        int begin = frames.TakeWhile(f => IsOfThreading(f)).Count();
        string? kind = null;
        for (int i = begin; i < frames.Count; i++)
        {
            Match match = ShortName().Match(frames[i].Name);
            if (!match.Success || int.Parse(match.Groups["level"].ValueSpan, CultureInfo.InvariantCulture) != i - begin || i - begin > 9)
            {
                // Ending threads run a little of the library outside threading.py (_weakrefset.py).
                return frames.Any(f => GeneratedName().IsMatch(f.Name)) ? $"frame {i - begin} after threading's is {frames[i]}" : null;
            }

            kind ??= match.Groups["kind"].Value;
            if (match.Groups["kind"].Value != kind || frames[i].File != $"<short {kind}>")
            {
                return $"{frames[i]} in a stack of kind {kind}";
            }
        }

        bool namesAgree = kind is null || threadName is null || !threadName.StartsWith("short-", StringComparison.Ordinal) || threadName == $"short-{kind}";
        return namesAgree ? null : $"kind {kind} in thread {threadName}";
    }

    private static bool IsOfThreading(SeenFrame frame) => frame.File.EndsWith("/threading.py", StringComparison.Ordinal);

    [GeneratedRegex(@"^(c\d+_\d+|t\d+_\d+|d\d+|g\d+)$")]
    private static partial Regex GeneratedName();

    [GeneratedRegex(@"^c(?<round>\d+)_(?<level>\d+)$")]
    private static partial Regex ChurnName();

    [GeneratedRegex(@"^t(?<kind>\d+)_(?<level>\d+)$")]
    private static partial Regex ShortName();
}
