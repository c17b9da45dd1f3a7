namespace LibProf.Analyzer.Libraries;

/// <summary>Where a library comes from.</summary>
public enum LibraryKind
{
    /// <summary>Not known: installed without metadata, made at run time, or not found.</summary>
    Unknown,
    /// <summary>An installed distribution.</summary>
    Distribution,
    /// <summary>A package or module of the standard library, built-in and frozen ones included.</summary>
    StandardLibrary,
    /// <summary>The program itself.</summary>
    Application,
}

/// <summary>Which library a module belongs to.</summary>
/// <param name="Kind">Where it comes from.</param>
/// <param name="Name">The distribution's name; otherwise the top-level module's.</param>
/// <param name="Version">The distribution's version; empty otherwise.</param>
public readonly record struct LibraryId(LibraryKind Kind, string Name, string Version);
