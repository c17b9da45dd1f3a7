namespace LibProf.TestSupport;

/// <summary>A Python interpreter on this machine that tests can start.</summary>
/// <param name="Path">Its executable.</param>
/// <param name="Version">Its version, for example 3.11.2.</param>
public sealed record PythonInterpreter(string Path, string Version);
