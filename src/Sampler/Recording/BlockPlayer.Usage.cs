using LibProf.Sampler.Recording.Wire;

namespace LibProf.Sampler.Recording;

/// <content>Code objects and what they say of their use.</content>
internal sealed partial class BlockPlayer
{
    private int _codeCount;

    private void PlayCode(Block block, int index)
    {
        var function = Take(block.CodeFunction, index);
        var distance = Take(block.CodeParent, index);
        RecordingException.ThrowIf(function >= (uint)_functionCount || distance > (uint)_codeCount, "a code object's function or parent is missing");
        var id = _codeCount++;
        sink.OnCode(new CodeInfo(id, (int)function, Text(Take(block.CodeModule, index)), distance == 0 ? -1 : id - (int)distance));
    }

    private void PlayUsage(Usage message)
    {
        RecordingException.ThrowIf(message.Code.Count != message.Use.Count || message.BeginNs > message.EndNs, "its readings of code objects do not match");
        var readings = new CodeReading[message.Code.Count];
        var code = 0L;
        for (var i = 0; i < readings.Length; i++)
        {
            code += message.Code[i];
            RecordingException.ThrowIf(code < 0 || code >= _codeCount, "a code object is missing");
            var use = message.Use[i];
            // A kind of reading that a newer version has a name for tells this one nothing.
            var kind = (use & 7) <= (uint)CodeUse.Gone ? (CodeUse)(use & 7) : CodeUse.Unknown;
            readings[i] = new CodeReading((int)code, kind, (int)(use >> 3));
        }
        var moment = message.Moment is >= UsageMomentKind.Found and <= UsageMomentKind.Stopped ? (UsageMoment)message.Moment : UsageMoment.Periodic;
        sink.OnUsage(new UsageSnapshot
        {
            BeginNs = message.BeginNs,
            EndNs = message.EndNs,
            Moment = moment,
            IsComplete = message.Complete,
            Readings = readings,
            Walked = Texts(message.Walked),
        });
    }

    private void PlayNativePages(NativePages message)
    {
        RecordingException.ThrowIf(message.File.Count != message.TouchedKib.Count, "its counts of pages do not match");
        var libraries = new NativeLibraryPages[message.File.Count];
        for (var i = 0; i < libraries.Length; i++)
            libraries[i] = new NativeLibraryPages(Text(message.File[i]), message.TouchedKib[i]);
        sink.OnNativePages(new NativePagesReading { SinceNs = message.SinceNs, TimeNs = message.TimeNs, Libraries = libraries });
    }
}
