using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Scripts;

/// <summary>scripts/evaluate: its own tests, which are in Python like itself.</summary>
public sealed class EvaluateScriptTests
{
    [Fact]
    public void Its_own_tests_pass()
    {
        PythonInterpreter? python = Interpreters.System;
        Assert.SkipWhen(python is null || !python.IsAtLeast(3, 9), "no system's python3 of at least 3.9");
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !Directory.Exists(Path.Combine(root.FullName, "scripts", "evaluating")))
        {
            root = root.Parent;
        }

        Assert.SkipWhen(root is null, "the scripts of the checkout are not there");
        using TargetProcess tests = TargetProcess.Launch([python!.Path, "-B", "-m", "unittest", "discover", "-s", Path.Combine(root!.FullName, "scripts", "evaluating")]);
        string errors = tests.ReadErrorsToEnd();

        Assert.True(tests.WaitForExit() == 0, errors);
    }
}
