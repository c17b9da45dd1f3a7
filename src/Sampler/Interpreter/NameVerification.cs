using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Interpreter;

/// <summary>Something that stacks were named by and that may have been something else meanwhile.</summary>
/// <param name="FunctionId">A function's number in the recording.</param>
/// <param name="Importing">When its frame's argument is in doubt, not the function: the module that it was taken for.</param>
/// <param name="SinceNs">When it was last seen to be what it was taken for: what was named by it before that holds.</param>
internal readonly record struct Doubt(int FunctionId, string? Importing, long SinceNs);

/// <summary>
/// Looks at the witnesses that are no longer read along with each stack: those of everything that the samples since the last time rely on.
/// </summary>
/// <param name="memory">The target's memory.</param>
/// <param name="codes">What is known by name.</param>
internal sealed class NameVerification(IRemoteMemory memory, CodeCache codes)
{
    private readonly ReadBatch _batch = new();

    /// <summary>
    /// Checks them all. Gives what may have been something else in between; nothing when every stack holds.
    /// </summary>
    /// <param name="serial">A number that no other read has.</param>
    /// <param name="nowNs">The sampler's clock.</param>
    /// <param name="doubtful">Filled with it.</param>
    public void Run(long serial, long nowNs, List<Doubt> doubtful)
    {
        doubtful.Clear();
        int first = 0;
        // Usually one read. One that stops at memory which is no longer there goes on behind it.
        while (first < codes.Used.Count)
        {
            _batch.Clear();
            for (int i = first; i < codes.Used.Count; i++)
            {
                foreach (Witness witness in codes.Used[i].Witnesses)
                {
                    if (witness.ListedFor != serial)
                    {
                        witness.ListedFor = serial;
                        _batch.Add(witness.Address, witness.Expected.Length);
                    }
                }
            }

            _batch.Read(memory);
            first = Check(first, serial, nowNs, doubtful);
        }
    }

    // Compares what was read with what is expected; gives the number of the first entry that was not read.
    private int Check(int first, long serial, long nowNs, List<Doubt> doubtful)
    {
        ReadOnlySpan<byte> bytes = _batch.Bytes;
        int offset = 0;
        bool stopped = false;
        for (int i = first; i < codes.Used.Count; i++)
        {
            CodeEntry entry = codes.Used[i];
            bool holds = true;
            foreach (Witness witness in entry.Witnesses)
            {
                if (witness.ListedFor == serial)
                {
                    witness.ListedFor = -1;
                    int length = witness.Expected.Length;
                    if (stopped)
                    {
                        continue;
                    }

                    bool unreadable = offset + length > bytes.Length;
                    if (unreadable || !witness.Check(bytes.Slice(offset, length), serial, nowNs))
                    {
                        witness.Kill();
                        codes.NoteDeath(witness, nowNs);
                    }

                    stopped = unreadable;
                    offset += length;
                }

                holds &= !witness.IsDead;
            }

            if (!holds)
            {
                // What is stable was relied on without being seen.
                doubtful.Add(new Doubt(entry.FunctionId, entry.Importing, entry.IsStable ? long.MinValue : entry.ProvenNs));
                entry.Distrust();
            }

            if (stopped)
            {
                ForgetListing(i + 1);
                return i + 1;
            }
        }

        return codes.Used.Count;
    }

    private void ForgetListing(int first)
    {
        for (int i = first; i < codes.Used.Count; i++)
        {
            foreach (Witness witness in codes.Used[i].Witnesses)
            {
                witness.ListedFor = -1;
            }
        }
    }
}
