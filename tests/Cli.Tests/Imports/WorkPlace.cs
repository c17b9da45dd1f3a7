using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Imports;

/// <summary>A new directory that an interpreter can read, in its own root, and that is gone when disposed.</summary>
internal sealed class WorkPlace : IDisposable
{
    private readonly string _outside;

    /// <summary>Makes it.</summary>
    public WorkPlace(PythonInterpreter interpreter)
    {
        string name = $"libprof-imports-{Guid.NewGuid():N}";
        Path = "/tmp/" + name;
        _outside = interpreter.IsInOtherRoot ? interpreter.Root + Path : Path;
        Directory.CreateDirectory(_outside);
    }

    /// <summary>Its path as the interpreter sees it.</summary>
    public string Path { get; }

    /// <summary>The path of an entry in it as the interpreter sees it.</summary>
    public string this[string name] => $"{Path}/{name}";

    /// <summary>The path of an entry in it as the tests see it.</summary>
    public string Outside(string name) => System.IO.Path.Combine(_outside, name);

    /// <summary>Writes a text file and gives the interpreter's path of it.</summary>
    public string Write(string name, string text, bool executable = false)
    {
        string path = Outside(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        if (executable)
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return this[name];
    }

    /// <summary>Copies a directory of tests/Targets and gives the interpreter's path of the copy.</summary>
    public string CopyTree(string directory)
    {
        TargetScripts.CopyTree(directory, _outside);
        return this[directory];
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_outside, recursive: true);
}
