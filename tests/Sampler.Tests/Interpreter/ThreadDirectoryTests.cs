using LibProf.CPythonLayouts;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Tests.Recording;

namespace LibProf.Sampler.Tests.Interpreter;

/// <summary>Kernel ids of threads in versions whose thread states have none, on a made-up glibc.</summary>
public sealed class ThreadDirectoryTests
{
    /// <summary>Where glibc 2.36 on x86-64 has <c>struct pthread</c>'s tid.</summary>
    private const int TidOffset = 720;

    [Theory]
    [InlineData(6)]
    [InlineData(10)]
    public void The_upper_half_of_a_pointer_is_no_kernel_id(int minor)
    {
        Assert.True(KnownLayouts.TryGet(new CPythonVersion(3, minor, 0), freeThreaded: false, out CPythonLayout? layout));
        ForgedMemory memory = new();
        ulong main = Pthread(memory, 32_500);
        ulong other = Pthread(memory, 32_501);
        ThreadDirectory directory = new(
            new PythonObjects(memory, layout), new CollectingSink(), processDirectory: "", pid: 32_500,
            // 0x7f00 = 32512: the upper half of the addresses made up here, and a thread of this program.
            threads: [32_500, 32_501, (int)(ForgedMemory.Base >> 32)]);

        directory.Add(new ThreadIdentity(0, main), interpreterId: 0, state: 0);
        directory.Add(new ThreadIdentity(0, other), interpreterId: 0, state: 0);

        Assert.Equal([(32_500, true), (32_501, false)], directory.Threads.Select(thread => (thread.NativeId, thread.IsMain)));
    }

    [Fact]
    public void A_thread_seen_as_it_starts_does_not_pass_for_the_one_that_started_it()
    {
        Assert.True(KnownLayouts.TryGet(new CPythonVersion(3, 13, 0), freeThreaded: false, out CPythonLayout? layout));
        ForgedMemory memory = new();
        (ulong creator, ulong begun) = (memory.Allocate(layout.Thread.Size), memory.Allocate(layout.Thread.Size));
        memory.WriteUInt64(creator + (ulong)layout.Thread.NativeThreadId.Value, 32_501);
        memory.WriteUInt64(begun + (ulong)layout.Thread.NativeThreadId.Value, 32_501);
        CollectingSink sink = new();
        ThreadDirectory directory = new(new PythonObjects(memory, layout), sink, processDirectory: "", pid: 32_500);

        _ = directory.Add(new ThreadIdentity(1, 0x7001), interpreterId: 0, state: creator);
        int id = directory.Add(new ThreadIdentity(2, 0x7002), interpreterId: 0, state: begun);
        Assert.Equal([32_501, 0], directory.Threads.Select(thread => thread.NativeId));

        memory.WriteUInt64(begun + (ulong)layout.Thread.NativeThreadId.Value, 32_502);
        Assert.Equal(32_502, directory.NativeIdOf(id));
    }

    // It begins with pointers to itself: {tcb, dtv, self, ...}.
    private static ulong Pthread(ForgedMemory memory, int tid)
    {
        ulong address = memory.Allocate(2304);
        memory.WriteUInt64(address, address);
        memory.WriteUInt64(address + 8, address + 64);
        memory.WriteUInt64(address + 16, address);
        memory.WriteInt32(address + TidOffset, tid);
        return address;
    }
}
