using System.Diagnostics;
using System.Globalization;

namespace LibProf.TestSupport;

/// <summary>Signals to processes that tests started.</summary>
public static class Signals
{
    /// <summary>Sends a signal by its name without SIG (kill(1)) and waits until it is sent.</summary>
    /// <param name="pid">The receiver; a negative number is a process group.</param>
    /// <param name="name">For example STOP.</param>
    public static void Send(int pid, string name)
    {
        ProcessStartInfo start = new("/usr/bin/env") { RedirectStandardError = true };
        foreach (string argument in (string[])["kill", "-s", name, "--", pid.ToString(CultureInfo.InvariantCulture)])
        {
            start.ArgumentList.Add(argument);
        }

        using Process kill = Process.Start(start)!;
        string errors = kill.StandardError.ReadToEnd();
        kill.WaitForExit();
        Assert.True(kill.ExitCode == 0, $"kill -s {name} {pid}: {errors}");
    }
}
