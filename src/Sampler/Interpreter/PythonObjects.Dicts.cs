using System.Buffers;
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

/// <content>Dicts, and the attributes that stand in them.</content>
internal sealed partial class PythonObjects
{
    /// <summary>Bytes with which the keys of most small dicts come whole.</summary>
    private const int ShortKeys = 1024;

    /// <summary>Dicts remembered to lack a name.</summary>
    private const int MostScanned = 8192;

    private readonly Dictionary<string, ulong> _names = [];
    private readonly List<DictEntry> _entries = [];
    private readonly Dictionary<ulong, int> _scanned = [];

    private int DictHeaderSize => Math.Max(Layout.Dict.Keys.Value, Layout.Dict.Values.Value) + sizeof(ulong);

    /// <summary>Has a dict fetched together with others, before its table is read.</summary>
    public void PrefetchDict(ulong dict) => Memory.Add(dict, DictHeaderSize);

    /// <summary>Has the keys of a dict fetched that was fetched itself.</summary>
    public void PrefetchKeys(ulong dict)
    {
        if (dict != 0 && Memory.TryReadUInt64(dict + (ulong)Layout.Dict.Keys.Value, out ulong keys))
        {
            Memory.AddWithinPage(keys, ShortKeys);
        }
    }

    /// <summary>Has a dict's first entries fetched whose keys were fetched, where they stand beyond those bytes.</summary>
    public void PrefetchEntries(ulong dict, int maxEntries)
    {
        if (dict != 0 && TryReadDictTable(dict, out DictTable table))
        {
            Memory.Add(table.Entries, Math.Min(table.Count, maxEntries) * table.EntrySize);
        }
    }

    /// <summary>Finds a dict's entries.</summary>
    public bool TryReadDictTable(ulong dict, out DictTable table)
    {
        table = default;
        DictLayout layout = Layout.Dict;
        Span<byte> fields = stackalloc byte[DictHeaderSize];
        return Memory.TryRead(dict, fields)
            && TryReadKeys(new RemoteStruct(fields).UInt64(layout.Keys), new RemoteStruct(fields).UInt64(layout.Values), out table);
    }

    /// <summary>Finds the entries of a keys object, with the split values that belong to it (0 for a combined table).</summary>
    public bool TryReadKeys(ulong keys, ulong values, out DictTable table)
    {
        table = default;
        Span<byte> header = stackalloc byte[64];
        header = header[..(Layout.Dict.KeysEntryCount.Value + sizeof(long))];
        return Memory.TryRead(keys, header) && TryParseKeys(header, keys, values, out table);
    }

    /// <summary>As <see cref="TryReadKeys"/>, from bytes of the keys object that were read already.</summary>
    public bool TryParseKeys(ReadOnlySpan<byte> header, ulong keys, ulong values, out DictTable table)
    {
        table = default;
        DictLayout layout = Layout.Dict;
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

        // sys.modules is asked for again and again while a program imports: arrays of its size would fill the heap.
        int valuesAt = count * table.EntrySize;
        int length = valuesAt + (table.Values != 0 ? count * sizeof(ulong) : 0);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> bytes = buffer.AsSpan(0, length);
            if (!Memory.TryRead(table.Entries + ((ulong)first * (ulong)table.EntrySize), bytes[..valuesAt])
                || (table.Values != 0 && !Memory.TryRead(table.Values + (ulong)Layout.Dict.ValuesItems.Value + ((ulong)first * sizeof(ulong)), bytes[valuesAt..])))
            {
                return false;
            }

            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> entry = bytes.Slice(i * table.EntrySize, table.EntrySize);
                ulong key = BinaryPrimitives.ReadUInt64LittleEndian(entry[table.KeyOffset..]);
                ulong value = BinaryPrimitives.ReadUInt64LittleEndian(table.Values == 0 ? entry[(table.KeyOffset + sizeof(ulong))..] : bytes[(valuesAt + (i * sizeof(ulong)))..]);
                if (key != 0 && value != 0)
                {
                    into.Add(new DictEntry(key, value));
                }
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
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

        if (_scanned.Count >= MostScanned)
        {
            _scanned.Clear();
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
