using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Tests.Recording;

public sealed class RecordingWriterFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("libprof-test-");

    public void Dispose() => _directory.Delete(true);

    [Fact]
    public void A_new_file_is_for_its_owner_only()
    {
        var path = Path.Combine(_directory.FullName, "new.libprof");
        using var writer = RecordingWriter.Create(path);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_file_that_was_there_is_replaced_and_for_its_owner_only()
    {
        var path = Path.Combine(_directory.FullName, "old.libprof");
        File.WriteAllBytes(path, new byte[100_000]);
        File.SetUnixFileMode(path, OwnerOnly | UnixFileMode.OtherRead | UnixFileMode.GroupRead);
        using (var writer = RecordingWriter.Create(path))
        {
            RecordingRoundTripTests.Announce(writer);
            writer.Complete();
        }
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
        Assert.True(RecordingReader.Read(path, new CollectingSink()).IsComplete);
    }

    [Fact]
    public void A_device_keeps_its_mode()
    {
        var before = File.GetUnixFileMode("/dev/null");
        using (var writer = RecordingWriter.Create("/dev/null"))
        {
            RecordingRoundTripTests.Announce(writer);
            writer.Complete();
            Assert.Null(writer.Failure);
        }
        Assert.Equal(before, File.GetUnixFileMode("/dev/null"));
    }

    [Fact]
    public void A_full_disk_is_told_afterwards_and_throws_nothing()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this machine has no /dev/full");
        using var writer = RecordingWriter.Create("/dev/full");
        RecordingRoundTripTests.Announce(writer);
        Assert.Null(writer.Failure);
        writer.Tick(0);
        Assert.NotNull(writer.Failure);
        RecordingFiles.Play(writer, 1, 1000, writer.Flush);
        writer.Complete();
        Assert.Contains("space", writer.Failure.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, writer.BytesWritten);
    }

    [Fact]
    public void What_was_written_before_the_disk_was_full_is_readable()
    {
        var whole = new CollectingSink();
        var file = RecordingFiles.Make(3, 2000, whole);
        for (var room = 0; room < file.Length; room += 1 + file.Length / 40)
        {
            var stream = new LimitedStream(room);
            using var writer = new RecordingWriter(stream);
            RecordingFiles.Play(writer, 3, 2000, writer.Flush);
            writer.Complete();
            Assert.NotNull(writer.Failure);
            RecordingReadingTests.CheckReadsAsPrefix(stream.ToArray(), whole.Events);
        }
    }

    [Fact]
    public void The_first_tick_makes_the_recording_readable()
    {
        var path = Path.Combine(_directory.FullName, "live.libprof");
        using var writer = RecordingWriter.Create(path);
        RecordingRoundTripTests.Announce(writer);
        writer.Tick(0);
        var got = new CheckingSink();
        var result = RecordingReader.Read(path, got);
        Assert.False(result.IsComplete);
        Assert.Equal("the recording is cut after 1 block", result.Warning);
        Assert.NotEmpty(got.Events);
    }

    [Fact]
    public void Ticks_write_once_a_second_when_there_is_something_to_write()
    {
        var stream = new MemoryStream();
        using var writer = new RecordingWriter(stream);
        RecordingRoundTripTests.Announce(writer);
        writer.Tick(0);
        var first = stream.Length;
        writer.OnMilestone(Milestone.FirstFrame, 1);
        writer.Tick(100_000_000);
        Assert.Equal(first, stream.Length);
        writer.Tick(1_000_000_000);
        var second = stream.Length;
        Assert.True(second > first);
        writer.Tick(5_000_000_000);
        Assert.Equal(second, stream.Length);
    }

    [Fact]
    public void A_path_that_cannot_be_created_is_refused_at_once()
    {
        Assert.ThrowsAny<IOException>(() => RecordingWriter.Create(Path.Combine(_directory.FullName, "missing", "x.libprof")));
        Assert.Throws<UnauthorizedAccessException>(() => RecordingWriter.Create(_directory.FullName));
    }

    /// <summary>A disk with little room: takes what fits of a write, then fails.</summary>
    private sealed class LimitedStream(int room) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            var fits = (int)Math.Min(buffer.Length, room - Length);
            base.Write(buffer[..fits]);
            if (fits < buffer.Length)
                throw new IOException("No space left on device");
        }
    }
}
