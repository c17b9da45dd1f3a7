using System.Buffers.Binary;
using LibProf.CPythonLayouts;
using LibProf.Sampler.Interpreter;
using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Executions;

/// <summary>What a walk does with objects of a type.</summary>
internal enum WalkedKind
{
    /// <summary>Nothing: no function is reached through it.</summary>
    Leaf,
    /// <summary>A function.</summary>
    Function,
    /// <summary>A code object.</summary>
    Code,
    /// <summary>A class.</summary>
    Class,
    /// <summary>An object whose first field is one that may be called: staticmethod, classmethod, method, partial, cell.</summary>
    OneLink,
    /// <summary>A property: getter, setter, deleter.</summary>
    ThreeLinks,
    /// <summary>A tuple.</summary>
    Tuple,
    /// <summary>Another object, with attributes of its own.</summary>
    Instance,
}

/// <summary>A type of the target.</summary>
/// <param name="Kind">What is done with its objects.</param>
/// <param name="DictOffset">Offset of the dict pointer in its objects, 0 for none, negative or in front of the object for a managed one.</param>
/// <param name="BasicSize">Size of its objects.</param>
/// <param name="CachedKeys">Keys of its objects' split attributes, 0 for none.</param>
internal readonly record struct WalkedType(WalkedKind Kind, long DictOffset, long BasicSize, ulong CachedKeys);

/// <summary>Classifies the types of a target, each once.</summary>
internal sealed class TypeKinds(PythonObjects objects)
{
    // Include/object.h, the same in all versions: a class made by a class statement; a type whose objects are types.
    private const ulong HeapType = 1UL << 9;
    private const ulong TypeSubclass = 1UL << 31;
    private const int MaxBases = 16;

    private static readonly Dictionary<string, WalkedKind> s_kinds = new(StringComparer.Ordinal)
    {
        ["function"] = WalkedKind.Function,
        ["code"] = WalkedKind.Code,
        ["staticmethod"] = WalkedKind.OneLink,
        ["classmethod"] = WalkedKind.OneLink,
        ["method"] = WalkedKind.OneLink,
        ["cell"] = WalkedKind.OneLink,
        ["functools.partial"] = WalkedKind.OneLink,
        ["property"] = WalkedKind.ThreeLinks,
        ["tuple"] = WalkedKind.Tuple,
        ["functools._lru_cache_wrapper"] = WalkedKind.Instance,
    };

    private readonly Dictionary<ulong, WalkedType> _types = [];
    private readonly TypeLayout _layout = objects.Layout.Type;

    /// <summary>The kind of objects of a type.</summary>
    public WalkedType Of(ulong type)
    {
        if (_types.TryGetValue(type, out WalkedType known))
        {
            return known;
        }

        WalkedType result = Read(type, 0);
        if (_types.Count < 65536)
        {
            _types[type] = result;
        }

        return result;
    }

    private WalkedType Read(ulong type, int depth)
    {
        Span<byte> bytes = stackalloc byte[Math.Max(_layout.DictOffset.Value, _layout.Dict.Value) + sizeof(ulong)];
        if (depth > MaxBases || (type & 7) != 0 || !objects.Memory.Source.TryRead(type, bytes))
        {
            return default;
        }

        RemoteStruct fields = new(bytes);
        ulong flags = fields.UInt64(_layout.Flags);
        if ((flags & TypeSubclass) != 0)
        {
            return new WalkedType(WalkedKind.Class, 0, 0, 0);
        }

        bool named = objects.TryReadNameOfType(type, out string name);
        WalkedKind kind = named && (depth > 0 || (flags & HeapType) == 0 || name.StartsWith("functools.", StringComparison.Ordinal))
            ? s_kinds.GetValueOrDefault(name) : WalkedKind.Leaf;
        long dictOffset = fields.Int64(_layout.DictOffset);
        long basicSize = fields.Int64(_layout.BasicSize);
        if (kind != WalkedKind.Leaf || (flags & HeapType) == 0)
        {
            return new WalkedType(kind, dictOffset, basicSize, 0);
        }

        // tp_base stands right before tp_dict. A subclass of property keeps its fields.
        ulong parent = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(_layout.Dict.Value - sizeof(ulong))..]);
        WalkedType inherited = parent == 0 ? default : Read(parent, depth + 1);
        _ = objects.Memory.Source.TryReadUInt64(type + (ulong)_layout.CachedKeys.Value, out ulong cachedKeys);
        return inherited.Kind is WalkedKind.ThreeLinks or WalkedKind.OneLink
            ? inherited : new WalkedType(WalkedKind.Instance, dictOffset, basicSize, cachedKeys);
    }
}
