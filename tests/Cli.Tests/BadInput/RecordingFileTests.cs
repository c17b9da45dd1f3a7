using System.Buffers.Binary;
using LibProf.Cli.Tests.Launch;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.BadInput;

/// <summary>Files that <c>report</c> is given: what can be read is shown with one warning, the rest is refused in one line.</summary>
public sealed class RecordingFileTests : IDisposable
{
    private const int HeaderSize = 12;

    private readonly BadInputBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void WhatIsNoRecordingIsRefused()
    {
        _bench.Work.Write("empty", "");
        _bench.Work.Write("text", "no recording\n");
        BadInputBench.AssertRefused(_bench.Run("report", "none"), 2, "cannot read none: no such file");
        BadInputBench.AssertRefused(_bench.Run("report", "none/x"), 2, "cannot read none/x: no such file");
        BadInputBench.AssertRefused(_bench.Run("report", "."), 2, "cannot read .: it is a directory");
        BadInputBench.AssertRefused(_bench.Run("report", "empty"), 2, "empty: the file is empty");
        BadInputBench.AssertRefused(_bench.Run("report", "/dev/null"), 2, "/dev/null: the file is empty");
        BadInputBench.AssertRefused(_bench.Run("report", "text"), 2, "text: not a libprof recording");
        BadInputBench.AssertRefused(_bench.Run("report", "-q", LibProfProgram.Binary), 2, "not a libprof recording");
        BadInputBench.AssertRefused(_bench.Run("report", "-f", "xml", "empty"), 2, "unknown format 'xml'", "formats: text, json");
    }

    [Fact]
    public void OneOfANewerVersionIsRefused()
    {
        byte[] bytes = Record();
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), 99);
        File.WriteAllBytes(_bench.Work["newer"], bytes);
        BadInputBench.AssertRefused(_bench.Run("report", "newer"), 2, "format version 99", "a newer libprof is needed");
    }

    [Fact]
    public void CutOnesAreShownAsFarAsTheyGo()
    {
        byte[] whole = Record();
        int shown = 0;
        int refused = 0;
        foreach (int length in Enumerable.Range(1, 20).Select(i => (int)((long)whole.Length * i / 21)).Concat([1, 7, 8, HeaderSize, whole.Length - 30, whole.Length - 1]))
        {
            File.WriteAllBytes(_bench.Work["cut"], whole.AsSpan(0, length));
            LibProfResult result = _bench.Run("report", "-f", "json", "cut");
            if (result.Status == 0)
            {
                shown++;
                BadInputBench.AssertErrors(result.Errors, "libprof: warning: the recording is cut after ");
                Assert.StartsWith("{", result.Output, StringComparison.Ordinal);
                Assert.Equal("", _bench.Run("report", "-q", "cut").Errors);
            }
            else
            {
                refused++;
                BadInputBench.AssertRefused(result, 2, "cut: the recording ");
            }
        }

        Assert.True(shown > 1 && refused > 1, $"{shown} shown, {refused} refused of {whole.Length} bytes");
    }

    [Fact]
    public void SpoiltOnesAreShownOrRefused()
    {
        byte[] whole = Record();
        Random random = new(7);
        for (int i = 0; i < 20; i++)
        {
            byte[] spoilt = [.. whole];
            spoilt[random.Next(spoilt.Length)] ^= (byte)random.Next(1, 256);
            File.WriteAllBytes(_bench.Work["spoilt"], spoilt);
            LibProfResult result = _bench.Run("report", "spoilt");
            Assert.True(result.Status is 0 or 2, result.ToString());
            if (result.Errors.Length > 0)
            {
                BadInputBench.AssertErrors(result.Errors, "");
            }
        }
    }

    // Several blocks: one is written every three quarters of a second.
    private byte[] Record()
    {
        LibProfResult result = _bench.Run("run", "-q", "-o", "whole.libprof", "--", Launching.Python, "-c", "import json, time; time.sleep(2.5)");
        Assert.Equal((0, "", ""), (result.Status, result.Output, result.Errors));
        byte[] bytes = File.ReadAllBytes(_bench.Work["whole.libprof"]);
        _bench.ReadReport("whole.libprof");
        return bytes;
    }
}
