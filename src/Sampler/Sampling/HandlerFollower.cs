using LibProf.Sampler.Handlers;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Sampling;

/// <summary>
/// Takes the boundaries that a handler's driver waits at into the recording, on the sampling thread. While <see cref="Reached"/> runs, the
/// driver's thread stands still, so that what is read then is neither of the call before nor of the one to come.
/// </summary>
/// <param name="channel">The connection to the driver; null when no handler is run.</param>
/// <param name="pump">The recording.</param>
/// <param name="clock">Its clock.</param>
internal sealed class HandlerFollower(HandlerChannel? channel, RecordingPump pump, SamplerClock clock)
{
    /// <summary>What else is to be done at a boundary, before the driver goes on; its time is on the recording's clock.</summary>
    public Action<HandlerBoundary>? Reached { get; set; }

    /// <summary>Serves a driver that waits; next to nothing when none does.</summary>
    public void Serve()
    {
        if (channel is null || !channel.TryTake(out HandlerBoundary boundary))
        {
            return;
        }

        try
        {
            Record(boundary with { BeginNs = clock.FromMonotonic(boundary.BeginNs), EndNs = clock.FromMonotonic(boundary.EndNs) });
        }
        finally
        {
            channel.GoOn();
        }
    }

    private void Record(in HandlerBoundary boundary)
    {
        pump.OnProcessorTime(boundary.BeginNs, boundary.BeginCpuNs);
        pump.OnProcessorTime(boundary.EndNs, boundary.EndCpuNs);
        if (boundary.Number == 0)
        {
            pump.OnMilestone(Milestone.HandlerReady, boundary.EndNs);
        }
        else
        {
            pump.OnInvocation(new Invocation(boundary.Number, boundary.BeginNs, boundary.EndNs, boundary.Failed));
        }

        Reached?.Invoke(boundary);
    }
}
