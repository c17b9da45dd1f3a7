using System.Globalization;
using System.Text;
using CommandLine;
using LibProf.Analyzer.Reports;
using LibProf.Cli.Terminal;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Sampling;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Commands;

/// <summary>Options of <c>libprof dump</c>.</summary>
internal sealed class DumpOptions : CommonOptions
{
    [Option("blocking", HelpText = "Stop the process while its stacks are read.")]
    public bool Blocking { get; set; }

    [Option("core", MetaValue = "FILE", HelpText = "Look into a core file instead of a process.")]
    public string? Core { get; set; }

    [Value(0, MetaName = "PID", HelpText = "The process to look at.")]
    public string? Pid { get; set; }
}

/// <summary><c>libprof dump</c>: prints every thread's stack once.</summary>
internal static class DumpCommand
{
    public static Verb Verb { get; } = new(
        "dump", "[options] PID | --core FILE", "print every thread's stack once",
        "libprof dump 1234", Run, OptionParser.Table<DumpOptions>)
    {
        Details =
            "For a process that hangs or is slow, or a core file of one that died: each thread's Python functions with file and line, and what it is importing.",
        Examples =
        [
            new Example("libprof dump 1234", "what process 1234 is doing"),
            new Example("libprof dump --blocking 1234", "the same, exact: the process is stopped for the moment of looking"),
            new Example("libprof dump --core core.1234", "what it was doing when it dumped its core"),
        ],
    };

    private static int Run(ReadOnlySpan<string> arguments)
    {
        SignalInbox.LetSignalsThrough();
        DumpOptions? options = OptionParser.Parse<DumpOptions>(Verb.Name, arguments);
        if (options is null)
        {
            StandardOutput.Write(Verb.Help());
            return ExitStatus.Done;
        }

        StandardOutput.Write((options.Pid, options.Core) switch
        {
            ({ } pid, null) => OfProcess(AttachCommand.ParsePid(pid, Verb.Name), options),
            (null, { } core) => OfCore(core, options),
            (null, null) => throw CliException.Usage("an argument is missing", $"a process id, or --core FILE; see libprof {Verb.Name} --help"),
            _ => throw CliException.Usage("a process id and --core exclude each other", $"see libprof {Verb.Name} --help"),
        });
        return ExitStatus.Done;
    }

    private static string OfProcess(int pid, DumpOptions options)
    {
        ThreadDump dump = ThreadDump.OfProcess(pid, options.Blocking);
        return Describe($"Process {pid}", string.Join(" ", ProcessIdentity.TryRead(pid)?.CommandLine ?? []), dump, options);
    }

    private static string OfCore(string path, DumpOptions options)
    {
        if (options.Blocking)
        {
            throw CliException.Usage("--blocking is for a process: a core file stands still", $"see libprof {Verb.Name} --help");
        }

        using CoreDumpMemory core = CoreDumpMemory.Open(path);
        ThreadDump dump = ThreadDump.OfCore(core);
        string command = core.Arguments.Length > 0 ? core.Arguments : core.Executable;
        return Describe(core.Pid > 0 ? $"Core of process {core.Pid}" : "Core of a process", command, dump, options);
    }

    private static string Describe(string what, string command, ThreadDump dump, DumpOptions options)
    {
        StringBuilder text = new();
        if (!options.Quiet)
        {
            text.Append(CultureInfo.InvariantCulture, $"{what}: {SafeText.Clean(command)}\nPython {dump.Python.Version}\n\n");
        }

        Append(text, dump);
        return text.ToString();
    }

    private static void Append(StringBuilder text, ThreadDump dump)
    {
        foreach (DumpThread thread in dump.Threads)
        {
            string id = thread.Thread.NativeId > 0 ? thread.Thread.NativeId.ToString(CultureInfo.InvariantCulture) : "?";
            string name = thread.Thread.Name.Length > 0 ? $" \"{SafeText.Clean(thread.Thread.Name)}\"" : "";
            name += thread.Thread.InterpreterId != 0 ? string.Create(CultureInfo.InvariantCulture, $", interpreter {thread.Thread.InterpreterId}") : "";
            string state = thread.Frames.Count == 0 ? thread.IsCut ? "its stack could not be read" : "no Python frames"
                : thread.IsCut ? "most recent call first; the most recent ones changed too quickly to be read" : "most recent call first";
            text.Append(CultureInfo.InvariantCulture, $"Thread {id}{name} ({state})\n");
            foreach (DumpFrame frame in thread.Frames)
            {
                string line = frame.Line > 0 ? frame.Line.ToString(CultureInfo.InvariantCulture) : "?";
                string importing = frame.Importing is { } module ? $" importing {SafeText.Clean(module)}" : "";
                text.Append(CultureInfo.InvariantCulture, $"    {SafeText.Clean(frame.Function.Name)} ({SafeText.Clean(frame.Function.File)}:{line}){importing}\n");
            }

            text.Append('\n');
        }
    }
}
