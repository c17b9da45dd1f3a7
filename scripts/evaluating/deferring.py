"""
Defers what a statement of a Python module does: out of the module's execution, into a function that runs when one of the names that the
statement binds is first needed, by a function of the module or, through a module-level __getattr__ (3.7), by somebody else. Definitions that
are made of those names (a class with such a base) go along. What cannot be put off so is refused, with the reason.
"""
import ast
import collections
import textwrap

from evaluating import rewriting, uses as using

IMPORTS = (ast.Import, ast.ImportFrom)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = FUNCTIONS + (ast.ClassDef, ast.Assign, ast.AnnAssign)

# statement: what is put off. chosen, rest: of an import its names, those that have to do with it and those that have not; chosen is None when
# all of the statement is put off. branch: the outermost `if` whose branch it stands in, and which may not be taken; None for none.
Place = collections.namedtuple("Place", "statement chosen rest branch")


class Refused(Exception):
    """It cannot be deferred by moving it. The message says why."""


class NoImport(Refused):
    """There is no import statement where one was said to be."""


class InFunction(Refused):
    """The import statement is in a function, which the initialisation calls: its calls are what can be deferred."""

    def __init__(self, line, function):
        super().__init__("line %d is in the function %s, which the initialisation calls" % (line, function))
        self.function = function


def defer(source, line, target, module, is_package=False, drop=False):
    """
    The source without the import of the module `target` at `line`, as far as its own execution goes. With target None, without the
    assignment at that line.

    module is the absolute name of the file's module. With drop, nobody else asks it for names that it does not use itself.
    """
    tree = ast.parse(source)
    place = _find_assignment(tree, line) if target is None else _find_import(tree, line, target, module, is_package)
    deferred = [place.statement]
    dotted = _dotted(place.statement, place.chosen)
    names = _bound(place.statement, place.chosen) - rewriting.parents(place.statement, place.chosen)
    while True:
        uses = using.of(tree, deferred, names, dotted)
        late = [statement for statement, _ in uses.eager if statement not in deferred]
        if not late:
            break
        for statement, line_of_use in uses.eager:
            if not isinstance(statement, DEFINITIONS):
                raise Refused("line %d uses one of %s when the module is imported" % (line_of_use, ", ".join(sorted(names | dotted))))
        deferred += list(dict.fromkeys(late))
        names |= set().union(*[_bound(statement, None) for statement in late])
    if place.branch and len(deferred) > 1:
        raise Refused("line %d stands in a branch, and what is made of it does not" % line)
    shared = names & set().union(set(), *[_bound_besides(node, deferred) for node in tree.body])
    if shared:
        raise Refused("%s is bound by another statement, too" % ", ".join(sorted(shared)))
    if drop and len(deferred) == 1 and not uses.is_any and place.chosen is not None and not place.branch:
        return rewriting.replace(source, [rewriting.removal(source, place.statement, place.rest, place.chosen)])
    return _compose(source, tree, deferred, place, names, uses, target, module, is_package)


def calls_when_imported(source, function):
    """Lines of the module's own assignments that call a function of some name."""
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            for part in ast.walk(node.value):
                if isinstance(part, ast.Call) and getattr(part.func, "id", getattr(part.func, "attr", None)) == function:
                    found.append(node.lineno)
                    break
    return found


def block_at(source, line):
    """The first line of the statement of the module's body that a line stands in; None for none."""
    return next((node.lineno for node in ast.parse(source).body if node.lineno <= line <= node.end_lineno), None)


def _find_assignment(tree, line):
    for node in tree.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.lineno <= line <= node.end_lineno:
            return Place(node, None, [], None)
    raise Refused("no assignment at line %d" % line)


def find_statement(tree, line, target, module, is_package):
    """The import statement at a line, with what it imports that has to do with the target, and what has not; and the way down to it."""
    found = [node for node in ast.walk(tree) if isinstance(node, IMPORTS) and node.lineno <= line <= node.end_lineno]
    if not found:
        raise NoImport("no import statement at line %d" % line)
    node = found[-1]
    chosen = [alias for alias in node.names if _imports(node, alias, target, module, is_package)]
    if not chosen:
        raise Refused("line %d does not import %s by itself" % (line, target))
    if chosen[0].name == "*":
        raise Refused("line %d is a star import" % line)
    return node, chosen, [alias for alias in node.names if alias not in chosen], path_to(tree, node)


def _find_import(tree, line, target, module, is_package):
    """What to put off for an import statement: itself, or the block of the module's body that it stands in."""
    node, chosen, rest, path = find_statement(tree, line, target, module, is_package)
    for part in reversed(path):
        if isinstance(part, FUNCTIONS):
            raise InFunction(line, part.name)
        if isinstance(part, ast.ClassDef):
            raise Refused("line %d is in a class's body" % line)
    if len(path) == 1:
        return Place(node, chosen, rest, None)
    # A try, if or with of the module's body is put off as a whole, if it does nothing but import, set names and, in a handler or a with, call.
    outermost = path[1]
    handled = {part for block in ast.walk(outermost) if isinstance(block, (ast.ExceptHandler, ast.With)) for part in ast.walk(block)}
    simple = IMPORTS + (ast.Assign, ast.Pass, ast.Raise, ast.Try, ast.If, ast.With)
    other = [part for part in ast.walk(outermost) if isinstance(part, ast.stmt) and not isinstance(part, simple)
             and not (isinstance(part, ast.Expr) and part in handled)]
    if not other:
        return Place(outermost, None, [], None)
    if all(isinstance(part, ast.If) for part in path[1:]):
        return Place(node, chosen, rest, outermost)
    raise Refused("line %d stands in a block that does more than import" % other[0].lineno)


def _imports(node, alias, target, module, is_package):
    if isinstance(node, ast.Import):
        return alias.name == target or alias.name.startswith(target + ".")
    package = module.split(".") if is_package else module.split(".")[:-1]
    package = package[:len(package) - (node.level - 1)] if node.level else []
    base = ".".join(package + (node.module.split(".") if node.module else []))
    return any(name == target or name.startswith(target + ".") for name in (base, base + "." + alias.name))


def _name(alias):
    return alias.asname or alias.name.split(".")[0]


def _bound(statement, chosen):
    """Names that a statement of a module's body binds; of an import, those of the chosen aliases."""
    if isinstance(statement, FUNCTIONS + (ast.ClassDef,)):
        return {statement.name}
    names = set()
    for node in ast.walk(statement):
        if isinstance(node, IMPORTS):
            names.update(_name(alias) for alias in (chosen if chosen is not None else node.names))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def _dotted(statement, chosen):
    """What `import a.b` makes usable, beyond a: the text a.b."""
    return {alias.name for alias in chosen or [] if isinstance(statement, ast.Import) and not alias.asname and "." in alias.name}


def _bound_besides(node, deferred):
    """Names that a statement of the module's body binds, other than by what is deferred."""
    if node in deferred or isinstance(node, ast.Delete):
        return set()
    blocks = [part for part in ast.iter_child_nodes(node) if isinstance(part, (ast.stmt, ast.ExceptHandler))]
    if isinstance(node, FUNCTIONS + (ast.ClassDef,)) or not blocks:
        return _bound(node, None)
    return set().union(*[_bound_besides(part, deferred) for part in blocks])


def _compose(source, tree, deferred, place, names, uses, target, module, is_package):
    number = 1
    while "_deferred_%d(" % number in source:
        number += 1
    loader = "_deferred_%d" % number
    flag = "_has_deferred_%d" % number
    bodies = [
        ast.unparse(rewriting.with_names(node, place.chosen)) if node is place.statement and place.chosen is not None else rewriting.text(source, node)
        for node in sorted(deferred, key=lambda node: node.lineno)]
    guard = "%s or %s()" % (flag, loader)
    # In the place of the statement, since the rest of the module's body may call functions that need it. The flag is set first: what the
    # imports import may ask for the names again. In a branch, which may not be taken, nothing is to be loaded until it is.
    stand_in = "%s = %s\n\n\ndef %s():\n    global %s\n    %s = True\n    try:\n%s\n    except BaseException:\n        %s = False\n        raise\n\n" % (
        flag, bool(place.branch), loader, ", ".join([flag] + sorted(names | rewriting.parents(place.statement, place.chosen))), flag,
        textwrap.indent("\n".join(bodies), "        "), flag)
    getter = _getter(guard, loader, names, target, module, is_package)
    # Whoever is imported further down may ask for the names before the module's end; a __getattr__ of the module's own comes first, though.
    if not _has_getter(tree):
        stand_in, getter = stand_in + getter + "\n", ""
    begin, end, kept = rewriting.removal(source, place.statement, place.rest, place.chosen)
    if place.branch:
        top = rewriting.offset(source, place.branch.lineno, 0)
        edits = [(top, top, stand_in), (begin, end, "%s; %s = False" % (kept, flag))]
    else:
        edits = [(begin, end, "%s\n\n%s" % (kept, stand_in))]
    edits += [rewriting.removal(source, node, [], None) for node in deferred if node is not place.statement]
    edits += [rewriting.insertion(source, function.body, first, guard) for function in uses.functions for first in uses.guarded(function.body)]
    edits += [rewriting.method(source, statement, guard) for statement in uses.methods]
    edits += [rewriting.deletion(source, statement, uses) for statement in uses.deletions]
    if not any(isinstance(node, ast.ImportFrom) and node.module == "__future__" and "annotations" in [a.name for a in node.names] for node in tree.body):
        edits += [(rewriting.offset(source, node.lineno, node.col_offset), rewriting.offset(source, node.end_lineno, node.end_col_offset),
                   repr(ast.unparse(node))) for node in uses.annotations]
    source = rewriting.replace(source, edits) + getter
    ast.parse(source)
    return source


def _has_getter(tree):
    """Whether a module has a __getattr__ that is not one of ours."""
    return any(getattr(node, "name", None) == "__getattr__" and all(argument.arg != "_before" for argument in node.args.args)
               or isinstance(node, ast.Name) and node.id == "__getattr__" and isinstance(node.ctx, ast.Store) for node in ast.walk(tree))


def _getter(guard, loader, names, target, module, is_package):
    """A module-level __getattr__ for what is asked from outside; one that was there before goes on being asked."""
    child = ""
    if target and is_package and target.startswith(module + "."):
        full = ".".join(target.split(".")[:module.count(".") + 2])
        child = "    if name == %r:\n        import sys\n        __import__(%r)\n        return sys.modules[%r]\n" % (full.rpartition(".")[2], full, full)
    return (
        "\n\n%s_before = globals().get('__getattr__')\n\n\ndef __getattr__(name, _before=%s_before):\n%s    if name in %r:\n        %s\n"
        "        if name in globals():\n            return globals()[name]\n    if _before:\n        return _before(name)\n"
        "    raise AttributeError('module %%r has no attribute %%r' %% (__name__, name))\n" % (loader, loader, child, tuple(sorted(names)), guard))


def path_to(tree, wanted):
    """From the module down to the node's parent."""
    def search(node, path):
        for child in ast.iter_child_nodes(node):
            if child is wanted:
                return path + [node]
            found = search(child, path + [node])
            if found:
                return found
        return None
    return search(tree, [])
