using System.Text;
using LibProf.Sampler.Target;

namespace LibProf.Cli.Terminal;

/// <summary>A standard stream as a text writer, for libraries that write to one: buffered, written out on Flush.</summary>
internal sealed class StandardStreamWriter(StandardStream stream) : TextWriter(System.Globalization.CultureInfo.InvariantCulture)
{
    private const int WriteOutAt = 8192;

    private readonly StringBuilder _pending = new();

    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <inheritdoc/>
    public override void Write(char value)
    {
        _ = _pending.Append(value);
        WriteOutIfLong();
    }

    /// <inheritdoc/>
    public override void Write(string? value)
    {
        _ = _pending.Append(value);
        WriteOutIfLong();
    }

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count)
    {
        _ = _pending.Append(buffer, index, count);
        WriteOutIfLong();
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        stream.Write(Encoding.GetBytes(_pending.ToString()));
        _ = _pending.Clear();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Flush();
        base.Dispose(disposing);
    }

    private void WriteOutIfLong()
    {
        if (_pending.Length >= WriteOutAt && !char.IsHighSurrogate(_pending[^1]))
        {
            Flush();
        }
    }
}
