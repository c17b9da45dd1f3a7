using System.Text;
using LibProf.Analyzer.Reports;

namespace LibProf.Cli.Recordings;

/// <summary>A short name for a command, for the name of its recording.</summary>
internal static class CommandName
{
    /// <summary>The script of <c>python3 dir/app.py</c> (app), the module of <c>python3 -m pkg.tool</c> (pkg.tool), else the program.</summary>
    public static string Of(IReadOnlyList<byte[]> command) => Of([.. command.Select(Encoding.UTF8.GetString)]);

    /// <summary>For a handler: its directory's name, or its module's where no directory was given.</summary>
    public static string OfHandler(string directory, string module) =>
        Of([directory.Length == 0 ? module : Path.GetFileName(Path.TrimEndingDirectorySeparator(directory))]);

    /// <inheritdoc cref="Of(IReadOnlyList{byte[]})"/>
    public static string Of(IReadOnlyList<string> command)
    {
        EntryPoint entry = EntryPoint.Of(command);
        string name = entry.Kind switch
        {
            EntryPointKind.Script => Path.GetFileNameWithoutExtension(entry.Name),
            EntryPointKind.Module => entry.Name,
            _ => command.Count > 0 ? Path.GetFileName(command[0]) : "",
        };
        string clean = string.Concat(name.Where(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')).TrimStart('.', '-');
        return clean.Length == 0 ? "command" : clean.Length > 60 ? clean[..60] : clean;
    }
}
