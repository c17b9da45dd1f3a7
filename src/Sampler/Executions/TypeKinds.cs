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
    private const int MostTypes = 65536;

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

    /// <summary>The kind of objects of a type; false when it cannot be read.</summary>
    public bool TryGet(ulong type, out WalkedType result)
    {
        if (_types.TryGetValue(type, out result))
        {
            return true;
        }

        if (!TryRead(type, 0, out result))
        {
            return false;
        }

        if (_types.Count < MostTypes)
        {
            _types[type] = result;
        }

        return true;
    }

    private bool TryRead(ulong type, int depth, out WalkedType result)
    {
        result = default;
        Span<byte> bytes = stackalloc byte[Math.Max(_layout.DictOffset.Value, _layout.Dict.Value) + sizeof(ulong)];
        if (depth > MaxBases || (type & 7) != 0)
        {
            return true;
        }

        if (!objects.Memory.Source.TryRead(type, bytes))
        {
            return false;
        }

        RemoteStruct fields = new(bytes);
        ulong flags = fields.UInt64(_layout.Flags);
        if ((flags & TypeSubclass) != 0)
        {
            result = new WalkedType(WalkedKind.Class, 0, 0, 0);
            return true;
        }

        if (!objects.TryReadNameOfType(type, out string name))
        {
            return false;
        }

        WalkedKind kind = (depth > 0 || (flags & HeapType) == 0 || name.StartsWith("functools.", StringComparison.Ordinal))
            ? s_kinds.GetValueOrDefault(name) : WalkedKind.Leaf;
        long dictOffset = fields.Int64(_layout.DictOffset);
        long basicSize = fields.Int64(_layout.BasicSize);
        if (kind != WalkedKind.Leaf || (flags & HeapType) == 0)
        {
            result = new WalkedType(kind, dictOffset, basicSize, 0);
            return true;
        }

        // tp_base stands right before tp_dict. A subclass of property keeps its fields.
        ulong parent = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(_layout.Dict.Value - sizeof(ulong))..]);
        WalkedType inherited = default;
        if ((parent != 0 && !TryRead(parent, depth + 1, out inherited))
            || !objects.Memory.Source.TryReadUInt64(type + (ulong)_layout.CachedKeys.Value, out ulong cachedKeys))
        {
            return false;
        }

        result = inherited.Kind is WalkedKind.ThreeLinks or WalkedKind.OneLink
            ? inherited : new WalkedType(WalkedKind.Instance, dictOffset, basicSize, cachedKeys);
        return true;
    }
}
