namespace LibProf.Analyzer.Imports;

/// <summary>The place that caused an import.</summary>
/// <param name="Module">The module whose code it is in; null when that is not known.</param>
/// <param name="File">The file, as the code object names it.</param>
/// <param name="Line">The line; null when it could not be read.</param>
public sealed record ImportStatement(string? Module, string File, int? Line);
