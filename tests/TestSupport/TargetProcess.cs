using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LibProf.TestSupport;

/// <summary>A started program that tests look at; ended and reaped with all its children when disposed.</summary>
public sealed class TargetProcess : IDisposable
{
    private readonly Process _process;
    private readonly IReadOnlyList<string> _command;
    private readonly StringBuilder _errors = new();
    private readonly Task _errorReader;

    // Starts the target as a child of a shell that says its number and ends as it does. .NET waits for any of its own children that
    // changes (ProcessWaitState.CheckChildren): a child that tests in the same process stop with ptrace would be taken for ended.
    private const string AsGrandchild = "exec 3<&0; \"$0\" \"$@\" <&3 3<&- & exec </dev/null 3<&-; echo $!; wait $!";

    private TargetProcess(Process process, IReadOnlyList<string> command)
    {
        Pid = process.Id;
        _process = process;
        _command = command;
        // Taken here: once the process was disposed, there is none to be had.
        StreamReader errors = process.StandardError;
        _errorReader = Task.Run(() => CollectErrorsAsync(errors));
    }

    /// <summary>Its process id.</summary>
    public int Pid { get; private set; }

    /// <summary>Its standard input; closing it ends most programs of tests/Targets.</summary>
    public StreamWriter Input => _process.StandardInput;

    /// <summary>What it has written to standard error so far.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts a program of tests/Targets under an interpreter and waits for its line "ready".</summary>
    /// <param name="interpreter">The interpreter.</param>
    /// <param name="script">The script relative to tests/Targets.</param>
    /// <param name="arguments">The script's arguments.</param>
    /// <exception cref="TimeoutException">It was not ready in time.</exception>
    /// <exception cref="InvalidOperationException">It ended or wrote something else; the message has its standard error.</exception>
    public static TargetProcess Start(PythonInterpreter interpreter, string script, params IEnumerable<string> arguments)
    {
        TargetProcess target = Launch(["/bin/sh", "-c", AsGrandchild, .. interpreter.Command, interpreter.PlaceScript(script), .. arguments]);
        try
        {
            target.Pid = int.Parse(target.ReadLine() ?? "", CultureInfo.InvariantCulture);
            target.WaitForReady();
            return target;
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    /// <summary>Starts any command and does not wait.</summary>
    /// <param name="command">Executable and arguments.</param>
    /// <param name="environment">Variables to set; a null value removes one. PYTHON* of the tests' own environment are not passed on.</param>
    /// <param name="workingDirectory">Null: the tests' own.</param>
    public static TargetProcess Launch(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string?>? environment = null, string? workingDirectory = null) =>
        new(ChildProcess.Start(command, environment, workingDirectory), command);

    /// <summary>Waits for the line "ready" on its standard output.</summary>
    /// <exception cref="TimeoutException">It did not come in time.</exception>
    /// <exception cref="InvalidOperationException">Something else came, or the end.</exception>
    public void WaitForReady(Deadline? deadline = null)
    {
        string? line = ReadLine(deadline);
        if (line != "ready")
        {
            throw new InvalidOperationException($"expected \"ready\", got {line ?? "the end"} from {Describe()}");
        }
    }

    /// <summary>The next line of its standard output; null at its end.</summary>
    /// <exception cref="TimeoutException">None came in time.</exception>
    public string? ReadLine(Deadline? deadline = null)
    {
        Task<string?> line = _process.StandardOutput.ReadLineAsync();
        return line.Wait((deadline ?? Deadline.In()).Remaining)
            ? line.Result
            : throw new TimeoutException($"waited in vain for a line from {Describe()}");
    }

    /// <summary>Writes a line to its standard input.</summary>
    public void WriteLine(string line = "")
    {
        Input.Write(line + "\n");
        Input.Flush();
    }

    /// <summary>The rest of its standard output, once it has ended or closed it.</summary>
    /// <exception cref="TimeoutException">It was not closed in time.</exception>
    public string ReadToEnd(Deadline? deadline = null)
    {
        Task<string> rest = _process.StandardOutput.ReadToEndAsync();
        return rest.Wait((deadline ?? Deadline.In()).Remaining)
            ? rest.Result
            : throw new TimeoutException($"waited in vain for the end of the output of {Describe()}");
    }

    /// <summary>All that it wrote to standard error, once it has ended or closed it.</summary>
    /// <exception cref="TimeoutException">It was not closed in time.</exception>
    public string ReadErrorsToEnd(Deadline? deadline = null) =>
        _errorReader.Wait((deadline ?? Deadline.In()).Remaining)
            ? Errors
            : throw new TimeoutException($"waited in vain for the end of the errors of {Describe()}");

    /// <summary>Waits until it ends by itself.</summary>
    /// <returns>Its exit status, 128+N if signal N ended it.</returns>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public int WaitForExit(Deadline? deadline = null) =>
        _process.WaitForExit((deadline ?? Deadline.In()).Remaining)
            ? _process.ExitCode
            : throw new TimeoutException($"waited in vain for the end of {Describe()}");

    /// <summary>Closes its standard input and waits until it ends.</summary>
    /// <returns>Its exit status, 128+N if signal N ended it.</returns>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public int Finish(Deadline? deadline = null)
    {
        Input.Close();
        return WaitForExit(deadline);
    }

    /// <summary>Waits until one of its threads sits in the read of its standard input: all that came before is done.</summary>
    /// <remarks>
    /// /proc/PID/task/TID/syscall shows the number and the arguments of the call that a thread is blocked in (proc_pid_syscall(5));
    /// read is number 0 on x86-64 and 63 on AArch64.
    /// </remarks>
    /// <exception cref="TimeoutException">None did in time.</exception>
    public void WaitUntilItReadsInput(Deadline? deadline = null) =>
        WaitUntil.True(() => ProcFiles.IsReadingInput(Pid), $"{Describe()} reads its input", deadline);

    /// <summary>Sends it a signal by its name without SIG, for example STOP, CONT, TERM.</summary>
    public void Signal(string name) => Signals.Send(Pid, name);

    /// <summary>The state letter of /proc/PID/stat: R, S, D, T (stopped), t (traced), Z (zombie); null once it is gone.</summary>
    public char? State => ProcFiles.State(Pid);

    /// <inheritdoc/>
    public void Dispose()
    {
        ChildProcess.End(_process);
        _errorReader.Wait(Deadline.Patience);
    }

    private async Task CollectErrorsAsync(StreamReader errors)
    {
        char[] buffer = new char[4096];
        int count;
        while ((count = await errors.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            lock (_errors)
            {
                _errors.Append(buffer, 0, count);
            }
        }
    }

    private string Describe() =>
        $"{string.Join(' ', _command)} ({(_process.HasExited ? $"ended with {_process.ExitCode}" : "running")}): {Errors}";
}
