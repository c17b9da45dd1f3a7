using CommandLine;
using LibProf.Cli.Completion;
using LibProf.Cli.Terminal;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Commands;

/// <summary>Options of <c>libprof completion</c>.</summary>
internal sealed class CompletionOptions : CommonOptions
{
    [Value(0, MetaName = "SHELL", Required = true, HelpText = "One of {values}.")]
    public string Shell { get; set; } = "";
}

/// <summary><c>libprof completion</c>: prints a script that makes a shell complete libprof's verbs, options and values.</summary>
internal static class CompletionCommand
{
    /// <summary>What the scripts call for the ids of Python processes; not among the shells that help lists.</summary>
    private const string Processes = "pids";

    private static readonly (Choice Shell, Func<IReadOnlyList<Verb>, string> Script)[] Shells =
    [
        (new Choice("bash", "bash 4.4 and later"), BashCompletion.Script),
        (new Choice("zsh", "zsh"), ZshCompletion.Script),
        (new Choice("fish", "fish"), FishCompletion.Script),
    ];

    public static Verb Verb { get; } = new(
        "completion", "SHELL", "print a script that makes a shell complete libprof",
        "libprof completion bash >>~/.bash_completion", Run, OptionParser.Table<CompletionOptions>)
    {
        Details = "Completes verbs, options, formats, files, and for attach, dump and the like the ids of running Python processes; after -- the command and what belongs to it. scripts/install puts these scripts where the shells look for them.",
        Examples =
        [
            new Example("source <(libprof completion bash)", "for this bash; the line in ~/.bashrc makes it so for every one"),
            new Example("libprof completion zsh >~/.zfunc/_libprof", "for zsh, ~/.zfunc being in $fpath before compinit"),
            new Example("libprof completion fish >~/.config/fish/completions/libprof.fish", "for fish"),
        ],
        Choices = name => name == "SHELL" ? [.. Shells.Select(one => one.Shell)] : null,
    };

    private static int Run(ReadOnlySpan<string> arguments)
    {
        SignalInbox.LetSignalsThrough();
        CompletionOptions? options = OptionParser.Parse<CompletionOptions>(Verb.Name, arguments);
        if (options is null)
        {
            StandardOutput.Write(Verb.Help());
            return ExitStatus.Done;
        }

        if (options.Shell == Processes)
        {
            StandardOutput.Write(string.Concat(PythonProcesses.List().Select(process => $"{process.Pid}\t{process.Command}\n")));
            return ExitStatus.Done;
        }

        Func<IReadOnlyList<Verb>, string> script = Array.Find(Shells, one => one.Shell.Name == options.Shell).Script
            ?? throw CliException.Usage($"unknown shell '{options.Shell}'", $"shells: {string.Join(", ", Shells.Select(one => one.Shell.Name))}");
        StandardOutput.Write(script(Program.Verbs));
        return ExitStatus.Done;
    }
}
