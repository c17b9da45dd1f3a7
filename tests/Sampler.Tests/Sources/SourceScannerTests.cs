using LibProf.Sampler.Recording;
using LibProf.Sampler.Sources;

namespace LibProf.Sampler.Tests.Sources;

public class SourceScannerTests
{
    [Fact]
    public void Every_form_of_import_is_read()
    {
        string[] expected =
        [
            "1 os -> os", "1 a.b -> a", "1 c.d -> e", "2 x:f -> f", "2 x:g -> h", "3 .:m -> m", "4 ..p.q:* -> ",
            "5 y:one -> one", "5 y:two -> two", "9 z -> z", "10 w -> w",
        ];
        ModuleSource source = Scan("""
            import os, a.b, c.d as e
            from x import f, g as h
            from . import m
            from ..p.q import *
            from y import (  # a comment
                one,
                two,
            )
            if os.name == "nt": import z
            value = 1; import w
            """);
        Assert.Equal(expected, source.Imports.Select(i => $"{i.Line} {i.Target}{(i.Name is null ? "" : ":" + i.Name)} -> {i.Bound}"));
        Assert.Equal(8, Find(source, "one").EndLine);
        Assert.Equal(ImportConditions.Conditional, Find(source, "z").Conditions);
    }

    [Fact]
    public void Conditions_and_scopes_are_told()
    {
        ModuleSource source = Scan("""
            try:
                import fast
            except ImportError:
                fast = None
            try:
                import sure
            except KeyError:
                pass
            from typing import TYPE_CHECKING
            if TYPE_CHECKING:
                import hints
            else:
                import real
            class C:
                import inner
                async def method(self):
                    def deep():
                        import deepest
                    import local
            with contextlib.suppress(ImportError):
                import nice
            try:
                import must
            except ImportError as error:
                raise RuntimeError("install it") from error
            try:
                import may
            except ImportError:
                if strict:
                    raise
            if __name__ == "__main__":
                import cli
            lazy import later
            lazy from later2 import thing
            """);
        Assert.Equal(ImportConditions.Optional, Find(source, "fast").Conditions);
        Assert.Equal(ImportConditions.None, Find(source, "sure").Conditions);
        Assert.Equal(ImportConditions.TypeChecking, Find(source, "hints").Conditions);
        Assert.Equal(ImportConditions.Conditional, Find(source, "real").Conditions);
        Assert.Equal(ImportConditions.InClass, Find(source, "inner").Conditions);
        Assert.Equal("C.method.<locals>.deep", Find(source, "deepest").Function);
        Assert.Equal("C.method", Find(source, "local").Function);
        Assert.Equal(ImportConditions.Optional, Find(source, "nice").Conditions);
        Assert.Equal(ImportConditions.None, Find(source, "must").Conditions);
        Assert.Equal(ImportConditions.Optional, Find(source, "may").Conditions);
        Assert.Equal(ImportConditions.MainOnly, Find(source, "cli").Conditions);
        Assert.Equal(ImportConditions.Lazy, Find(source, "later").Conditions);
        Assert.Equal(ImportConditions.Lazy, Find(source, "thing").Conditions);
    }

    [Fact]
    public void A_method_made_of_an_import_is_told_from_what_the_class_is_used_for()
    {
        ModuleSource source = Scan("""
            from drawing import plot as _plot, draw as _draw, paint as _paint, note as _note, text as _text, wrap as _wrap, Base
            class Graph(Base):
                plot = _plot
                note: object = _note
                text = _text.__doc__
                wrap = _wrap
                wrapped = property(wrap)
                class Inner(Base): pass
                draw = _draw
                paint = classmethod(_paint)
                def work(self): return _draw
            default = Graph()
            del (
                _plot,
                _paint,
            )
            """);
        Assert.Equal(EagerUses.ClassAttribute | EagerUses.Definition | EagerUses.Evaluated | EagerUses.Deleted, Find(source, "_plot").EagerUses);
        Assert.Equal(["Graph.plot"], Find(source, "_plot").Definitions);
        Assert.All(["_draw", "_paint", "_note", "_text", "_wrap", "Base"], name => Assert.Equal(EagerUses.None, Find(source, name).EagerUses & EagerUses.ClassAttribute));
    }

    [Theory]
    [InlineData("del heavy", EagerUses.Deleted)]
    [InlineData("del (heavy, other)", EagerUses.Deleted)]
    [InlineData("del heavy.cache, other", EagerUses.Evaluated)]
    [InlineData("del other[1, heavy, 2]", EagerUses.Evaluated)]
    public void A_name_that_is_only_deleted_is_not_used(string deletion, EagerUses expected) =>
        Assert.Equal(expected, Find(Scan("import heavy\nother = 1\n" + deletion + "\n"), "heavy").EagerUses);

    [Fact]
    public void What_is_executed_together_is_one_branch()
    {
        ModuleSource source = Scan("""
            import np, later
            def f(x):
                if x:
                    a = np.array([y for y in x])
                    return np.cumsum(a), np.pi
                np.last()
            def g(x):
                np.first(x) if x else np.second(x)
            def h(x):
                match x:
                    case 1:
                        np.one()
                    case _:
                        np.other()
                yield np.before()
                np.after()
            def k():
                assert later.check()
            def run(x):
                serve(np.PORT)
                np.stop()
            def careful(x):
                try:
                    np.begin()
                    np.end()
                except OSError: pass
            class C:
                def data(self): return np.read()
                def data(self, value): self.x = np.LIMIT
            def short(x):
                match x:
                    case 1: np.one()
                    case _: np.other()
            """);
        Assert.Equal(
            ["f cumsum()", "f last()", "h one()", "h other()", "h before()", "h after()", "careful begin()", "careful end()"],
            Find(source, "np").Branches.Select(branch => branch.Function + " " + string.Join(' ', branch.Calls)));
        Assert.Equal(["C.data", "careful", "f", "g", "h", "run", "short"], Find(source, "np").UsedBy);
        Assert.Empty(Find(source, "later").Branches);
    }

    [Fact]
    public void What_is_done_with_a_name_is_told_apart()
    {
        ModuleSource source = Scan("""
            import unused, called, decorated, by_function, annotated, default, aliased, exported, in_string, formatted
            import scipy.stats, scipy.sparse, keyword
            __all__ = ["exported"]
            VALUE = called.make(keyword=1)
            @decorated.one
            def f(a: annotated.T, b=default.D) -> annotated.R:
                return by_function.go(a)
            other = aliased.name
            class loguniform(scipy.stats.reciprocal):
                def pdf(self):
                    return 1
            class Derived(loguniform): pass
            def g():
                "in_string"
                return Derived, other
            TEXT = f"{formatted.x!r}"
            matrix = scipy.sparse.csr(1)
            """);
        Assert.Equal(EagerUses.None, Find(source, "unused").EagerUses);
        Assert.Empty(Find(source, "unused").UsedBy);
        Assert.Equal(EagerUses.Evaluated, Find(source, "called").EagerUses);
        Assert.Equal(EagerUses.Evaluated, Find(source, "decorated").EagerUses);
        Assert.Equal(EagerUses.None, Find(source, "by_function").EagerUses);
        Assert.Equal(["f"], Find(source, "by_function").UsedBy);
        Assert.Equal(EagerUses.Annotation, Find(source, "annotated").EagerUses);
        Assert.Equal(EagerUses.Evaluated, Find(source, "default").EagerUses);
        Assert.Equal(EagerUses.Definition, Find(source, "aliased").EagerUses);
        Assert.Equal(["other"], Find(source, "aliased").Definitions);
        Assert.Equal(["g"], Find(source, "aliased").UsedBy);
        Assert.Equal(EagerUses.Exported, Find(source, "exported").EagerUses);
        Assert.Empty(Find(source, "in_string").UsedBy);
        Assert.Equal(EagerUses.Evaluated, Find(source, "formatted").EagerUses);
        SourceImport stats = source.Imports.Single(i => i.Target == "scipy.stats");
        Assert.Equal(EagerUses.Definition, stats.EagerUses);
        Assert.Equal(["loguniform", "Derived"], stats.Definitions);
        Assert.Equal(["g", "loguniform.pdf"], stats.UsedBy);
        Assert.Equal(EagerUses.Evaluated, source.Imports.Single(i => i.Target == "scipy.sparse").EagerUses);
        Assert.Equal(EagerUses.None, Find(source, "keyword").EagerUses);
    }

    [Fact]
    public void Annotations_that_are_not_evaluated_are_no_use()
    {
        ModuleSource source = Scan("""
            from __future__ import annotations
            import hints, used
            def f(a: hints.T = used.X) -> hints.R: ...
            x: hints.V = 1
            """);
        Assert.Equal(EagerUses.UnevaluatedAnnotation, Find(source, "hints").EagerUses);
        Assert.Equal(EagerUses.Evaluated, Find(source, "used").EagerUses);
    }

    [Fact]
    public void What_is_taken_of_a_module_is_told()
    {
        ModuleSource source = Scan("""
            import a.b, c, errors, whole, limits
            from d import e, g
            def f():
                try:
                    return a.b.core.X + c.Y() + e.z + g() + g
                except (errors.Bad, ValueError):
                    return getattr(whole, "name")
            class Config:
                limit = limits.LIMIT
                def get(self): return self.limit
            """);
        Assert.Equal(["core.X"], source.Imports.Single(import => import.Target == "a.b").Attributes);
        Assert.Equal(["Y()"], Find(source, "c").Attributes);
        Assert.Equal(["", "()"], Find(source, "g").Attributes);
        Assert.Equal(["z"], Find(source, "e").Attributes);
        Assert.Equal(["*"], Find(source, "whole").Attributes);
        Assert.Equal(["f"], Find(source, "errors").CaughtBy);
        Assert.Equal(["Config.get"], Find(source, "limits").UsedBy);
    }

    [Fact]
    public void Modules_that_are_asked_for_by_name_are_read()
    {
        ModuleSource source = Scan("""
            import importlib, sys
            importlib.import_module("one")
            def f(name):
                __import__('two'); importlib.import_module(name); importlib.import_module(".three", "p")
                return sys.modules["four"]
            """);
        Assert.Equal(["one", "two", "four"], source.Imports.Where(import => (import.Conditions & ImportConditions.ByName) != 0).Select(import => import.Target));
        Assert.Equal("f", source.Imports[^1].Function);
    }

    [Fact]
    public void What_a_module_calls_and_hands_out_is_told()
    {
        ModuleSource source = Scan("""
            import os, registry
            @registry.add
            def plugin(): ...
            def helper(): ...
            def setup(): helper()
            def bye(): os.fork()
            class Kind(registry.Base):
                def go(self): ...
            class Plain:
                def go(self): ...
            setup()
            registry.table["bye"] = bye
            """);
        Assert.Equal(["helper", "setup"], source.Called);
        Assert.Equal(["Kind", "bye", "plugin"], source.Handed);
        Assert.True(source.Forks);
    }

    [Fact]
    public void Effects_beyond_the_module_are_found()
    {
        ModuleSource source = Scan("""
            import atexit, os, sys, threading, requests, warnings
            from signal import signal as sig, SIGTERM
            from collections.abc import Sequence
            atexit.register(print)
            os.environ["X"] = "1"
            sys.meta_path.insert(0, None)
            sig(SIGTERM, None)
            requests.Session.send = None
            Sequence.register(int)
            threading.Thread(target=print).start()
            @atexit.register
            def f():
                warnings.simplefilter("ignore")
            setattr(requests, "get", None)
            def install():
                os.putenv("A", "1")
            install()
            """);
        Assert.Equal(
            ["calls atexit.register", "changes os.environ", "changes sys.meta_path", "calls signal.signal", "sets requests.Session.send", "registers with collections.abc.Sequence", "calls threading.Thread", "sets requests.*", "calls os.putenv"],
            source.Effects.Select(effect => effect.What));
    }

    [Fact]
    public void What_is_no_Python_does_no_harm()
    {
        foreach (string text in (string[])["", "\0\0", "((((", "'''", "import", "from . import", "class", "def f(", "from x import (a", "\\", "lazy", "if x:\n\timport y\n  import z", "f'{"])
        {
            Assert.NotNull(Scan(text));
        }
    }

    private static ModuleSource Scan(string text) => SourceScanner.Scan("m", "/m.py", text);

    private static SourceImport Find(ModuleSource source, string bound) => source.Imports.Single(import => import.Bound == bound);
}
