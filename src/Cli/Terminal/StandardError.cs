using System.Text;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Terminal;

/// <summary>What libprof says to its user: descriptor 2, by write(2).</summary>
internal static class StandardError
{
    /// <summary>Writes text as it is.</summary>
    public static void Write(string text) => StandardStream.Error.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>One line of what happened, and one of what to do if there is something.</summary>
    public static void Error(string message, string hint = "") => Line("libprof: ", message, hint);

    /// <summary>The same for what does not end the command.</summary>
    public static void Warning(string message, string hint = "") => Line("libprof: warning: ", message, hint);

    private static void Line(string start, string message, string hint)
    {
        string line = start + OneLine(message) + "\n";
        Write(hint.Length == 0 ? line : line + "libprof: " + OneLine(hint) + "\n");
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
