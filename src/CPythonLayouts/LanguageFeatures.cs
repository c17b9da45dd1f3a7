using System.Globalization;

namespace LibProf.CPythonLayouts;

/// <summary>What a version of Python offers to put an import off.</summary>
/// <param name="HasLazyImports"><c>lazy import</c> and <c>__lazy_modules__</c> (PEP 810).</param>
/// <param name="DefersAnnotations">Annotations are evaluated when asked for (PEP 649).</param>
/// <param name="HasModuleGetattr">A module may have a <c>__getattr__</c> (PEP 562).</param>
public sealed record LanguageFeatures(bool HasLazyImports, bool DefersAnnotations, bool HasModuleGetattr)
{
    /// <summary>The features of a version; of one that is not understood, none.</summary>
    /// <param name="version">As Python reports it: <c>3.15.0a2</c>.</param>
    public static LanguageFeatures Of(string version)
    {
        string[] parts = version.Split('.');
        if (parts.Length < 2 || parts[0] != "3" || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minor))
        {
            return new LanguageFeatures(false, false, false);
        }

        return new LanguageFeatures(minor >= 15, minor >= 14, minor >= 7);
    }
}
