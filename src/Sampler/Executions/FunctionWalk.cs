using System.Buffers.Binary;
using System.Runtime.InteropServices;
using LibProf.CPythonLayouts;
using LibProf.CPythonLayouts.ExecutionEvidence;
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
    private const int MostFailed = 4096;
    private const int DeepestInstance = 2;
    private const int LongestConstants = 4096;
    private const int EntriesAtOnce = 512;

    // A step may need more pages than it asks for: things that stand on several.
    private const int SparePages = 64;

    // What is wanted of a module, in the place of a count: far from any count of links.
    private const int Noting = -1;
    private const int Walking = -2;
    private const int Rechecking = -3;

    private readonly PythonObjects _objects;
    private readonly CPythonLayout _layout;
    private readonly TypeKinds _types;
    private readonly CodeRegister _register;
    private readonly CodeNames _names;
    private readonly EvidenceLayout _evidence;
    private readonly Func<long> _since;
    private readonly Stack<WalkItem> _pending = new();
    private readonly List<WalkItem> _taken = [];
    private readonly PagedMemory _pages;
    private List<WalkItem> _waiting = [];
    private List<WalkItem> _sweep = [];
    private int _swept;
    private readonly List<WalkItem> _failed = [];
    private readonly HashSet<int> _failedModules = [];
    private readonly HashSet<int> _withFunctions = [];
    private readonly HashSet<ulong> _visited = [];
    private readonly HashSet<ulong> _plain = [];
    private readonly Dictionary<ulong, int> _moduleOfGlobals = [];
    private readonly List<string> _moduleNames = [];
    private readonly Dictionary<string, int> _moduleNumbers = [];
    private readonly Dictionary<int, (ulong Keys, int Count)> _tables = [];
    private readonly List<RemoteRange> _wanted = [];
    private readonly WalkRanges _ranges;
    private byte[] _scratch = new byte[PagedMemory.PageSize];

    /// <summary>Makes a walk; <paramref name="since"/> says since when what is read may have been kept.</summary>
    public FunctionWalk(PythonObjects objects, PagedMemory pages, EvidenceLayout evidence, CodeRegister register, CodeNames names, Func<long> since)
    {
        _objects = objects;
        _pages = pages;
        _layout = objects.Layout;
        _types = new TypeKinds(objects);
        _register = register;
        _names = names;
        _evidence = evidence;
        _since = since;
        _ranges = new WalkRanges(_layout);
    }

    /// <summary>Whether all that was begun has been walked.</summary>
    public bool IsDone => _pending.Count == 0 && _waiting.Count == 0 && _swept == _sweep.Count;

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

    /// <summary>Looks at some things: those on pages that have been read at once, the others in the order of their addresses.</summary>
    /// <param name="most">Things at most.</param>
    /// <param name="pages">Pages to read at most, but for a thing that is larger.</param>
    public void Step(int most, int pages)
    {
        if (TakeHeld(most))
        {
            return;
        }

        _taken.Clear();
        TakeNext(most, pages);
        if (_taken.Count == 0)
        {
            // An address is a number only for as long as the object lives: what was seen in passing is looked at again next time.
            _plain.Clear();
            return;
        }

        ReadTaken(pages);
    }

    // What one thing leads to mostly stands on the same pages.
    private bool TakeHeld(int most)
    {
        int taken = 0;
        while (taken < most && _pending.TryPop(out WalkItem item))
        {
            (ulong address, int length) = _ranges.Of(item);
            if (length <= 0 || address < 4096)
            {
                continue;
            }

            if (TryTake(item, address, length))
            {
                taken++;
            }
            else
            {
                _waiting.Add(item);
            }
        }

        return taken > 0;
    }

    private bool TryTake(in WalkItem item, ulong address, int length)
    {
        if (!_pages.TryView(address, length, out ReadOnlySpan<byte> bytes))
        {
            return false;
        }

        // What stands in the pages is gone with the next read, and some things need one to be understood.
        if (item.What != WalkItemKind.Entries)
        {
            bytes.CopyTo(_scratch);
            bytes = _scratch.AsSpan(0, length);
        }

        Process(item, bytes);
        return true;
    }

    // What a module consists of was made one after the other: in the order of the addresses, a page serves all that stands on it.
    private void TakeNext(int most, int pages)
    {
        if (_swept == _sweep.Count)
        {
            _sweep.Clear();
            _swept = 0;
            (_sweep, _waiting) = (_waiting, _sweep);
            _sweep.Sort((a, b) => a.Address.CompareTo(b.Address));
        }

        ulong last = ulong.MaxValue;
        while (_swept < _sweep.Count && _taken.Count < most)
        {
            (ulong address, int length) = _ranges.Of(_sweep[_swept]);
            ulong page = (address + (ulong)length - 1) / PagedMemory.PageSize;
            pages -= page == last ? 0 : 1;
            if (pages < 0 && _taken.Count > 0)
            {
                break;
            }

            last = page;
            _taken.Add(_sweep[_swept++]);
        }
    }

    private void ReadTaken(int pages)
    {
        if (_pages.Room < pages + SparePages)
        {
            _pages.Forget();
        }

        _wanted.Clear();
        foreach (WalkItem item in _taken)
        {
            (ulong address, int length) = _ranges.Of(item);
            _wanted.Add(new RemoteRange(address, (ulong)length));
        }

        _pages.Fetch(CollectionsMarshal.AsSpan(_wanted));
        foreach (WalkItem item in _taken)
        {
            (ulong address, int length) = _ranges.Of(item);
            if (!TryTake(item, address, length))
            {
                ReadAlone(item, address, length);
            }
        }
    }

    // It stands on several pages, or is gone, and is left out then (a code object may stand at the end of a mapping).
    private void ReadAlone(in WalkItem item, ulong address, int length)
    {
        if (_scratch.Length < length)
        {
            _scratch = new byte[length];
        }

        Span<byte> bytes = _scratch.AsSpan(0, length);
        if (_pages.TryRead(address, bytes))
        {
            Process(item, bytes);
        }
        else if (item.What != WalkItemKind.Code || !TryReadShortCode(item))
        {
            Fail(item);
        }
    }

    // The target may have ended, or replaced itself, and its memory be there again when that is noticed.
    private void Fail(in WalkItem item)
    {
        if (_failed.Count < MostFailed)
        {
            _failed.Add(item);
        }

        // What looks like an instance's attributes may be something else.
        if (item.Depth == 0)
        {
            _failedModules.Add(item.Module);
        }
    }

    /// <summary>Whether something of a module could not be read since the last <see cref="Retry"/>: functions may be missing.</summary>
    public bool HasFailed(string name) => _failedModules.Contains(NumberOf(name));

    /// <summary>Whether a function of a module was found: one without any may have been walked before it had them.</summary>
    public bool HasFunctions(string name) => _withFunctions.Contains(NumberOf(name));

    /// <summary>Goes on with everything that could not be read.</summary>
    public void Retry()
    {
        foreach (WalkItem item in _failed)
        {
            _pending.Push(item);
        }

        _failed.Clear();
        _failedModules.Clear();
    }

    private void Push(in WalkItem item)
    {
        if (item.Address >= 4096 && (item.Address & 7) == 0 && _pending.Count + _waiting.Count < MostPending)
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
        // Numbers, strings and the like stand in many places, and so do functions and classes.
        if (value != 0 && !_plain.Contains(value) && (parent != 0 || !_visited.Contains(value)))
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
        if (!_types.TryGet(typeAddress, out WalkedType type))
        {
            Fail(item);
            return;
        }

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
        if (!_types.TryGet(item.Extra, out WalkedType type))
        {
            Fail(item);
            return;
        }

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

    private bool TryReadShortCode(in WalkItem item)
    {
        byte[] bytes = new byte[_ranges.CodeLength];
        int size = _layout.Code.Size;
        if (_pages.TryRead(item.Address, bytes.AsSpan(0, size)))
        {
            long units = _layout.Code.UnitCount.Exists ? BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(_layout.Code.UnitCount.Value)) : 0;
            int rest = (int)Math.Clamp(units * 2, 0, _ranges.CodeLength - size);
            if (rest == 0 || _pages.TryRead(item.Address + (ulong)size, bytes.AsSpan(size, rest)))
            {
                ProcessCode(item, bytes);
                return true;
            }
        }

        return false;
    }

    private void ProcessCode(in WalkItem item, ReadOnlySpan<byte> bytes)
    {
        if (!_types.TryGet(First(bytes[_layout.Object.Type.Value..]), out WalkedType type))
        {
            Fail(item);
            return;
        }

        if (_register.TryGet(item.Address, out _) || _names.TryGet(item.Address, out _) || type.Kind != WalkedKind.Code
            || !_register.TryExamine(item.Address, bytes, _since(), out FollowedCode code))
        {
            return;
        }

        if (MayMakeFunctions(item.Address, bytes))
        {
            ulong constants = First(bytes[_layout.Code.Constants.Value..]);
            Push(item with { What = WalkItemKind.Tuple, Address = constants, Parent = item.Address });
        }

        // CO_OPTIMIZED: the body of a class is no function, though functions are in it.
        if ((BinaryPrimitives.ReadInt32LittleEndian(bytes[_layout.Code.Flags.Value..]) & 1) == 0)
        {
            return;
        }

        _withFunctions.Add(item.Module);
        code.KnownReferences = 1;
        CodeLayout layout = _layout.Code;
        ulong name = First(bytes[(layout.QualifiedName.Exists ? layout.QualifiedName : layout.Name).Value..]);
        _names.Add(code, name, code.Identity.File, _moduleNames[item.Module], item.Parent);
    }

    // Most functions make none: their constants, numbers and strings all over the heap, need not be read then.
    private bool MayMakeFunctions(ulong address, ReadOnlySpan<byte> bytes)
    {
        if (!_evidence.Instructions.Exists)
        {
            return true;
        }

        ReadOnlySpan<byte> known = bytes[_evidence.Instructions.Value..];
        long length = BinaryPrimitives.ReadInt64LittleEndian(bytes[_layout.Code.UnitCount.Value..]) * 2;
        if (length <= known.Length)
        {
            return _evidence.MayMakeFunctions(known[..(int)Math.Max(0, length)]);
        }

        Span<byte> rest = length - known.Length <= LongestConstants ? stackalloc byte[(int)length - known.Length] : [];
        return rest.IsEmpty || _evidence.MayMakeFunctions(known)
            || !_pages.TryRead(address + (ulong)bytes.Length, rest) || _evidence.MayMakeFunctions(rest);
    }
}
