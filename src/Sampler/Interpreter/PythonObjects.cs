using LibProf.CPythonLayouts;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Interpreter;

/// <summary>Reads Python objects of the target, one at a time: outside the path of a repeated look. Nothing throws.</summary>
internal sealed partial class PythonObjects(IRemoteMemory memory, CPythonLayout layout)
{
    /// <summary>Bytes with which most strings come whole.</summary>
    private const int ShortString = 256;

    /// <summary>Bytes with which most line tables come whole.</summary>
    private const int ShortBytes = 1024;

    private readonly Dictionary<ulong, string> _typeNames = [];

    /// <summary>The target's memory.</summary>
    public PrefetchedMemory Memory { get; } = new(memory);

    /// <summary>The target's layout.</summary>
    public CPythonLayout Layout { get; } = layout;

    /// <summary>Has a str fetched together with others, before it is read.</summary>
    public void PrefetchString(ulong address) => Memory.AddWithinPage(address, ShortString);

    /// <summary>Has an object's type fetched together with others.</summary>
    public void PrefetchType(ulong address) => Memory.Add(address == 0 ? 0 : address + (ulong)Layout.Object.Type.Value, sizeof(ulong));

    /// <summary>Has a bytes object fetched together with others, before it is read.</summary>
    public void PrefetchBytes(ulong address) => Memory.AddWithinPage(address, ShortBytes);

    /// <summary>Has the rest of a bytes object fetched whose beginning was, and is too short.</summary>
    public void PrefetchRest(ulong address, int maxLength)
    {
        int data = Layout.Bytes.Data.Value;
        int head = (int)Math.Min(ShortBytes, 4096 - (address & 4095));
        if (Memory.TryReadUInt64(address + (ulong)Layout.Bytes.Size.Value, out ulong size) && size <= (ulong)maxLength
            && (head < data || data + (int)size > head))
        {
            Memory.Add(address + (ulong)data, (int)size);
        }
    }

    /// <summary>Reads a str; false when it is none, too long, or torn.</summary>
    public bool TryReadString(ulong address, out string value) => TryReadString(address, out value, out _, out _);

    /// <summary>
    /// Reads a str together with the bytes that prove its identity: from its length field to the end of its characters, the
    /// first bytes of that.
    /// </summary>
    public bool TryReadString(ulong address, out string value, out ulong witnessAddress, out byte[] witness)
    {
        value = "";
        witnessAddress = 0;
        witness = [];
        UnicodeLayout unicode = Layout.Unicode;
        int headerSize = UnicodeHeader.FullHeaderSize(unicode);
        Span<byte> bytes = stackalloc byte[ShortString];
        // Most names fit into one read; near the end of a mapping only the header may be readable.
        int wanted = (int)Math.Min((ulong)bytes.Length, 4096 - (address & 4095));
        if (wanted < headerSize || !Memory.TryRead(address, bytes[..wanted]))
        {
            wanted = unicode.AsciiData.Value;
            if (!Memory.TryRead(address, bytes[..wanted]))
            {
                return false;
            }

            // A short ASCII string right before an unmapped page has no further header fields.
            wanted = Memory.TryRead(address, bytes[..headerSize]) ? headerSize : wanted;
            bytes[wanted..headerSize].Clear();
        }

        if (!UnicodeHeader.TryParse(bytes[..headerSize], unicode, ReadLimits.MaxStringLength, out UnicodeHeader header))
        {
            return false;
        }

        int witnessStart = unicode.Length.Value;
        if (header.IsInline && header.DataOffset + header.ByteLength <= wanted)
        {
            value = UnicodeHeader.Decode(header.Kind, bytes.Slice(header.DataOffset, header.ByteLength));
            witness = bytes[witnessStart..(header.DataOffset + header.ByteLength)].ToArray();
        }
        else
        {
            byte[] data = new byte[header.ByteLength];
            ulong from = header.IsInline ? address + (ulong)header.DataOffset : header.DataPointer;
            if (!Memory.TryRead(from, data))
            {
                return false;
            }

            value = UnicodeHeader.Decode(header.Kind, data);
            witness = bytes[witnessStart..Math.Min(wanted, headerSize)].ToArray();
        }

        witnessAddress = address + (ulong)witnessStart;
        return true;
    }

    /// <summary>The C name of an object's type (<c>tp_name</c>), for example <c>module</c>; false when it cannot be read.</summary>
    public bool TryReadTypeName(ulong address, out string name)
    {
        name = "";
        return Memory.TryReadUInt64(address + (ulong)Layout.Object.Type.Value, out ulong type) && TryReadNameOfType(type, out name);
    }

    /// <summary>The C name of a type object.</summary>
    public bool TryReadNameOfType(ulong type, out string name)
    {
        if (_typeNames.TryGetValue(type, out name!))
        {
            return true;
        }

        if (!Memory.TryReadUInt64(type + (ulong)Layout.Type.Name.Value, out ulong text) || !Memory.TryReadCString(text, 256, out name))
        {
            name = "";
            return false;
        }

        if (_typeNames.Count < 4096)
        {
            _typeNames[type] = name;
        }

        return true;
    }

    /// <summary>Reads a bytes object's content of at most <paramref name="maxLength"/> bytes.</summary>
    public bool TryReadBytes(ulong address, int maxLength, out byte[] value)
    {
        value = [];
        // Most are short, and come with the first read.
        Span<byte> head = stackalloc byte[ShortBytes];
        head = head[..(int)Math.Min((ulong)head.Length, 4096 - (address & 4095))];
        int data = Layout.Bytes.Data.Value;
        if (head.Length < data)
        {
            head = head[..0];
        }
        else if (!Memory.TryRead(address, head))
        {
            return false;
        }

        ulong size;
        if (head.Length > 0)
        {
            size = new RemoteStruct(head).UInt64(Layout.Bytes.Size);
        }
        else if (!Memory.TryReadUInt64(address + (ulong)Layout.Bytes.Size.Value, out size))
        {
            return false;
        }

        if (size > (ulong)maxLength)
        {
            return false;
        }

        if (data + (int)size <= head.Length)
        {
            value = head.Slice(data, (int)size).ToArray();
            return true;
        }

        value = new byte[(int)size];
        return Memory.TryRead(address + (ulong)data, value);
    }

    /// <summary>Reads the strings of a list or tuple; items that are no strings are left out.</summary>
    public List<string> ReadStrings(ulong sequence)
    {
        List<string> result = [];
        if (!TryReadTypeName(sequence, out string type))
        {
            return result;
        }

        ulong items;
        ulong count;
        if (type == "tuple")
        {
            items = sequence + (ulong)Layout.Tuple.Items.Value;
            if (!Memory.TryReadUInt64(sequence + (ulong)Layout.Tuple.Size.Value, out count))
            {
                return result;
            }
        }
        else if (!Memory.TryReadUInt64(sequence + (ulong)Layout.List.Size.Value, out count)
            || !Memory.TryReadUInt64(sequence + (ulong)Layout.List.Items.Value, out items)
            || type != "list")
        {
            return result;
        }

        for (ulong i = 0; i < Math.Min(count, ReadLimits.MaxSequenceItems); i++)
        {
            if (Memory.TryReadUInt64(items + (i * sizeof(ulong)), out ulong item) && TryReadString(item, out string text))
            {
                result.Add(text);
            }
        }

        return result;
    }
}
