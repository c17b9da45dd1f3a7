"""Edits of a module's source as (begin, end, text), made of the places that ast gives."""
import ast
import textwrap


def parents(statement, chosen):
    """Packages that `import a.b` binds besides importing a.b."""
    return {alias.name.split(".")[0] for alias in chosen or [] if isinstance(statement, ast.Import) and not alias.asname and "." in alias.name}


def method(source, statement, guard):
    """The edit that makes a class's attribute, an imported function (or a class's or static method of it), into a method that calls it."""
    begin, end = offset(source, statement.lineno, statement.col_offset), offset(source, statement.end_lineno, statement.end_col_offset)
    kind, value = "", statement.value
    if isinstance(value, ast.Call):
        kind, value = value.func.id, value.args[0]
    first = {"": "self, ", "classmethod": "cls, ", "staticmethod": ""}[kind]
    outer, inner = " " * statement.col_offset, " " * (statement.col_offset + 4)
    return begin, end, "%sdef %s(%s*args, **kwds):\n%s%s\n%sreturn %s(%s*args, **kwds)" % (
        "@%s\n%s" % (kind, outer) if kind else "", statement.targets[0].id, first, inner, guard, inner, ast.unparse(value), first)


def deletion(source, statement, uses):
    """The edit that leaves names which are not there out of a `del`."""
    targets = [part for target in statement.targets for part in (target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target])]
    kept = [target for target in targets if not uses.is_use(target)]
    begin, end = offset(source, statement.lineno, statement.col_offset), offset(source, statement.end_lineno, statement.end_col_offset)
    return begin, end, "del " + ", ".join(ast.unparse(target) for target in kept) if kept else "pass"


def text(source, node):
    """The source of a statement, its decorators included."""
    begin = min([node] + getattr(node, "decorator_list", []), key=lambda part: part.lineno).lineno
    return textwrap.dedent("\n".join(source.splitlines()[begin - 1:node.end_lineno]))


def removal(source, node, rest, chosen):
    """The edit that takes a statement out of the module's body, or of an import a part."""
    first = min([node] + getattr(node, "decorator_list", []), key=lambda part: part.lineno)
    begin = offset(source, first.lineno, 0 if first is not node else node.col_offset)
    end = offset(source, node.end_lineno, node.end_col_offset)
    kept = [ast.unparse(with_names(node, rest))] if rest else []
    # `import a.b` also binds a: others may rely on it.
    kept += ["import " + name for name in sorted(parents(node, chosen))]
    return begin, end, "; ".join(kept) or "pass"


def insertion(source, body, first, text):
    """The edit that puts a statement before another one inside a function."""
    first = min([first] + getattr(first, "decorator_list", []), key=lambda node: node.lineno)
    place = offset(source, first.lineno, first.col_offset)
    begin = offset(source, first.lineno, 0)
    indent = source[begin:place].rstrip("@")
    if source.startswith("elif", place):
        # Nothing can stand before it but before the whole: at the beginning of its function.
        is_documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
        return insertion(source, body, body[1 if is_documented else 0], text)
    if not indent.strip():
        return begin, begin, indent + text + "\n"
    return place, place, text + "; "


def replace(source, edits):
    """The source after edits that do not overlap."""
    for begin, end, text in sorted(edits, reverse=True):
        source = source[:begin] + text + source[end:]
    return source


def with_names(node, names):
    """An import statement with other names."""
    if isinstance(node, ast.Import):
        return ast.Import(names=names)
    return ast.ImportFrom(module=node.module, names=names, level=node.level)


def offset(source, line, column):
    """Characters before a place that ast gives as a line and UTF-8 bytes."""
    lines = source.splitlines(keepends=True)
    return sum(len(text) for text in lines[:line - 1]) + len(lines[line - 1].encode()[:column].decode())
