using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Usage;

/// <summary>Which extension modules' code was run after the initialisation, by the pages of their shared libraries that were accessed.</summary>
internal sealed class NativeUse
{
    /// <summary>
    /// Up to so much of a library is accessed without use: a full garbage collection asks each type of the library for what its objects refer to.
    /// </summary>
    public const long CollectorKib = 16;

    private readonly Dictionary<string, long> _touched = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);
    private readonly ImportEnds _ends;
    private readonly long _sinceNs = long.MaxValue;

    /// <summary>Takes what the recording says.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="ends">When modules' imports ended.</param>
    /// <param name="initEndNs">When the program's initialisation ended; a stretch that begins well before that tells nothing.</param>
    public NativeUse(Profile profile, ImportEnds ends, long? initEndNs)
    {
        _ends = ends;
        foreach (ModuleInfo module in profile.Modules.Where(module => module is { Kind: ModuleKind.Extension, InterpreterId: 0, File.Length: > 0 }))
        {
            _files[module.Name] = module.File;
        }

        long? readyNs = profile.Image.At(Milestone.HandlerReady);
        foreach (NativePagesReading reading in profile.NativePages)
        {
            if ((initEndNs is { } end && reading.SinceNs >= end) || (readyNs is { } ready && reading.SinceNs >= ready))
            {
                _sinceNs = Math.Min(_sinceNs, reading.SinceNs);
                foreach (NativeLibraryPages library in reading.Libraries)
                {
                    _touched[library.File] = _touched.GetValueOrDefault(library.File) + library.TouchedKib;
                }
            }
        }
    }

    /// <summary>KiB of an extension module's code that were accessed after initialisation; null when that is not known.</summary>
    /// <param name="module">Its name.</param>
    public long? TouchedKib(string module) =>
        _files.TryGetValue(module, out string? file) && _touched.TryGetValue(file, out long kib) && _ends.BeginOf(module) < _sinceNs ? kib : null;

    /// <summary>
    /// Judges an extension module that nothing else is known of. That pages were accessed shows use; that none was is no proof of the contrary: the kernel clears
    /// its marks without flushing what processors remember of the page tables (on x86, <c>ptep_test_and_clear_young</c>), and they do not mark again what they remember.
    /// </summary>
    /// <param name="use">What else is known.</param>
    public ModuleUse Judge(ModuleUse use)
    {
        if (TouchedKib(use.Module) is not { } kib)
        {
            return use;
        }

        return use.Verdict != UseVerdict.Used && kib > CollectorKib
            ? use with { Verdict = UseVerdict.Used, Evidence = UseEvidence.NativePages, NativeTouchedKib = kib }
            : use with { NativeTouchedKib = kib };
    }
}
