using LibProf.Sampler.Memory;

namespace LibProf.Sampler.Interpreter;

/// <summary>How soon a witness counts as stable.</summary>
internal enum WitnessTrust
{
    /// <summary>When it has passed for a while.</summary>
    Normal,
    /// <summary>Later: something changed at its address lately.</summary>
    Suspicious,
    /// <summary>Never: what it stands for is freed right after its use, such as a module's body.</summary>
    Never,
}

/// <summary>
/// Bytes of the target on which something cached depends: a code object's immutable fields, a string's characters.
/// An address alone identifies nothing, since CPython reuses memory within microseconds; as long as the bytes at the address
/// are the expected ones, what was derived from them holds.
/// A young witness is read in the same system call as every stack that relies on it. One that passed for long enough is
/// stable and only looked at from time to time, while the samples that rely on it are held back.
/// </summary>
internal sealed class Witness(ulong address, byte[] expected, long nowNs, WitnessTrust trust)
{
    /// <summary>Looks that a witness must pass before it is stable.</summary>
    public const int StablePasses = 8;

    /// <summary>The same at an address whose content was seen to change lately.</summary>
    public const int SuspiciousPasses = 64;

    /// <summary>Nanoseconds that a witness must have been passing before it is stable.</summary>
    public const long StableAgeNs = 20_000_000;

    /// <summary>The same at an address whose content was seen to change lately.</summary>
    public const long SuspiciousAgeNs = 1_000_000_000;

    /// <summary>Whether it may become stable at all.</summary>
    public bool IsLasting => trust != WitnessTrust.Never;

    /// <summary>Whether nothing else was seen at its address lately.</summary>
    public bool IsUnsuspected => trust == WitnessTrust.Normal;

    private readonly long _bornNs = nowNs;
    private int _passes;

    /// <summary>First byte in the target.</summary>
    public ulong Address { get; } = address;

    /// <summary>What must stand there.</summary>
    public byte[] Expected { get; } = expected;

    /// <summary>Whether it passed long enough to be looked at from time to time only.</summary>
    public bool IsStable { get; private set; }

    /// <summary>Whether something else was found at the address: all that depends on it is void.</summary>
    public bool IsDead { get; private set; }

    /// <summary>The read in which it passed last.</summary>
    public long PassedIn { get; private set; } = -1;

    /// <summary>The read whose stack last relied on it.</summary>
    public long NeededIn { get; set; } = -1;

    /// <summary>The read for which it was last put on the list of what is verified.</summary>
    public long ListedFor { get; set; } = -1;

    /// <summary>The range to read.</summary>
    public RemoteRange Range => new(Address, (ulong)Expected.Length);

    /// <summary>Compares what was read now.</summary>
    /// <param name="actual">Bytes read from <see cref="Range"/>.</param>
    /// <param name="readSerial">Number of the read.</param>
    /// <param name="nowNs">The sampler's clock.</param>
    public bool Check(ReadOnlySpan<byte> actual, long readSerial, long nowNs)
    {
        if (IsDead || !actual.SequenceEqual(Expected))
        {
            IsDead = true;
            IsStable = false;
            return false;
        }

        PassedIn = readSerial;
        if (!IsStable)
        {
            _passes++;
            IsStable = trust switch
            {
                WitnessTrust.Normal => _passes >= StablePasses && nowNs - _bornNs >= StableAgeNs,
                WitnessTrust.Suspicious => _passes >= SuspiciousPasses && nowNs - _bornNs >= SuspiciousAgeNs,
                _ => false,
            };
        }

        return true;
    }

    /// <summary>Declares it void.</summary>
    public void Kill() => (IsDead, IsStable) = (true, false);
}
