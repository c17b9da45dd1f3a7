using LibProf.Sampler.Native;

namespace LibProf.Sampler.Target;

/// <summary>
/// While it lives, the three standard streams are /dev/null, for programs that are launched meanwhile: a program inherits whatever the
/// streams are. libprof itself must be silent as long. Disposing gives the streams back.
/// </summary>
public sealed class SilencedStreams : IDisposable
{
    private readonly (int Saved, bool CloseOnExec)[] _streams = new (int, bool)[3];

    /// <summary>Silences the streams.</summary>
    public SilencedStreams()
    {
        int nothing = DescriptorCalls.OpenNull();
        for (int number = 0; number < _streams.Length; number++)
        {
            _streams[number] = (DescriptorCalls.Duplicate(number), DescriptorCalls.IsCloseOnExec(number));
            if (nothing >= 0)
            {
                DescriptorCalls.Replace(number, nothing, closeOnExec: false);
            }
        }

        WaitCalls.Close(nothing);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int number = 0; number < _streams.Length; number++)
        {
            (int saved, bool closeOnExec) = _streams[number];
            if (saved >= 0)
            {
                DescriptorCalls.Replace(number, saved, closeOnExec);
                WaitCalls.Close(saved);
                _streams[number] = (-1, false);
            }
        }
    }
}
