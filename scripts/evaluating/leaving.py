"""
Leaves out what a function imports only if it is installed: inside a `try` that takes the ImportError, the import fails unless somebody has loaded
the module before. That changes nothing where all that follows is done for instances of what is imported: of a module that was not loaded
there are none. Elsewhere it is as if the module were not installed.
"""
import ast

from evaluating import deferring, rewriting

TAKEN = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")


def leave_out(source, line, target, module, is_package=False, only_instances=True):
    """The source with the import of `target` at `line` failing where nothing else loads it; with only_instances, refused unless that changes nothing."""
    tree = ast.parse(source)
    node, chosen, rest, path = deferring.find_statement(tree, line, target, module, is_package)
    functions = [part for part in path if isinstance(part, deferring.FUNCTIONS)]
    if not functions or rest:
        raise deferring.Refused("line %d is not the import of one thing in a function" % line)
    inside = path[path.index(functions[-1]) + 1:] + [node]
    around = [part for i, part in enumerate(inside[:-1]) if isinstance(part, ast.Try) and inside[i + 1] in part.body and _takes_import_errors(part)]
    if not around:
        raise deferring.Refused("line %d is in a function that cannot do without it" % line)
    names = {alias.asname or alias.name.split(".")[0] for alias in chosen}
    if only_instances and not (node in around[-1].body and _is_only_for_instances(functions[-1], around[-1], node, names)):
        raise deferring.Refused("line %d is in a function that does something with it" % line)
    guard = "if %r not in __import__('sys').modules: raise ModuleNotFoundError(%r)" % (target, "%s is left out" % target)
    place = rewriting.offset(source, node.lineno, node.col_offset)
    begin = rewriting.offset(source, node.lineno, 0)
    indent = source[begin:place]
    if indent.strip():
        raise deferring.Refused("line %d holds more than the import" % line)
    return rewriting.replace(source, [(begin, begin, indent + guard + "\n")])


def _takes_import_errors(statement):
    for handler in statement.handlers:
        if any(isinstance(part, ast.Raise) for part in handler.body):
            continue
        types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if any(kind is None or getattr(kind, "id", None) in TAKEN for kind in types):
            return True
    return False


def _is_only_for_instances(function, statement, node, names):
    """Whether the rest of a `try` is nothing but what is done with instances of some names, and nothing else in the function uses them."""
    rest = [part for part in statement.body[statement.body.index(node) + 1:]] + statement.orelse
    inside = {part for kept in rest for part in ast.walk(kept)}
    return all(_asks_for_instances(part, names) for part in rest) and all(
        part in inside for part in ast.walk(function) if isinstance(part, ast.Name) and part.id in names)


def _asks_for_instances(statement, names):
    if not isinstance(statement, ast.If) or statement.orelse or not isinstance(statement.test, ast.Call) or len(statement.test.args) != 2:
        return False
    classes = statement.test.args[1]
    return getattr(statement.test.func, "id", None) in ("isinstance", "issubclass") and all(
        isinstance(kind, ast.Name) and kind.id in names for kind in (classes.elts if isinstance(classes, ast.Tuple) else [classes]))
