"""Functions that count axes from the front: Flax's own, which is private, and the copies that people keep of it."""

import ast

from ..model import LinenClass
from ..project import Project
from ..trees import after_docstring
from .definitions import lookup_in

_FLAX = "_canonicalize_axes"
_COPIES = (
    "return tuple([rank + dim if dim < 0 else dim for dim in axes])",
    "return tuple(rank + dim if dim < 0 else dim for dim in axes)",
    "return tuple({rank + dim if dim < 0 else dim for dim in axes})",
    (
        "if not isinstance(axes, Iterable):\n    axes = (axes,)\n"
        "return tuple({rank + dim if dim < 0 else dim for dim in axes})"
    ),
)
"""Their bodies, with `rank` and `axes` for the arguments and `dim` for the local."""


def counts_from_front(function: ast.expr, cls: LinenClass, project: Project) -> bool:
    """Tells whether `function(rank, axes)` gives the axes without negative ones."""
    if cls.names.linen(function) == _FLAX:
        return True
    name = cls.names.resolve(function)
    found = lookup_in(project)(name) if name is not None else None
    node = found.node if found is not None else None
    return isinstance(node, ast.FunctionDef) and not node.decorator_list and _is_copy(node)


def _is_copy(node: ast.FunctionDef) -> bool:
    arguments = [a.arg for a in node.args.args]
    others = (
        node.args.posonlyargs,
        node.args.kwonlyargs,
        node.args.defaults,
        node.args.vararg,
        node.args.kwarg,
    )
    body = after_docstring(node)
    local = next((name for s in body for n in ast.walk(s) if (name := _local(n))), "")
    if len(arguments) != 2 or any(others) or local in ("", *arguments):
        return False
    meant = {arguments[0]: "rank", arguments[1]: "axes", local: "dim"}
    return _dumped(body, meant) in {_dumped(ast.parse(copy).body, {}) for copy in _COPIES}


def _local(node: ast.AST) -> str:
    """The name that a comprehension binds."""
    match node:
        case ast.comprehension(target=ast.Name(id=name)):
            return name
    return ""


def _dumped(body: list[ast.stmt], meant: dict[str, str]) -> str:
    """The statements as text, with names that say what is meant."""
    renamed = ast.parse("\n".join(map(ast.unparse, body)))
    for name in (n for n in ast.walk(renamed) if isinstance(n, ast.Name)):
        name.id = meant.get(name.id, name.id if name.id not in meant.values() or not meant else f"{name.id}_")
    return ast.dump(renamed)
