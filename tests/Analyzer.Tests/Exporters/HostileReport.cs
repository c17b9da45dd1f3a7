using LibProf.Analyzer.Reports;
using LibProf.Analyzer.Tests.Dsl;

namespace LibProf.Analyzer.Tests.Exporters;

/// <summary>A report whose findings have names that would be markup, commands or links: a target may call its modules anything.</summary>
internal static class HostileReport
{
    /// <summary>A module's name.</summary>
    public const string Module = "evil`|<img src=x onerror=alert(1)>**b** [l](https://e.example) @someone ::error::x%0Ay{0}\n::error::injected\r\u202e";

    /// <summary>A file's path, in the project.</summary>
    public const string File = "/app/odd: na,me%.py";

    /// <summary>A finding of source that was compiled at start for the main program's module, and one for the hostile module.</summary>
    public static ReportModel Make(string directory = "/app", string file = File, int line = 7) => new RecordingScript().Environment()
        .Image(0, ["python3", "app.py"], directory: directory)
        .Python().Thread(0, main: true)
        .Module("__main__", file).Module(Module, "/usr/lib/python3/dist-packages/evil.py")
        .Looks(1, 20, [Py.Code(file, "<module>", line), .. Py.Compile(Module)])
        .Looks(20, 30, Py.Code(file, "<module>", 90))
        .End(30).Report();
}
