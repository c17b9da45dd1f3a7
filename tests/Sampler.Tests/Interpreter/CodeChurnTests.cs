using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Tests.Sampling;

namespace LibProf.Sampler.Tests.Interpreter;

/// <summary>What is relied on for a moment, as long as hardly any code is freed: never without a second look before samples are handed over.</summary>
public sealed class CodeChurnTests
{
    private const int Functions = 12;
    private const int Apart = 5000;

    private readonly ForgedInterpreter _python = new();
    private readonly StackSink _sink = new();
    private readonly InterpreterReader _reader;
    private readonly List<ulong> _names = [];
    private long _now;

    public CodeChurnTests() =>
        _reader = new InterpreterReader(new PythonObjects(_python.Memory, _python.Layout), _python.Runtime, new StackInterner(_sink), (_, _, _) => 0);

    [Fact]
    public void In_calm_what_just_passed_is_not_read_along_with_every_look()
    {
        PushFunctions();
        int first = RangesOfLook();
        for (int i = 0; i < 10; i++)
        {
            Look();
        }

        Assert.True(RangesOfLook() < first / 2, "the names of all functions are read again with each look");
    }

    [Fact]
    public void What_was_relied_on_and_is_something_else_by_the_next_verification_is_doubtful()
    {
        PushFunctions();
        for (int i = 0; i < 10; i++)
        {
            Look();
        }

        List<Doubt> doubtful = [];
        _reader.VerifyNames(_now, doubtful);
        Assert.Empty(doubtful);
        _python.Rename(_names[^1], "another_11");
        Look();
        Assert.Equal("function11", Newest());

        _reader.VerifyNames(_now, doubtful);

        Assert.Contains(doubtful, doubt => _sink.Frames(_reader.Stacks[0].StackId).Any(frame => frame.Function.Id == doubt.FunctionId && frame.Function.Name == "function11"));
        Look();
        Assert.Equal("another_11", Newest());
    }

    [Fact]
    public void What_changed_between_two_passes_is_doubtful_though_it_was_noticed()
    {
        PushFunctions();
        for (int i = 0; i < 10; i++)
        {
            Look();
        }

        _python.Rename(_names[^1], "another_11");
        Look();
        Assert.Equal("function11", Newest());
        // Long after: the name is read along again.
        _now += 2 * CodeChurn.CalmNs;
        Look();
        Assert.Equal("another_11", Newest());

        List<Doubt> doubtful = [];
        _reader.VerifyNames(_now, doubtful);

        Assert.NotEmpty(doubtful);
    }

    [Fact]
    public void Where_code_is_freed_all_the_time_every_look_proves_its_names()
    {
        PushFunctions();
        for (int i = 0; i < 100; i++)
        {
            for (int k = 0; k < Functions / 2; k++)
            {
                _python.Rename(_names[((2 * k) + i) % Functions], $"another_{(i % 90) + 10}");
            }

            Look();
        }

        _python.Rename(_names[^1], "yet_others");
        Look();

        Assert.Equal("yet_others", Newest());
    }

    [Theory]
    [InlineData(31, 0, false)]
    [InlineData(32, 0, true)]
    [InlineData(100, 5, true)]
    [InlineData(100, 6, false)]
    [InlineData(100_000, 20, true)]
    public void Calm_is_when_one_check_in_twenty_fails(int checks, int deaths, bool isCalm)
    {
        CodeChurn churn = new();
        for (int i = 0; i < checks; i++)
        {
            churn.NoteCheck();
        }

        for (int i = 0; i < deaths; i++)
        {
            churn.NoteDeath();
        }

        Assert.Equal(isCalm, churn.IsCalm);
    }

    // Far from each other, so that each takes a range of its own.
    private void PushFunctions()
    {
        ulong frame = _python.Root;
        for (int i = 0; i < Functions; i++)
        {
            _ = _python.Memory.Allocate(Apart);
            _names.Add(_python.Str($"function{i:00}"));
            frame = _python.Push(frame, _python.Code(_names[i], _python.Str("f.py"), i + 1), owner: 0);
        }

        _python.SetNewest(frame);
    }

    private int RangesOfLook()
    {
        int ranges = 0;
        _python.Memory.BeforeRange = _ => ranges++;
        Look();
        _python.Memory.BeforeRange = null;
        return ranges;
    }

    private void Look() => Assert.Equal(LookResult.Sample, _reader.Look(_now += 200_000));

    private string Newest() => _sink.Frames(_reader.Stacks[0].StackId)[^1].Function.Name;
}
