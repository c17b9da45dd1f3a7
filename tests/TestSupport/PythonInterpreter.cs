using LibProf.CPythonLayouts;
using Xunit.Sdk;

namespace LibProf.TestSupport;

/// <summary>A Python interpreter on this machine that tests can start; a row of a theory.</summary>
public sealed class PythonInterpreter : IXunitSerializable
{
    /// <summary>For xunit, which creates the object before <see cref="Deserialize"/>.</summary>
    public PythonInterpreter()
    {
    }

    /// <summary>The executable, as a path inside <see cref="Root"/>.</summary>
    public string Path { get; private set; } = "";

    /// <summary>The root directory that the process runs in: "/", or a directory that <c>chroot</c> enters.</summary>
    public string Root { get; private set; } = "/";

    /// <summary>What to put before a script's path and arguments to run them: the executable, or <c>chroot</c>, the root and the executable.</summary>
    public IReadOnlyList<string> Command { get; private set; } = [];

    /// <summary>Its version, as <c>sys.hexversion</c> gives it.</summary>
    public CPythonVersion Version { get; private set; }

    /// <summary>Whether it is a free-threaded build (<c>sys.abiflags</c> has a "t").</summary>
    public bool IsFreeThreaded { get; private set; }

    /// <summary>Whether it is a debug build (<c>sys.abiflags</c> has a "d", or it counts all references), whose objects have other sizes.</summary>
    public bool IsDebugBuild { get; private set; }

    /// <summary>Whether the process runs in another root directory than the tests.</summary>
    public bool IsInOtherRoot => Root != "/";

    /// <summary>The executable as a path of the tests' own root.</summary>
    public string HostPath => IsInOtherRoot ? Root + Path : Path;

    /// <summary>Whether this is <paramref name="major"/>.<paramref name="minor"/>.</summary>
    public bool Is(int major, int minor) => Version.Major == major && Version.Minor == minor;

    /// <summary>Whether this is <paramref name="major"/>.<paramref name="minor"/> or newer, pre-releases of it included.</summary>
    public bool IsAtLeast(int major, int minor) => (Version.Major, Version.Minor).CompareTo((major, minor)) >= 0;

    /// <summary>
    /// Makes a file or directory of the tests' root readable for this interpreter, by a copy into its root where that is another,
    /// and gives the path to pass to it.
    /// </summary>
    public string Place(string path) => IsInOtherRoot ? OtherRoot.Place(Root, path) : path;

    /// <summary>Makes a program of tests/Targets readable for this interpreter, with all its neighbours, and gives the path to pass to it.</summary>
    /// <param name="script">Its path relative to tests/Targets, for example <c>idle.py</c>.</param>
    public string PlaceScript(string script) => System.IO.Path.Combine(Place(TargetScripts.Directory), script);

    /// <summary>A short unique name such as "3.11.2 /usr/bin/python3.11", which test results show.</summary>
    public override string ToString() => $"{Version}{(IsFreeThreaded ? "t" : "")}{(IsDebugBuild ? "d" : "")} {HostPath}";

    /// <inheritdoc/>
    public void Serialize(IXunitSerializationInfo info)
    {
        info.AddValue("path", Path);
        info.AddValue("root", Root);
        info.AddValue("command", Command.ToArray());
        info.AddValue("hex", (long)Version.Hex);
        info.AddValue("free-threaded", IsFreeThreaded);
        info.AddValue("debug", IsDebugBuild);
    }

    /// <inheritdoc/>
    public void Deserialize(IXunitSerializationInfo info)
    {
        Path = info.GetValue<string>("path")!;
        Root = info.GetValue<string>("root")!;
        Command = info.GetValue<string[]>("command")!;
        Version = CPythonVersion.FromHex((uint)info.GetValue<long>("hex"));
        IsFreeThreaded = info.GetValue<bool>("free-threaded");
        IsDebugBuild = info.GetValue<bool>("debug");
    }

    internal static PythonInterpreter Create(
        string path, string root, IReadOnlyList<string> command, CPythonVersion version, bool freeThreaded, bool debug) =>
        new() { Path = path, Root = root, Command = command, Version = version, IsFreeThreaded = freeThreaded, IsDebugBuild = debug };
}
