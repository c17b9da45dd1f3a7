namespace LibProf.CPythonLayouts.ExecutionEvidence;

/// <summary>What an instruction means for evidence of execution.</summary>
public enum OpcodeKind
{
    /// <summary>It may jump, raise or return, or is not known.</summary>
    Other,
    /// <summary>Execution always goes on behind it.</summary>
    Harmless,
    /// <summary>It counts its executions in its inline cache until it is specialised.</summary>
    Adaptive,
    /// <summary>A specialised form of an adaptive one.</summary>
    Specialized,
    /// <summary>RESUME as it was compiled.</summary>
    Resume,
    /// <summary>RESUME after its first execution, or instrumented at an entry.</summary>
    ResumeEntered,
}

/// <summary>
/// A version's opcodes, by number (Lib/opcode.py and Lib/_opcode_metadata.py of each version): what they are, and how many units of inline cache
/// follow them.
/// </summary>
public sealed class AdaptiveOpcodes
{
    /// <summary>An adaptive instruction's counter after its first execution: nothing left to count, first backoff (pycore_backoff.h).</summary>
    public const int CounterAfterFirstRun = 1;

    private readonly string _kinds;
    private readonly string _caches;

    private AdaptiveOpcodes(string kinds, string caches, int initialCounter)
    {
        _kinds = kinds;
        _caches = caches;
        InitialCounter = initialCounter;
    }

    /// <summary>An adaptive instruction's counter before its first execution (adaptive_counter_warmup).</summary>
    public int InitialCounter { get; }

    /// <summary>What an opcode is.</summary>
    public OpcodeKind KindOf(byte opcode) => _kinds[opcode] switch
    {
        's' => OpcodeKind.Harmless,
        'a' => OpcodeKind.Adaptive,
        'q' => OpcodeKind.Specialized,
        'r' => OpcodeKind.Resume,
        'R' => OpcodeKind.ResumeEntered,
        _ => OpcodeKind.Other,
    };

    /// <summary>Units of two bytes that follow an instruction as its inline cache.</summary>
    public int CachesOf(byte opcode) => _caches[opcode] - '0';

    /// <summary>Of 3.12.</summary>
    public static AdaptiveOpcodes Of312 { get; } = new(
        "sss...qqqsq..qq.q.qqqqqqqa..qq....q...qqqqqqqqqqq.......qqqqa.qq" +
        "qqqq..q.qqssqqqqqqq.s.s.s...aa.a...ss.ss..aa...qqq..as..s.aass.." +
        "....s..ssss..a.ss...qs.s.qs...sqqq....qqq..as..................." +
        "................................................s...............",
        "0000001110100110101111133100330000300033333333333000000031111011" +
        "1111009099009999999000000000110400000000009100044400400000110000" +
        "0000000000000100000040000400000111000011100300000000000000000000" +
        "0000000000000000000000000000000000000000000001000300000010000000",
        initialCounter: 17);

    /// <summary>Of 3.13.</summary>
    public static AdaptiveOpcodes Of313 { get; } = new(
        "s..q.a.................s..s...s.s.ss...aa....a.s....sa....aa.ss." +
        ".......sa...s.....assss.s..a.as.........a.s.assss..s.a.........." +
        ".....................rqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq" +
        "qqqqqqqqqqqqqqqRqqqqqqqqqqqqqqq.............R...................",
        "0001010000000000000000000000000000000001300001000000030000110000" +
        "0000000010000100009000000004010001111000100040000000010000000000" +
        "0000000000000000000000111111111111333333333333333333331111111119" +
        "9999999999944110144411333333111000000000000000000011300001111100",
        initialCounter: 17);

    /// <summary>Of 3.14.</summary>
    public static AdaptiveOpcodes Of314 { get; } = new(
        "s..q...................s...ss..s.ss...aa....a.s....sa..aaa.ss..." +
        ".....sa...s.....asssssss.s..a.s.as........a.s.assss..s.a........" +
        "rqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq..qqqqqqqqqqqqqss" +
        "qqqqRqqqqqqqqqqqqqqq.................................R..........",
        "0005000000000000000000000000000000000013000050000000300311000000" +
        "0000001000010000900000000000400010001111001000400000000100000000" +
        "0555555555555553333333333333333333333311111111111999999999999900" +
        "4411014441133333311100000000000000000000000001000111100001330100",
        initialCounter: 17);

    /// <summary>Of 3.15.</summary>
    public static AdaptiveOpcodes Of315 { get; } = new(
        "s..qa................s...ss..s.ss...aa....a.s....sa..aaa.ss....." +
        "...sa.a..s.....asssssss.s..a.s.as........a.s.assss..s.a........." +
        "rqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq..qqqqqqqqq" +
        "qqqqqqqqRRqqqqqqqqqqqqqqqqq.........................R...........",
        "0005100000000000000000000000000000001300005000000030031100000000" +
        "0000101000100009000000000004000100011110010004000000001000000000" +
        "1555555555555555333333311333333333333333311111111111111999999999" +
        "9999441111111444113333331110000000000000000010001111100013311000",
        initialCounter: 9);
}
