using System.Text;
using CsCheck;
using LibProf.Sampler.Elf;
using LibProf.Sampler.Memory;
using LibProf.Sampler.Target;
using LibProf.TestSupport;

namespace LibProf.Sampler.Tests.Target;

public sealed class ProcessMappingsTests
{
    private const string Example = """
        00400000-0041f000 r--p 00000000 fe:01 1311                               /usr/bin/python3.11
        0041f000-006d2000 r-xp 0001f000 fe:01 1311                               /usr/bin/python3.11
        00a5b000-00a8b000 rw-p 0065b000 fe:01 1311                               /usr/bin/python3.11
        012c6000-0139b000 rw-p 00000000 00:00 0                                  [heap]
        7f0000000000-7f0000001000 r-xp 00002000 00:2f 9223372036854775809        /opt/a b/lib python.so (deleted)
        7f0000002000-7f0000003000 rw-p 00000000 00:00 0 
        7f0000004000-7f0000005000 rw-s 00000000 00:01 2054                       /memfd:x (deleted)
        7f0000006000-7f0000007000 r--p 00000000 fe:01 77                         /tmp/line\012break
        ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
        """;

    [Fact]
    public void Parses_every_kind_of_line()
    {
        IReadOnlyList<ProcessMapping> mappings = ProcessMappings.Parse(Encoding.UTF8.GetBytes(Example));

        Assert.Equal(9, mappings.Count);
        Assert.Equal(new ProcessMapping(0x41f000, 0x6d2000, true, false, true, 0x1f000, 0xfe_00000001, 1311, "/usr/bin/python3.11", false), mappings[1]);
        Assert.Equal("[heap]", mappings[3].Path);
        Assert.False(mappings[3].HasFile);
        Assert.Equal(("/opt/a b/lib python.so", true, 9223372036854775809UL), (mappings[4].Path, mappings[4].Deleted, mappings[4].Inode));
        Assert.Equal("", mappings[5].Path);
        Assert.Equal("/tmp/line\nbreak", mappings[7].Path);
        Assert.Equal(0xffffffffff600000UL, mappings[8].Start);
    }

    [Fact]
    public void Modules_are_the_files_with_code()
    {
        IReadOnlyList<MappedModule> modules = ProcessMappings.GetModules(ProcessMappings.Parse(Encoding.UTF8.GetBytes(Example)));

        Assert.Equal(["/usr/bin/python3.11", "/opt/a b/lib python.so"], modules.Select(module => module.Path));
        Assert.Equal(0x400000UL, modules[0].Start);
        Assert.Equal("lib python.so", modules[1].FileName.ToString());
        Assert.True(modules[0].TryGetAddress(0x20000, out ulong address, out ulong available));
        Assert.Equal((0x420000UL, 0x2b2000UL), (address, available));
        Assert.False(modules[1].TryGetAddress(0, out _, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("00400000-0041f000")]
    [InlineData("00400000-0041f000 r--p 00000000 fe:01")]
    [InlineData("zz-0041f000 r--p 00000000 fe:01 1 /x")]
    [InlineData("0041f000-00400000 r--p 00000000 fe:01 1 /x")]
    public void Leaves_out_what_it_does_not_understand(string text) => Assert.Empty(ProcessMappings.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Survives_any_bytes() => Gen.Byte.Array[0, 400].Sample(bytes => ProcessMappings.Parse(bytes));

    [Fact]
    public void Survives_damaged_text() =>
        Gen.Select(Gen.Int[0, Example.Length - 1], Gen.Byte).Array[1, 8].Sample(damage =>
        {
            byte[] text = Encoding.UTF8.GetBytes(Example);
            foreach ((int position, byte value) in damage)
            {
                text[position] = value;
            }

            ProcessMappings.GetModules(ProcessMappings.Parse(text));
        });

    [Fact]
    public void Reads_a_live_process_and_reports_one_that_is_not_there()
    {
        Assert.NotEmpty(ProcessMappings.TryRead(Environment.ProcessId, out int error)!);
        Assert.Equal(0, error);
        Assert.Null(ProcessMappings.TryRead(int.MaxValue, out error));
        Assert.Equal(2, error); // ENOENT
    }

    [Theory]
    [MemberData(nameof(Interpreters.EveryMinor), MemberType = typeof(Interpreters))]
    public void A_file_can_be_read_back_from_memory(PythonInterpreter interpreter)
    {
        using TargetProcess target = TargetProcess.Start(interpreter, "idle.py");
        LiveProcessMemory memory = new(target.Pid);
        MappedModule[] modules = [.. ProcessMappings.GetModules(ProcessMappings.TryRead(target.Pid, out _)!)
            .Where(module => module.FileName.Contains("python", StringComparison.Ordinal))];

        Assert.NotEmpty(modules);
        foreach (MappedModule module in modules)
        {
            Assert.True(MappedFile.TryOpen(target.Pid, module, out MappedFile? file));
            using (file)
            {
                Assert.True(ElfImage.TryRead(file, out ElfImage? fromFile));
                Assert.True(fromFile.TryGetLoadBias(module.Start, module.Mappings[0].Offset, out ulong bias));
                Assert.True(ElfImage.TryRead(new MappedMemory(memory, module), out ElfImage? fromMemory, bias));
                Assert.Equal(fromFile.BuildId, fromMemory.BuildId);
                foreach (string name in (string[])["_PyRuntime", "Py_Version", "Py_GetVersion", "_PyThreadState_Current", "PyInterpreterState_Head"])
                {
                    bool found = fromFile.TryFindDynamicSymbol(name, out ElfSymbol expected);
                    Assert.Equal(found, fromMemory.TryFindDynamicSymbol(name, out ElfSymbol actual));
                    Assert.Equal(found ? expected.Address : 0, found ? actual.Address : 0);
                }
            }
        }
    }
}
