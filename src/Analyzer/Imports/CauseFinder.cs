using LibProf.Analyzer.Model;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Imports;

/// <summary>Finds the import statement below an import on the stack.</summary>
internal sealed class CauseFinder(StackTable stacks, ImportPathTable paths, ModuleFiles files)
{
    /// <summary>
    /// The nearest frame below an import that is not the import system's own. Below the import of a parent package that is the
    /// statement that asked for its child; below an import made by C code, the Python code that called (or imported) it.
    /// </summary>
    /// <param name="path">The import.</param>
    /// <returns>Null when the interpreter itself imports, or the driver of a serverless handler.</returns>
    public ImportStatement? Of(ImportPath path)
    {
        StackId stack = NextOwn(path.Caller);
        if (stack.IsNone)
        {
            return null;
        }

        string file = stacks.LeafFunction(stack).File;
        if (file == HandlerInfo.DriverFile)
        {
            return null;
        }

        int line = stacks.Leaf(stack).Line;
        return new ImportStatement(ModuleOf(stack), file, line > 0 ? line : null);
    }

    /// <summary>Code made with <c>exec</c> (a .pth line, a generated class) belongs to the module that made it.</summary>
    private string? ModuleOf(StackId stack)
    {
        for (; !stack.IsNone; stack = NextOwn(stacks.Parent(stack)))
        {
            if (files.ModuleOf(stack) is { } module)
            {
                return module;
            }

            if (!Path.GetFileName(stacks.LeafFunction(stack).File.AsSpan()).StartsWith("<"))
            {
                return null;
            }
        }

        return null;
    }

    private StackId NextOwn(StackId stack)
    {
        while (!stack.IsNone && (stacks.Leaf(stack).Importing is not null || paths.Functions[stacks.Leaf(stack).FunctionId].IsMachinery))
        {
            stack = stacks.Parent(stack);
        }

        return stack;
    }
}
