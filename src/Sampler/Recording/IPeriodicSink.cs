namespace LibProf.Sampler.Recording;

/// <summary>A sink that has work to do as time goes by, such as writing out what it has gathered.</summary>
public interface IPeriodicSink : IRecordingSink
{
    /// <summary>
    /// Called on the thread that calls the events, after each round of them and at least a few times a second while there are none.
    /// </summary>
    /// <param name="nowNs">A clock that only goes forward, in nanoseconds; its zero means nothing.</param>
    void Tick(long nowNs);
}
