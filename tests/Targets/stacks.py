"""Stops in one kind of stack after another and says, each time, what traceback and faulthandler find there.

After "ready" it prints one JSON line per scenario and waits for a line on standard input before it goes on; at last "done".
    {"scenario": "generators",
     "threads": [{"ident": 1, "name": "MainThread", "frames": [["FILE", LINE, "NAME", "QUALNAME"], ...]}, ...],
     "faulthandler": "..."}
Frames come root first, as traceback prints them. QUALNAME is null before 3.11, where code objects have none.
"ident" is the thread's pthread_self(), as threading.get_ident() gives it. "faulthandler" is what dump_traceback printed: at
most 100 frames a thread, leaf first.
While it waits, every thread is where the report says: the report is made and the wait begins in one line, of hold().
"""
import collections
import faulthandler
import functools
import json
import linecache
import signal
import sys
import tempfile
import threading
import traceback

signal.alarm(600)
NOW = ["start"]


def report():
    names = dict((thread.ident, thread.name) for thread in threading.enumerate())
    threads = []
    for ident, frame in sys._current_frames().items():
        if ident == threading.get_ident():
            frame = sys._getframe(1)
        frames = []
        for step, line in traceback.walk_stack(frame):
            code = step.f_code
            frames.append([code.co_filename, line, code.co_name, getattr(code, "co_qualname", None)])
        threads.append({"ident": ident, "name": names.get(ident), "frames": frames[::-1]})
    with tempfile.TemporaryFile("w+") as dump:
        faulthandler.dump_traceback(dump, all_threads=True)
        dump.seek(0)
        text = dump.read()
    sys.stdout.write(json.dumps({"scenario": NOW[0], "threads": threads, "faulthandler": text}) + "\n")
    sys.stdout.flush()


def hold(*ignored):
    return report() or sys.stdin.readline()


SCENARIOS = collections.OrderedDict()


def scenario(function):
    SCENARIOS[function.__name__] = function
    return function


@scenario
def plain():
    hold()


@scenario
def recursion(left=300):
    if left:
        recursion(left - 1)
    else:
        hold()


@scenario
def methods():
    class Outer(object):
        class Inner(object):
            def method(self):
                return self.value

            @property
            def value(self):
                return self.klass()

            @classmethod
            def klass(cls):
                return cls.static()

            @staticmethod
            def static():
                return Outer.Inner().missing

            def __getattr__(self, name):
                return self[name]

            def __getitem__(self, key):
                return hold()

    Outer.Inner().method()


@scenario
def closures():
    def outer(a):
        def inner(b):
            return (lambda c: hold(a, b, c))(3)
        return inner
    outer(1)(2)


@scenario
def comprehensions():
    [[hold() for _ in (1,)] for _ in (1,)]


@scenario
def more_comprehensions():
    list({key: {hold() for _ in (1,) if key} for key in (1,)} for _ in (1,))


@scenario
def through_c():
    class Key(object):
        def __init__(self, value):
            self.value = value

        def __lt__(self, other):
            if self.value == 1 and other.value == 0 or self.value == 0:
                SEEN.append(1)
                if len(SEEN) == 1:
                    functools.reduce(lambda a, b: hold(), list(map(lambda x: x, [1, 2])))
            return self.value < other.value

    SEEN = []
    sorted([2, 1, 0], key=Key)


@scenario
def decorated():
    def twice(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)
        return wrapper

    @twice
    @twice
    def wrapped():
        return hold()

    functools.partial(wrapped)()


def counting(depth):
    if depth:
        for value in counting(depth - 1):
            yield value
    else:
        yield hold()


def delegating(depth):
    if depth:
        yield from delegating(depth - 1)
    else:
        yield hold()


@scenario
def generators():
    list(counting(5))


@scenario
def delegated_generators():
    list(delegating(5))


@scenario
def sent_generators():
    def receiver():
        got = yield 1
        hold(got)
        yield 2

    def middle():
        yield from receiver()

    generator = middle()
    next(generator)
    generator.send("x")


@scenario
def finished_generators():
    def closing():
        try:
            yield 1
        finally:
            hold()

    generator = closing()
    next(generator)
    generator.close()


class Awaitable(object):
    def __await__(self):
        hold()
        return iter(())


async def coroutine(depth):
    if depth:
        await coroutine(depth - 1)
    else:
        await Awaitable()


@scenario
def coroutines():
    try:
        coroutine(5).send(None)
    except StopIteration:
        pass


async def numbers():
    for number in range(2):
        if number:
            await coroutine(1)
        yield number


async def consumer():
    async for number in numbers():
        pass


async def manager():
    class Manager(object):
        async def __aenter__(self):
            await consumer()

        async def __aexit__(self, *details):
            pass

    async with Manager():
        pass


@scenario
def asynchronous():
    try:
        manager().send(None)
    except StopIteration:
        pass


@scenario
def exceptions():
    def fail():
        try:
            raise KeyError("x")
        except KeyError:
            try:
                raise ValueError("y")
            finally:
                hold()

    try:
        fail()
    except ValueError:
        pass


@scenario
def finalizer():
    class Dying(object):
        def __del__(self):
            hold()

    dying = Dying()
    del dying


@scenario
def long_lines():
    hold(
        1,
        2,
        functools.partial(
            int,
        )(),
    )


@scenario
def far_lines():
    # Line numbers beyond what one or two bytes of a line table can step.
    source = "def far(hold):\n" + "\n" * 70000 + "    a = 1\n" + "\n" * 300 + "    return hold(\n" + "\n" * 200 + "        a)\n"
    names = {}
    exec(compile(source, "<far>", "exec"), names)
    names["far"](hold)


@scenario
def long_code():
    # So many instructions that jumps and line tables need their long forms.
    source = "def long(hold):\n" + "".join("    a%d = {'x': %d}\n" % (n, n) for n in range(5000)) + "    return hold()\n"
    names = {}
    exec(compile(source, "<long>", "exec"), names)
    names["long"](hold)


@scenario
def odd_names():
    # One string kind of the interpreter after another: Latin-1, two bytes a character, four bytes a character.
    for name, file in (("gr\u00fc\u00dfe", "<Stra\u00dfe>"), ("\u03bb\u4e2d", "<\u4e2d\u6587>"), ("\U0001d4ea\u0061b", "<\U0001f40d>")):
        names = {}
        exec(compile("def {0}(hold):\n    return hold()\n".format(name), file, "exec"), names)
        function = [value for key, value in names.items() if callable(value)][0]
        NOW[0] = "odd_names " + ascii(file)
        function(hold)


@scenario
def no_names():
    names = {}
    exec(compile("def f(hold):\n    return hold()\n", "", "exec"), names)
    names["f"](hold)


@scenario
def evaluated():
    eval("(lambda: hold())()", {"hold": hold})


@scenario
def importing():
    # A module whose import runs here: the frames of the import system are on the stack.
    import importlib.abc
    import importlib.machinery

    class Finder(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path=None, target=None):
            if name == "held_module":
                return importlib.machinery.ModuleSpec(name, Loader())
            return None

    class Loader(importlib.abc.Loader):
        def create_module(self, spec):
            return None

        def exec_module(self, module):
            hold()

    sys.meta_path.insert(0, Finder())
    try:
        import held_module
        assert held_module
    finally:
        sys.meta_path.pop(0)


@scenario
def in_thread():
    started = threading.Event()
    leave = threading.Event()
    main_thread = threading.current_thread()

    def other():
        started.wait()
        settle([main_thread])
        hold()
        leave.set()

    thread = threading.Thread(target=other, name="other \u00e9")
    thread.start()
    started.set()
    leave.wait()
    thread.join()


@scenario
def several_threads():
    leave = threading.Event()
    parked = threading.Semaphore(0)

    def park(depth):
        if depth:
            park(depth - 1)
        else:
            parked.release()
            leave.wait()

    def park_generator(depth):
        yield park(depth)

    threads = [threading.Thread(target=park, args=(depth,), name="park-%d" % depth) for depth in range(4)]
    threads.append(threading.Thread(target=lambda: list(park_generator(2)), name="park-generator"))
    for thread in threads:
        thread.start()
    for _ in threads:
        parked.acquire()
    settle(threads)
    hold()
    leave.set()
    for thread in threads:
        thread.join()


def settle(threads):
    """Returns once every parked thread sits in the lock of Event.wait, so that the report and a later look agree."""
    pending = True
    while pending:
        frames = sys._current_frames()
        tops = [frames[thread.ident] for thread in threads]
        lines = [linecache.getline(top.f_code.co_filename, top.f_lineno).strip() for top in tops]
        pending = any(line != "waiter.acquire()" for line in lines)


def main():
    for name, function in SCENARIOS.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        NOW[0] = name
        function()
    sys.stdout.write("done\n")


if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    main()
