using System.Globalization;
using System.Text;
using CommandLine;
using LibProf.Analyzer.Reports;
using LibProf.Cli.Terminal;
using LibProf.Sampler.Sampling;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Commands;

/// <summary>Options of <c>libprof dump</c>.</summary>
internal sealed class DumpOptions : CommonOptions
{
    [Option("blocking", HelpText = "Stop the process while its stacks are read.")]
    public bool Blocking { get; set; }

    [Value(0, MetaName = "PID", Required = true, HelpText = "The process to look at.")]
    public string Pid { get; set; } = "";
}

/// <summary><c>libprof dump</c>: prints every thread's stack once.</summary>
internal static class DumpCommand
{
    public static Verb Verb { get; } = new(
        "dump", "[options] PID", "print every thread's stack once",
        "libprof dump 1234", Run, OptionParser.Table<DumpOptions>);

    private static int Run(ReadOnlySpan<string> arguments)
    {
        SignalInbox.LetSignalsThrough();
        DumpOptions? options = OptionParser.Parse<DumpOptions>(Verb.Name, arguments);
        if (options is null)
        {
            StandardOutput.Write(Verb.Help());
            return ExitStatus.Done;
        }

        int pid = AttachCommand.ParsePid(options.Pid, Verb.Name);
        ThreadDump dump = ThreadDump.OfProcess(pid, options.Blocking);
        StringBuilder text = new();
        if (!options.Quiet)
        {
            string command = string.Join(" ", ProcessIdentity.TryRead(pid)?.CommandLine ?? []);
            text.Append(CultureInfo.InvariantCulture, $"Process {pid}: {SafeText.Clean(command)}\nPython {dump.Python.Version}\n\n");
        }

        Append(text, dump);
        StandardOutput.Write(text.ToString());
        return ExitStatus.Done;
    }

    private static void Append(StringBuilder text, ThreadDump dump)
    {
        foreach (DumpThread thread in dump.Threads)
        {
            string id = thread.Thread.NativeId > 0 ? thread.Thread.NativeId.ToString(CultureInfo.InvariantCulture) : "?";
            string name = thread.Thread.Name.Length > 0 ? $" \"{SafeText.Clean(thread.Thread.Name)}\"" : "";
            string state = thread.Frames.Count == 0 ? "no Python frames"
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
