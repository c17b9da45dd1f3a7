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
    dotted = _dotted(outermost, chosen)
    names = _bound(outermost, chosen) - _parents(outermost, chosen)
    while True:
        uses = _uses(tree, deferred, names, dotted)
        late = [statement for statement, _ in uses.eager if statement not in deferred]
        if not late:
            break
        for statement, line_of_use in uses.eager:
            if not isinstance(statement, DEFINITIONS):
                raise Refused("line %d uses one of %s when the module is imported" % (line_of_use, ", ".join(sorted(names | dotted))))
        deferred += list(dict.fromkeys(late))
        names |= set().union(*[_bound(statement, None) for statement in late])
    shared = names & set().union(set(), *[_bound(node, None) for node in tree.body if node not in deferred and not isinstance(node, ast.Delete)])
    if shared:
        raise Refused("%s is bound by another statement, too" % ", ".join(sorted(shared)))
    if drop and len(deferred) == 1 and not uses.is_any and chosen is not None:
        return _replace(source, [_removal(source, outermost, rest, chosen)])
    return _compose(source, tree, deferred, outermost, chosen, rest, names, uses, target, module, is_package)


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
    for part in reversed(path):
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


def _dotted(statement, chosen):
    """What `import a.b` makes usable, beyond a: the text a.b."""
    return {alias.name for alias in chosen or [] if isinstance(statement, ast.Import) and not alias.asname and "." in alias.name}


class _Uses(ast.NodeVisitor):
    """Where names of a module are used: while it is executed, in annotations, as methods, and in which of its outermost functions."""

    def __init__(self, names, dotted):
        self.names = names
        self.dotted = dotted
        self.statement = None
        self.eager = []
        self.annotations = []
        self.functions = []
        self.methods = []
        self.deletions = []

    @property
    def is_any(self):
        return bool(self.functions or self.methods or self.annotations)

    def is_use(self, node):
        """Whether a node, by itself, is one of the names."""
        return isinstance(node, ast.Name) and node.id in self.names or isinstance(node, ast.Attribute) and ast.unparse(node) in self.dotted

    def uses(self, *nodes):
        """Whether any of the names is somewhere in the nodes."""
        return any(self.is_use(part) for node in nodes if node is not None for part in ast.walk(node))

    def visit_FunctionDef(self, node):
        arguments = node.args
        every = arguments.posonlyargs + arguments.args + arguments.kwonlyargs + [a for a in (arguments.vararg, arguments.kwarg) if a]
        for part in node.decorator_list + arguments.defaults + [d for d in arguments.kw_defaults if d]:
            self.visit(part)
        self.annotations += [note for note in [a.annotation for a in every] + [node.returns] if self.uses(note)]
        if self.uses(*node.body):
            self.functions.append(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        for part in node.decorator_list + node.bases + node.keywords:
            self.visit(part)
        for statement in node.body:
            # An imported function as a method of the class can be one that calls it.
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name) and self.is_use(statement.value) and len(statement.targets) == 1:
                self.methods.append(statement)
            else:
                self.visit(statement)

    def visit_AnnAssign(self, node):
        if self.uses(node.annotation):
            self.annotations.append(node.annotation)
        if node.value:
            self.visit(node.value)

    def visit_Delete(self, node):
        if self.uses(node):
            self.deletions.append(node)

    def visit_Name(self, node):
        if self.is_use(node):
            self.eager.append((self.statement, node.lineno))

    def visit_Attribute(self, node):
        if self.is_use(node):
            self.eager.append((self.statement, node.lineno))
        else:
            self.generic_visit(node)

    def guarded(self, statements):
        """The statements of a function that must not begin before the names are there, as deep inside as their uses allow."""
        for statement in statements:
            if not self.uses(statement):
                continue
            inner = [part for field in ("body", "orelse", "finalbody") for part in getattr(statement, field, []) if isinstance(part, ast.stmt)]
            inner += [part for handler in getattr(statement, "handlers", []) for part in handler.body]
            blocks = [getattr(statement, field, []) for field in ("body", "orelse", "finalbody")] + [h.body for h in getattr(statement, "handlers", [])]
            if not inner or self._outside(statement, inner):
                yield statement
                return
            for block in blocks:
                yield from self.guarded(block)

    def _outside(self, statement, inner):
        """Whether a compound statement uses the names otherwise than in its blocks: in its condition, its decorators."""
        inside = {part for block in inner for part in ast.walk(block)}
        return any(self.is_use(part) for part in ast.walk(statement) if part not in inside)


def _uses(tree, deferred, names, dotted):
    uses = _Uses(names, dotted)
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
    flag = "_has_deferred_%d" % number
    bodies = [
        ast.unparse(_with_names(node, chosen)) if node is outermost and chosen is not None else _text(source, node)
        for node in sorted(deferred, key=lambda node: node.lineno)]
    guard = "%s or %s()" % (flag, loader)
    # In the place of the statement, since the rest of the module's body may call functions that need it. The flag is set first: what the
    # imports import may ask for the names again.
    stand_in = "%s = False\n\n\ndef %s():\n    global %s\n    %s = True\n    try:\n%s\n    except BaseException:\n        %s = False\n        raise\n\n" % (
        flag, loader, ", ".join([flag] + sorted(names | _parents(outermost, chosen))), flag, textwrap.indent("\n".join(bodies), "        "), flag)
    begin, end, kept = _removal(source, outermost, rest, chosen)
    edits = [(begin, end, "%s\n\n%s" % (kept, stand_in))] + [_removal(source, node, [], None) for node in deferred if node is not outermost]
    edits += [_insertion(source, function.body, first, guard) for function in uses.functions for first in uses.guarded(function.body)]
    edits += [_method(source, statement, guard) for statement in uses.methods]
    edits += [_deletion(source, statement, uses) for statement in uses.deletions]
    if not any(isinstance(node, ast.ImportFrom) and node.module == "__future__" and "annotations" in [a.name for a in node.names] for node in tree.body):
        edits += [(_offset(source, node.lineno, node.col_offset), _offset(source, node.end_lineno, node.end_col_offset), repr(ast.unparse(node))) for node in uses.annotations]
    source = _replace(source, edits)
    source += _getter(tree, guard, loader, names, target, module, is_package)
    ast.parse(source)
    return source


def _getter(tree, guard, loader, names, target, module, is_package):
    """A module-level __getattr__ for what is asked from outside; one that was there before goes on being asked."""
    before = any(getattr(node, "name", None) == "__getattr__" or "__getattr__" in _bound(node, None) for node in tree.body)
    child = ""
    if target and is_package and target.startswith(module + "."):
        full = ".".join(target.split(".")[:module.count(".") + 2])
        child = "    if name == %r:\n        import sys\n        __import__(%r)\n        return sys.modules[%r]\n" % (full.rpartition(".")[2], full, full)
    return (
        "\n\n%sdef __getattr__(name%s):\n%s    if name in %r:\n        %s\n        if name in globals():\n            return globals()[name]\n%s\n" % (
            "%s_before = __getattr__\n\n\n" % loader if before else "", ", _before=%s_before" % loader if before else "",
            child, tuple(sorted(names)), guard,
            "    return _before(name)" if before else "    raise AttributeError('module %r has no attribute %r' % (__name__, name))"))


def _method(source, statement, guard):
    """The edit that makes a class's attribute, an imported function, into a method that calls it."""
    begin, end = _offset(source, statement.lineno, statement.col_offset), _offset(source, statement.end_lineno, statement.end_col_offset)
    indent = " " * (statement.col_offset + 4)
    return begin, end, "def %s(self, *args, **kwds):\n%s%s\n%sreturn %s(self, *args, **kwds)" % (
        statement.targets[0].id, indent, guard, indent, ast.unparse(statement.value))


def _deletion(source, statement, uses):
    """The edit that leaves names which are not there out of a `del`."""
    targets = [part for target in statement.targets for part in (target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target])]
    kept = [target for target in targets if not uses.is_use(target)]
    begin, end = _offset(source, statement.lineno, statement.col_offset), _offset(source, statement.end_lineno, statement.end_col_offset)
    return begin, end, "del " + ", ".join(ast.unparse(target) for target in kept) if kept else "pass"


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


def _insertion(source, body, first, text):
    """The edit that puts a statement before another one inside a function."""
    first = min([first] + getattr(first, "decorator_list", []), key=lambda node: node.lineno)
    place = _offset(source, first.lineno, first.col_offset)
    begin = _offset(source, first.lineno, 0)
    indent = source[begin:place].rstrip("@")
    if source.startswith("elif", place):
        # Nothing can stand before it but before the whole: at the beginning of its function.
        is_documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
        return _insertion(source, body, body[1 if is_documented else 0], text)
    if not indent.strip():
        return begin, begin, indent + text + "\n"
    return place, place, text + "; "


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
