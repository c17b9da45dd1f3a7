using LibProf.Sampler.Target;
using Spectre.Console;

namespace LibProf.Cli.Terminal;

/// <summary>Spectre.Console over our own writer: it never touches System.Console, which changes a terminal's settings and writes to descriptor 1.</summary>
internal static class ReportConsole
{
    /// <summary>Columns where the stream is no terminal, or one that does not know.</summary>
    public const int DefaultWidth = 100;

    /// <summary>A console on a stream: as wide as its terminal; coloured only on a terminal, without NO_COLOR, and unless TERM is dumb.</summary>
    public static IAnsiConsole Create(StandardStream stream)
    {
        bool colours = stream.IsTerminal
            && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        StreamOutput output = new(new StandardStreamWriter(stream), stream);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = output,
        });
        console.Profile.Width = output.Width;
        console.Profile.Capabilities.Unicode = true;
        return console;
    }

    private sealed class StreamOutput(TextWriter writer, StandardStream stream) : IAnsiConsoleOutput
    {
        public TextWriter Writer { get; } = writer;

        public bool IsTerminal => stream.IsTerminal;

        public int Width { get; } = stream.Columns is > 0 and int columns ? columns : DefaultWidth;

        public int Height => 50;

        public void SetEncoding(System.Text.Encoding encoding)
        {
        }
    }
}
