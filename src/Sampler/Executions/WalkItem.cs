using LibProf.CPythonLayouts;

namespace LibProf.Sampler.Executions;

/// <summary>What a walk reads.</summary>
internal enum WalkItemKind : byte
{
    Module,
    Dict,
    Keys,
    Entries,
    Value,
    Function,
    Links,
    Tuple,
    TupleItems,
    ClassDict,
    Managed,
    Pointer,
    Code,
}

/// <summary>Something to read.</summary>
/// <param name="What">What it is.</param>
/// <param name="Address">Where.</param>
/// <param name="Extra">With dicts: split values; with instances: the type.</param>
/// <param name="Count">With entries, tuples and links: how many.</param>
/// <param name="Shape">With entries: size of an entry, and offset of the key in it.</param>
/// <param name="Module">Number of the module in which it was found.</param>
/// <param name="Parent">The code object of whose constants it is one, 0 for none.</param>
/// <param name="Depth">Instances on the way to it.</param>
internal readonly record struct WalkItem(WalkItemKind What, ulong Address, ulong Extra, int Count, (int Size, int Key) Shape, int Module, ulong Parent, int Depth);

/// <summary>Which bytes of the target an item of a walk is.</summary>
internal sealed class WalkRanges(CPythonLayout layout)
{
    private const int BytecodeWindow = 96;
    private const int ItemsAtOnce = 8;

    /// <summary>Bytes of a code object with the beginning of its instructions, where those stand in it.</summary>
    public int CodeLength { get; } = layout.Code.Size + (layout.Code.Instructions.Exists ? BytecodeWindow : 0);

    /// <summary>Bytes of a function up to the last field that is wanted.</summary>
    public int FunctionLength { get; } = Math.Max(
        Math.Max(layout.Function.Code.Value, layout.Function.Globals.Value), Math.Max(layout.Function.Closure.Value, layout.Function.Dict.Value)) + sizeof(ulong);

    /// <summary>Where it stands and how many bytes are read of it; no length when it is none to read.</summary>
    public (ulong Address, int Length) Of(in WalkItem item) => item.What switch
    {
        WalkItemKind.Module => (item.Address + (ulong)layout.Module.Dict.Value, sizeof(ulong)),
        WalkItemKind.Dict => (item.Address, Math.Max(layout.Dict.Keys.Value, layout.Dict.Values.Value) + sizeof(ulong)),
        WalkItemKind.Keys => (item.Address, layout.Dict.KeysEntryCount.Value + sizeof(long)),
        WalkItemKind.Entries => (item.Address, item.Count * item.Shape.Size),
        // With what a function has, should it be one.
        WalkItemKind.Value => (item.Address, WithinPage(item.Address, FunctionLength, layout.Object.Type.Value + sizeof(ulong))),
        WalkItemKind.Function => (item.Address, FunctionLength),
        WalkItemKind.Links => (item.Address + (ulong)layout.Object.Size, item.Count * sizeof(ulong)),
        // With its first items: most have few.
        WalkItemKind.Tuple => (item.Address, WithinPage(item.Address, layout.Tuple.Items.Value + (ItemsAtOnce * sizeof(ulong)), layout.Tuple.Size.Value + sizeof(ulong))),
        WalkItemKind.TupleItems => (item.Address, item.Count * sizeof(ulong)),
        WalkItemKind.ClassDict => (item.Address + (ulong)layout.Type.Dict.Value, sizeof(ulong)),
        WalkItemKind.Managed => (item.Address + (ulong)(long)layout.Instance.ManagedDict - sizeof(ulong), 2 * sizeof(ulong)),
        WalkItemKind.Pointer => (item.Address, sizeof(ulong)),
        _ => (item.Address, CodeLength),
    };

    private static int WithinPage(ulong address, int wanted, int least) => Math.Max(least, Math.Min(wanted, 4096 - (int)(address & 4095)));
}
