using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Sources;

internal sealed partial class StatementReader
{
    /// <summary>A module that is asked for by a name that is written out is as good as imported there.</summary>
    private void AddByName(int first, int last, int to)
    {
        if (last + 2 >= to || tokens[last + 2].Kind != PythonTokenKind.String
            || !((Is(last + 1, "(") && Word(last) is "import_module" or "__import__") || (Is(last + 1, "[") && last == first + 2 && Word(first) == "sys" && Word(last) == "modules")))
        {
            return;
        }

        string name = Unquoted(last + 2);
        if (name.Length > 0 && name[0] != '.')
        {
            Add(first, last + 3, name, null, "", ImportConditions.ByName);
        }
    }

    private void ReadImport(int from, int to, ImportConditions lazy)
    {
        for (int i = from; i < to; i++)
        {
            string target = ReadDotted(ref i, to);
            string bound = target.Split('.')[0];
            if (Word(i) == "as" && i + 1 < to)
            {
                bound = Word(i + 1);
                i += 2;
            }

            if (target.Length > 0)
            {
                Add(from, to, target, null, bound, lazy);
            }
        }
    }

    private void ReadFrom(int from, int to, ImportConditions lazy)
    {
        int i = from;
        string dots = "";
        for (; i < to && Is(i, "."); i++)
        {
            dots += ".";
        }

        string target = dots + (Word(i) == "import" ? "" : ReadDotted(ref i, to));
        if (Word(i) != "import" || target.Length == 0)
        {
            return;
        }

        for (i++; i < to; i++)
        {
            if (Is(i, "*"))
            {
                Add(from, to, target, "*", "*", lazy);
            }
            else if (tokens[i].Kind == PythonTokenKind.Name)
            {
                string name = Word(i);
                string bound = Word(i + 1) == "as" ? Word(i + 2) : name;
                i += Word(i + 1) == "as" ? 2 : 0;
                _deferredAnnotations |= target == "__future__" && name == "annotations";
                Add(from, to, target, name, bound, lazy);
            }
        }
    }

    private void Add(int from, int to, string target, string? name, string bound, ImportConditions lazy)
    {
        if (target == "__future__")
        {
            return;
        }

        Imports.Add(new BoundImport
        {
            Line = tokens[from].Line,
            EndLine = tokens[to - 1].Line,
            Target = target,
            Name = name,
            Bound = bound,
            Function = _function,
            Conditions = _conditions | lazy,
        });
    }

    private string ReadDotted(ref int i, int to)
    {
        string name = "";
        while (i < to && tokens[i].Kind == PythonTokenKind.Name)
        {
            name += Word(i++);
            if (i >= to || !Is(i, "."))
            {
                break;
            }

            name += ".";
            i++;
        }

        return name;
    }
}
