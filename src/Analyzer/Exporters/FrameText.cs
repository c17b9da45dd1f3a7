using System.Globalization;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Reports;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Exporters;

/// <summary>Names for frames and threads in formats that have no fields for their parts.</summary>
internal static class FrameText
{
    /// <summary>Function, file and line: <c>name (file:line)</c>, as py-spy and Austin write it.</summary>
    public static string Of(StackTable stacks, FrameId frame)
    {
        ref readonly FunctionInfo function = ref stacks.Function(frame);
        int line = stacks.Frames[frame.Value].Line;
        return line > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{function.Name} ({function.File}:{line})")
            : $"{function.Name} ({function.File})";
    }

    /// <summary>A thread's name and kernel id, as far as known, and its interpreter where that is not the main one.</summary>
    public static string Of(ThreadInfo thread)
    {
        string name = thread.Name.Length > 0 ? thread.Name : thread.IsMain ? "MainThread" : string.Create(CultureInfo.InvariantCulture, $"thread {thread.Id}");
        name = thread.InterpreterId == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}, interpreter {thread.InterpreterId}");
        return thread.NativeId == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name} ({thread.NativeId})");
    }

    /// <summary>A program's name for titles: the command, shortened.</summary>
    public static string Title(Profile profile) => SafeText.KeepStart(ReportViewBuilder.Command(profile.Image.Image), 120);
}
