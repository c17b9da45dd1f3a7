using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using LibProf.CPythonLayouts;

namespace LibProf.TestSupport;

/// <summary>Finds interpreters by where they are usually installed and asks each what it is.</summary>
internal static partial class InterpreterSearch
{
    // Works on every Python since 2.6; a non-CPython or a broken one prints something else and is left out.
    private const string Question =
        "import sys, platform; print('libprof %d %s %s %d' % (sys.hexversion, platform.python_implementation(), " +
        "getattr(sys, 'abiflags', '') or '-', hasattr(sys, 'gettotalrefcount')))";

    private sealed record Candidate(string Path, string Root, IReadOnlyList<string> Command);

    /// <summary>The directory of the Debian sid tree that <c>scripts/setup</c> lays down.</summary>
    public static string SidRoot =>
        Environment.GetEnvironmentVariable("LIBPROF_SID_ROOT") is { Length: > 0 } set ? set : "/var/lib/libprof/sid";

    /// <summary>All interpreters, each once, in order of version.</summary>
    public static IReadOnlyList<PythonInterpreter> Run() =>
        [.. Candidates()
            .DistinctBy(c => (c.Root, c.Path))
            .AsParallel()
            .Select(Ask)
            .OfType<PythonInterpreter>()
            .OrderBy(i => i.Version)
            .ThenBy(i => i.HostPath, StringComparer.Ordinal)];

    /// <summary>The path with all symbolic links followed; the path itself where it does not exist.</summary>
    public static string RealPath(string path)
    {
        string directory = Path.GetDirectoryName(path) is { Length: > 1 } parent ? RealPath(parent) : "/";
        string full = Path.Combine(directory, Path.GetFileName(path));
        string? target = new FileInfo(full).LinkTarget;
        return target is null ? full : RealPath(Path.GetFullPath(target, directory));
    }

    private static IEnumerable<Candidate> Candidates()
    {
        string? home = Environment.GetEnvironmentVariable("HOME");
        string?[] pyenvs = [Environment.GetEnvironmentVariable("PYENV_ROOT"), home is null ? null : Path.Combine(home, ".pyenv")];
        IEnumerable<string> directories = pyenvs
            .OfType<string>()
            .Select(root => Path.Combine(root, "versions"))
            .Where(Directory.Exists)
            .SelectMany(Directory.EnumerateDirectories)
            .Select(version => Path.Combine(version, "bin"))
            .Concat(["/usr/bin", "/usr/local/bin"]);
        foreach (string path in directories.SelectMany(PythonsIn).Select(RealPath))
        {
            yield return new Candidate(path, "/", [path]);
        }

        foreach (string path in PythonsIn(SidRoot + "/usr/bin"))
        {
            string inside = "/usr/bin/" + Path.GetFileName(path);
            yield return new Candidate(inside, SidRoot, [.. OtherRoot.Enter(SidRoot), inside]);
        }
    }

    private static IEnumerable<string> PythonsIn(string directory) =>
        Directory.Exists(directory)
            ? Directory.EnumerateFiles(directory, "python*").Where(path => ExecutableName().IsMatch(Path.GetFileName(path)))
            : [];

    private static PythonInterpreter? Ask(Candidate candidate)
    {
        ProcessStartInfo start = new(candidate.Command[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (string argument in candidate.Command.Skip(1).Concat(["-E", "-S", "-c", Question]))
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            _ = process.StandardError.ReadToEndAsync();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            if (!output.Wait(Deadline.Patience))
            {
                process.Kill(entireProcessTree: true);
                return null;
            }

            process.WaitForExit();
            Match answer = Answer().Match(output.Result);
            if (!answer.Success || answer.Groups["implementation"].Value != "CPython")
            {
                return null;
            }

            string flags = answer.Groups["flags"].Value;
            CPythonVersion version = CPythonVersion.FromHex(uint.Parse(answer.Groups["hex"].ValueSpan, CultureInfo.InvariantCulture));
            bool debug = answer.Groups["debug"].Value == "1" || flags.Contains('d', StringComparison.Ordinal);
            return PythonInterpreter.Create(
                candidate.Path, candidate.Root, candidate.Command, version, flags.Contains('t', StringComparison.Ordinal), debug);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // Not executable here, or no chroot.
        }
    }

    [GeneratedRegex(@"^python[23]\.\d+t?d?(-nopie)?$")]
    private static partial Regex ExecutableName();

    [GeneratedRegex(@"^libprof (?<hex>\d+) (?<implementation>\w+) (?<flags>\S+) (?<debug>[01])")]
    private static partial Regex Answer();
}
