using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Memory;

/// <summary>Whose a change is when several threads ran between two readings: told by their page faults.</summary>
internal static class ThreadShares
{
    /// <summary>The share of each importing thread, from 0 to 1; what is left belongs to threads that import nothing.</summary>
    /// <param name="from">The reading before.</param>
    /// <param name="to">The reading after.</param>
    /// <param name="threads">The threads that import something, at least one.</param>
    /// <param name="shares">Filled with the shares.</param>
    /// <returns>How much of the change may belong to another thread than it is billed to, from 0 to 1.</returns>
    public static double Of(in MemoryReading from, in MemoryReading to, ReadOnlySpan<int> threads, Span<double> shares)
    {
        if (from.Faults is { } before && to.Faults is { } after && after.ProcessFaults > before.ProcessFaults)
        {
            double all = after.ProcessFaults - before.ProcessFaults;
            double most = 0;
            double sum = 0;
            int unknown = 0;
            for (int i = 0; i < threads.Length; i++)
            {
                shares[i] = Find(after, threads[i]) - Find(before, threads[i]) is { } faults ? Math.Max(faults, 0) / all : -1;
                unknown += shares[i] < 0 ? 1 : 0;
                sum += Math.Max(shares[i], 0);
                most = Math.Max(most, shares[i]);
            }

            for (int i = 0; i < threads.Length && unknown > 0; i++)
            {
                // One that has just begun to import has no earlier count: to it goes what is not the others'.
                shares[i] = shares[i] < 0 ? Math.Max(1 - sum, 0) / unknown : shares[i];
            }

            sum = unknown > 0 ? Math.Max(sum, 1) : sum;
            if (sum > 1)
            {
                // The threads' faults were read after those of the process.
                for (int i = 0; i < threads.Length; i++)
                {
                    shares[i] /= sum;
                }

                most /= sum;
            }

            return 1 - Math.Max(most, 1 - Math.Min(sum, 1));
        }

        shares[..threads.Length].Fill(1.0 / threads.Length);
        return threads.Length > 1 ? 1 : 0;
    }

    private static long? Find(MemoryFaults faults, int thread)
    {
        foreach (ThreadFaults each in faults.Threads)
        {
            if (each.ThreadId == thread)
            {
                return each.Faults;
            }
        }

        return null;
    }
}
