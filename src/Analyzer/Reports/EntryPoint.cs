namespace LibProf.Analyzer.Reports;

/// <summary>How a program was started.</summary>
public enum EntryPointKind
{
    /// <summary>A script or console script: the name is its path as it was given.</summary>
    Script,
    /// <summary><c>python -m module</c>: the name is the module's.</summary>
    Module,
    /// <summary><c>python -c ...</c>, or a Python without a program.</summary>
    Code,
    /// <summary>A serverless handler that libprof's driver runs: the name is its module's, after its directory.</summary>
    Handler,
    /// <summary>Something that is not called python: the name is the program's.</summary>
    Program,
}

/// <summary>What a Python process was started to run.</summary>
/// <param name="Kind">How.</param>
/// <param name="Name">What.</param>
public readonly record struct EntryPoint(EntryPointKind Kind, string Name)
{
    /// <summary>As one would type it after <c>python</c>.</summary>
    public override string ToString() => Kind == EntryPointKind.Module ? "-m " + Name : Name;

    /// <summary>What an image was started to run.</summary>
    /// <param name="image">The image.</param>
    public static EntryPoint Of(Sampler.Recording.ProcessImage image) => image.Handler is { } handler
        ? new EntryPoint(EntryPointKind.Handler, Path.Combine(handler.Directory, handler.Module)) : Of(image.CommandLine);

    /// <summary>Finds it in a command line.</summary>
    /// <param name="commandLine">Arguments of the process, the program first.</param>
    public static EntryPoint Of(IReadOnlyList<string> commandLine)
    {
        string program = commandLine.Count > 0 ? Path.GetFileName(commandLine[0]) : "";
        if (!program.StartsWith("python", StringComparison.Ordinal))
        {
            return new EntryPoint(EntryPointKind.Program, program);
        }

        for (int i = 1; i < commandLine.Count; i++)
        {
            string argument = commandLine[i];
            if (argument.Length < 2 || argument[0] != '-')
            {
                return argument is "" or "-" ? new EntryPoint(EntryPointKind.Code, argument) : new EntryPoint(EntryPointKind.Script, argument);
            }

            if (argument.StartsWith("--", StringComparison.Ordinal))
            {
                i += argument == "--check-hash-based-pycs" ? 1 : 0;
                continue;
            }

            // Letters may stand together, and the first that takes a value takes the rest: -Im module, -Wignore.
            int taking = argument.AsSpan(1).IndexOfAny("mcWXQ") + 1;
            if (taking == 0)
            {
                continue;
            }

            string? rest = taking + 1 < argument.Length ? argument[(taking + 1)..] : null;
            switch (argument[taking])
            {
                case 'm':
                    string module = rest ?? (i + 1 < commandLine.Count ? commandLine[i + 1] : "");
                    return new EntryPoint(EntryPointKind.Module, module);
                case 'c':
                    return new EntryPoint(EntryPointKind.Code, "-c");
                default:
                    i += rest is null ? 1 : 0;
                    break;
            }
        }

        return new EntryPoint(EntryPointKind.Code, program);
    }
}
