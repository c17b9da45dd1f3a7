using System.Buffers.Text;
using LibProf.CPythonLayouts;

namespace LibProf.Sampler.Interpreter;

/// <summary><c>PY_VERSION</c> as it stands in a binary: <c>3.8.18</c>, <c>3.15.0rc2</c>, <c>3.9.2+</c>, closed by a NUL.</summary>
internal static class VersionText
{
    /// <summary>Parses the text up to its NUL; false when it is anything but the version of a CPython 2 or 3.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out CPythonVersion version)
    {
        version = default;
        int end = text.IndexOf((byte)0);
        if (end <= 0)
        {
            return false;
        }

        text = text[..end];
        if (!TakeNumber(ref text, out int major) || major is not (2 or 3) || !Take(ref text, (byte)'.')
            || !TakeNumber(ref text, out int minor) || minor > 99 || !Take(ref text, (byte)'.')
            || !TakeNumber(ref text, out int micro) || micro > 99)
        {
            return false;
        }

        int level = Take(ref text, (byte)'a') ? 0xA : Take(ref text, (byte)'b') ? 0xB
            : text.StartsWith("rc"u8) ? 0xC : 0xF;
        text = level == 0xC ? text[2..] : text;
        int serial = 0;
        if (level != 0xF && (!TakeNumber(ref text, out serial) || serial > 15))
        {
            return false;
        }

        // A build of the development branch after a release has a plus sign.
        Take(ref text, (byte)'+');
        version = new CPythonVersion(major, minor, micro, level, serial);
        return text.IsEmpty;
    }

    private static bool Take(ref ReadOnlySpan<byte> text, byte character)
    {
        bool taken = !text.IsEmpty && text[0] == character;
        text = taken ? text[1..] : text;
        return taken;
    }

    private static bool TakeNumber(ref ReadOnlySpan<byte> text, out int number)
    {
        number = 0;
        if (text.IsEmpty || text[0] is < (byte)'0' or > (byte)'9' || !Utf8Parser.TryParse(text, out number, out int digits))
        {
            return false;
        }

        text = text[digits..];
        return true;
    }
}
