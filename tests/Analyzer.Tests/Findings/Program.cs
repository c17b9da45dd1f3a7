using LibProf.Analyzer.Findings;
using LibProf.Analyzer.Libraries;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Tests.Dsl;
using LibProf.Analyzer.Usage;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Tests.Findings;

/// <summary>A program as tests of findings write it: who imports what in which line, how long that takes, and what is used afterwards.</summary>
internal sealed class Program(string version = "3.11.2")
{
    private readonly List<(string Importer, int Line, string Module, double Ms, SourceImport Statement)> _imports = [];
    private readonly Dictionary<string, List<string>> _used = [];
    private readonly List<(string Module, string Function, bool Ran)> _known = [];
    private readonly List<(string Module, string Found, double Ms)> _found = [];
    private readonly Dictionary<string, LibraryUse> _libraries = [];
    private readonly List<(string Module, string Function)> _unknown = [];
    private readonly List<(string Module, string Class)> _derived = [];
    private readonly Dictionary<string, LateRun> _late = [];
    private (double BeginMs, double EndMs) _collection;
    private bool _forks;
    private double _busy = 1;

    /// <summary>An import statement; with 0 ms the module is there already.</summary>
    public Program Imports(string importer, int line, string module, double ms, EagerUses eager = EagerUses.None, string? usedBy = null, string? definition = null, string? name = null,
        string function = "", string? attribute = null, bool byName = false, string[]? branches = null)
    {
        var statement = new SourceImport
        {
            Line = line,
            EndLine = line,
            Target = module,
            Name = name,
            Bound = name ?? module.Split('.')[0],
            Function = function,
            EagerUses = eager,
            UsedBy = usedBy is null ? [] : [usedBy],
            Definitions = definition is null ? [] : [definition],
            Attributes = attribute is null ? [] : [attribute],
            Branches = [.. (branches ?? []).Select(calls => new SourceBranch(usedBy!, calls.Split(' ')))],
            Conditions = byName ? ImportConditions.ByName : ImportConditions.None,
        };
        _imports.Add((importer, line, module, ms, statement));
        return this;
    }

    /// <summary>A function that runs after initialisation.</summary>
    public Program Uses(string module, string function)
    {
        if (!_used.TryGetValue(module, out List<string>? functions))
        {
            _used[module] = functions = [];
        }

        functions.Add(function);
        return this;
    }

    /// <summary>A function that runs in the initialisation only, or is proven never to.</summary>
    public Program Knows(string module, string function, bool ran)
    {
        _known.Add((module, function, ran));
        return this;
    }

    /// <summary>What a finder imports while it searches for a module; to be called before that is imported.</summary>
    public Program Finds(string module, string found, double ms)
    {
        _found.Add((module, found, ms));
        return this;
    }

    /// <summary>A distribution of one top-level module, of which some functions are used.</summary>
    public Program Library(string name, int functions, int used)
    {
        _libraries[name] = new LibraryUse(name, used > 0 ? UseVerdict.Used : UseVerdict.Never, UseEvidence.Execution, 0.01, 1, functions, used, used);
        return this;
    }

    /// <summary>A class of a module that is made of another one.</summary>
    public Program Derives(string module, string type)
    {
        _derived.Add((module, type));
        return this;
    }

    /// <summary>A function of which it is not known whether it ran after initialisation.</summary>
    public Program MayRun(string module, string function)
    {
        _unknown.Add((module, function));
        return this;
    }

    /// <summary>A function of the module ran after its import, called by whomever.</summary>
    public Program RunsLate(string module, LateRun late)
    {
        _late[module] = late;
        return this;
    }

    /// <summary>The program starts children that are copies of it.</summary>
    public Program Forks()
    {
        _forks = true;
        return this;
    }

    /// <summary>Garbage is collected then; the first import begins at 1 ms.</summary>
    public Program Collects(double beginMs, double endMs)
    {
        _collection = (beginMs, endMs);
        return this;
    }

    /// <summary>The share of the time in which the process had a processor.</summary>
    public Program Busy(double share)
    {
        _busy = share;
        return this;
    }

    public IReadOnlyList<Finding> Find(double gate = 0.01) => Report(gate: gate).Findings;

    public FindingsReport Report(bool hasUse = true, double gate = 0.01)
    {
        RecordingScript script = RecordingScript.Run(rateHz: 10_000, version: version).Module("__main__", "/app/app.py");
        var stacks = new Dictionary<string, FrameSpec[]> { ["__main__"] = [] };
        double now = 1;
        foreach ((string importer, int line, string module, double ms, _) in _imports.Where(import => import.Ms > 0))
        {
            FrameSpec[] below = importer == "__main__" ? [Py.Script(line)] : [.. stacks[importer][..^1], stacks[importer][^1] with { Line = line }];
            foreach ((_, string found, double foundMs) in _found.Where(found => found.Module == module))
            {
                // The finder is a function of another module.
                FrameSpec[] seek = [.. below, .. Py.FindSpec(module)[..3], Py.Code(FileOf("hack"), "find_spec", 4)];
                stacks[found] = [.. seek, .. Py.Body(found, FileOf(found), 1)];
                script.Module("hack", FileOf("hack")).Module(found, FileOf(found));
                for (double end = now + foundMs; now < end - 1e-9; now += 0.1)
                {
                    script.Look(now, stacks[found]);
                }
            }

            FrameSpec[] body = [.. below, .. Py.Body(module, FileOf(module), 1)];
            stacks[module] = body;
            script.Module(module, FileOf(module), path: _imports.Exists(import => import.Module.StartsWith(module + ".", StringComparison.Ordinal)) ? ["/x"] : []);
            for (double end = now + ms; now < end - 1e-9; now += 0.1)
            {
                script.Look(now, body);
            }
        }

        foreach ((string module, string function, _) in _known.Where(known => known.Ran))
        {
            script.Look(now += 0.1, Py.Script(80), Py.Code(FileOf(module), function, 1));
        }

        foreach (string library in _libraries.Keys)
        {
            script.Distribution(library, "1.0", library);
        }

        foreach (IGrouping<string, (string Importer, int Line, string Module, double Ms, SourceImport Statement)> file in _imports.GroupBy(import => import.Importer))
        {
            script.Source(file.Key, FileOf(file.Key), [.. file.Select(import => import.Statement)], [.. _derived.Where(pair => pair.Module == file.Key).Select(pair => pair.Class)]);
        }

        if (_forks)
        {
            script.Module("multiprocessing.popen_fork", "/usr/lib/python3.11/multiprocessing/popen_fork.py");
        }

        for (double end = now + 5; now < end; now += 0.1)
        {
            script.Look(now, Py.Script(90), Py.Code("/app/app.py", "handler", 50));
        }

        for (double ms = 0; ms <= now; ms += 0.5)
        {
            script.Processor(ms, ms * _busy);
        }

        script.Collection(_collection.BeginMs, _collection.EndMs);
        ReportModel report = script.Milestone(Milestone.MainReturned, now).End(now).Report();
        var libraries = new LibraryResolver(report.Profile, report.Imports.MainFile, report.Imports.BodyFiles);
        return FindingsReport.Of(report, libraries, hasUse ? Usage() : UsageReport.Empty, _ => null, new FindingOptions { Gate = gate });
    }

    private UsageReport Usage() => new()
    {
        HasExecutions = true,
        Libraries = _libraries,
        IsComplete = true,
        Modules = _imports.Select(import => import.Module).Append("__main__").Distinct().ToDictionary(module => module, module =>
        {
            List<string> used = _used.GetValueOrDefault(module) ?? [];
            List<string> unknown = [.. _unknown.Where(pair => pair.Module == module).Select(pair => pair.Function)];
            List<string> ran = [.. _known.Where(known => known.Module == module && known.Ran).Select(known => known.Function)];
            UseVerdict verdict = used.Count > 0 ? UseVerdict.Used : unknown.Count > 0 || _late.ContainsKey(module) ? UseVerdict.Unknown
                : ran.Count > 0 ? UseVerdict.NotSinceInit : UseVerdict.Never;
            return new ModuleUse(module, verdict, verdict == UseVerdict.Unknown ? UseEvidence.None : UseEvidence.Execution, 10, used.Count, used.Count, 0, used)
            {
                Run = ran,
                FunctionsNeverRun = [.. _imports.Where(import => import.Importer == module).SelectMany(import => import.Statement.UsedBy)
                    .Concat(_known.Where(known => known.Module == module && !known.Ran).Select(known => known.Function)).Except(used).Except(unknown).Except(ran)],
                LateRun = _late.GetValueOrDefault(module),
            };
        }),
    };

    private static string FileOf(string module) => module switch
    {
        "__main__" => "/app/app.py",
        "json" or "email" => $"/usr/lib/python3.11/{module}/__init__.py",
        _ => $"/usr/lib/python3/dist-packages/{module.Replace('.', '/')}.py",
    };
}
