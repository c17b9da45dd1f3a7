using LibProf.Sampler.Recording.Wire;

namespace LibProf.Sampler.Recording;

/// <content>Code objects and what they say of their use.</content>
internal sealed partial class BlockBuilder
{
    private int _codes;

    /// <summary>Adds an event.</summary>
    public void Add(in CodeInfo code)
    {
        Check(code.Id == _codes, "code objects are numbered up by one");
        Check((uint)code.FunctionId < (uint)_functions && code.ParentId >= -1 && code.ParentId < code.Id, "a code object's function and parent come before it");
        _codes++;
        _block.CodeFunction.Add((uint)code.FunctionId);
        _block.CodeModule.Add(Number(code.Module));
        _block.CodeParent.Add(code.ParentId < 0 ? 0 : (uint)(code.Id - code.ParentId));
        Count(EventKind.Code, 5);
    }

    /// <summary>Adds an event.</summary>
    public void Add(UsageSnapshot usage)
    {
        var message = new Usage
        {
            BeginNs = usage.BeginNs,
            EndNs = usage.EndNs,
            Moment = (UsageMomentKind)usage.Moment,
            Complete = usage.IsComplete,
        };
        var before = 0;
        foreach (var reading in usage.Readings)
        {
            Check((uint)reading.CodeId < (uint)_codes && reading.Count is >= 0 and <= RecordingFormat.MaxCodeCount, "a code object comes before its readings");
            message.Code.Add(reading.CodeId - before);
            message.Use.Add((uint)reading.Count << 3 | (uint)reading.Use);
            before = reading.CodeId;
        }
        foreach (var module in usage.Walked)
            message.Walked.Add(Number(module));
        _block.Usage.Add(message);
        Count(EventKind.Usage, 16 + 3 * usage.Readings.Count + 2 * usage.Walked.Count);
    }

    /// <summary>Adds an event.</summary>
    public void Add(NativePagesReading pages)
    {
        var message = new NativePages { SinceNs = pages.SinceNs, TimeNs = pages.TimeNs };
        foreach (var library in pages.Libraries)
        {
            message.File.Add(Number(library.File));
            message.TouchedKib.Add(library.TouchedKib);
        }
        _block.NativePages.Add(message);
        Count(EventKind.NativePages, 16 + 5 * pages.Libraries.Count);
    }

    private void ClearUsage()
    {
        _block.CodeFunction.Clear();
        _block.CodeModule.Clear();
        _block.CodeParent.Clear();
        _block.Usage.Clear();
        _block.NativePages.Clear();
    }
}
