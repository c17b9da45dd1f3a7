using System.Text.Json;
using LibProf.TestSupport;

namespace LibProf.CPythonLayouts.Tests;

/// <summary>Tables against living objects: interpreters look at their own memory through the offsets.</summary>
public sealed class LiveObjectsTests
{
    public static TheoryData<PythonInterpreter> EveryBuild => [.. Interpreters.All.Concat(Interpreters.FreeThreaded)];

    [Theory]
    [MemberData(nameof(EveryBuild))]
    public void ObjectsAreWhereTheTableSays(PythonInterpreter interpreter)
    {
        List<string> lines = [.. Run(interpreter, Layout(interpreter))];
        Assert.DoesNotContain(lines, line => line.StartsWith("wrong", StringComparison.Ordinal));
        Assert.True(lines.Count(line => line.StartsWith("ok", StringComparison.Ordinal)) > 30);
    }

    [Theory]
    [MemberData(nameof(EveryBuild))]
    public void StringsOfEveryFormAreRead(PythonInterpreter interpreter)
    {
        UnicodeLayout layout = Layout(interpreter).Unicode;
        HashSet<(int Kind, bool IsInline)> seen = [];
        foreach (string line in Run(interpreter, Layout(interpreter)).Where(line => line.StartsWith("str ", StringComparison.Ordinal)))
        {
            string[] words = line.Split(' ', 4);
            byte[] body = Convert.FromHexString(words[1]);
            string expected = JsonSerializer.Deserialize<string>(Escaped(words[3]))!;
            Assert.True(UnicodeHeader.TryParse(body, layout, 1000, out UnicodeHeader header), line);
            byte[] characters = header.IsInline
                ? body[header.DataOffset..(header.DataOffset + header.ByteLength)]
                : words[2] == "-" ? [] : Convert.FromHexString(words[2]);
            Assert.Equal(header.ByteLength, characters.Length);
            Assert.Equal(expected, UnicodeHeader.Decode(header.Kind, characters));
            Assert.True(body.Length >= UnicodeHeader.HeaderSize(layout));
            seen.Add((header.Kind, header.IsInline));
        }

        Assert.Equal(6, seen.Count);
    }

    private static CPythonLayout Layout(PythonInterpreter interpreter)
    {
        Assert.True(KnownLayouts.TryGet(interpreter.Version, interpreter.IsFreeThreaded, out CPythonLayout? layout));
        return layout;
    }

    private static IEnumerable<string> Run(PythonInterpreter interpreter, CPythonLayout layout)
    {
        string script = interpreter.Place(Path.Combine(AppContext.BaseDirectory, "Scripts", "check_objects.py"));
        using TargetProcess python = TargetProcess.Launch([.. interpreter.Command, script]);
        python.WriteLine(JsonSerializer.Serialize(Numbers(layout)));
        string[] lines = python.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(python.Finish() == 0, python.Errors);
        Assert.SkipWhen(lines is ["no ctypes"], "this interpreter has no ctypes");
        Assert.Equal("end", lines[^1]);
        return lines;
    }

    private static Dictionary<string, object?> Numbers(CPythonLayout layout)
    {
        Dictionary<string, object?> numbers = LayoutFigures.AllNumbers.ToDictionary(name => name, name => (object?)LayoutFigures.Number(layout, name));
        numbers["Long.HasTag"] = layout.Long.HasTag;
        numbers["Frame.HasTagBits"] = layout.Frame.PointerMask != ulong.MaxValue;
        numbers["Instance.Attributes"] = layout.Instance.Attributes.ToString();
        return numbers;
    }

    // JSON of a lone surrogate is an escape that .NET refuses; the replacement character is what it decodes to anyway.
    private static string Escaped(string json) => json
        .Replace("\\ud83d\\udc0d", "\U0001F40D", StringComparison.Ordinal)
        .Replace("\\udcff", "\uFFFD", StringComparison.Ordinal)
        .Replace("\\ud800", "\uFFFD", StringComparison.Ordinal);
}
