using CsCheck;
using LibProf.TestSupport;

namespace LibProf.CPythonLayouts.Tests;

public sealed class DebugOffsetsTests
{
    public static TheoryData<string> Releases => ForgedDebugOffsets.Releases;

    [Theory]
    [MemberData(nameof(Releases))]
    public void GivesTheTableOfTheVersionWhereNothingMoved(string release)
    {
        ForgedDebugOffsets forged = ForgedDebugOffsets.Of(release);
        Assert.True(DebugOffsets.TryParse(forged.Bytes, out CPythonLayout? layout, out string error), error);
        (CPythonVersion version, bool freeThreaded) = Figures.Release(release);
        Assert.True(KnownLayouts.TryGet(version, freeThreaded, out CPythonLayout? table));
        Assert.Equal(version, layout.Version);
        int threadSize = Figures.Load(release).Size("PyThreadState");
        Assert.Equal(table with { Version = version, Thread = table.Thread with { Size = threadSize } }, layout);
        Assert.True(DebugOffsets.MaxSize >= forged.Bytes.Length);
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryOne), MemberType = typeof(Interpreters))]
    public void AgreesWithTheInterpretersOwnBytes(PythonInterpreter interpreter)
    {
        bool hasOffsets = KnownLayouts.HasDebugOffsets(interpreter.Version);
        byte[]? runtime = PythonBinary.Section(PythonBinary.Find(interpreter), ".PyRuntime");
        Assert.SkipWhen(runtime is null && !hasOffsets, "no section .PyRuntime before 3.13");
        Assert.NotNull(runtime);
        bool parsed = DebugOffsets.TryParse(runtime, out CPythonLayout? layout, out string error);
        Assert.True(parsed == hasOffsets, error);
        if (parsed)
        {
            Assert.True(KnownLayouts.TryGet(interpreter.Version, interpreter.IsFreeThreaded, out CPythonLayout? table));
            Assert.Equal(table with { Version = interpreter.Version, Thread = table.Thread with { Size = layout!.Thread.Size } }, layout);
        }
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public void TakesWhatMovedFromTheBytesAndItsNeighboursWithIt(string release)
    {
        ForgedDebugOffsets forged = ForgedDebugOffsets.Of(release);
        Assert.True(DebugOffsets.TryParse(forged.Bytes, out CPythonLayout? before, out _));
        forged.Set("runtime_state.interpreters_head", forged.Get("runtime_state.interpreters_head") + 64);
        forged.Set("interpreter_state.imports_modules", forged.Get("interpreter_state.imports_modules") + 4096);
        forged.Set("interpreter_state.threads_head", forged.Get("interpreter_state.threads_head") + 512);
        forged.Set("thread_state.datastack_chunk", forged.Get("thread_state.datastack_chunk") + 16);
        Assert.True(DebugOffsets.TryParse(forged.Bytes, out CPythonLayout? after, out string error), error);
        Assert.Equal(before.Runtime!.InterpretersHead.Value + 64, after.Runtime!.InterpretersHead.Value);
        Assert.Equal(before.Runtime.InterpretersMain.Value + 64, after.Runtime.InterpretersMain.Value);
        Assert.Equal(before.Runtime.Initialized.Value + 64, after.Runtime.Initialized.Value);
        Assert.Equal(before.Interpreter.Modules.Value + 4096, after.Interpreter.Modules.Value);
        Assert.Equal(before.Interpreter.Finalizing.Value + 512, after.Interpreter.Finalizing.Value);
        Assert.Equal(before.Interpreter.SysDict, after.Interpreter.SysDict);
        Assert.Equal(before.Thread.DataStackTop.Value + 16, after.Thread.DataStackTop.Value);
        Assert.Equal(before.Thread.ThreadId, after.Thread.ThreadId);
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public void RefusesEveryMemberThatMakesNoSense(string release)
    {
        foreach (string member in ForgedDebugOffsets.Of(release).UsedMembers(Figures.Load(release)))
        {
            ForgedDebugOffsets original = ForgedDebugOffsets.Of(release);
            ulong good = original.Get(member);
            ulong size = original.Get(member.Split('.')[0] + ".size");
            List<ulong> wrong = member.EndsWith(".size", StringComparison.Ordinal)
                ? [0, 1, (16 << 20) + 1, ulong.MaxValue]
                : [size, size + 8, ulong.MaxValue, ulong.MaxValue - 7, 1UL << 32, 0x7FFF_FFFF_FFFF_FFF8];
            if (good % 4 == 0 && !member.EndsWith(".size", StringComparison.Ordinal) && !member.EndsWith("ob_sval", StringComparison.Ordinal))
            {
                wrong.Add(good + 1);
            }

            Assert.All(wrong, value =>
            {
                ForgedDebugOffsets forged = ForgedDebugOffsets.Of(release);
                forged.Set(member, value);
                Assert.False(DebugOffsets.TryParse(forged.Bytes, out CPythonLayout? layout, out string error), $"{member} = {value}");
                Assert.Null(layout);
                Assert.NotEmpty(error);
            });
        }
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public void RefusesTwoFieldsAtOnePlaceAndAnotherObjectHeader(string release)
    {
        ForgedDebugOffsets forged = ForgedDebugOffsets.Of(release);
        forged.Set("code_object.name", forged.Get("code_object.filename"));
        Assert.False(DebugOffsets.TryParse(forged.Bytes, out _, out string error));
        Assert.Contains("code_object", error, StringComparison.Ordinal);

        forged = ForgedDebugOffsets.Of(release);
        forged.Set("pyobject.size", forged.Get("pyobject.size") + 16);
        Assert.False(DebugOffsets.TryParse(forged.Bytes, out _, out error));
        Assert.Contains("special build", error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Releases))]
    public void RefusesBytesThatAreCut(string release)
    {
        byte[] bytes = ForgedDebugOffsets.Of(release).Bytes;
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.False(DebugOffsets.TryParse(bytes.AsSpan(0, length), out _, out string error));
            Assert.NotEmpty(error);
        }
    }

    [Theory]
    [InlineData(0x030C_01F0UL, 0, "3.12.1 is not supported")]
    [InlineData(0x0310_00F0UL, 0, "3.16.0 is not supported")]
    [InlineData(0x030F_00A7UL, 0, "3.15.0a7 is not supported")]
    [InlineData(0x030D_00B4UL, 1, "3.13.0b4 (free-threaded) is not supported")]
    [InlineData(0x030E_00F0UL, 2, "does not start with a valid")]
    [InlineData(0x1_030E_00F0UL, 0, "does not start with a valid")]
    public void RefusesVersionsThatItDoesNotKnow(ulong hex, uint freeThreaded, string reason)
    {
        ForgedDebugOffsets forged = ForgedDebugOffsets.Of("3.14.10");
        forged.Set("version", hex);
        forged.Set("free_threaded", freeThreaded);
        Assert.False(DebugOffsets.TryParse(forged.Bytes, out _, out string error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadsTheVersionFromThePrefixAlone()
    {
        byte[] bytes = ForgedDebugOffsets.Of("3.14.10t").Bytes;
        Assert.True(DebugOffsets.TryReadVersion(bytes.AsSpan(0, DebugOffsets.PrefixSize), out CPythonVersion version, out bool freeThreaded));
        Assert.Equal((new CPythonVersion(3, 14, 10), true), (version, freeThreaded));
        bytes[0]++;
        Assert.False(DebugOffsets.TryReadVersion(bytes, out _, out _));
    }

    [Fact]
    public void NeverThrowsOnGarbage()
    {
        string[] releases = ["3.13.18", "3.14.10t", "3.15.2"];
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 110], Gen.ULong, Gen.Int[0, 110], Gen.ULong[0, 400])
            .Sample((release, first, huge, second, small) =>
            {
                byte[] bytes = ForgedDebugOffsets.Of(releases[release]).Bytes;
                int slots = bytes.Length / sizeof(ulong);
                BitConverter.TryWriteBytes(bytes.AsSpan(first % slots * sizeof(ulong)), huge);
                BitConverter.TryWriteBytes(bytes.AsSpan(second % slots * sizeof(ulong)), small);
                bool parsed = DebugOffsets.TryParse(bytes, out CPythonLayout? layout, out string error);
                return parsed == layout is not null && parsed == (error.Length == 0);
            });
    }
}
