using System.Buffers.Binary;
using System.Text;
using LibProf.CPythonLayouts;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Tests.Interpreter;

/// <summary>Memory made up for a test: one block at a fixed address; everything else cannot be read.</summary>
internal sealed class ForgedMemory : IRemoteMemory
{
    public const ulong Base = 0x7f00_0000_0000;

    private readonly byte[] _bytes = new byte[1 << 20];
    private int _used = 4096;

    /// <summary>Called before each read, to change memory under the reader.</summary>
    public Action? BeforeRead { get; set; }

    /// <summary>Called before each range of a read is copied, with its number, to change memory under the read.</summary>
    public Action<int>? BeforeRange { get; set; }

    public ulong Allocate(int size)
    {
        ulong address = Base + (ulong)_used;
        _used = (_used + size + 15) & ~15;
        return address;
    }

    public void Write(ulong address, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_bytes.AsSpan((int)(address - Base)));

    public void WriteUInt64(ulong address, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan((int)(address - Base)), value);

    public void WriteInt32(ulong address, int value) => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan((int)(address - Base)), value);

    public void WriteByte(ulong address, byte value) => _bytes[(int)(address - Base)] = value;

    /// <summary>Reads for the test itself.</summary>
    public bool Peek(ulong address, Span<byte> destination) => Copy(address, destination);

    public bool TryRead(ulong address, Span<byte> destination)
    {
        BeforeRead?.Invoke();
        return Copy(address, destination);
    }

    public int ReadRanges(ReadOnlySpan<RemoteRange> ranges, Span<byte> destination)
    {
        BeforeRead?.Invoke();
        int done = 0;
        for (int i = 0; i < ranges.Length; i++)
        {
            BeforeRange?.Invoke(i);
            if (!Copy(ranges[i].Address, destination.Slice(done, (int)ranges[i].Length)))
            {
                break;
            }

            done += (int)ranges[i].Length;
        }

        return done;
    }

    private bool Copy(ulong address, Span<byte> destination)
    {
        if (address < Base || address - Base > (ulong)_bytes.Length || (ulong)destination.Length > (ulong)_bytes.Length - (address - Base))
        {
            return false;
        }

        _bytes.AsSpan((int)(address - Base), destination.Length).CopyTo(destination);
        return true;
    }
}

/// <summary>A CPython 3.13 with one thread, made up byte by byte.</summary>
internal sealed class ForgedInterpreter
{
    private readonly ulong _codeType;
    private readonly ulong _head;
    private readonly ulong _interpreter;
    private readonly ulong _stack;
    private readonly CPythonLayout _layout;
    private int _frames;

    public ForgedInterpreter()
    {
        Assert.True(KnownLayouts.TryGet(new CPythonVersion(3, 13, 0), freeThreaded: false, out CPythonLayout? layout));
        _layout = layout;
        _head = Memory.Allocate(8);
        ulong interpreter = Memory.Allocate(16384);
        Thread = Memory.Allocate(layout.Thread.Size);
        _interpreter = interpreter;
        Memory.WriteUInt64(_head, interpreter);
        Link(Thread, 0x7777, 1);
        _codeType = Memory.Allocate(512);
        ulong name = Memory.Allocate(16);
        Memory.Write(name, "code\0"u8);
        Memory.WriteUInt64(_codeType + (ulong)layout.Type.Name.Value, name);
        _stack = Memory.Allocate(64 * 1024);
        Runtime = new LocatedRuntime
        {
            Version = layout.Version,
            Layout = layout,
            RuntimeAddress = 0,
            InterpretersHeadAddress = _head,
            CurrentThreadStateAddress = 0,
            ModulePath = "forged",
            LoadBias = 0,
            BuildId = "",
        };
        Root = Push(0, 0, layout.Frame.Owners!.CStack);
    }

    public ForgedMemory Memory { get; } = new();

    public LocatedRuntime Runtime { get; }

    public ulong Thread { get; }

    /// <summary>The entry frame at the bottom.</summary>
    public ulong Root { get; }

    public CPythonLayout Layout => _layout;

    public ulong Str(string text)
    {
        UnicodeLayout unicode = _layout.Unicode;
        ulong address = Memory.Allocate(unicode.AsciiData.Value + Math.Min(text.Length, 8192) + 1);
        Memory.WriteUInt64(address + (ulong)unicode.Length.Value, (ulong)text.Length);
        Memory.WriteInt32(address + (ulong)unicode.State.Value, (1 << unicode.KindShift) | (1 << unicode.CompactBit) | (1 << unicode.AsciiBit));
        Memory.Write(address + (ulong)unicode.AsciiData.Value, Encoding.ASCII.GetBytes(text));
        return address;
    }

    public void Rename(ulong str, string text) => Memory.Write(str + (ulong)_layout.Unicode.AsciiData.Value, Encoding.ASCII.GetBytes(text));

    public void SetName(ulong code, ulong name)
    {
        Memory.WriteUInt64(code + (ulong)_layout.Code.Name.Value, name);
        Memory.WriteUInt64(code + (ulong)_layout.Code.QualifiedName.Value, name);
    }

    public ulong Code(ulong name, ulong file, int firstLine)
    {
        CodeLayout layout = _layout.Code;
        ulong table = Memory.Allocate(64);
        // One entry without columns for eight code units: line delta 0 (Objects/locations.md, code 13).
        Memory.WriteUInt64(table + (ulong)_layout.Bytes.Size.Value, 2);
        Memory.Write(table + (ulong)_layout.Bytes.Data.Value, [0x80 | (13 << 3) | 7, 0]);
        ulong code = Memory.Allocate(layout.Size + 32);
        Memory.WriteUInt64(code + (ulong)_layout.Object.Type.Value, _codeType);
        Memory.WriteUInt64(code + (ulong)layout.UnitCount.Value, 8);
        Memory.WriteUInt64(code + (ulong)layout.Name.Value, name);
        Memory.WriteUInt64(code + (ulong)layout.QualifiedName.Value, name);
        Memory.WriteUInt64(code + (ulong)layout.FileName.Value, file);
        Memory.WriteUInt64(code + (ulong)layout.LineTable.Value, table);
        Memory.WriteInt32(code + (ulong)layout.FirstLineNumber.Value, firstLine);
        Memory.WriteInt32(code + (ulong)layout.Flags.Value, 3);
        return code;
    }

    /// <summary>Puts a frame on the data stack; the newest frame is set by <see cref="SetNewest"/>.</summary>
    public ulong Push(ulong previous, ulong code, int owner)
    {
        FrameLayout layout = _layout.Frame;
        ulong frame = _stack + (ulong)(_frames++ * 128);
        Memory.WriteUInt64(frame + (ulong)layout.Previous.Value, previous);
        Memory.WriteUInt64(frame + (ulong)layout.Executable.Value, code);
        Memory.WriteUInt64(frame + (ulong)layout.InstructionPointer.Value, code + (ulong)_layout.Code.Instructions.Value);
        Memory.WriteByte(frame + (ulong)layout.Owner.Value, (byte)owner);
        return frame;
    }

    /// <summary>Begins another thread, whose state is the first of the list.</summary>
    public ulong BeginThread(ulong newestFrame)
    {
        ulong state = Memory.Allocate(_layout.Thread.Size);
        Link(state, 0x8888, 2);
        Memory.WriteUInt64(state + (ulong)_layout.Thread.Next.Value, Thread);
        Memory.WriteUInt64(Thread, state);
        Memory.WriteUInt64(state + (ulong)_layout.Thread.Frame.Value, newestFrame);
        return state;
    }

    /// <summary>Ends it: its state is taken off the list and freed, which changes little of it.</summary>
    public void EndThread(ulong state)
    {
        Memory.WriteUInt64(Thread, 0);
        Memory.WriteUInt64(_interpreter + (ulong)_layout.Interpreter.ThreadsHead.Value, Thread);
        Memory.WriteUInt64(state, state - 16);
        Memory.WriteUInt64(state + (ulong)_layout.Thread.Frame.Value, state - 16);
    }

    private void Link(ulong state, ulong pthread, ulong number)
    {
        Memory.WriteUInt64(_interpreter + (ulong)_layout.Interpreter.ThreadsHead.Value, state);
        Memory.WriteUInt64(state + (ulong)_layout.Thread.Interpreter.Value, _interpreter);
        Memory.WriteUInt64(state + (ulong)_layout.Thread.ThreadId.Value, pthread);
        Memory.WriteUInt64(state + (ulong)_layout.Thread.UniqueId.Value, number);
    }

    public void SetNewest(ulong frame) => Memory.WriteUInt64(Thread + (ulong)_layout.Thread.Frame.Value, frame);

    public void SetInstruction(ulong frame, int unit)
    {
        FrameLayout layout = _layout.Frame;
        Span<byte> code = stackalloc byte[sizeof(ulong)];
        Assert.True(Memory.Peek(frame + (ulong)layout.Executable.Value, code));
        Memory.WriteUInt64(
            frame + (ulong)layout.InstructionPointer.Value,
            BinaryPrimitives.ReadUInt64LittleEndian(code) + (ulong)_layout.Code.Instructions.Value + (ulong)(2 * unit));
    }

    public void SetLocal(ulong frame, ulong value) => Memory.WriteUInt64(frame + (ulong)_layout.Frame.Locals.Value, value);

    /// <summary>Makes a code object one that is no function's: the body of a module or of a class.</summary>
    public void SetBody(ulong code) => Memory.WriteInt32(code + (ulong)_layout.Code.Flags.Value, 0);

    public void SetPrevious(ulong frame, ulong previous) => Memory.WriteUInt64(frame + (ulong)_layout.Frame.Previous.Value, previous);
}
