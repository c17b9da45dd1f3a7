using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Tests.Sampling;

namespace LibProf.Sampler.Tests.Interpreter;

/// <summary>
/// The bodies of modules: their memory is used again as soon as they have run. What is taken for granted while an import goes on, and
/// what is not.
/// </summary>
public sealed class ImportedBodyTests
{
    private static readonly string[] s_machinery =
        ["_find_and_load", "_find_and_load_unlocked", "_load_unlocked", "exec_module", "_call_with_frames_removed"];

    private readonly ForgedInterpreter _python = new();
    private readonly StackSink _sink = new();
    private readonly InterpreterReader _reader;
    private long _now;

    public ImportedBodyTests() =>
        _reader = new InterpreterReader(new PythonObjects(_python.Memory, _python.Layout), _python.Runtime, new StackInterner(_sink), (_, _, _) => 0);

    [Fact]
    public void Another_body_at_the_place_of_one_is_noticed_by_the_name_that_is_imported()
    {
        (ulong finds, ulong file) = PushImport(s_machinery);
        Assert.Equal("one.py", BodyAfter(looks: 8));

        // The same addresses, frame for frame: the import of one is over, that of two has come to the same point.
        _python.SetLocal(finds, _python.Str("two"));
        _python.Rename(file, "two.py");

        Assert.Equal("two.py", BodyAfter(looks: 1));
    }

    [Fact]
    public void A_body_that_no_import_runs_is_proven_by_every_look()
    {
        // As runpy, exec and the loaders of plugins do: the name of the import below is that of another module.
        (_, ulong file) = PushImport([.. s_machinery[..4], "load_plugin", .. s_machinery[3..]]);
        Assert.Equal("one.py", BodyAfter(looks: 8));

        _python.Rename(file, "two.py");

        Assert.Equal("two.py", BodyAfter(looks: 1));
    }

    [Fact]
    public void Another_body_under_the_same_name_is_noticed_before_long()
    {
        (_, ulong file) = PushImport(s_machinery);
        Assert.Equal("one.py", BodyAfter(looks: 8));

        _python.Rename(file, "two.py");

        Assert.Equal("two.py", BodyAfter(looks: 25));
    }

    [Fact]
    public void A_body_goes_on_to_other_lines_and_calls_functions()
    {
        (_, _) = PushImport(s_machinery);
        BodyAfter(looks: 8);
        ulong body = _newest;
        for (int unit = 1; unit < 8; unit++)
        {
            ulong called = _python.Push(body, _python.Code(_python.Str($"called{unit}"), _python.Str("one.py"), 30 + unit), owner: 0);
            _python.SetInstruction(body, unit);
            _python.SetNewest(called);
            Look();
            Assert.Equal(["<module> one.py:1", $"called{unit} one.py:{30 + unit}"], Stack()[^2..]);
            _python.SetNewest(body);
            Look();
            Assert.Equal("<module> one.py:1", Stack()[^1]);
        }
    }

    private ulong _newest;

    // Gives the frame that has the name, and the string that is the body's file.
    private (ulong Finds, ulong File) PushImport(IEnumerable<string> below)
    {
        ulong importlib = _python.Str("<frozen importlib._bootstrap>");
        ulong frame = _python.Root;
        ulong finds = 0;
        foreach (string name in below)
        {
            frame = _python.Push(frame, _python.Code(_python.Str(name), importlib, 1), owner: 0);
            finds = finds == 0 ? frame : finds;
        }

        _python.SetLocal(finds, _python.Str("one"));
        ulong file = _python.Str("one.py");
        ulong code = _python.Code(_python.Str("<module>"), file, 1);
        _python.SetBody(code);
        _newest = _python.Push(frame, code, owner: 0);
        _python.SetNewest(_newest);
        return (finds, file);
    }

    private string BodyAfter(int looks)
    {
        for (int i = 0; i < looks; i++)
        {
            Look();
        }

        return Stack()[^1].Split(' ')[1].Split(':')[0];
    }

    private void Look() => Assert.Equal(LookResult.Sample, _reader.Look(_now += 1_000_000));

    private string[] Stack() =>
        [.. _sink.Frames(_reader.Stacks[0].StackId).Select(frame => $"{frame.Function.Name} {frame.Function.File}:{frame.Line}")];
}
