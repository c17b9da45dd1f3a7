namespace LibProf.Sampler.Sources;

/// <summary>Which calls and assignments in a module's own code reach beyond the module.</summary>
internal static class SideEffects
{
    private static readonly HashSet<string> _calls = new(StringComparer.Ordinal)
    {
        "atexit.register", "signal.signal", "signal.set_wakeup_fd", "signal.siginterrupt", "signal.setitimer", "signal.alarm",
        "threading.Thread", "threading.Timer", "threading.settrace", "threading.setprofile", "threading.stack_size", "_thread.start_new_thread",
        "os.putenv", "os.unsetenv", "os.chdir", "os.umask", "os.register_at_fork", "os.fork", "os.dup2", "os.nice",
        "sys.setrecursionlimit", "sys.settrace", "sys.setprofile", "sys.addaudithook", "sys.setswitchinterval", "sys.setdlopenflags", "sys.set_asyncgen_hooks",
        "warnings.filterwarnings", "warnings.simplefilter", "warnings.resetwarnings",
        "codecs.register", "codecs.register_error", "locale.setlocale", "socket.setdefaulttimeout", "random.seed",
        "logging.basicConfig", "logging.captureWarnings", "logging.setLoggerClass", "logging.setLogRecordFactory", "logging.disable", "logging.addLevelName",
        "copyreg.pickle", "copyreg.constructor", "gc.disable", "gc.set_threshold", "gc.freeze", "faulthandler.enable", "faulthandler.register",
        "multiprocessing.set_start_method", "mimetypes.add_type", "mimetypes.init", "asyncio.set_event_loop_policy", "importlib.reload",
        "subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.Popen", "os.system", "os.popen",
        "pkg_resources.declare_namespace", "concurrent.futures.ThreadPoolExecutor", "concurrent.futures.ProcessPoolExecutor", "multiprocessing.Process", "multiprocessing.Pool", "readline.parse_and_bind", "ctypes.pythonapi",
    };

    private static readonly string[] _shared = ["os.environ", "os.environb", "sys.path", "sys.meta_path", "sys.path_hooks", "sys.modules", "sys.warnoptions", "warnings.filters"];

    private static readonly HashSet<string> _changes = new(StringComparer.Ordinal)
    {
        "append", "extend", "insert", "remove", "pop", "clear", "update", "setdefault", "__setitem__",
    };

    /// <summary>Whether a use of an imported name makes another process of this one.</summary>
    /// <param name="path">What is used, in full.</param>
    public static bool Forks(string path) => path is "os.fork" or "os.forkpty" or "pty.fork";

    /// <summary>What a use of an imported name does to others; null for nothing that is known.</summary>
    /// <param name="path">What is used, in full: <c>requests.Session.send</c>.</param>
    /// <param name="use">How.</param>
    public static string? Of(string path, NameUse use)
    {
        path = path.TrimStart('.');
        foreach (string shared in _shared)
        {
            // os.environ |= ..., sys.path += ...
            if (path.StartsWith(shared, StringComparison.Ordinal) && (use.IsTarget || (use.Follow is '|' or '+' && path == shared)
                || (use.Follow == '(' && path.Length > shared.Length && path[shared.Length] == '.' && _changes.Contains(path[(shared.Length + 1)..]))))
            {
                return "changes " + shared;
            }
        }

        if (use.Follow == RawUse.SetAttribute)
        {
            return "sets " + path + ".*";
        }

        if (use.Follow == '(' && !use.IsTarget)
        {
            return _calls.Contains(path) ? "calls " + path
                : path.EndsWith(".register", StringComparison.Ordinal) ? "registers with " + path[..^".register".Length]
                : null;
        }

        // An attribute of something imported gets another value. Names of its own (x = ...) are no such thing.
        return use.IsTarget && use.Follow == '=' && use.Chain.Contains('.') ? "sets " + path : null;
    }
}
