using System.Diagnostics;
using System.Text.Json;
using LibProf.Sampler.Recording;
using LibProf.Sampler.Target;
using LibProf.TestSupport;

namespace LibProf.Sampler.Tests.Target;

/// <summary>Real installations of this machine, against what <c>importlib.metadata</c> says inside the interpreter.</summary>
public class DistributionCatalogLiveTests
{
    // Imports what there is of well-known packages, then says of every module which distribution it is of, where that is certain:
    // by the list of files, or by top_level.txt when only one distribution has the package.
    private const string Script = """
        import sys, os, json, importlib, importlib.metadata as md
        for n in "igraph boto3 botocore.session sklearn.linear_model numpy yaml dateutil.parser six requests jwt cryptography.fernet lazr.uri lazr.restfulclient.errors wadllib pip setuptools pkg_resources attr".split():
            try: importlib.import_module(n)
            except BaseException: pass
        norm = lambda n: n.lower().replace("_", "-").replace(".", "-")
        byfile, tops, seen = {}, {}, set()
        for d in md.distributions():
            name = d.metadata["Name"]
            if norm(name) in seen: continue
            seen.add(norm(name))
            for f in d.files or ():
                byfile[os.path.normpath(str(d.locate_file(f)))] = (name, d.version)
            for t in (d.read_text("top_level.txt") or "").split():
                tops.setdefault(t, []).append((name, d.version))
        out = {"path": [p for p in sys.path], "modules": []}
        for n, m in list(sys.modules.items()):
            f = getattr(m, "__file__", None) or ""
            t = byfile.get(f) or (tops.get(f.split("-packages/")[1].split("/")[0].split(".")[0], [None]) if "-packages/" in f else [None])
            if isinstance(t, list): t = t[0] if len(t) == 1 else None
            out["modules"].append([n, f, t])
        print(json.dumps(out))
        """;

    [Theory]
    [MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]
    public void Modules_belong_to_the_distributions_that_the_interpreter_names(PythonInterpreter interpreter)
    {
        Assert.SkipUnless(interpreter.IsAtLeast(3, 10), "importlib.metadata is too young before 3.10");
        using var directory = new TemporaryDirectory();
        var script = interpreter.Place(directory.Write("modules.py", Script));
        var start = new ProcessStartInfo(interpreter.Command[0], [.. interpreter.Command.Skip(1), "-W", "ignore", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        using var answer = JsonDocument.Parse(process.StandardOutput.ReadToEnd());
        process.WaitForExit();

        string[] searchPath = [.. answer.RootElement.GetProperty("path").EnumerateArray().Select(e => e.GetString()!)];
        var modules = new List<ModuleInfo>();
        var truth = new Dictionary<string, string>();
        foreach (var module in answer.RootElement.GetProperty("modules").EnumerateArray())
        {
            modules.Add(new ModuleInfo(module[0].GetString()!, module[1].GetString()!, ModuleKind.Unknown, modules.Count, 0, false, []));
            if (module[2].ValueKind == JsonValueKind.Array && modules[^1].Name != "__main__")
                truth[modules[^1].Name] = $"{module[2][0]} {module[2][1]}";
        }
        Assert.SkipUnless(truth.Count > 0, "no package is installed for " + interpreter);

        var found = DistributionCatalog.Find(interpreter.IsInOtherRoot ? interpreter.Root : "", searchPath, modules);
        var owners = found.SelectMany(d => d.Modules.Select(m => (m, $"{d.Name} {d.Version}"))).ToDictionary();
        foreach (var (module, distribution) in truth)
            Assert.Equal((module, distribution), (module, owners.GetValueOrDefault(module, "none")));
        // And the other way round: what has no package's file is nobody's.
        foreach (var module in modules)
        {
            if (!module.File.Contains("-packages/", StringComparison.Ordinal))
                Assert.False(owners.ContainsKey(module.Name), module.Name);
        }
        TestContext.Current.SendDiagnosticMessage("{0}: {1} modules of {2} distributions", interpreter, truth.Count, found.Count);
    }
}
