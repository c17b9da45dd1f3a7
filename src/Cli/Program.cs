using LibProf.Cli.Commands;
using LibProf.Cli.Terminal;
using LibProf.Sampler;
using LibProf.Sampler.Target;

namespace LibProf.Cli;

/// <summary>Entry point: the table of verbs; the one place where an exception becomes a message, a hint and an exit status.</summary>
public static class Program
{
    /// <summary>The verbs, in the order in which help lists them.</summary>
    internal static readonly Verb[] Verbs = [RunCommand.Verb, AttachCommand.Verb, ReportCommand.Verb, DumpCommand.Verb, TopCommand.Verb, DiffCommand.Verb, CheckCommand.Verb, BenchCommand.Verb, CompletionCommand.Verb];

    /// <summary>libprof's version, as in <c>--version</c> and in recordings.</summary>
    public static string Version => BuildInfo.Version;

    /// <summary>Runs libprof.</summary>
    /// <param name="args">Its arguments. A command's own are taken as bytes from the kernel, not from here.</param>
    public static int Main(string[] args)
    {
        StandardStream.ReserveNumbers();
        try
        {
            return Run(args ?? []);
        }
        catch (Exception e)
        {
            return Report(e, IsVerbose(args ?? []));
        }
    }

    private static int Run(string[] args)
    {
        if (args.Length == 0)
        {
            StandardError.Write(Help.Overview(Verbs, Help.Width(StandardStream.Error.Columns)));
            return ExitStatus.Usage;
        }

        Verb? verb = Array.Find(Verbs, v => v.Name == args[0]);
        if (verb is not null)
        {
            return verb.Run(args.AsSpan(1));
        }

        SignalInbox.LetSignalsThrough();
        switch (args[0])
        {
            case "--help" or "-h" or "help":
                if (args is ["help", "--man", ..])
                {
                    StandardOutput.Write(ManualPage.Of(Verbs, Version));
                    return ExitStatus.Done;
                }

                verb = args.Length > 1 ? Array.Find(Verbs, v => v.Name == args[1]) : null;
                StandardOutput.Write(verb is null ? Help.Overview(Verbs, Help.Width(StandardStream.Output.Columns)) : verb.Help());
                return ExitStatus.Done;
            case "--version":
                StandardOutput.Write($"libprof {Version}\n");
                return ExitStatus.Done;
            default:
                string what = args[0].StartsWith('-') ? "option" : "verb";
                throw CliException.Usage($"unknown {what} '{args[0]}'", $"verbs: {string.Join(", ", Verbs.Select(v => v.Name))}; see libprof --help");
        }
    }

    private static bool IsVerbose(string[] args) =>
        args.TakeWhile(a => a != "--").Any(a => a is "-v" or "--verbose");

    private static int Report(Exception exception, bool verbose)
    {
        (int status, string message, string hint) = exception switch
        {
            CliException e => (e.Status, e.Message, e.Hint),
            AttachException e => (ExitStatus.Usage, e.Message, e.Hint),
            LaunchException e => (e.ExitStatus, e.Message, e.Hint),
            IOException or UnauthorizedAccessException => (ExitStatus.Failed, exception.Message, ""),
            _ => (ExitStatus.Failed, $"internal error: {exception.Message}", "run it again with --verbose for the stack trace, and please report it"),
        };
        StandardError.Error(message, hint);
        if (verbose)
        {
            StandardError.Write(exception + "\n");
        }

        return status;
    }
}
