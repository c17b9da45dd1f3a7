using System.Buffers.Binary;
using LibProf.CPythonLayouts;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Executions;

/// <summary>
/// Finds the functions of modules from outside: module, dict, functions, classes, what wraps functions, closures, constants of code objects.
/// Goes on step by step, many objects with one system call; what is torn or gone on the way is left out. Everything is capped.
/// </summary>
internal sealed class FunctionWalk
{
    private const int MostFound = 200_000;
    private const int MostPending = 1 << 20;
    private const int DeepestInstance = 2;
    private const int LongestConstants = 4096;
    private const int EntriesAtOnce = 512;
    /// <summary>Less than a page: what lies between two readable places this near to each other is readable.</summary>
    private const ulong LargestGap = 4000;
    private const ulong LargestRange = 16384;

    // What is wanted of a module, in the place of a count: far from any count of links.
    private const int Noting = -1;
    private const int Walking = -2;
    private const int Rechecking = -3;

    private readonly PythonObjects _objects;
    private readonly CPythonLayout _layout;
    private readonly TypeKinds _types;
    private readonly CodeRegister _register;
    private readonly CodeNames _names;
    private readonly Func<long> _clock;
    private readonly Stack<WalkItem> _pending = new();
    private readonly List<WalkItem> _taken = [];
    private readonly List<(ulong Address, ulong End, int First, int Behind)> _joined = [];
    private readonly HashSet<ulong> _visited = [];
    private readonly HashSet<ulong> _plain = [];
    private readonly Dictionary<ulong, int> _moduleOfGlobals = [];
    private readonly List<string> _moduleNames = [];
    private readonly Dictionary<string, int> _moduleNumbers = [];
    private readonly Dictionary<int, (ulong Keys, int Count)> _tables = [];
    private readonly ReadBatch _batch = new();
    private readonly WalkRanges _ranges;

    /// <summary>Makes a walk.</summary>
    public FunctionWalk(PythonObjects objects, CodeRegister register, CodeNames names, Func<long> clock)
    {
        _objects = objects;
        _layout = objects.Layout;
        _types = new TypeKinds(objects);
        _register = register;
        _names = names;
        _clock = clock;
        _ranges = new WalkRanges(_layout);
    }

    /// <summary>Whether all that was begun has been walked.</summary>
    public bool IsDone => _pending.Count == 0;

    /// <summary>Begins with a module.</summary>
    /// <param name="name">Its key in sys.modules.</param>
    /// <param name="module">Address of the module object.</param>
    public void Begin(string name, ulong module) => _pending.Push(new WalkItem(WalkItemKind.Module, module, 0, Walking, default, NumberOf(name), 0, 0));

    /// <summary>Learns a module's globals, so that functions that others have from it are known to be its own.</summary>
    public void Note(string name, ulong module) => _pending.Push(new WalkItem(WalkItemKind.Module, module, 0, Noting, default, NumberOf(name), 0, 0));

    /// <summary>Walks a module again if its dict has got other entries since.</summary>
    public void Recheck(string name, ulong module) => _pending.Push(new WalkItem(WalkItemKind.Module, module, 0, Rechecking, default, NumberOf(name), 0, 0));

    private int NumberOf(string name)
    {
        if (!_moduleNumbers.TryGetValue(name, out int number))
        {
            number = _moduleNames.Count;
            _moduleNames.Add(name);
            _moduleNumbers[name] = number;
        }

        return number;
    }

    /// <summary>Reads at most so many things.</summary>
    public void Step(int most)
    {
        _taken.Clear();
        while (_taken.Count < most && _pending.TryPop(out WalkItem item))
        {
            (ulong address, int length) = _ranges.Of(item);
            if (length <= 0 || address < 4096)
            {
                continue;
            }

            _taken.Add(item);
        }

        if (_taken.Count == 0)
        {
            // An address is a number only for as long as the object lives: what was seen in passing is looked at again next time.
            _plain.Clear();
            return;
        }

        ReadTaken();
    }

    // Neighbours with one range: what a module consists of was made one after the other, and a range costs more than some bytes between two.
    private void ReadTaken()
    {
        _taken.Sort((a, b) => _ranges.Of(a).Address.CompareTo(_ranges.Of(b).Address));
        _batch.Clear();
        _joined.Clear();
        for (int i = 0; i < _taken.Count; i++)
        {
            (ulong address, int length) = _ranges.Of(_taken[i]);
            ulong end = address + (ulong)length;
            if (_joined.Count > 0 && _joined[^1] is var last && address <= last.End + LargestGap && end - last.Address <= LargestRange)
            {
                _joined[^1] = (last.Address, Math.Max(last.End, end), last.First, i + 1);
            }
            else
            {
                _joined.Add((address, end, i, i + 1));
            }
        }

        foreach ((ulong address, ulong end, int _, int _) in _joined)
        {
            _ = _batch.Add(address, (int)(end - address));
        }

        _ = _batch.Read(_objects.Memory.Source);
        int offset = 0;
        bool stopped = false;
        foreach ((ulong address, ulong end, int first, int behind) in _joined)
        {
            int length = (int)(end - address);
            bool isThere = !stopped && offset + length <= _batch.Filled;
            for (int i = first; i < behind; i++)
            {
                (ulong start, int size) = _ranges.Of(_taken[i]);
                if (isThere)
                {
                    Process(_taken[i], _batch.Bytes.Slice(offset + (int)(start - address), size));
                }
                else if (stopped)
                {
                    // Behind what stopped the read: the next step has it.
                    _pending.Push(_taken[i]);
                }
                else
                {
                    ReadAlone(_taken[i], start, size);
                }
            }

            offset += length;
            stopped |= !isThere;
        }
    }

    // One of its neighbours is gone, or it is itself: then it is left out (a code object may stand at the end of a mapping).
    private void ReadAlone(in WalkItem item, ulong address, int length)
    {
        byte[] bytes = new byte[length];
        if (_objects.Memory.Source.TryRead(address, bytes))
        {
            Process(item, bytes);
        }
        else if (item.What == WalkItemKind.Code)
        {
            ReadShortCode(item);
        }
    }

    private void Push(in WalkItem item)
    {
        if (item.Address >= 4096 && (item.Address & 7) == 0 && _pending.Count < MostPending)
        {
            _pending.Push(item);
        }
    }

    private void Process(in WalkItem item, ReadOnlySpan<byte> bytes)
    {
        switch (item.What)
        {
            case WalkItemKind.Module:
                ulong globals = First(bytes);
                _moduleOfGlobals[globals] = item.Module;
                if (item.Count != Noting)
                {
                    Push(item with { What = WalkItemKind.Dict, Address = globals });
                }

                break;
            case WalkItemKind.Dict:
                Push(item with
                {
                    What = WalkItemKind.Keys,
                    Address = new RemoteStruct(bytes).UInt64(_layout.Dict.Keys),
                    Extra = new RemoteStruct(bytes).UInt64(_layout.Dict.Values),
                });
                break;
            case WalkItemKind.Keys:
                PushEntries(item, bytes);
                break;
            case WalkItemKind.Entries:
                for (int at = item.Shape.Key; at + sizeof(ulong) <= bytes.Length; at += item.Shape.Size)
                {
                    PushValue(item, First(bytes[at..]), item.Parent);
                }

                break;
            case WalkItemKind.Value:
                Classify(item, bytes);
                break;
            case WalkItemKind.Function:
                ProcessFunction(item, bytes);
                break;
            case WalkItemKind.Links or WalkItemKind.TupleItems:
                PushValues(item, bytes);
                break;
            case WalkItemKind.Tuple:
                ProcessTuple(item, bytes);
                break;
            case WalkItemKind.ClassDict or WalkItemKind.Pointer:
                Push(item with { What = WalkItemKind.Dict, Address = First(bytes), Extra = 0 });
                break;
            case WalkItemKind.Managed:
                ProcessManaged(item, bytes);
                break;
            case WalkItemKind.Code:
                ProcessCode(item, bytes);
                break;
        }
    }

    private static ulong First(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    private void PushEntries(in WalkItem item, ReadOnlySpan<byte> header)
    {
        if (!_objects.TryParseKeys(header, item.Address, item.Extra, out DictTable table))
        {
            return;
        }

        if (item.Count is Walking or Rechecking)
        {
            bool same = _tables.TryGetValue(item.Module, out (ulong Keys, int Count) before) && before == (table.Keys, table.Count);
            _tables[item.Module] = (table.Keys, table.Count);
            if (same && item.Count == Rechecking)
            {
                return;
            }
        }

        bool split = table.Values != 0;
        (int size, int key) = split ? (sizeof(ulong), 0) : (table.EntrySize, table.KeyOffset + sizeof(ulong));
        ulong start = split ? table.Values + (ulong)_layout.Dict.ValuesItems.Value : table.Entries;
        for (int first = 0; first < table.Count; first += EntriesAtOnce)
        {
            Push(item with
            {
                What = WalkItemKind.Entries,
                Address = start + (ulong)(first * size),
                Count = Math.Min(EntriesAtOnce, table.Count - first),
                Shape = (size, key),
            });
        }
    }

    private void PushValue(in WalkItem item, ulong value, ulong parent)
    {
        // Numbers, strings and the like stand in many places; a function or class that was met stays known, but counts as a reference.
        if (value != 0 && !_plain.Contains(value))
        {
            Push(item with { What = WalkItemKind.Value, Address = value, Parent = parent, Count = 0 });
        }
    }

    private void PushValues(in WalkItem item, ReadOnlySpan<byte> pointers)
    {
        for (int at = 0; at < pointers.Length; at += sizeof(ulong))
        {
            PushValue(item, First(pointers[at..]), item.Parent);
        }
    }

    private void ProcessTuple(in WalkItem item, ReadOnlySpan<byte> bytes)
    {
        int items = _layout.Tuple.Items.Value;
        long size = (long)First(bytes[_layout.Tuple.Size.Value..]);
        if (size is <= 0 or > LongestConstants)
        {
            return;
        }

        if (items + (size * sizeof(ulong)) <= bytes.Length)
        {
            PushValues(item, bytes.Slice(items, (int)size * sizeof(ulong)));
        }
        else
        {
            Push(item with { What = WalkItemKind.TupleItems, Address = item.Address + (ulong)items, Count = (int)size });
        }
    }

    private void Classify(in WalkItem item, ReadOnlySpan<byte> bytes)
    {
        ulong typeAddress = First(bytes[_layout.Object.Type.Value..]);
        WalkedType type = _types.Of(typeAddress);
        if (type.Kind == WalkedKind.Leaf)
        {
            if (_plain.Count < MostFound)
            {
                _plain.Add(item.Address);
            }

            return;
        }

        if (type.Kind == WalkedKind.Code)
        {
            FoundCode(item);
            return;
        }

        // Constants that are tuples or frozensets hold no code.
        if (item.Parent != 0 || _visited.Count >= MostFound || !_visited.Add(item.Address))
        {
            return;
        }

        switch (type.Kind)
        {
            case WalkedKind.Function when bytes.Length >= _ranges.FunctionLength:
                ProcessFunction(item, bytes);
                break;
            case WalkedKind.Function:
                Push(item with { What = WalkItemKind.Function });
                break;
            case WalkedKind.Class:
                Push(item with { What = WalkItemKind.ClassDict });
                break;
            case WalkedKind.OneLink:
                Push(item with { What = WalkItemKind.Links, Count = 1 });
                break;
            case WalkedKind.ThreeLinks:
                Push(item with { What = WalkItemKind.Links, Count = 3 });
                break;
            case WalkedKind.Tuple:
                Push(item with { What = WalkItemKind.Tuple, Depth = item.Depth + 1 });
                break;
            case WalkedKind.Instance when item.Depth < DeepestInstance:
                if (type.DictOffset > 0)
                {
                    Push(item with { What = WalkItemKind.Pointer, Address = item.Address + (ulong)type.DictOffset, Depth = item.Depth + 1 });
                }
                else if (_layout.Instance.Attributes != InstanceAttributes.DictPointer && type.DictOffset < 0)
                {
                    Push(item with { What = WalkItemKind.Managed, Extra = typeAddress, Depth = item.Depth + 1 });
                }

                break;
        }
    }

    private void ProcessManaged(in WalkItem item, ReadOnlySpan<byte> bytes)
    {
        WalkedType type = _types.Of(item.Extra);
        ulong before = First(bytes);
        ulong pointer = First(bytes[sizeof(ulong)..]);
        (ulong dict, ulong values) = _layout.Instance.Attributes switch
        {
            InstanceAttributes.DictAndValuesPointers => (pointer, pointer == 0 ? before : 0),
            InstanceAttributes.TaggedPointer => (pointer & 1) != 0 ? (0UL, pointer + 1) : (pointer, 0UL),
            _ => (pointer, pointer == 0 && type.BasicSize is > 0 and < 1 << 16 ? item.Address + (ulong)type.BasicSize : 0),
        };
        if (dict != 0)
        {
            Push(item with { What = WalkItemKind.Dict, Address = dict, Extra = 0 });
        }
        else if (values != 0 && type.CachedKeys != 0)
        {
            Push(item with { What = WalkItemKind.Keys, Address = type.CachedKeys, Extra = values });
        }
    }

    private void ProcessFunction(in WalkItem item, ReadOnlySpan<byte> bytes)
    {
        RemoteStruct fields = new(bytes);
        // A function belongs to the module whose globals it has; one made by exec in a namespace of its own, to where it was found.
        int module = _moduleOfGlobals.GetValueOrDefault(fields.UInt64(_layout.Function.Globals), item.Module);
        WalkItem found = item with { Module = module, Depth = 0 };
        FoundCode(found with { Address = fields.UInt64(_layout.Function.Code) });
        if (fields.UInt64(_layout.Function.Closure) is ulong closure and not 0)
        {
            Push(item with { What = WalkItemKind.Tuple, Address = closure });
        }

        if (fields.UInt64(_layout.Function.Dict) is ulong dict and not 0)
        {
            Push(item with { What = WalkItemKind.Dict, Address = dict, Extra = 0 });
        }
    }

    private void FoundCode(in WalkItem item)
    {
        if (_register.TryGet(item.Address, out FollowedCode known))
        {
            known.KnownReferences++;
        }
        else if (_names.TryGet(item.Address, out FollowedCode waiting))
        {
            waiting.KnownReferences++;
        }
        else if (_register.Count < MostFound)
        {
            Push(item with { What = WalkItemKind.Code, Extra = 0 });
        }
    }

    private void ReadShortCode(in WalkItem item)
    {
        byte[] bytes = new byte[_ranges.CodeLength];
        int size = _layout.Code.Size;
        if (_objects.Memory.Source.TryRead(item.Address, bytes.AsSpan(0, size)))
        {
            long units = _layout.Code.UnitCount.Exists ? BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(_layout.Code.UnitCount.Value)) : 0;
            int rest = (int)Math.Clamp(units * 2, 0, _ranges.CodeLength - size);
            if (rest == 0 || _objects.Memory.Source.TryRead(item.Address + (ulong)size, bytes.AsSpan(size, rest)))
            {
                ProcessCode(item, bytes);
            }
        }
    }

    private void ProcessCode(in WalkItem item, ReadOnlySpan<byte> bytes)
    {
        if (_register.TryGet(item.Address, out _) || _names.TryGet(item.Address, out _)
            || _types.Of(First(bytes[_layout.Object.Type.Value..])).Kind != WalkedKind.Code
            || !_register.TryExamine(item.Address, bytes, _clock(), out FollowedCode code))
        {
            return;
        }

        ulong constants = First(bytes[_layout.Code.Constants.Value..]);
        Push(item with { What = WalkItemKind.Tuple, Address = constants, Parent = item.Address });
        // CO_OPTIMIZED: the body of a class is no function, though functions are in it.
        if ((BinaryPrimitives.ReadInt32LittleEndian(bytes[_layout.Code.Flags.Value..]) & 1) == 0)
        {
            return;
        }

        code.KnownReferences = 1;
        CodeLayout layout = _layout.Code;
        ulong name = First(bytes[(layout.QualifiedName.Exists ? layout.QualifiedName : layout.Name).Value..]);
        _names.Add(code, name, code.Identity.File, _moduleNames[item.Module], item.Parent);
    }
}
