using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Sources;

/// <summary>Where the program itself begins, among the modules.</summary>
/// <param name="Ns">
/// The first look at it, on the recording's clock; 0 when that is not known, <see cref="long.MaxValue"/> when no look found anything of it.
/// </param>
/// <param name="FirstImport">The outermost module that was being imported then; null when none was.</param>
public readonly record struct ProgramBoundary(long Ns, string? FirstImport)
{
    /// <summary>Which of the modules the program imported, itself or through others; the rest was there before it began.</summary>
    /// <param name="modules">All modules; their order is that of <c>sys.modules</c>.</param>
    public Func<ModuleInfo, bool> Among(IReadOnlyList<ModuleInfo> modules)
    {
        long ns = Ns;
        if (FirstImport is not { } name)
        {
            return module => !module.BeforeRecording && module.SeenNs > ns;
        }

        // To import a.b is to import a first.
        string top = name.Split('.')[0];
        int first = int.MaxValue;
        foreach (ModuleInfo module in modules)
        {
            if (module.InterpreterId == 0 && (module.Name == name || module.Name == top))
            {
                first = Math.Min(first, module.Order);
            }
        }

        // An inventory that lags behind would not tell; one that has lost the module leaves its times.
        return first == int.MaxValue
            ? module => !module.BeforeRecording && module.SeenNs > ns
            : module => !module.BeforeRecording && (module.InterpreterId != 0 || module.Order >= first);
    }
}
