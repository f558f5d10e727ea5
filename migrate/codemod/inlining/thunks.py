"""`norm = lambda: nn.GroupNorm(4)`, read as `norm = partial(nn.GroupNorm, 4)`: both make one when they are called."""

import ast

from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording
from ..trees import walk
from .builders import names_module
from .text import one_line

_PARTIAL = "functools.partial"


def read_thunks(project: Project) -> list[Rewording]:
    """Returns the functions without arguments that locals hold, in files that have a name for `functools.partial`."""
    found: list[Rewording] = []
    for cls in project.classes.values():
        partial = _partial(cls)
        methods = (m for m in cls.methods.values() if m.kind in (MethodKind.COMPACT, MethodKind.SETUP))
        for method in methods if partial else ():
            thunks = (n for n in walk(method.node) if isinstance(n, ast.Lambda))
            found += [one for node in thunks if (one := _as_partial(cls, method, node, partial, project))]
    return found


def _partial(cls: LinenClass) -> str:
    """What the file calls `functools.partial`, if anything."""
    for name, dotted in cls.names.aliases.items():
        if dotted == _PARTIAL:
            return name
    return ""


def _as_partial(
    cls: LinenClass, method: Method, node: ast.Lambda, partial: str, project: Project
) -> Rewording | None:
    made = node.body
    if ast.unparse(node.args) or not isinstance(made, ast.Call) or not _is_bound(method, node):
        return None
    given = [*made.args, *(k.value for k in made.keywords)]
    read = {n.id for value in given for n in walk(value) if isinstance(n, ast.Name)}
    known = not any(
        isinstance(n, ast.Lambda | ast.Starred | ast.Call) for value in given for n in walk(value)
    )
    module = names_module(made.func, cls.names, project)
    if not known or _changes(method, read) or not module:
        return None
    code, function = one_line(cls.source.segment(made)), one_line(cls.source.segment(made.func))
    if code is None or function is None or node.end_lineno != node.lineno:
        return None
    return Rewording(cls, node, f"{partial}({function}{', ' if given else ''}{code[len(function) + 1 :]}")


def _is_bound(method: Method, node: ast.expr) -> bool:
    """Tells whether a local is bound to it, or to a choice of which it is one half."""
    above = method.parents[node]
    while isinstance(above, ast.IfExp) and node is not above.test:
        node, above = above, method.parents[above]
    return isinstance(above, ast.Assign) and all(isinstance(t, ast.Name) for t in above.targets)


def _changes(method: Method, names: set[str]) -> bool:
    """Tells whether the method binds one of them: a function would read what it is by then."""
    again = (n.id for n in walk(method.node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load))
    return not names.isdisjoint(again)
