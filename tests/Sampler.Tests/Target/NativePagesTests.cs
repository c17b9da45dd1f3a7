using LibProf.Sampler.Recording;
using LibProf.Sampler.Target;

namespace LibProf.Sampler.Tests.Target;

/// <summary>The text of /proc/PID/smaps.</summary>
public sealed class NativePagesTests
{
    [Fact]
    public void ExecutableMappingsOfFilesAreSummedUp()
    {
        const string Text =
            """
            7f00-7f10 r--p 00000000 fd:00 1    /lib/a.so
            Referenced:           64 kB
            7f10-7f20 r-xp 00001000 fd:00 1    /lib/a.so
            Size:                400 kB
            Referenced:           12 kB
            VmFlags: rd ex mr mw me
            7f20-7f30 r-xp 00002000 fd:00 1    /lib/a.so
            Referenced:            8 kB
            7f30-7f40 r-xp 00000000 fd:00 2    /lib/with space.so
            Referenced:            0 kB
            7f40-7f50 r-xp 00000000 00:00 0    [vdso]
            Referenced:            4 kB
            7f50-7f60 rw-p 00000000 00:00 0
            Referenced:            4 kB

            """;
        Assert.Equal([new NativeLibraryPages("/lib/a.so", 20), new("/lib/with space.so", 0)], NativePages.Parse(System.Text.Encoding.UTF8.GetBytes(Text)));
    }
}
