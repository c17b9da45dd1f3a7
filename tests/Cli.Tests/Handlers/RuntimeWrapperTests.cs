using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using LibProf.Cli.Tests.Launch;
using LibProf.TestSupport;

namespace LibProf.Cli.Tests.Handlers;

/// <summary>libprof between a provider's sandbox and its runtime: <c>scripts/aws-lambda-wrapper</c>, with stand-ins of both.</summary>
public sealed class RuntimeWrapperTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HttpListener _api = new();

    public void Dispose()
    {
        _api.Close();
        _directory.Dispose();
    }

    [Fact]
    public void A_runtime_under_the_wrapper_serves_its_events_and_ends_as_the_sandbox_ends_it()
    {
        _directory.Write("task/app.py", "import colorsys\n\ndef lambda_handler(event, context):\n    return {'twice': 2 * event['n']}\n");
        int port = FreePort();
        _api.Prefixes.Add(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/"));
        _api.Start();
        Dictionary<string, string?> environment = new()
        {
            ["AWS_LAMBDA_RUNTIME_API"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"),
            ["AWS_LAMBDA_FUNCTION_NAME"] = "doubler",
            ["LAMBDA_TASK_ROOT"] = _directory["task"],
            ["_HANDLER"] = "app.lambda_handler",
            ["LIBPROF"] = LibProfProgram.Binary,
            ["LIBPROF_OUTPUT"] = _directory["doubler.libprof"],
            ["LIBPROF_OPTIONS"] = "--rate 2000",
            ["no_proxy"] = "127.0.0.1",
        };
        using TargetProcess sandbox = TargetProcess.Launch(["/bin/sh", Wrapper(), .. Launching.Script("runtime_stand_in.py")], environment);

        Assert.Equal("""{"twice": 14}""", Invoke(7));
        Assert.Equal("""{"twice": 16}""", Invoke(8));
        sandbox.Signal("TERM");
        Assert.Equal((128 + 15, "", ""), (sandbox.WaitForExit(), sandbox.ReadToEnd(), sandbox.ReadErrorsToEnd()));

        LibProfResult report = LibProfProgram.Run("report", "-f", "json", _directory["doubler.libprof"]);
        Assert.Equal(0, report.Status);
        using var json = JsonDocument.Parse(report.Output);
        if (LibProfProgram.IsNative)
        {
            // The JIT takes longer to start than the stand-in takes to serve two events.
            Assert.Contains("colorsys", json.RootElement.GetProperty("modules").EnumerateArray().Select(module => module.GetProperty("name").GetString()));
        }

        Assert.Equal(143, json.RootElement.GetProperty("process").GetProperty("exit_status").GetInt32());
        Assert.Equal(2000, json.RootElement.GetProperty("sampling").GetProperty("rate_hz").GetDouble());
    }

    /// <summary>Gives the runtime that asks for it an event, and gives what it answers.</summary>
    private string Invoke(int n)
    {
        HttpListenerContext next = Context();
        Assert.Equal("/2018-06-01/runtime/invocation/next", next.Request.Url!.AbsolutePath);
        next.Response.Headers["Lambda-Runtime-Aws-Request-Id"] = string.Create(CultureInfo.InvariantCulture, $"request-{n}");
        next.Response.Close(System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"n": {{n}}}""")), willBlock: true);
        HttpListenerContext response = Context();
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"/2018-06-01/runtime/invocation/request-{n}/response"), response.Request.Url!.AbsolutePath);
        using StreamReader body = new(response.Request.InputStream);
        string answer = body.ReadToEnd();
        response.Response.StatusCode = 202;
        response.Response.Close();
        return answer;
    }

    private HttpListenerContext Context()
    {
        Task<HttpListenerContext> context = _api.GetContextAsync();
        Assert.True(context.Wait(Deadline.Patience), "the runtime did not ask");
        return context.Result;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Wrapper()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (Path.Combine(directory.FullName, "scripts", "aws-lambda-wrapper") is var path && File.Exists(path))
            {
                return path;
            }
        }

        Assert.Skip("the scripts of the checkout are not there");
        return "";
    }
}
