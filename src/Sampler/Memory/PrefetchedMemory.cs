using System.Runtime.InteropServices;

namespace LibProf.Sampler.Memory;

/// <summary>
/// Memory of which some ranges are fetched together, in one system call, before they are asked for one by one. From the first fetch until
/// <see cref="Clear"/> whole pages are read and kept, since what belongs together stands together; before it and after it, everything is read
/// when it is asked for. So nothing here is older than the task at hand.
/// </summary>
/// <param name="source">The memory itself.</param>
public sealed class PrefetchedMemory(IRemoteMemory source) : IRemoteMemory
{
    private readonly PagedMemory _pages = new(source);
    private readonly List<RemoteRange> _wanted = [];
    private bool _isKept;

    /// <summary>The memory itself.</summary>
    public IRemoteMemory Source { get; } = source;

    /// <summary>Puts a range on the list of what <see cref="Fetch"/> reads.</summary>
    public void Add(ulong address, int length)
    {
        if (address != 0 && length > 0)
        {
            _wanted.Add(new RemoteRange(address, (ulong)length));
        }
    }

    /// <summary>As <see cref="Add"/>, but no further than the end of the page that the range begins in: behind it there need be nothing.</summary>
    public void AddWithinPage(ulong address, int length) => Add(address, (int)Math.Min((ulong)length, PagedMemory.PageSize - (address % PagedMemory.PageSize)));

    /// <summary>Reads the pages of what was added since the last call; those that cannot be read are left out.</summary>
    public void Fetch()
    {
        _pages.Fetch(CollectionsMarshal.AsSpan(_wanted));
        _wanted.Clear();
        _isKept = true;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _pages.Forget();
        _wanted.Clear();
        _isKept = false;
    }

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> destination) => _isKept ? _pages.TryRead(address, destination) : Source.TryRead(address, destination);

    /// <inheritdoc/>
    public int ReadRanges(ReadOnlySpan<RemoteRange> ranges, Span<byte> destination) => Source.ReadRanges(ranges, destination);
}
