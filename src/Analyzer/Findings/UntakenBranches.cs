using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Usage;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Findings;

/// <summary>
/// Tells that a function which ran did not come to where it uses an import: there it would have called something that is proven never to have
/// run. <c>np.array(...)</c> leaves no mark, being native; that <c>np.cumsum(...)</c> in the next line never ran says that neither did.
/// </summary>
internal sealed class UntakenBranches(Profile profile, FunctionUses uses, UsageReport usage, Func<string, SourceImport, string?> targetOf, Func<string, LibraryId> libraryOf)
{
    /// <summary>Names that a recording makes up could lead in circles and grow.</summary>
    private const int LongestPath = 1000;

    private readonly Dictionary<(string Module, string Path), bool> _known = [];

    /// <summary>Whether a function of a module never came to where it uses what an import binds.</summary>
    /// <param name="module">The importing module.</param>
    /// <param name="import">Its import.</param>
    /// <param name="function">The function's qualified name.</param>
    public bool Contain(string module, SourceImport import, string function)
    {
        List<SourceBranch> branches = [.. import.Branches.Where(branch => branch.Function == function)];
        return branches.Count > 0 && targetOf(module, import) is { } target
            && branches.TrueForAll(branch => branch.Calls.Any(call => NeverRan(target, PathOf(import, call))));
    }

    private static string PathOf(SourceImport import, string call)
    {
        string path = call.EndsWith(SourceImport.Call, StringComparison.Ordinal) ? call[..^SourceImport.Call.Length] : call;
        return import.Name is not { } name ? path : path.Length > 0 ? name + "." + path : name;
    }

    /// <summary>Whether a name of a module leads to functions that are proven never to have run, and to nothing else.</summary>
    /// <param name="module">The module.</param>
    /// <param name="path">The name, with attributes of it.</param>
    public bool NeverRan(string module, string path)
    {
        if (path.Length == 0)
        {
            return false;
        }

        if (!_known.TryGetValue((module, path), out bool never))
        {
            bool isFound = false;
            never = Search(module, path, [], ref isFound) && isFound;
            _known[(module, path)] = never;
        }

        return never;
    }

    // Follows a name to the functions that it may be. False when one of them may have run, or one of the ways is not known.
    private bool Search(string module, string path, HashSet<(string, string)> seen, ref bool isFound)
    {
        if (path.Length > LongestPath)
        {
            return false;
        }

        if (!seen.Add((module, path)))
        {
            return true;
        }

        bool isHere = uses.NeverRan(module, path);
        if (isHere && MayBeReplaced(module, path))
        {
            return false;
        }

        if (isHere)
        {
            isFound = true;
        }
        else if (usage.Of(module) is var use && (use.Run.Contains(path) || use.UsedFunctions.Contains(path)))
        {
            return false;
        }

        (string first, string rest) = path.IndexOf('.') is > 0 and var dot ? (path[..dot], path[(dot + 1)..]) : (path, "");
        foreach (SourceImport import in profile.Sources.TryGetValue(module, out ModuleSource? source) ? source.Imports : [])
        {
            if (import.Function.Length > 0 || (import.Conditions & ImportConditions.TypeChecking) != 0)
            {
                continue;
            }

            if (import.Definitions.Contains(first))
            {
                return false; // another name for something
            }

            bool isStar = import.Name == "*";
            if (!isStar && import.Bound != first)
            {
                continue;
            }

            string? target = targetOf(module, import);
            if (isStar && target is not null && !profile.Sources.ContainsKey(target) && usage.Of(target).Functions == 0)
            {
                // Native code, as a rule: where the module has such a function itself, a faster one may have taken its place.
                if (isHere)
                {
                    return false;
                }

                continue;
            }

            string further = isStar ? path : import.Name is not { } name ? rest : rest.Length > 0 ? name + "." + rest : name;
            bool before = isFound;
            isFound &= isStar; // a name that is asked for has to be found there
            if (target is null || further.Length == 0 || !(Search(target, further, seen, ref isFound) && (isStar || isFound || IsInSubmodule(target, further, seen, ref isFound))))
            {
                return false;
            }

            isFound |= before;
        }

        return true;
    }

    /// <summary>What a decorator of another library makes of a function may do its work without it: compiled, or by the type of an argument.</summary>
    /// <param name="module">The function's module.</param>
    /// <param name="path">Its qualified name.</param>
    public bool MayBeReplaced(string module, string path)
    {
        string first = path.IndexOf('.') is > 0 and var dot ? path[..dot] : path;
        return profile.Sources.TryGetValue(module, out ModuleSource? source) && source.Handed.Contains(first)
            && source.Imports.Any(import => (import.EagerUses & EagerUses.Evaluated) != 0
                && (import.Name is "singledispatch" or "singledispatchmethod" || (targetOf(module, import) is { } target && IsForeign(libraryOf(target), libraryOf(module)))));
    }

    private static bool IsForeign(LibraryId library, LibraryId own) => library.Kind != LibraryKind.StandardLibrary && (library.Kind != own.Kind || library.Name != own.Name);

    private bool IsInSubmodule(string package, string path, HashSet<(string, string)> seen, ref bool isFound) =>
        path.IndexOf('.') is > 0 and var dot && profile.Sources.ContainsKey(package + "." + path[..dot])
        && Search(package + "." + path[..dot], path[(dot + 1)..], seen, ref isFound) && isFound;
}
