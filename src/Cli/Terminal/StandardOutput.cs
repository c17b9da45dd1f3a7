using System.Text;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Terminal;

/// <summary>Descriptor 1, by write(2): for results that were asked for, never under <c>run</c>. A reader that left early is no error.</summary>
internal static class StandardOutput
{
    private const int BrokenPipe = 32; // EPIPE

    /// <summary>Writes text.</summary>
    public static void Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes bytes.</summary>
    /// <exception cref="CliException">It cannot be written, for another reason than that nobody reads it any more.</exception>
    public static void Write(ReadOnlySpan<byte> bytes)
    {
        StandardStream stream = StandardStream.Output;
        stream.Write(bytes);
        if (stream.IsBroken && stream.LastError != BrokenPipe)
        {
            throw new CliException(ExitStatus.Failed, $"cannot write to standard output: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(stream.LastError)}");
        }
    }
}
