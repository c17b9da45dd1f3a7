using LibProf.Sampler.Target;

namespace LibProf.Sampler.Tests.Target;

public sealed class ProcessSurroundingsTests
{
    private const string UnifiedMount = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
    private const string OldMounts = """
        33 32 0:28 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:11 - cgroup cgroup rw,cpu,cpuacct
        34 32 0:29 /docker/abc /sys/fs/cgroup/memory ro,nosuid master:12 - cgroup cgroup rw,memory
        """;

    public static TheoryData<string, string, string, double?> Quotas() => new()
    {
        { "0::/a/b", UnifiedMount, "/sys/fs/cgroup/a/b/cpu.max=150000 100000", 1.5 },
        { "0::/a/b", UnifiedMount, "/sys/fs/cgroup/a/b/cpu.max=max 100000;/sys/fs/cgroup/a/cpu.max=50000 100000", 0.5 },
        { "0::/a/b", UnifiedMount, "/sys/fs/cgroup/a/b/cpu.max=30000 100000;/sys/fs/cgroup/a/cpu.max=50000 100000", 0.3 },
        { "0::/a/b", UnifiedMount, "/sys/fs/cgroup/a/b/cpu.max=max 100000", null },
        { "0::/", UnifiedMount, "/sys/fs/cgroup/cpu.max=200000 100000\n", 2.0 },
        { "0::/../other", UnifiedMount, "/sys/fs/cgroup/cpu.max=200000 100000", 2.0 },
        { "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc", OldMounts,
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us=25000;/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us=100000", 0.25 },
        { "4:cpu,cpuacct:/docker/abc", OldMounts,
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us=-1;/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us=100000", null },
        { "0::/a", "", "", null },
        { "nonsense\n\n1:2", "nonsense\n1 2 3 - \n", "", null },
    };

    [Theory]
    [MemberData(nameof(Quotas))]
    public void Takes_the_tightest_limit(string groups, string mounts, string files, double? expected)
    {
        Dictionary<string, string> contents = files.Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(file => file.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

        Assert.Equal(expected, ProcessSurroundings.ReadQuota(groups, mounts, path => contents.GetValueOrDefault(path, "")));
    }

    [Fact]
    public void Reads_those_of_the_tests()
    {
        ProcessSurroundings surroundings = ProcessSurroundings.Read(Environment.ProcessId);

        Assert.InRange(surroundings.Cpus, 1, 1 << 16);
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), surroundings.Kernel);
        Assert.False(surroundings.CpuQuota <= 0);
    }
}
