using System.Text;

namespace LibProf.Cli;

/// <summary>The text of <c>libprof --help</c>.</summary>
internal static class Help
{
    public static string Overview(IReadOnlyList<Verb> verbs)
    {
        StringBuilder text = new("libprof: what the imports and the start of a Python program cost\n\n");
        int width = verbs.Max(v => v.Name.Length + v.Usage.Length) + 1;
        foreach (Verb verb in verbs)
        {
            _ = text.Append("  libprof ").Append((verb.Name + " " + verb.Usage).PadRight(width)).Append("  ").Append(verb.Summary).Append('\n');
        }

        return text.Append($"\n'libprof VERB --help' shows a verb's options; 'libprof --version' the version.\nexample: {verbs[0].Example}\n").ToString();
    }
}
