# Runs a serverless handler as its runtime would. Executed in the target by HandlerChannel.Bootstrap with `job` and `file` defined;
# docs/handlers.md says what a handler finds. CPython 3.6 to 3.15. Imports nothing that a starting interpreter has not loaded,
# but for the built-in time: what the handler needs, the handler is seen to import.
def drive():
    import marshal
    import posix
    import sys
    import time

    channel = job["channel"]
    posix.set_inheritable(channel, False)
    main = sys.modules["__main__"].__dict__
    main.pop("marshal", None)
    main.pop("posix", None)
    if job["directory"]:
        posix.chdir(job["directory"])
    # The code's directory comes first, as a task's root does; -c has put "" there, unless told not to (-I, -P).
    root = posix.getcwd()
    if sys.path[:1] == [""]:
        sys.path[0] = root
    else:
        sys.path.insert(0, root)
    sys.argv = ["bootstrap", job["module"]]
    clock = getattr(time, "monotonic_ns", None) or (lambda: int(time.monotonic() * 1e9))
    cpu = getattr(time, "process_time_ns", None) or (lambda: int(time.process_time() * 1e9))
    variables = getattr(posix, "environ", {})

    def tell(number, begin, cpu_begin, end, cpu_end, failed):
        # libprof looks while we wait. When it is gone, what it would have heard goes nowhere and nothing waits.
        try:
            posix.write(channel, b"%d %d %d %d %d %d\n" % (number, begin, cpu_begin, end, cpu_end, failed))
            posix.read(channel, 1)
        except OSError:
            pass

    def fail(error):
        # The traceback as the handler's author knows it: from the handler's own first frame on.
        frames = error.__traceback__
        while frames and frames.tb_frame.f_code.co_filename == file:
            frames = frames.tb_next
        sys.excepthook(type(error), error.with_traceback(frames), frames)
        raise SystemExit(1)

    def say(bytes):
        while bytes:
            bytes = bytes[posix.write(1, bytes):]

    class LambdaContext(object):
        def __init__(self, number):
            def setting(name, default):
                return variables.get(name, default.encode()).decode()

            self.aws_request_id = "00000000-0000-0000-0000-%012d" % number
            self.function_name = setting(b"AWS_LAMBDA_FUNCTION_NAME", job["module"])
            self.function_version = setting(b"AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            self.memory_limit_in_mb = setting(b"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            self.log_group_name = setting(b"AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + self.function_name)
            self.log_stream_name = setting(b"AWS_LAMBDA_LOG_STREAM_NAME", "local")
            self.invoked_function_arn = "arn:aws:lambda:local:000000000000:function:" + self.function_name
            self.client_context = None
            self.identity = None
            self._deadline = clock() + 900 * 10**9

        def get_remaining_time_in_millis(self):
            return max(0, (self._deadline - clock()) // 10**6)

    escapes = {i: "\\u%04x" % i for i in range(32)}
    escapes.update({8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"})

    def atom(value):
        if value is None or value is True or value is False:
            return {None: "null", True: "true", False: "false"}[value]
        if isinstance(value, int):
            return int.__repr__(value)
        if isinstance(value, float):
            return "NaN" if value != value else "Infinity" if value == 1e999 else "-Infinity" if value == -1e999 else float.__repr__(value)
        raise TypeError("the handler's result is no JSON: it holds a " + type(value).__name__)

    def json(value):
        if isinstance(value, str):
            return '"' + str.translate(value, escapes) + '"'
        if isinstance(value, (list, tuple)):
            return "[" + ", ".join([json(item) for item in value]) + "]"
        if isinstance(value, dict):
            return "{" + ", ".join([json(k if isinstance(k, str) else atom(k)) + ": " + json(v) for k, v in value.items()]) + "}"
        return atom(value)

    begin, cpu_begin = clock(), cpu()
    try:
        __import__(job["module"])
        module = sys.modules[job["module"]]
    except Exception as error:
        fail(error)
    for name in job["functions"]:
        handler = getattr(module, name, None)
        if handler is not None:
            break
    else:
        sys.stderr.write("Handler '%s' missing on module '%s'\n" % ("' or '".join(job["functions"]), job["module"]))
        raise SystemExit(1)
    tell(0, begin, cpu_begin, clock(), cpu(), False)

    for number in range(1, job["invocations"] + 1):
        event = marshal.loads(job["event"])
        context = LambdaContext(number)
        cpu_begin = cpu()
        begin = clock()
        try:
            result = handler(event, context)
        except BaseException as error:
            tell(number, begin, cpu_begin, clock(), cpu(), True)
            if not isinstance(error, Exception):
                raise
            fail(error)
        end = clock()
        tell(number, begin, cpu_begin, end, cpu(), False)
        try:
            line = json(result) + "\n"
        except Exception as error:
            fail(error)
        if sys.stdout is not None:
            sys.stdout.flush()
        say(line.encode("utf-8", "backslashreplace"))


drive()
