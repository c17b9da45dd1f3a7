namespace LibProf.Analyzer.Model;

/// <summary>A function (a code object by its content) in a <see cref="StackTable"/>.</summary>
/// <param name="Value">Its number, from 0.</param>
public readonly record struct FunctionId(int Value);

/// <summary>A place in a function in a <see cref="StackTable"/>.</summary>
/// <param name="Value">Its number, from 0.</param>
public readonly record struct FrameId(int Value);

/// <summary>A stack in a <see cref="StackTable"/>: a leaf frame upon the stack of its caller.</summary>
/// <param name="Value">Its number, from 1; 0 is the empty stack.</param>
public readonly record struct StackId(int Value)
{
    /// <summary>The stack without frames: the caller of a root frame, and what a thread has while it runs no Python code.</summary>
    public static StackId None => default;

    /// <summary>Whether it has no frames.</summary>
    public bool IsNone => Value == 0;
}
