using System.Buffers.Binary;
using LibProf.CPythonLayouts;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Interpreter;

/// <summary>An entry of a dict: addresses of key and value.</summary>
internal readonly record struct DictEntry(ulong Key, ulong Value);

/// <summary>Where a dict's entries stand, read from its keys object.</summary>
/// <param name="Keys">Address of the keys object.</param>
/// <param name="Count">Entries taken, deleted ones included.</param>
/// <param name="Entries">Address of the first entry.</param>
/// <param name="EntrySize">Bytes of an entry.</param>
/// <param name="KeyOffset">Offset of the key in an entry; the value follows.</param>
/// <param name="Values">Address of the split values, 0 for a combined table.</param>
internal readonly record struct DictTable(ulong Keys, int Count, ulong Entries, int EntrySize, int KeyOffset, ulong Values);

/// <summary>Reads Python objects of the target, one at a time: outside the path of a repeated look. Nothing throws.</summary>
internal sealed class PythonObjects(IRemoteMemory memory, CPythonLayout layout)
{
    private readonly Dictionary<ulong, string> _typeNames = [];
    private readonly Dictionary<string, ulong> _names = [];
    private readonly List<DictEntry> _entries = [];
    private readonly Dictionary<ulong, int> _scanned = [];

    /// <summary>The target's memory.</summary>
    public IRemoteMemory Memory { get; } = memory;

    /// <summary>The target's layout.</summary>
    public CPythonLayout Layout { get; } = layout;

    /// <summary>Reads a str; false when it is none, too long, or torn.</summary>
    public bool TryReadString(ulong address, out string value) => TryReadString(address, out value, out _, out _);

    /// <summary>
    /// Reads a str together with the bytes that prove its identity: from its length field to the end of its characters, the
    /// first 512 bytes of that.
    /// </summary>
    public bool TryReadString(ulong address, out string value, out ulong witnessAddress, out byte[] witness)
    {
        value = "";
        witnessAddress = 0;
        witness = [];
        UnicodeLayout unicode = Layout.Unicode;
        int headerSize = UnicodeHeader.FullHeaderSize(unicode);
        Span<byte> bytes = stackalloc byte[512];
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
        Span<byte> head = stackalloc byte[512];
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

    /// <summary>Finds a dict's entries.</summary>
    public bool TryReadDictTable(ulong dict, out DictTable table)
    {
        table = default;
        DictLayout layout = Layout.Dict;
        Span<byte> fields = stackalloc byte[128];
        fields = fields[..(Math.Max(layout.Keys.Value, layout.Values.Value) + sizeof(ulong))];
        return Memory.TryRead(dict, fields)
            && TryReadKeys(new RemoteStruct(fields).UInt64(layout.Keys), new RemoteStruct(fields).UInt64(layout.Values), out table);
    }

    /// <summary>Finds the entries of a keys object, with the split values that belong to it (0 for a combined table).</summary>
    public bool TryReadKeys(ulong keys, ulong values, out DictTable table)
    {
        table = default;
        DictLayout layout = Layout.Dict;
        Span<byte> header = stackalloc byte[64];
        header = header[..(layout.KeysEntryCount.Value + sizeof(long))];
        if (!Memory.TryRead(keys, header))
        {
            return false;
        }

        RemoteStruct fields = new(header);
        long count = fields.Int64(layout.KeysEntryCount);
        long indexBytes;
        bool unicodeKeys = false;
        if (layout.KeysLog2IndexBytes.Exists)
        {
            int log2 = fields.Byte(layout.KeysLog2IndexBytes);
            indexBytes = log2 < 40 ? 1L << log2 : -1;
            unicodeKeys = fields.Byte(layout.KeysKind) != 0;
        }
        else
        {
            // DK_IXSIZE of Objects/dictobject.c: the index slots are as narrow as the table's size allows.
            long size = fields.Int64(layout.KeysSize);
            indexBytes = size is < 0 or > 1L << 32 ? -1 : size <= 0xFF ? size : size <= 0xFFFF ? size * 2 : size * 4;
        }

        if (indexBytes < 0 || count is < 0 or > ReadLimits.MaxDictEntries)
        {
            return false;
        }

        table = new DictTable(
            keys, (int)count, keys + (ulong)layout.KeysIndices.Value + (ulong)indexBytes,
            unicodeKeys ? layout.UnicodeEntrySize : layout.EntrySize, unicodeKeys ? 0 : layout.EntryKey, values);
        return true;
    }

    /// <summary>Appends a table's entries from number <paramref name="first"/> on, unused ones left out; false when they cannot be read.</summary>
    public bool TryReadEntries(in DictTable table, int first, List<DictEntry> into)
    {
        int count = table.Count - first;
        if (count <= 0)
        {
            return true;
        }

        byte[] bytes = new byte[count * table.EntrySize];
        if (!Memory.TryRead(table.Entries + ((ulong)first * (ulong)table.EntrySize), bytes))
        {
            return false;
        }

        byte[]? values = null;
        if (table.Values != 0)
        {
            values = new byte[count * sizeof(ulong)];
            if (!Memory.TryRead(table.Values + (ulong)Layout.Dict.ValuesItems.Value + ((ulong)first * sizeof(ulong)), values))
            {
                return false;
            }
        }

        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = bytes.AsSpan(i * table.EntrySize, table.EntrySize);
            ulong key = BinaryPrimitives.ReadUInt64LittleEndian(entry[table.KeyOffset..]);
            ulong value = values is null
                ? BinaryPrimitives.ReadUInt64LittleEndian(entry[(table.KeyOffset + sizeof(ulong))..])
                : BinaryPrimitives.ReadUInt64LittleEndian(values.AsSpan(i * sizeof(ulong)));
            if (key != 0 && value != 0)
            {
                into.Add(new DictEntry(key, value));
            }
        }

        return true;
    }

    /// <summary>Looks up string keys of a dict; a key that is not there has the value 0.</summary>
    public void Lookup(ulong dict, ReadOnlySpan<string> names, Span<ulong> values, int maxEntries = int.MaxValue)
    {
        values.Clear();
        if (TryReadDictTable(dict, out DictTable table))
        {
            Lookup(table with { Count = Math.Min(table.Count, maxEntries) }, names, values);
        }
    }

    /// <summary>The attributes of an instance of a class written in Python, by name; 0 for one that is not there.</summary>
    public void LookupAttributes(ulong instance, ReadOnlySpan<string> names, Span<ulong> values)
    {
        values.Clear();
        if (!Memory.TryReadUInt64(instance + (ulong)Layout.Object.Type.Value, out ulong type))
        {
            return;
        }

        ulong dict = 0;
        ulong split = 0;
        ulong managed = instance + (ulong)(long)Layout.Instance.ManagedDict;
        switch (Layout.Instance.Attributes)
        {
            case InstanceAttributes.DictPointer:
                if (Memory.TryReadUInt64(type + (ulong)Layout.Type.DictOffset.Value, out ulong offset) && offset is > 0 and < 4096)
                {
                    _ = Memory.TryReadUInt64(instance + offset, out dict);
                }

                break;
            case InstanceAttributes.DictAndValuesPointers:
                if (Memory.TryReadUInt64(managed, out dict) && dict == 0)
                {
                    _ = Memory.TryReadUInt64(managed - sizeof(ulong), out split);
                }

                break;
            case InstanceAttributes.TaggedPointer:
                if (Memory.TryReadUInt64(managed, out ulong tagged))
                {
                    // _PyDictOrValues_GetValues of Include/internal/pycore_object.h: values are stored one byte short of their address.
                    (dict, split) = (tagged & 1) != 0 ? (0UL, tagged + 1) : (tagged, 0UL);
                }

                break;
            case InstanceAttributes.InlineValues:
                if (Memory.TryReadUInt64(managed, out dict) && dict == 0
                    && Memory.TryReadUInt64(type + (ulong)Layout.Type.BasicSize.Value, out ulong size) && size < 1 << 16)
                {
                    split = instance + size;
                }

                break;
        }

        if (dict != 0)
        {
            Lookup(dict, names, values);
        }
        else if (split != 0
            && Memory.TryReadUInt64(type + (ulong)Layout.Type.CachedKeys.Value, out ulong keys)
            && TryReadKeys(keys, split, out DictTable table))
        {
            Lookup(table, names, values);
        }
    }

    // Attribute names are interned strings: once its address is known, a name is found without reading any key.
    private void Lookup(in DictTable table, ReadOnlySpan<string> names, Span<ulong> values)
    {
        _entries.Clear();
        if (!TryReadEntries(table, 0, _entries))
        {
            return;
        }

        int unknown = 0;
        for (int i = 0; i < names.Length; i++)
        {
            if (!_names.TryGetValue(names[i], out ulong address))
            {
                unknown++;
                continue;
            }

            foreach (DictEntry entry in _entries)
            {
                if (entry.Key == address)
                {
                    values[i] = entry.Value;
                    break;
                }
            }
        }

        // What was not in this dict when it had as many entries is not there now.
        if (unknown > 0 && _scanned.TryGetValue(table.Entries, out int count) && count == table.Count)
        {
            return;
        }

        _scanned[table.Entries] = table.Count;
        foreach (DictEntry entry in _entries)
        {
            if (unknown > 0 && TryReadString(entry.Key, out string key)
                && names.IndexOf(key) is int index and >= 0 && _names.TryAdd(key, entry.Key))
            {
                values[index] = entry.Value;
                unknown--;
            }
        }
    }
}
