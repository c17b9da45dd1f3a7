using System.Globalization;
using LibProf.CPythonLayouts.ExecutionEvidence;
using LibProf.TestSupport;

namespace LibProf.CPythonLayouts.Tests;

/// <summary>What code objects say of their runs, against what sys.setprofile saw in another run of the same program.</summary>
public sealed class ExecutionEvidenceTests
{
    public static TheoryData<PythonInterpreter> EveryBuild => [.. Interpreters.All];

    [Theory]
    [MemberData(nameof(EveryBuild))]
    public void NoFunctionThatRanIsCalledUntouchedAndNoneThatDidNotIsCalledTouched(PythonInterpreter interpreter)
    {
        Assert.True(KnownLayouts.TryGet(interpreter.Version, interpreter.IsFreeThreaded, out CPythonLayout? layout));
        EvidenceLayout evidence = EvidenceLayout.Of(layout);
        HashSet<string> ran = [.. Run(interpreter, "truth").Select(words => string.Join('\t', words))];
        Dictionary<ExecutionState, int> seen = [];
        List<string> wrong = [];
        // The interpreter's own start (site, what ctypes needs) is not under sys.setprofile.
        HashSet<string> ranBefore = [];
        foreach (string[] words in Run(interpreter, "objects", layout.Code.Size.ToString(CultureInfo.InvariantCulture)))
        {
            string name = string.Join('\t', words[1..4]);
            byte[] code = Convert.FromHexString(words[5]);
            EvidenceSite site = evidence.Instructions.Exists ? EvidenceReader.Locate(evidence, code.AsSpan(evidence.Instructions.Value)) : EvidenceSite.None;
            ExecutionReading reading = EvidenceReader.Read(evidence, site, code, int.Parse(words[4], CultureInfo.InvariantCulture));
            bool touched = reading.State is ExecutionState.Counted or ExecutionState.Saturated;
            if (words[0] == "before")
            {
                if (touched)
                {
                    ranBefore.Add(name);
                }

                continue;
            }

            // Code made by exec has one name for many functions.
            if (words[1] == "<string>")
            {
                continue;
            }

            seen[reading.State] = seen.GetValueOrDefault(reading.State) + 1;
            bool truth = ran.Contains(name);
            // A call with the wrong arguments makes a frame, which is what the oldest versions' evidence tells.
            bool wrongCall = words[3] == "wrong";
            if ((reading.State == ExecutionState.Untouched && truth)
                || (touched && !truth && !wrongCall && !ranBefore.Contains(name)))
            {
                wrong.Add($"{reading} {name}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(seen.GetValueOrDefault(ExecutionState.Untouched) > 300, string.Join(' ', seen));
        Assert.True(seen.GetValueOrDefault(ExecutionState.Counted) + seen.GetValueOrDefault(ExecutionState.Saturated) > 100, string.Join(' ', seen));
        // 3.12 alone has functions that tell nothing; in the oldest versions those whose references are not all accounted for.
        Assert.True(seen.GetValueOrDefault(ExecutionState.Unknown) < 0.4 * seen.Values.Sum(), string.Join(' ', seen));
    }

    [Fact]
    public void EveryVersionHasEvidenceButFreeThreadedBuilds()
    {
        foreach (KnownLayout known in KnownLayouts.All)
        {
            Assert.Equal(known.Layout.FreeThreaded, EvidenceLayout.Of(known.Layout).Kind == EvidenceKind.None);
        }
    }

    [Theory]
    [InlineData(1, ExecutionState.Untouched)]
    [InlineData(0, ExecutionState.Unknown)]
    [InlineData(0x7F0012345678, ExecutionState.Unknown)]
    public void ACountOfZeroInAFreedObjectTellsNothing(long references, ExecutionState expected)
    {
        foreach (KnownLayout known in KnownLayouts.All.Where(known => EvidenceLayout.Of(known.Layout).Kind == EvidenceKind.EntryCount))
        {
            byte[] code = new byte[known.Layout.Code.Size];
            BitConverter.TryWriteBytes(code, references);
            Assert.Equal(expected, EvidenceReader.Read(EvidenceLayout.Of(known.Layout), EvidenceSite.None, code, 1).State);
        }
    }

    [Fact]
    public void BytesThatAreTooFewTellNothing()
    {
        foreach (KnownLayout known in KnownLayouts.All)
        {
            EvidenceLayout layout = EvidenceLayout.Of(known.Layout);
            Assert.Equal(ExecutionState.Unknown, EvidenceReader.Read(layout, new EvidenceSite(0, 2, 0), new byte[40], 1).State);
            EvidenceSite site = EvidenceReader.Locate(layout, [128]);
            Assert.Equal(EvidenceSite.None, site);
        }
    }

    private static IEnumerable<string[]> Run(PythonInterpreter interpreter, params string[] arguments)
    {
        string script = interpreter.Place(Path.Combine(AppContext.BaseDirectory, "Scripts", "dump_evidence.py"));
        using TargetProcess python = TargetProcess.Launch([.. interpreter.Command, script, .. arguments]);
        string[] lines = python.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(python.Finish() == 0, python.Errors);
        Assert.SkipWhen(lines is ["no ctypes"], "this interpreter has no ctypes");
        return lines.Select(line => line.Split('\t'));
    }
}
