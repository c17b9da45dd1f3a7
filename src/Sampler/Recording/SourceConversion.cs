namespace LibProf.Sampler.Recording;

/// <summary>Sources of modules to messages of <c>recording.proto</c> and back; strings are numbered by the block's own table.</summary>
internal static class SourceConversion
{
    /// <summary>To the message.</summary>
    public static Wire.ModuleSource ToWire(ModuleSource source, Func<string, uint> number)
    {
        var message = new Wire.ModuleSource { Module = number(source.Module), File = number(source.File) };
        foreach (var import in source.Imports)
        {
            var entry = new Wire.SourceImport
            {
                Line = import.Line,
                EndLine = import.EndLine,
                Target = number(import.Target),
                Name = import.Name is null ? 0 : number(import.Name),
                Bound = number(import.Bound),
                Function = number(import.Function),
                Conditions = (uint)import.Conditions,
                EagerUses = (uint)import.EagerUses,
            };
            entry.UsedBy.AddRange(import.UsedBy.Select(number));
            entry.Definition.AddRange(import.Definitions.Select(number));
            entry.CaughtBy.AddRange(import.CaughtBy.Select(number));
            entry.Attribute.AddRange(import.Attributes.Select(number));
            foreach (var branch in import.Branches)
            {
                var part = new Wire.SourceBranch { Function = number(branch.Function) };
                part.Call.AddRange(branch.Calls.Select(number));
                entry.Branch.Add(part);
            }

            message.Import.Add(entry);
        }
        foreach (var effect in source.Effects)
            message.Effect.Add(new Wire.SourceEffect { Line = effect.Line, What = number(effect.What) });
        message.Reference.AddRange(source.References.Select(number));
        message.Called.AddRange(source.Called.Select(number));
        message.Handed.AddRange(source.Handed.Select(number));
        message.Forks = source.Forks;
        return message;
    }

    /// <summary>From the message. Bits that this version has no name for are kept.</summary>
    public static ModuleSource FromWire(Wire.ModuleSource message, Func<uint, string> text) => new()
    {
        Module = text(message.Module),
        File = text(message.File),
        Imports = [.. message.Import.Select(import => FromWire(import, text))],
        Effects = [.. message.Effect.Select(effect => new SourceEffect(effect.Line, text(effect.What)))],
        References = [.. message.Reference.Select(text)],
        Called = [.. message.Called.Select(text)],
        Handed = [.. message.Handed.Select(text)],
        Forks = message.Forks,
    };

    private static SourceImport FromWire(Wire.SourceImport import, Func<uint, string> text) => new()
    {
        Line = import.Line,
        EndLine = import.EndLine,
        Target = text(import.Target),
        Name = import.Name == 0 ? null : text(import.Name),
        Bound = text(import.Bound),
        Function = text(import.Function),
        Conditions = (ImportConditions)import.Conditions,
        EagerUses = (EagerUses)import.EagerUses,
        UsedBy = [.. import.UsedBy.Select(text)],
        Definitions = [.. import.Definition.Select(text)],
        CaughtBy = [.. import.CaughtBy.Select(text)],
        Attributes = [.. import.Attribute.Select(text)],
        Branches = [.. import.Branch.Select(branch => new SourceBranch(text(branch.Function), [.. branch.Call.Select(text)]))],
    };
}
