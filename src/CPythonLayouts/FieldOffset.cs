namespace LibProf.CPythonLayouts;

/// <summary>
/// Where a field stands in a C struct, in bytes from the struct's start, or that the struct has no such field.
/// 0 is a real offset; <c>default</c> is <see cref="Absent"/>.
/// </summary>
public readonly record struct FieldOffset
{
    private readonly int _valuePlusOne;

    private FieldOffset(int valuePlusOne) => _valuePlusOne = valuePlusOne;

    /// <summary>The version's struct has no such field.</summary>
    public static FieldOffset Absent => default;

    /// <summary>Whether this version has the field.</summary>
    public bool Exists => _valuePlusOne != 0;

    /// <summary>The offset in bytes.</summary>
    /// <exception cref="InvalidOperationException">The field does not exist in this version.</exception>
    public int Value => _valuePlusOne != 0
        ? _valuePlusOne - 1
        : throw new InvalidOperationException("This CPython version has no such field.");

    /// <summary>A field at <paramref name="offset"/> bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="offset"/> is negative.</exception>
    public static FieldOffset At(int offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return new FieldOffset(offset + 1);
    }

    /// <summary>Lets a layout table be written as plain numbers.</summary>
    public static implicit operator FieldOffset(int offset) => At(offset);

    /// <inheritdoc/>
    public override string ToString() => Exists ? $"+{Value}" : "absent";
}
