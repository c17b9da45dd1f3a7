namespace LibProf.Sampler.Recording;

/// <summary>Why a file cannot be read as a recording.</summary>
public enum RecordingProblem
{
    /// <summary>It is something else.</summary>
    NotARecording,
    /// <summary>It has nothing in it: no bytes, or not one whole block.</summary>
    Empty,
    /// <summary>A newer libprof wrote it.</summary>
    NewerVersion,
    /// <summary>It is a recording whose content cannot be right.</summary>
    Damaged,
}

/// <summary>A file cannot be read as a recording. The message is one line that ends a sentence begun by the file's name and a colon.</summary>
public sealed class RecordingException : Exception
{
    /// <summary>Makes one.</summary>
    public RecordingException(RecordingProblem problem, string message, Exception? innerException = null)
        : base(message, innerException) => Problem = problem;

    /// <summary>Why.</summary>
    public RecordingProblem Problem { get; }

    /// <summary>Throws that the recording is damaged.</summary>
    internal static void ThrowIf(bool damaged, string how)
    {
        if (damaged)
            throw new RecordingException(RecordingProblem.Damaged, $"the recording is damaged: {how}");
    }
}
