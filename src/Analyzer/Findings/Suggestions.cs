using LibProf.Analyzer.Reports;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Findings;

/// <summary>Says how an import can be put off, in terms that fit the interpreter and whoever can edit the file.</summary>
internal static class Suggestions
{
    private const int MostNames = 3;

    /// <summary>What to do about imports of something that is not used.</summary>
    /// <param name="context">The recording.</param>
    /// <param name="cuts">The imports.</param>
    public static string For(FindingContext context, IReadOnlyList<ImportEdge> cuts)
    {
        var paths = new DisplayPaths(context.Profile, context.Imports.MainFile);
        List<ImportEdge> statements = [.. cuts.Where(edge => edge.File.Length > 0).DistinctBy(edge => (edge.File, edge.Line))];
        List<ImportEdge> own = statements.FindAll(edge => context.Words.IsApplication(edge.From));
        List<ImportEdge> foreign = statements.FindAll(edge => !context.Words.IsApplication(edge.From));
        var parts = new List<string>();
        foreach (ImportEdge edge in own.Take(MostNames))
        {
            parts.Add(ReportViewBuilder.Text($"{paths.At(edge.File, edge.Line)}: {OwnEdit(context, edge)}"));
        }

        if (own.Count > MostNames)
        {
            parts.Add(ReportViewBuilder.Text($"and the same at {own.Count - MostNames} more places"));
        }

        if (foreign.Count > 0)
        {
            parts.Add(ForeignEdit(context, foreign, paths));
        }

        return string.Join("; ", parts);
    }

    /// <summary>What else has to be put off with it, as the rest of a suggestion; empty when nothing.</summary>
    /// <param name="context">The recording.</param>
    /// <param name="deferral">What is put off.</param>
    public static string Together(FindingContext context, Deferral deferral)
    {
        if (deferral.With.Count == 0)
        {
            return "";
        }

        var paths = new DisplayPaths(context.Profile, context.Imports.MainFile);
        List<ImportEdge> statements = [.. deferral.With.SelectMany(other => other.Cuts).Where(edge => edge.File.Length > 0).DistinctBy(edge => (edge.File, edge.Line))];
        return $"; {Names([.. deferral.With.Select(other => other.Head)])} loads it as well: put that off, too ({Names([.. statements.Select(edge => paths.At(edge.File, edge.Line))])})";
    }

    private static string OwnEdit(FindingContext context, ImportEdge edge)
    {
        if (edge.Statement is not { } statement)
        {
            return $"import {edge.To} where it is used";
        }

        if (statement.Function.Length > 0)
        {
            return $"do not call {statement.Function}() while importing, or leave the import of {edge.To} out of it";
        }

        bool isUsed = statement.UsedBy.Count > 0 || statement.Definitions.Count > 0 || (statement.EagerUses & EagerUses.Exported) != 0;
        if ((statement.EagerUses & (EagerUses.Annotation | EagerUses.UnevaluatedAnnotation)) != 0 && !isUsed)
        {
            return context.Language.DefersAnnotations || (statement.EagerUses & EagerUses.Annotation) == 0 ? "move it under 'if TYPE_CHECKING:'" : "move it under 'if TYPE_CHECKING:', with 'from __future__ import annotations'";
        }

        string deletion = (statement.EagerUses & EagerUses.Deleted) != 0 ? ", with the 'del' of it" : "";
        if (!isUsed)
        {
            return context.Language.HasLazyImports ? $"remove it{deletion} (nothing here uses it), or make it 'lazy {Written(statement)}'" : $"remove '{Written(statement)}'{deletion}: nothing here uses it";
        }

        return Deferred(context, edge.From, statement);
    }

    private static string Deferred(FindingContext context, string importer, SourceImport statement)
    {
        if ((statement.EagerUses & EagerUses.ClassAttribute) != 0)
        {
            return $"make {Names(statement.Definitions)} a method that calls it, with '{Written(statement)}' in there";
        }

        if (statement.Definitions.Count > 0)
        {
            return $"make {Names(statement.Definitions)} when first asked for" + (context.Language.HasModuleGetattr ? " (module __getattr__)" : "") + $", with '{Written(statement)}' there";
        }

        bool inTry = (statement.Conditions & (ImportConditions.Optional | ImportConditions.InClass)) != 0;
        if (context.Language.HasLazyImports && !inTry)
        {
            return $"'lazy {Written(statement)}'";
        }

        return statement.UsedBy.Count == 0 ? "import it on demand" + (context.Language.HasModuleGetattr ? " (module __getattr__)" : "")
            : $"move '{Written(statement)}' into {Names([.. statement.UsedBy.Select(function => function + "()")])}"
                + (statement.UsedBy.Any(function => context.Uses.MayHaveRun(importer, function)) ? ", right where it is used" : "");
    }

    private static string ForeignEdit(FindingContext context, List<ImportEdge> edges, DisplayPaths paths)
    {
        string libraries = Names([.. edges.Select(edge => context.Libraries.Resolve(edge.From).Name).Distinct(StringComparer.Ordinal)]);
        string places = Names([.. edges.Select(edge => paths.At(edge.File, edge.Line))]);
        string how = (edges[0].Statement is { } statement && statement.Function.Length == 0) ? Deferred(context, edges[0].From, statement) : OwnEdit(context, edges[0]);
        if (edges.All(edge => edge.Statement is { } guarded && (guarded.Conditions & ImportConditions.Optional) != 0))
        {
            return $"{libraries} loads it because it is installed ({places}): leave it out of the deployment, or propose to {libraries}: {how}";
        }

        string meanwhile = context.Language.HasLazyImports
            ? "until then sys.set_lazy_imports_filter() with -X lazy_imports=all can make just this import lazy"
            : "until then import the submodules that you need instead of the whole package, or patch your copy";
        return $"the import is made by {libraries} ({places}): there, {how}; propose it upstream, {meanwhile}";
    }

    private static string Written(SourceImport statement)
    {
        if (statement.Name is { } name)
        {
            return $"from {statement.Target} import {name}" + (name != statement.Bound ? $" as {statement.Bound}" : "");
        }

        bool renamed = statement.Bound != statement.Target && !statement.Target.StartsWith(statement.Bound + ".", StringComparison.Ordinal);
        return $"import {statement.Target}" + (renamed ? $" as {statement.Bound}" : "");
    }

    /// <summary>A few names, and how many more.</summary>
    public static string Names(IReadOnlyList<string> names) => names.Count <= MostNames
        ? string.Join(", ", names) : string.Join(", ", names.Take(MostNames)) + ReportViewBuilder.Text($" and {names.Count - MostNames} more");
}
