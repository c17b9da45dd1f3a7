using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Sources;

internal sealed partial class StatementReader
{
    /// <summary>Notes the names in some tokens.</summary>
    /// <param name="from">The first token.</param>
    /// <param name="to">Behind the last.</param>
    /// <param name="kind">What code that runs at initialisation does with them.</param>
    /// <param name="definition">What is made of them.</param>
    /// <param name="isTarget">Whether they are assigned to.</param>
    /// <param name="isCaught">Whether it is the head of an <c>except</c>.</param>
    public void AddUses(int from, int to, EagerUses kind, string? definition = null, bool isTarget = false, bool isCaught = false)
    {
        if ((_conditions & ImportConditions.TypeChecking) != 0 || _uses.Count >= MaxUses)
        {
            return;
        }

        kind = _function < 0 ? kind : EagerUses.None;
        for (int i = from; i < to; i++)
        {
            PythonToken token = tokens[i];
            if (token.Kind == PythonTokenKind.Format)
            {
                AddFormatted(token, kind);
                continue;
            }

            // After a dot it is an attribute; before '=' in brackets it names a parameter.
            if (token.Kind != PythonTokenKind.Name || (i > 0 && Is(i - 1, ".")) || (token.Depth > 0 && i + 1 < tokens.Count && Is(i + 1, "=")))
            {
                continue;
            }

            int last = i;
            while (last + 2 < to && Is(last + 1, ".") && tokens[last + 2].Kind == PythonTokenKind.Name)
            {
                last += 2;
            }

            // A decorator is called.
            bool isDecorator = i == from && from == 1 && Is(0, "@");
            char follow = isDecorator ? '(' : isCaught ? RawUse.Caught : last + 1 < tokens.Count ? text[tokens[last + 1].Start] : '\0';
            bool isSet = i > from + 1 && Is(i - 1, "(") && Word(i - 2) is "setattr" or "delattr";
            _uses.Add(new RawUse(token.Start, tokens[last].End, token.Line, _function, scratch.Statements.Count, _isSure, kind, definition, isSet ? RawUse.SetAttribute : follow, isSet || (isTarget && token.Depth == 0)));
            AddByName(i, last, to);
            i = last;
        }
    }

    /// <summary>Names in the expressions of a format string, roughly: all that stands between braces.</summary>
    private void AddFormatted(PythonToken token, EagerUses kind)
    {
        ReadOnlySpan<char> inside = text.AsSpan(token.Start, token.End - token.Start);
        int open = 0;
        for (int i = 0; i < inside.Length; i++)
        {
            open = Math.Max(0, open + (inside[i] == '{' ? 1 : inside[i] == '}' ? -1 : 0));
            if (open == 0 || !PythonTokens.IsNameStart(inside[i]) || (i > 0 && (inside[i - 1] == '.' || PythonTokens.IsNamePart(inside[i - 1]))))
            {
                continue;
            }

            int end = i + 1;
            while (end < inside.Length && (PythonTokens.IsNamePart(inside[end]) || inside[end] == '.'))
            {
                end++;
            }

            _uses.Add(new RawUse(token.Start + i, token.Start + i + inside[i..end].TrimEnd('.').Length, token.Line, _function, scratch.Statements.Count, false, kind, null, '\0', false));
            i = end - 1;
        }
    }

    /// <summary>The uses of names that imports bind, and of what is made of them: few of all that a file uses.</summary>
    private List<NameUse> UsesOfInterest()
    {
        var names = new HashSet<string>(Imports.Select(import => import.Bound), StringComparer.Ordinal);
        names.UnionWith(_uses.Select(use => use.Definition).OfType<string>().Concat(_functions).Select(definition => definition.Split('.')[0]));
        names.UnionWith(_methods.Select(name => name[(name.LastIndexOf('.') + 1)..]));
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> lookup = names.GetAlternateLookup<ReadOnlySpan<char>>();
        var found = new List<NameUse>();
        foreach (RawUse use in _uses)
        {
            ReadOnlySpan<char> chain = text.AsSpan(use.Start, use.End - use.Start);
            int end = chain.IndexOfAny(" .\t\r\n\\");
            if (lookup.Contains(end < 0 ? chain : chain[..end]))
            {
                // A chain that is written over several lines, or with spaces, is cut: as if the whole were used.
                int cut = chain.IndexOfAny(" \t\r\n\\");
                found.Add(new NameUse((cut < 0 ? chain : chain[..cut]).TrimEnd('.').ToString(), use.Line, use.Function, use.Statement, use.IsSure, use.Kind, use.Definition, use.Follow, use.IsTarget));
            }
        }

        return found;
    }
}
