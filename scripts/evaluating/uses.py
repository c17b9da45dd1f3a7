"""Where a module uses names that one of its statements binds."""
import ast


class Uses(ast.NodeVisitor):
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

    def is_method(self, value):
        """Whether an attribute of a class is one of the names, as it is or as a class's or static method."""
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in ("classmethod", "staticmethod") and len(value.args) == 1:
            value = value.args[0]
        return self.is_use(value)

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
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name) and len(statement.targets) == 1 and self.is_method(statement.value):
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


def of(tree, deferred, names, dotted):
    """The uses of names by all statements of a module but those that are deferred, wherever these stand."""
    uses = Uses(names, dotted)
    for statement in tree.body:
        if statement not in deferred:
            uses.statement = statement
            uses.visit(statement)
    return uses
