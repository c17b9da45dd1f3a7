using System.Buffers.Binary;
using System.Text;
using LibProf.TestSupport;

namespace LibProf.CPythonLayouts.Tests;

/// <summary>The ELF file that holds an interpreter: the executable, or the libpython that it loads.</summary>
internal static class PythonBinary
{
    // sysconfig knows whether libpython is shared, and under which name.
    private const string Question =
        "import sysconfig as s; g = s.get_config_var; " +
        "print(g('LIBDIR') + '/' + g('INSTSONAME') if g('Py_ENABLE_SHARED') else '')";

    /// <summary>The path of the file, as the tests see it.</summary>
    public static string Find(PythonInterpreter interpreter)
    {
        using TargetProcess python = TargetProcess.Launch([.. interpreter.Command, "-S", "-c", Question]);
        string library = python.ReadToEnd().Trim();
        string path = (interpreter.IsInOtherRoot ? interpreter.Root : "") + library;
        return library.Length > 0 && File.Exists(path) ? path : interpreter.HostPath;
    }

    /// <summary>The contents of a section of a 64-bit little-endian ELF file (elf(5)); null when there is none of that name.</summary>
    public static byte[]? Section(string path, string name)
    {
        byte[] file = File.ReadAllBytes(path);
        int headers = (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(0x28));
        int size = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(0x3A));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(0x3C));
        int names = Offset(BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(0x3E)));
        byte[] wanted = [.. Encoding.ASCII.GetBytes(name), 0];
        for (int i = 0; i < count; i++)
        {
            int nameAt = names + BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(headers + (i * size)));
            if (file.AsSpan(nameAt).StartsWith(wanted))
            {
                int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(headers + (i * size) + 0x20));
                return file.AsSpan(Offset(i), length).ToArray();
            }
        }

        return null;

        int Offset(int section) => (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(headers + (section * size) + 0x18));
    }
}
