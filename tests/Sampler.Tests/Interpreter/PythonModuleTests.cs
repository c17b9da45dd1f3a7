using LibProf.CPythonLayouts;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Tests.Elf;

namespace LibProf.Sampler.Tests.Interpreter;

public sealed class PythonModuleTests
{
    // In a file without note and with one extra section, that section stands at 0x110: see the assertion in Build.
    private const ulong SectionAt = 0x110;

    [Fact]
    public void Nothing_of_CPython_is_no_module() => Assert.Null(Inspect(new ForgedElf { DynamicSymbols = [("main", 0x10)] }));

    [Fact]
    public void Takes_the_version_constant_of_3_11_and_later()
    {
        PythonModule? module = Inspect(Build(BitConverter.GetBytes(0x030b02f0UL), ("_PyRuntime", 0x5000), ("Py_Version", SectionAt)));

        Assert.NotNull(module);
        Assert.Equal(0x5000UL, module.Runtime);
        Assert.Equal(new CPythonVersion(3, 11, 2), module.Version);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(0x400000UL)]
    public void Takes_the_version_that_the_code_refers_to_and_not_another(ulong linkedAt)
    {
        // "3.9.1", "3.8.18", then code that loads the address of the second.
        byte[] data = new byte[64];
        "3.9.1\0"u8.CopyTo(data);
        "3.8.18\0"u8.CopyTo(data.AsSpan(8));
        ulong target = linkedAt + SectionAt + 8;
        ulong code = linkedAt + SectionAt + 32;
        byte[] instruction = linkedAt == 0
            ? [0x48, 0x8d, 0x0d, .. BitConverter.GetBytes((int)(target - (code + 7)))]  // lea rcx, [rip + distance]
            : [0xb9, .. BitConverter.GetBytes((uint)target)]; // mov ecx, address
        instruction.CopyTo(data, 32);

        PythonModule? module = Inspect(Build(data, linkedAt, ("_PyRuntime", 0x5000), ("Py_GetVersion", code)));

        Assert.Equal(new CPythonVersion(3, 8, 18), module!.Version);
    }

    [Theory]
    [InlineData("\03.8.18\0", "3.8.18")]
    [InlineData("\03.40.1\0x\03.7.0b2\0", "3.7.0b2")]
    [InlineData("\03.8.18\0\03.8.18\0", "3.8.18")]
    [InlineData("x3.8.18\0", null)]
    [InlineData("\03.8.18\0\03.9.1\0", null)]
    [InlineData("\0", null)]
    public void Takes_the_only_version_in_the_read_only_data(string data, string? version)
    {
        PythonModule? module = Inspect(new ForgedElf
        {
            DynamicSymbols = [("_PyRuntime", 0x5000)],
            ExtraSections = [(".rodata", [.. data.Select(character => (byte)character)])],
        });

        Assert.Equal(version, module!.Version?.ToString());
    }

    [Fact]
    public void Finds_a_version_where_two_pieces_of_a_large_section_meet()
    {
        for (int at = (1 << 18) - 30; at < (1 << 18) + 10; at++)
        {
            byte[] data = new byte[1 << 19];
            "\03.8.18\0"u8.CopyTo(data.AsSpan(at));
            PythonModule? module = Inspect(new ForgedElf { DynamicSymbols = [("_PyRuntime", 0x5000)], ExtraSections = [(".rodata", data)] });

            Assert.Equal("3.8.18", module!.Version?.ToString());
        }
    }

    [Fact]
    public void Uses_the_section_where_no_symbol_is_exported()
    {
        ForgedElf forged = new() { ExtraSections = [(".PyRuntime", new byte[64])] };

        Assert.Equal(SectionAt, Inspect(forged)!.Runtime);
    }

    [Fact]
    public void Uses_the_symbol_table_only_when_asked_to_be_thorough()
    {
        ForgedElf forged = new() { LocalSymbols = [("_PyRuntime", 0x5000)] };
        byte[] file = forged.Build();

        Assert.Equal(0x5000UL, PythonModule.Inspect(ElfImageTests.Read(file), thorough: true)!.Runtime);
        Assert.Null(PythonModule.Inspect(ElfImageTests.Read(file), thorough: false));
    }

    [Fact]
    public void Finds_the_hidden_list_of_a_stripped_3_6_by_the_function_that_returns_it()
    {
        // mov rax, [rip + 0x1000]; ret
        byte[] code = [0x48, 0x8b, 0x05, 0, 0x10, 0, 0, 0xc3, .. new byte[24]];
        PythonModule? module = Inspect(Build(code, ("_PyThreadState_Current", 0x7000), ("PyInterpreterState_Head", SectionAt)));

        Assert.Equal(0UL, module!.Runtime);
        Assert.Equal(0x7000UL, module.CurrentThreadState);
        Assert.Equal(SectionAt + 7 + 0x1000, module.InterpreterHead);
    }

    private static PythonModule? Inspect(ForgedElf forged) => PythonModule.Inspect(ElfImageTests.Read(forged.Build()), thorough: true);

    private static ForgedElf Build(byte[] section, params (string, ulong)[] symbols) => Build(section, 0, symbols);

    private static ForgedElf Build(byte[] section, ulong linkedAt, params (string, ulong)[] symbols)
    {
        ForgedElf forged = new() { LinkedAt = linkedAt, DynamicSymbols = symbols, ExtraSections = [(".data", section)] };
        forged.Build();
        Assert.Equal(SectionAt, (ulong)forged.Offsets[".data"]);
        return new ForgedElf { LinkedAt = linkedAt, DynamicSymbols = symbols, ExtraSections = [(".data", section)] };
    }
}
