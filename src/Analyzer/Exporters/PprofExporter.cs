using System.IO.Compression;
using Google.Protobuf;
using LibProf.Analyzer.Exporters.Pprof;
using LibProf.Analyzer.Model;
using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Views;
using LibProf.Sampler.Recording;

namespace LibProf.Analyzer.Exporters;

/// <summary>
/// A gzipped profile for <c>go tool pprof</c>, Pyroscope, Polar Signals and others that read pprof: samples and wall time by stack,
/// with the thread as a label; processor time too (see <see cref="ProcessorShares"/>) where the recording has it.
/// </summary>
public sealed class PprofExporter : IProfileExporter
{
    /// <inheritdoc/>
    public string Name => "pprof";

    /// <inheritdoc/>
    public string FileExtension => "pb.gz";

    /// <inheritdoc/>
    public string Description => "for go tool pprof and services that read its profiles";

    /// <inheritdoc/>
    public void Export(ReportModel report, Stream output, ExportOptions options)
    {
        Profile profile = report.Profile;
        var table = new StringTable();
        var file = new PprofProfile
        {
            TimeNanos = profile.Environment is { } environment ? environment.Started.ToUnixTimeMilliseconds() * 1_000_000 + profile.StartNs : 0,
            DurationNanos = profile.DurationNs,
            PeriodType = Type(table, "wall", "nanoseconds"),
            Period = profile.Environment is { RateHz: > 0 } asked ? (long)(1e9 / asked.RateHz) : profile.DurationNs / Math.Max(1, profile.Looks),
            DefaultSampleType = table.Of("wall"),
        };
        file.SampleType.Add(Type(table, "samples", "count"));
        file.SampleType.Add(Type(table, "wall", "nanoseconds"));
        var processor = ProcessorShares.Of(profile);
        if (processor is not null)
        {
            file.SampleType.Add(Type(table, "cpu", "nanoseconds"));
        }

        file.Comment.Add(table.Of($"libprof {profile.Environment?.ToolVersion}".TrimEnd()));
        file.Mapping.Add(new PprofMapping
        {
            Id = 1,
            Filename = table.Of(FrameText.Title(profile)),
            HasFunctions = true,
            HasFilenames = true,
            HasLineNumbers = true,
        });
        AddPlaces(file, profile.Stacks, table);
        long thread = table.Of("thread");
        foreach (ThreadTimeline timeline in profile.Threads)
        {
            long name = table.Of(FrameText.Of(timeline.Thread));
            Dictionary<StackId, double> used = processor is null ? [] : Used(timeline, processor);
            foreach ((StackId stack, StackWeight weight) in StackWeights.Of(profile, timeline).OrderBy(pair => pair.Key.Value))
            {
                var sample = new PprofSample();
                for (StackId next = stack; !next.IsNone; next = profile.Stacks.Parent(next))
                {
                    sample.LocationId.Add((ulong)profile.Stacks.LeafId(next).Value + 1);
                }

                sample.Value.Add(weight.Samples);
                sample.Value.Add(weight.Ns);
                if (processor is not null)
                {
                    sample.Value.Add((long)used.GetValueOrDefault(stack));
                }

                sample.Label.Add(new PprofLabel { Key = thread, Str = name });
                file.Sample.Add(sample);
            }
        }

        file.StringTable.AddRange(table.Texts);
        using var zip = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true);
        file.WriteTo(zip);
    }

    private static Dictionary<StackId, double> Used(ThreadTimeline timeline, ProcessorShares processor)
    {
        var used = new Dictionary<StackId, double>();
        long nowNs = timeline.StartNs;
        foreach (StackRun run in timeline.Runs)
        {
            if (!run.Stack.IsNone)
            {
                used[run.Stack] = used.GetValueOrDefault(run.Stack) + processor.Between(nowNs, run.EndNs);
            }

            nowNs = run.EndNs;
        }

        return used;
    }

    private static void AddPlaces(PprofProfile file, StackTable stacks, StringTable table)
    {
        foreach (FunctionInfo function in stacks.Functions)
        {
            long name = table.Of(function.Name);
            file.Function.Add(new PprofFunction
            {
                Id = (ulong)function.Id + 1,
                Name = name,
                SystemName = name,
                Filename = table.Of(function.File),
                StartLine = Math.Max(0, function.FirstLine),
            });
        }

        for (int i = 0; i < stacks.Frames.Count; i++)
        {
            var place = new PprofLocation { Id = (ulong)i + 1, MappingId = 1 };
            place.Line.Add(new PprofLine { FunctionId = (ulong)stacks.Frames[i].FunctionId + 1, Line = stacks.Frames[i].Line });
            file.Location.Add(place);
        }
    }

    private static PprofValueType Type(StringTable table, string type, string unit) => new() { Type = table.Of(type), Unit = table.Of(unit) };

    private sealed class StringTable
    {
        private readonly Dictionary<string, long> _numbers = new(StringComparer.Ordinal) { [""] = 0 };

        public List<string> Texts { get; } = [""];

        public long Of(string text)
        {
            string clean = JsonText.Clean(text);
            if (!_numbers.TryGetValue(clean, out long number))
            {
                _numbers[clean] = number = Texts.Count;
                Texts.Add(clean);
            }

            return number;
        }
    }
}
