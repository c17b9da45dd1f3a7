using LibProf.Sampler.Memory;
using LibProf.Sampler.Tests.Interpreter;

namespace LibProf.Sampler.Tests.Memory;

/// <summary>Reads that prove whose memory it is: the program that was, or nothing.</summary>
public sealed class GuardedMemoryTests
{
    private readonly ForgedMemory _source = new();
    private readonly GuardedMemory _guarded;
    private readonly ulong _word;
    private readonly ulong _place;

    public GuardedMemoryTests()
    {
        _guarded = new GuardedMemory(_source);
        _word = _source.Allocate(8);
        _place = _source.Allocate(32 * 1024);
        _source.WriteUInt64(_word, 77);
        _source.WriteUInt64(_place, 1);
    }

    [Fact]
    public void Nothing_is_read_without_a_word()
    {
        Assert.False(_guarded.TryRead(_place, new byte[8]));
        _guarded.Guard(16);
        Assert.False(_guarded.IsGuarded);
        Assert.False(_guarded.TryRead(_place, new byte[8]));
    }

    [Fact]
    public void Word_that_is_another_means_that_nothing_is_read()
    {
        _guarded.Guard(_word);
        Assert.True(_guarded.TryReadUInt64(_place, out ulong value));
        Assert.Equal(1u, value);
        _source.WriteUInt64(_word, 78);
        Assert.Equal(0, _guarded.ReadRanges([new(_place, 8), new(_place + 8, 8)], new byte[16]));
        _source.WriteUInt64(_word, 77);
        Assert.True(_guarded.TryReadUInt64(_place, out _));
    }

    [Fact]
    public void What_cannot_be_read_ends_the_read_and_no_more()
    {
        _guarded.Guard(_word);
        Assert.Equal(8, _guarded.ReadRanges([new(_place, 8), new(8, 8), new(_place, 8)], new byte[24]));
    }

    [Fact]
    public void Many_ranges_are_read_in_parts()
    {
        _guarded.Guard(_word);
        for (int i = 0; i < 3000; i++)
        {
            _source.WriteUInt64(_place + (ulong)(i * 8), (ulong)i);
        }

        byte[] bytes = new byte[3000 * 8];
        Assert.Equal(bytes.Length, _guarded.ReadRanges([.. Enumerable.Range(0, 3000).Select(i => new RemoteRange(_place + (ulong)(i * 8), 8))], bytes));
        Assert.Equal(Enumerable.Range(0, 3000).Select(i => (ulong)i), Enumerable.Range(0, 3000).Select(i => BitConverter.ToUInt64(bytes, i * 8)));
    }
}
