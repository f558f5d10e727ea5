"""Where a new import stands if not beside flax's: where a sorter of imports has it, at the top of the file."""

import ast
import sys

from ..source import Source, parse

Import = ast.Import | ast.ImportFrom


def has_its_like(tree: ast.Module, line: str, *, beside_flax: bool) -> bool:
    """Tells whether there are imports of Python itself for one, or JAX's where there is no import of flax."""
    return not (beside_flax and not _is_of_python(line)) and _lines_before(tree, line) is not None


def among_its_like(before: Source, text: str, line: str) -> str:
    """Returns the text of a file with such a line in it."""
    now = parse(before.path, before.encode(text), before.module)
    at = _lines_before(now.tree, line)
    return "".join([*now.lines[:at], line + now.newline, *now.lines[at:]])


def _is_of_python(line: str) -> bool:
    return line.split()[1] in sys.stdlib_module_names


def _lines_before(tree: ast.Module, line: str) -> int | None:
    module = line.split()[1]
    if not _is_of_python(line) and module != "flax":
        return None
    groups = _groups(tree)
    group = next((g for g in groups if any(_is_like(line, node) for node in g)), [])
    later = (n for n in group if isinstance(n, ast.ImportFrom) and (n.level or (n.module or "") > module))
    first = next(later, None)
    return first.lineno - 1 if first is not None else (group[-1].end_lineno if group else None)


def _groups(tree: ast.Module) -> list[list[Import]]:
    """Returns the imports that the file starts with, apart where a blank line or a comment is between them."""
    groups: list[list[Import]] = []
    for place, node in enumerate(tree.body):
        if not isinstance(node, Import):
            if place == 0 and isinstance(node, ast.Expr):  # a docstring
                continue
            break
        if groups and node.lineno <= (groups[-1][-1].end_lineno or 0) + 1:
            groups[-1].append(node)
        else:
            groups.append([node])
    return groups


def _is_like(line: str, node: Import) -> bool:
    roots = {(node.module or "").partition(".")[0]} if isinstance(node, ast.ImportFrom) else set()
    if isinstance(node, ast.Import):
        roots = {alias.name.partition(".")[0] for alias in node.names}
    elif node.level:
        return False
    return roots <= sys.stdlib_module_names - {"__future__"} if _is_of_python(line) else "jax" in roots
