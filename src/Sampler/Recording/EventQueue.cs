namespace LibProf.Sampler.Recording;

/// <summary>What an <see cref="EventQueue.Event"/> announces.</summary>
internal enum QueuedKind : byte
{
    /// <summary>An object that says what it is by its type: environment, image, Python, thread, module, distribution, statistics, end.</summary>
    Object,
    /// <summary>A <see cref="FunctionInfo"/>.</summary>
    Function,
    /// <summary>A <see cref="FrameInfo"/>.</summary>
    Frame,
    /// <summary>A stack.</summary>
    Stack,
    /// <summary>A <see cref="Recording.Milestone"/>.</summary>
    Milestone,
    /// <summary>A <see cref="MemoryReading"/>.</summary>
    Memory,
    /// <summary>A <see cref="CodeInfo"/>.</summary>
    Code,
    /// <summary>A reading of processor time.</summary>
    ProcessorTime,
    /// <summary>Begin, length in A and B.</summary>
    Collection,
    /// <summary>Looks that were left out.</summary>
    Idle,
}

/// <summary>
/// Events that must not be lost, on their way from one producing thread to one consuming thread: an unbounded queue of pieces that
/// are used again once they have been consumed, so that in the long run nothing is allocated for an event.
/// </summary>
internal sealed class EventQueue
{
    private const int PieceSize = 256;

    // One chain: pieces to use again from _oldest on, then the consumer's, then those waiting, then the producer's.
    private Piece _oldest;
    private Piece _producing;
    private Piece _consuming;
    private int _consumedOfPiece;
    private long _written;
    private long _consumed;

    /// <summary>Makes an empty queue.</summary>
    public EventQueue() => _oldest = _producing = _consuming = new Piece();

    /// <summary>How many events wait for the consumer, at least. For the producer.</summary>
    public long Waiting => _written - Volatile.Read(ref _consumed);

    /// <summary>Adds an event. For the producer.</summary>
    public void Write(in Event e)
    {
        var piece = _producing;
        var count = piece.Count;
        if (count == PieceSize)
        {
            var next = TakePiece();
            Volatile.Write(ref piece.Next, next);
            _producing = piece = next;
            count = 0;
        }
        piece.Events[count] = e;
        Volatile.Write(ref piece.Count, count + 1);
        _written++;
    }

    /// <summary>Takes the oldest event if it belongs at or before a position in the ring of samples. For the consumer.</summary>
    public bool TryRead(long position, out Event e)
    {
        var piece = _consuming;
        if (_consumedOfPiece == PieceSize)
        {
            if (Volatile.Read(ref piece.Next) is not { } next)
            {
                e = default;
                return false;
            }
            _consumedOfPiece = 0;
            piece = next;
            Volatile.Write(ref _consuming, next);
        }
        if (_consumedOfPiece >= Volatile.Read(ref piece.Count) || piece.Events[_consumedOfPiece].Position > position)
        {
            e = default;
            return false;
        }
        e = piece.Events[_consumedOfPiece];
        piece.Events[_consumedOfPiece++] = default;
        Volatile.Write(ref _consumed, _consumed + 1);
        return true;
    }

    private Piece TakePiece()
    {
        var piece = _oldest;
        if (piece == Volatile.Read(ref _consuming))
            return new Piece();
        // The consumer has left this piece behind, so it has a successor and nobody else looks at it.
        _oldest = piece.Next!;
        piece.Next = null;
        piece.Count = 0;
        return piece;
    }

    /// <summary>An event, and how many words of samples were written before it.</summary>
    public struct Event
    {
        /// <summary>The position in the ring of samples at which it happened: after all samples before that, before all others.</summary>
        public long Position;
        /// <summary>A time, or unused.</summary>
        public long TimeNs;
        /// <summary>The object, the function's name, the module that a frame imports or the page faults of a reading of memory.</summary>
        public object? First;
        /// <summary>The function's file.</summary>
        public object? Second;
        /// <summary>The number of the function, frame or stack; the milestone; anonymous memory; the upper half of processor time.</summary>
        public int A;
        /// <summary>The function's first line; the frame's function; the stack's caller; memory of files; the lower half of processor time.</summary>
        public int B;
        /// <summary>The frame's line; the stack's frame; the source of a reading of memory.</summary>
        public int C;
        /// <summary>What it is.</summary>
        public QueuedKind Kind;
    }

    private sealed class Piece
    {
        public readonly Event[] Events = new Event[PieceSize];
        public int Count;
        public Piece? Next;
    }
}
