using System.Globalization;
using System.Text;
using System.Text.Json;
using LibProf.Sampler.Recording;

namespace LibProf.Sampler.Tests.Recording;

/// <summary>Keeps every event as a line of text, so that two sequences of events can be compared whole.</summary>
internal class CollectingSink : IRecordingSink
{
    public List<string> Events { get; } = [];

    public void OnEnvironment(RecordingEnvironment environment) => AddObject("environment", environment);
    public void OnImage(ProcessImage image) => AddObject("image", image);
    public void OnPython(PythonInfo python) => AddObject("python", python);
    public void OnMilestone(Milestone milestone, long timeNs) => Add($"milestone {milestone} {timeNs}");
    public void OnThread(ThreadInfo thread) => AddObject("thread", thread);
    public void OnFunction(in FunctionInfo function) => Add($"function {function.Id} {function.Name} {function.File} {function.FirstLine}");
    public void OnFrame(in FrameInfo frame) => Add($"frame {frame.Id} {frame.FunctionId} {frame.Line} {frame.Importing ?? "null"}");
    public void OnStack(int stackId, int parentStackId, int frameId) => Add($"stack {stackId} {parentStackId} {frameId}");
    public void OnModule(ModuleInfo module) => AddObject("module", module);
    public void OnDistribution(DistributionInfo distribution) => AddObject("distribution", distribution);
    public void OnMemory(in MemoryReading reading) => AddObject("memory", reading);
    public void OnStatistics(SamplingStatistics statistics) => AddObject("statistics", statistics);
    public void OnModuleSource(ModuleSource source) => AddObject("source", source);
    public void OnCollection(long beginNs, long endNs) => Add($"collection {beginNs} {endNs}");
    public void OnProcessorTime(long timeNs, long cpuNs) => Add($"cpu {timeNs} {cpuNs}");
    public void OnIdle(long untilNs, long looks) => Add($"idle {untilNs} {looks}");
    public void OnInvocation(in Invocation invocation) => AddObject("invocation", invocation);
    public void OnCode(in CodeInfo code) => AddObject("code", code);
    public void OnUsage(UsageSnapshot usage) => AddObject("usage", usage);
    public void OnNativePages(NativePagesReading pages) => AddObject("pages", pages);
    public void OnImageEnd(ImageEnd end) => AddObject("end", end);

    public virtual void OnSample(long timeNs, ReadOnlySpan<ThreadStack> stacks)
    {
        var text = new StringBuilder("sample ").Append(timeNs.ToString(CultureInfo.InvariantCulture));
        foreach (var stack in stacks)
            text.Append(CultureInfo.InvariantCulture, $" {stack.ThreadId}:{stack.StackId}{(stack.Cut ? "c" : "")}");
        Add(text.ToString());
    }

    private void AddObject<T>(string kind, T value) => Add($"{kind} {JsonSerializer.Serialize(value)}");

    private void Add(FormattableString text) => Add(FormattableString.Invariant(text));

    private void Add(string text) => Events.Add(text);
}
