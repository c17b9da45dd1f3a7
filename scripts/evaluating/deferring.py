"""
Defers what a statement of a Python module does: out of the module's execution, into a function that runs when one of the names that the
statement binds is first needed, by a function of the module or, through a module-level __getattr__ (3.7), by somebody else. Definitions that
are made of those names (a class with such a base) go along. What cannot be put off so is refused, with the reason.
"""
import ast
import textwrap

IMPORTS = (ast.Import, ast.ImportFrom)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = FUNCTIONS + (ast.ClassDef, ast.Assign, ast.AnnAssign)


class Refused(Exception):
    """It cannot be deferred by moving it. The message says why."""


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
    if target is None:
        outermost = next((node for node in tree.body if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.lineno <= line <= node.end_lineno), None)
        if outermost is None:
            raise Refused("no assignment at line %d" % line)
        chosen, rest = None, []
    else:
        outermost, chosen, rest = _find_import(tree, line, target, module, is_package)
    deferred = [outermost]
    names = _bound(outermost, chosen)
    while True:
        uses = _uses(tree, deferred, names)
        late = [statement for statement, _ in uses.eager if statement not in deferred]
        if not late:
            break
        for statement, line_of_use in uses.eager:
            if not isinstance(statement, DEFINITIONS):
                raise Refused("line %d uses one of %s when the module is imported" % (line_of_use, ", ".join(sorted(names))))
        deferred += [statement for statement in dict.fromkeys(late)]
        names = set().union(*[_bound(statement, chosen if statement is outermost else None) for statement in deferred])
    shared = names & set().union(set(), *[_bound(node, None) for node in tree.body if node not in deferred])
    if shared - _parents(outermost, chosen):
        raise Refused("%s is bound by another statement, too" % ", ".join(sorted(shared)))
    names -= shared
    if drop and len(deferred) == 1 and not uses.functions and chosen is not None and outermost in _plain(tree):
        return _replace(source, [_removal(source, outermost, rest, chosen)])
    return _compose(source, tree, deferred, outermost, chosen, rest, names or set(_parents(outermost, chosen)), uses, target, module, is_package)


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


def _find_import(tree, line, target, module, is_package):
    """The statement of the module's body, and of the import in it what has to do with the target and what has not."""
    found = [node for node in ast.walk(tree) if isinstance(node, IMPORTS) and node.lineno <= line <= node.end_lineno]
    if not found:
        raise Refused("no import statement at line %d" % line)
    node = found[-1]
    chosen = [alias for alias in node.names if _imports(node, alias, target, module, is_package)]
    if not chosen:
        raise Refused("line %d does not import %s by itself" % (line, target))
    if chosen[0].name == "*":
        raise Refused("line %d is a star import" % line)
    path = _path_to(tree, node)
    for part in path:
        if isinstance(part, FUNCTIONS):
            raise InFunction(line, part.name)
        if isinstance(part, ast.ClassDef):
            raise Refused("line %d is in a class's body" % line)
    outermost = path[1] if len(path) > 1 else node
    if outermost is node:
        return node, chosen, [alias for alias in node.names if alias not in chosen]
    # In a try or if of the module's body: all of that is put off, if it does nothing but import and set names.
    for part in ast.walk(outermost):
        if isinstance(part, ast.stmt) and not isinstance(part, IMPORTS + (ast.Assign, ast.Pass, ast.Raise, ast.Try, ast.If)):
            raise Refused("line %d stands in a block that does more than import" % part.lineno)
    return outermost, None, []


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


def _parents(statement, chosen):
    """Packages that `import a.b` binds besides importing a.b."""
    return {alias.name.split(".")[0] for alias in chosen or [] if isinstance(statement, ast.Import) and not alias.asname and "." in alias.name}


def _plain(tree):
    return [node for node in tree.body if isinstance(node, IMPORTS)]


class _Uses(ast.NodeVisitor):
    """Where names of a module are used: while it is executed, in annotations, and in which of its outermost functions."""

    def __init__(self, names):
        self.names = names
        self.statement = None
        self.eager = []
        self.annotations = []
        self.functions = []

    def visit_FunctionDef(self, node):
        arguments = node.args
        every = arguments.posonlyargs + arguments.args + arguments.kwonlyargs + [a for a in (arguments.vararg, arguments.kwarg) if a]
        for part in node.decorator_list + arguments.defaults + [d for d in arguments.kw_defaults if d]:
            self.visit(part)
        for annotation in [a.annotation for a in every] + [node.returns]:
            self._annotation(annotation)
        if any(isinstance(part, ast.Name) and part.id in self.names for statement in node.body for part in ast.walk(statement)):
            self.functions.append(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_AnnAssign(self, node):
        self._annotation(node.annotation)
        if node.value:
            self.visit(node.value)

    def visit_Name(self, node):
        if node.id in self.names:
            self.eager.append((self.statement, node.lineno))

    def _annotation(self, node):
        if node is not None and any(isinstance(part, ast.Name) and part.id in self.names for part in ast.walk(node)):
            self.annotations.append(node)


def _uses(tree, deferred, names):
    uses = _Uses(names)
    for statement in tree.body:
        if statement not in deferred:
            uses.statement = statement
            uses.visit(statement)
    return uses


def _compose(source, tree, deferred, outermost, chosen, rest, names, uses, target, module, is_package):
    number = 1
    while "_deferred_%d(" % number in source:
        number += 1
    loader = "_deferred_%d" % number
    bodies = [
        ast.unparse(_with_names(node, chosen)) if node is outermost and chosen is not None else _text(source, node)
        for node in sorted(deferred, key=lambda node: node.lineno)]
    # Names that earlier deferrals took away must be there while this one runs.
    guard = "%r in globals() or %s()" % (sorted(names)[0], loader)
    edits = [_removal(source, node, rest if node is outermost else [], chosen if node is outermost else None) for node in deferred]
    edits += [_insertion(source, function, guard) for function in uses.functions]
    if not any(isinstance(node, ast.ImportFrom) and node.module == "__future__" and "annotations" in [a.name for a in node.names] for node in tree.body):
        edits += [(_offset(source, node.lineno, node.col_offset), _offset(source, node.end_lineno, node.end_col_offset), repr(ast.unparse(node))) for node in uses.annotations]
    source = _replace(source, edits)
    source += "\n\ndef %s():\n    global %s\n%s\n" % (loader, ", ".join(sorted(names)), textwrap.indent("\n".join(bodies), "    "))
    source += _getter(tree, loader, names, target, module, is_package)
    ast.parse(source)
    return source


def _getter(tree, loader, names, target, module, is_package):
    """A module-level __getattr__ for what is asked from outside; one that was there before goes on being asked."""
    before = any(getattr(node, "name", None) == "__getattr__" or "__getattr__" in _bound(node, None) for node in tree.body)
    child = ""
    if target and is_package and target.startswith(module + "."):
        full = ".".join(target.split(".")[:module.count(".") + 2])
        child = "    if name == %r:\n        import sys\n        __import__(%r)\n        return sys.modules[%r]\n" % (full.rpartition(".")[2], full, full)
    return (
        "\n\n%sdef __getattr__(name%s):\n%s    if name in %r:\n        %s()\n        return globals()[name]\n%s\n" % (
            "%s_before = __getattr__\n\n\n" % loader if before else "", ", _before=%s_before" % loader if before else "",
            child, tuple(sorted(names)), loader,
            "    return _before(name)" if before else "    raise AttributeError('module %r has no attribute %r' % (__name__, name))"))


def _text(source, node):
    begin = min([node] + getattr(node, "decorator_list", []), key=lambda part: part.lineno).lineno
    return textwrap.dedent("\n".join(source.splitlines()[begin - 1:node.end_lineno]))


def _removal(source, node, rest, chosen):
    """The edit that takes a statement out of the module's body, or of an import a part."""
    first = min([node] + getattr(node, "decorator_list", []), key=lambda part: part.lineno)
    begin = _offset(source, first.lineno, 0 if first is not node else node.col_offset)
    end = _offset(source, node.end_lineno, node.end_col_offset)
    kept = [ast.unparse(_with_names(node, rest))] if rest else []
    # `import a.b` also binds a: others may rely on it.
    kept += ["import " + name for name in sorted(_parents(node, chosen))]
    return begin, end, "; ".join(kept) or "pass"


def _insertion(source, function, text):
    """The edit that puts a statement at the beginning of a function, after its docstring."""
    body = function.body
    is_documented = len(body) > 1 and isinstance(body[0], ast.Expr) and isinstance(getattr(body[0], "value", None), ast.Constant)
    skipped = 1 if is_documented else 0
    while skipped < len(body) - 1 and isinstance(body[skipped], (ast.Global, ast.Nonlocal)):
        skipped += 1
    first = body[skipped]
    first = min([first] + getattr(first, "decorator_list", []), key=lambda node: node.lineno)
    place = _offset(source, first.lineno, first.col_offset)
    begin = _offset(source, first.lineno, 0)
    indent = source[begin:place].rstrip("@")
    if indent.strip():
        return place, place, text + "; "
    return begin, begin, indent + text + "\n"


def _replace(source, edits):
    for begin, end, text in sorted(edits, reverse=True):
        source = source[:begin] + text + source[end:]
    return source


def _with_names(node, names):
    if isinstance(node, ast.Import):
        return ast.Import(names=names)
    return ast.ImportFrom(module=node.module, names=names, level=node.level)


def _path_to(tree, wanted):
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


def _offset(source, line, column):
    """Characters before a place that ast gives as a line and UTF-8 bytes."""
    lines = source.splitlines(keepends=True)
    return sum(len(text) for text in lines[:line - 1]) + len(lines[line - 1].encode()[:column].decode())
