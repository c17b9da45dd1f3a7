using System.Text.Json;
using LibProf.Analyzer.Imports;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Views;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Exporters;

/// <summary>One thread of a processed profile, with tables of its own of the strings, functions, frames and stacks that it uses.</summary>
internal sealed class FirefoxThread
{
    /// <summary>Type of the markers of imports.</summary>
    public const string ImportMarker = "PythonImport";

    private const int FlushBytes = 1 << 20;

    private readonly Utf8JsonWriter _json;
    private readonly ReportModel _report;
    private readonly Profile _profile;
    private readonly ThreadTimeline _timeline;
    private readonly FunctionKinds _kinds;
    private readonly ProcessorShares? _processor;
    private readonly Numbering<string> _strings = new(StringComparer.Ordinal);
    private readonly Numbering<int> _functions = new();
    private readonly Numbering<int> _frames = new();
    private readonly List<StackId> _stacks = [];
    private readonly Dictionary<StackId, int> _stackNumbers = [];

    /// <summary>Prepares a thread.</summary>
    public FirefoxThread(Utf8JsonWriter json, ReportModel report, ThreadTimeline timeline, FunctionKinds kinds, ProcessorShares? processor)
    {
        (_json, _report, _timeline, _kinds, _processor) = (json, report, timeline, kinds, processor);
        _profile = report.Profile;
    }

    /// <summary>Writes it as one object.</summary>
    public void Write()
    {
        ThreadInfo thread = _timeline.Thread;
        _json.WriteStartObject();
        _json.WriteString("processType", "default");
        _json.WriteNumber("processStartupTime", 0);
        _json.WriteNumber("processShutdownTime", Ms(_profile.EndNs));
        _json.WriteNumber("registerTime", Ms(_timeline.StartNs));
        _json.WriteNumber("unregisterTime", Ms(_timeline.EndNs));
        _json.WriteStartArray("pausedRanges");
        _json.WriteEndArray();
        _json.WriteString("name", JsonText.Clean(FrameText.Of(thread)));
        _json.WriteString("processName", JsonText.Clean(FrameText.Title(_profile)));
        _json.WriteBoolean("isMainThread", thread.IsMain);
        _json.WriteString("pid", $"{_profile.Image.Image.Pid}");
        _json.WriteNumber("tid", thread.NativeId != 0 ? thread.NativeId : thread.Id);
        WriteSamples();
        WriteMarkers();
        WriteStacks();
        WriteFrames();
        WriteFunctions();
        WriteEmpty("resourceTable", "lib", "name", "host", "type");
        WriteEmpty("nativeSymbols", "libIndex", "address", "name", "functionSize");
        Column("stringArray", _strings.Items, text => _json.WriteStringValue(JsonText.Clean(text)));
        _json.WriteEndObject();
    }

    // One sample for each run of equal stacks, weighted with its time: looks may be unevenly spaced.
    private void WriteSamples()
    {
        List<(int? Stack, long TimeNs, long Ns, double CpuNs)> samples = [];
        long nowNs = _timeline.StartNs;
        double cpuNs = 0; // of the time up to the sample: that is how the viewer understands it
        foreach (StackRun run in _timeline.Runs)
        {
            samples.Add((run.Stack.IsNone ? null : Number(run.Stack), nowNs, run.EndNs - nowNs, cpuNs));
            cpuNs = run.Stack.IsNone ? 0 : _processor?.Between(nowNs, run.EndNs) ?? 0;
            nowNs = run.EndNs;
        }

        _json.WriteStartObject("samples");
        _json.WriteString("weightType", "tracing-ms");
        Column("stack", samples, sample => Value(sample.Stack));
        Column("time", samples, sample => _json.WriteNumberValue(Ms(sample.TimeNs)));
        Column("weight", samples, sample => _json.WriteNumberValue(sample.Ns / 1e6));
        if (_processor is not null)
        {
            Column("threadCPUDelta", samples, sample => _json.WriteNumberValue(Math.Round(sample.CpuNs)));
        }

        _json.WriteNumber("length", samples.Count);
        _json.WriteEndObject();
    }

    private void WriteMarkers()
    {
        List<ImportSpan> spans = [.. _report.Imports.Spans.Where(span => span.ThreadId == _timeline.Thread.Id)];
        Dictionary<string, ModuleReport> modules = spans.Count == 0 ? [] : _report.Modules.ToDictionary(module => module.Name, StringComparer.Ordinal);
        int name = spans.Count == 0 ? 0 : _strings.Of("import");
        _json.WriteStartObject("markers");
        Column("name", spans, _ => _json.WriteNumberValue(name));
        Column("startTime", spans, span => _json.WriteNumberValue(Ms(span.StartNs)));
        Column("endTime", spans, span => _json.WriteNumberValue(Ms(span.EndNs)));
        Column("phase", spans, _ => _json.WriteNumberValue(1)); // an interval
        Column("category", spans, _ => _json.WriteNumberValue(0));
        Column("data", spans, span =>
        {
            ImportStatement? cause = _report.Imports.Find(span.Name)?.Cause;
            _json.WriteStartObject();
            _json.WriteString("type", ImportMarker);
            _json.WriteString("module", JsonText.Clean(span.Name));
            if (modules.TryGetValue(span.Name, out ModuleReport? module))
            {
                _json.WriteString("library", JsonText.Clean(module.Library.Name));
            }

            if (cause is not null)
            {
                _json.WriteString("importer", JsonText.Clean(cause.Line is { } line ? $"{cause.File}:{line}" : cause.File));
            }

            if (StackOfImport(span) is { } stack)
            {
                _json.WriteStartObject("cause");
                _json.WriteNumber("stack", stack);
                _json.WriteNumber("time", Ms(span.StartNs));
                _json.WriteEndObject();
            }

            _json.WriteEndObject();
        });
        _json.WriteNumber("length", spans.Count);
        _json.WriteEndObject();
    }

    // The stack that the import was asked for on: what stood below its _find_and_load in the run in which it began.
    private int? StackOfImport(in ImportSpan span)
    {
        StackTable stacks = _profile.Stacks;
        for (StackId stack = StackAt(span.StartNs); !stack.IsNone; stack = stacks.Parent(stack))
        {
            if (stacks.Leaf(stack).Importing == span.Name)
            {
                return stacks.Parent(stack) is { IsNone: false } asked ? Number(asked) : null;
            }
        }

        return null;
    }

    private StackId StackAt(long timeNs)
    {
        IReadOnlyList<StackRun> runs = _timeline.Runs;
        int low = 0;
        int high = runs.Count - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = runs[middle].EndNs > timeNs ? (low, middle) : (middle + 1, high);
        }

        return runs.Count == 0 ? StackId.None : runs[low].Stack;
    }

    private void WriteStacks()
    {
        StackTable stacks = _profile.Stacks;
        _json.WriteStartObject("stackTable");
        Column("frame", _stacks, stack => _json.WriteNumberValue(_frames.Of(stacks.LeafId(stack).Value)));
        Column("prefix", _stacks, stack => Value(stacks.Parent(stack) is { IsNone: false } parent ? _stackNumbers[parent] : null));
        Column("category", _stacks, stack => _json.WriteNumberValue(_kinds.Of(stacks.LeafFunction(stack))));
        Column("subcategory", _stacks, _ => _json.WriteNumberValue(0));
        _json.WriteNumber("length", _stacks.Count);
        _json.WriteEndObject();
    }

    private void WriteFrames()
    {
        StackTable stacks = _profile.Stacks;
        IReadOnlyList<int> frames = _frames.Items;
        _json.WriteStartObject("frameTable");
        Column("address", frames, _ => _json.WriteNumberValue(-1));
        Column("inlineDepth", frames, _ => _json.WriteNumberValue(0));
        Column("category", frames, frame => _json.WriteNumberValue(_kinds.Of(stacks.Function(new FrameId(frame)))));
        Column("subcategory", frames, _ => _json.WriteNumberValue(0));
        Column("func", frames, frame => _json.WriteNumberValue(_functions.Of(stacks.Frames[frame].FunctionId)));
        Column("nativeSymbol", frames, _ => _json.WriteNullValue());
        Column("innerWindowID", frames, _ => _json.WriteNumberValue(0));
        Column("implementation", frames, _ => _json.WriteNullValue());
        Column("line", frames, frame => Value(stacks.Frames[frame].Line is > 0 and int line ? line : null));
        Column("column", frames, _ => _json.WriteNullValue());
        _json.WriteNumber("length", frames.Count);
        _json.WriteEndObject();
    }

    private void WriteFunctions()
    {
        IReadOnlyList<int> functions = _functions.Items;
        FunctionInfo Function(int id) => _profile.Stacks.Functions[id];
        _json.WriteStartObject("funcTable");
        Column("name", functions, id => _json.WriteNumberValue(_strings.Of(Function(id).Name)));
        Column("isJS", functions, _ => _json.WriteBooleanValue(false));
        Column("relevantForJS", functions, _ => _json.WriteBooleanValue(false));
        Column("resource", functions, _ => _json.WriteNumberValue(-1));
        Column("fileName", functions, id => _json.WriteNumberValue(_strings.Of(Function(id).File)));
        Column("lineNumber", functions, id => Value(Function(id).FirstLine is > 0 and int line ? line : null));
        Column("columnNumber", functions, _ => _json.WriteNullValue());
        _json.WriteNumber("length", functions.Count);
        _json.WriteEndObject();
    }

    private void WriteEmpty(string name, params ReadOnlySpan<string> columns)
    {
        _json.WriteStartObject(name);
        foreach (string column in columns)
        {
            _json.WriteStartArray(column);
            _json.WriteEndArray();
        }

        _json.WriteNumber("length", 0);
        _json.WriteEndObject();
    }

    // The number of a stack in this thread's table, where callers stand before callees.
    private int Number(StackId stack)
    {
        if (_stackNumbers.TryGetValue(stack, out int number))
        {
            return number;
        }

        var missing = new Stack<StackId>();
        for (StackId next = stack; !next.IsNone && !_stackNumbers.ContainsKey(next); next = _profile.Stacks.Parent(next))
        {
            missing.Push(next);
        }

        foreach (StackId next in missing)
        {
            _stackNumbers[next] = _stacks.Count;
            _stacks.Add(next);
        }

        return _stackNumbers[stack];
    }

    private void Column<T>(string name, IReadOnlyList<T> rows, Action<T> write)
    {
        _json.WriteStartArray(name);
        // By number: writing a row may add rows to other tables, not to this one.
        for (int i = 0; i < rows.Count; i++)
        {
            write(rows[i]);
            if (_json.BytesPending > FlushBytes)
            {
                _json.Flush();
            }
        }

        _json.WriteEndArray();
    }

    private void Value(int? number)
    {
        if (number is { } value)
        {
            _json.WriteNumberValue(value);
        }
        else
        {
            _json.WriteNullValue();
        }
    }

    private double Ms(long timeNs) => (timeNs - _profile.StartNs) / 1e6;

    /// <summary>Numbers things in the order in which they are first asked for.</summary>
    private sealed class Numbering<T>(IEqualityComparer<T>? comparer = null)
        where T : notnull
    {
        private readonly Dictionary<T, int> _numbers = new(comparer);
        private readonly List<T> _items = [];

        public IReadOnlyList<T> Items => _items;

        public int Of(T item)
        {
            if (!_numbers.TryGetValue(item, out int number))
            {
                _numbers[item] = number = _items.Count;
                _items.Add(item);
            }

            return number;
        }
    }
}
