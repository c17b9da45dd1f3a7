using System.Text;

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
        string program = command.Count > 0 ? Path.GetFileName(command[0]) : "";
        string name = program;
        if (program.StartsWith("python", StringComparison.Ordinal))
        {
            for (int i = 1; i < command.Count; i++)
            {
                if (command[i] == "-m" && i + 1 < command.Count)
                {
                    name = command[i + 1];
                    break;
                }

                if (command[i] == "-c")
                {
                    break;
                }

                if (command[i] is "-W" or "-X")
                {
                    i++;
                }
                else if (!command[i].StartsWith('-'))
                {
                    name = Path.GetFileNameWithoutExtension(command[i]);
                    break;
                }
            }
        }

        string clean = string.Concat(name.Where(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')).TrimStart('.', '-');
        return clean.Length == 0 ? "command" : clean.Length > 60 ? clean[..60] : clean;
    }
}
