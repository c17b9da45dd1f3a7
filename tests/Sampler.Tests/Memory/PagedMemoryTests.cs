using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Tests.Memory;

/// <summary>Reading by pages: each once, no page that was not asked for, and what cannot be read costs its own page alone.</summary>
public sealed class PagedMemoryTests
{
    private const int Page = PagedMemory.PageSize;

    private readonly ScatteredPages _source = new();
    private readonly PagedMemory _pages;

    public PagedMemoryTests() => _pages = new PagedMemory(_source);

    [Fact]
    public void Page_is_read_once_until_it_is_forgotten()
    {
        _source.Map(10, 1);
        byte[] bytes = new byte[8];
        Assert.True(_pages.TryRead((10 * Page) + 4088, bytes));
        Assert.Equal(ScatteredPages.BytesAt((10 * Page) + 4088, 8), bytes);
        _source.Change = 1;
        Assert.True(_pages.TryRead(10 * Page, bytes));
        Assert.Equal(ScatteredPages.BytesAt(10 * Page, 8), bytes);
        Assert.Equal([(10UL * Page, (ulong)Page)], _source.Ranges);

        Assert.True(_pages.TryView(10 * Page, 8, out _));
        _pages.Forget();
        Assert.False(_pages.TryView(10 * Page, 8, out _));
        Assert.True(_pages.TryRead(10 * Page, bytes));
        Assert.Equal((byte)(ScatteredPages.BytesAt(10 * Page, 1)[0] + 1), bytes[0]);
        Assert.Equal(2, _source.Calls);
    }

    [Fact]
    public void Neighbours_come_with_one_range_and_all_ranges_with_one_call()
    {
        _source.Map(10, 20);
        _source.Map(50, 1);
        RemoteRange[] ranges = [new(50 * Page, 16), new((12 * Page) - 8, 16), new((10 * Page) + 5, 1), new(11 * Page, 3)];
        byte[] bytes = new byte[36];
        Assert.Equal(36, _pages.ReadRanges(ranges, bytes));
        byte[] expected = [.. ranges.SelectMany(range => ScatteredPages.BytesAt(range.Address, (int)range.Length))];
        Assert.Equal(expected, bytes);
        Assert.Equal(1, _source.Calls);
        Assert.Equal([(10UL * Page, 3UL * Page), (50UL * Page, (ulong)Page)], _source.Ranges);
    }

    [Fact]
    public void Long_ranges_are_bounded()
    {
        _source.Map(10, 40);
        byte[] bytes = new byte[40 * Page];
        Assert.True(_pages.TryRead(10 * Page, bytes));
        Assert.Equal(ScatteredPages.BytesAt(10 * Page, bytes.Length), bytes);
        Assert.All(_source.Ranges, range => Assert.InRange(range.Length, (ulong)Page, 16UL * Page));
        Assert.Equal(40UL * Page, (ulong)_source.Ranges.Sum(range => (long)range.Length));
    }

    [Fact]
    public void Pages_that_cannot_be_read_cost_themselves_alone()
    {
        _source.Map(10, 2);
        _source.Map(13, 2);
        RemoteRange[] ranges = [new(10 * Page, 8), new(11 * Page, 8), new(12 * Page, 8), new(13 * Page, 8), new(14 * Page, 8)];
        byte[] bytes = new byte[40];
        Assert.Equal(16, _pages.ReadRanges(ranges, bytes));
        int calls = _source.Calls;

        // All that can be read is there now, and what cannot is not tried again.
        foreach (ulong page in new ulong[] { 10, 11, 13, 14 })
        {
            Assert.True(_pages.TryRead((page * Page) + 100, bytes.AsSpan(0, 8)));
            Assert.Equal(ScatteredPages.BytesAt((page * Page) + 100, 8), bytes.AsSpan(0, 8));
        }

        Assert.False(_pages.TryRead(12 * Page, bytes.AsSpan(0, 8)));
        Assert.False(_pages.TryRead((12 * Page) - 4, bytes.AsSpan(0, 8)));
        Assert.Equal(calls, _source.Calls);
    }

    [Fact]
    public void Fetched_pages_need_no_other_call()
    {
        _source.Map(10, 4);
        _pages.Fetch([new(10 * Page, 1), new(99 * Page, 1), new(13 * Page, 1)]);
        int calls = _source.Calls;
        Assert.True(_pages.TryView((10 * Page) + 4095, 1, out ReadOnlySpan<byte> last));
        Assert.Equal(ScatteredPages.BytesAt((10 * Page) + 4095, 1), last);
        Assert.False(_pages.TryView((10 * Page) + 4095, 2, out _));
        Assert.True(_pages.TryView(13 * Page, Page, out ReadOnlySpan<byte> whole));
        Assert.Equal(ScatteredPages.BytesAt(13 * Page, Page), whole);
        Assert.False(_pages.TryView(11 * Page, 8, out _));
        Assert.False(_pages.TryView(99 * Page, 8, out _));
        byte[] bytes = new byte[8];
        Assert.True(_pages.TryRead(13 * Page, bytes));
        Assert.False(_pages.TryRead(99 * Page, bytes));
        Assert.Equal(calls, _source.Calls);
    }

    [Fact]
    public void Room_is_bounded_and_what_is_larger_is_read_past_it()
    {
        _source.Map(1000, 3000);
        byte[] bytes = new byte[8];
        for (ulong page = 1000; page < 4000; page += 2)
        {
            Assert.True(_pages.TryRead(page * Page, bytes));
            Assert.Equal(ScatteredPages.BytesAt(page * Page, 8), bytes);
        }

        Assert.False(_pages.TryView(1000 * Page, 8, out _));
        Assert.True(_pages.TryView(3998 * Page, 8, out ReadOnlySpan<byte> view));
        Assert.Equal(ScatteredPages.BytesAt(3998 * Page, 8), view);
        byte[] large = new byte[2000 * Page];
        Assert.True(_pages.TryRead(1001 * Page, large));
        Assert.Equal(ScatteredPages.BytesAt(1001 * Page, large.Length), large);
        Assert.False(_pages.TryView(1001 * Page, 8, out _));
    }

    [Theory]
    [InlineData(ulong.MaxValue - 3, 8)]
    [InlineData(ulong.MaxValue, 2)]
    [InlineData(0, 8)]
    public void Addresses_of_nothing_are_refused(ulong address, int length)
    {
        byte[] bytes = new byte[length];
        Assert.False(_pages.TryRead(address, bytes));
        Assert.False(_pages.TryRead(address, bytes));
        Assert.False(_pages.TryView(address, length, out _));
    }

    /// <summary>Pages here and there, with bytes that tell where they stand.</summary>
    private sealed class ScatteredPages : IRemoteMemory
    {
        private readonly HashSet<ulong> _mapped = [];

        public List<(ulong Address, ulong Length)> Ranges { get; } = [];

        public int Calls { get; private set; }

        public byte Change { get; set; }

        public static byte[] BytesAt(ulong address, int length) => [.. Enumerable.Range(0, length).Select(i => ByteAt(address + (ulong)i))];

        public void Map(ulong first, int count)
        {
            for (int i = 0; i < count; i++)
            {
                _mapped.Add(first + (ulong)i);
            }
        }

        public bool TryRead(ulong address, Span<byte> destination)
        {
            RemoteRange range = new(address, (ulong)destination.Length);
            return ReadRanges(new ReadOnlySpan<RemoteRange>(in range), destination) == destination.Length;
        }

        public int ReadRanges(ReadOnlySpan<RemoteRange> ranges, Span<byte> destination)
        {
            Calls++;
            int done = 0;
            foreach (RemoteRange range in ranges)
            {
                Ranges.Add((range.Address, range.Length));
                for (ulong i = 0; i < range.Length; i++)
                {
                    // As process_vm_readv: whole ranges, and bytes of one that stops half way.
                    if (!_mapped.Contains((range.Address + i) / Page))
                    {
                        return done;
                    }

                    destination[done++] = (byte)(ByteAt(range.Address + i) + Change);
                }
            }

            return done;
        }

        private static byte ByteAt(ulong address) => (byte)((address / Page * 31) + (address % 251));
    }
}
