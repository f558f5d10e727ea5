"""Modules that own nothing, such as a table of rotary angles: they may be handed from field to field."""

import ast

from ...catalog.functions import MODULE_METHODS
from ..constructions import Construction, constructions
from ..factories.followed import asks_whether_there
from ..factories.resolve import line
from ..model import LinenClass, Method
from ..project import Project
from ..trees import walk

_OWNING = frozenset({*MODULE_METHODS, "sow", "perturb"})


def is_bare(cls: LinenClass, project: Project) -> bool:
    """Tells whether a class has neither variables nor submodules, and asks Linen for nothing."""
    return not any(
        constructions(c, project) or any(map(_owns, c.methods.values())) for c in line(cls, project)
    )


def _owns(method: Method) -> bool:
    named = (n.attr for n in walk(method.node) if isinstance(n, ast.Attribute) and method.is_this(n))
    return any(name in _OWNING for name in named)


def given_to(
    cls: LinenClass, method: Method, node: ast.expr, project: Project
) -> tuple[Construction, str] | None:
    """Returns the submodule that an expression is an argument of, and its field."""
    above = method.parents[node]
    call = method.parents[above] if isinstance(above, ast.keyword) else above
    made = [c for c in constructions(cls, project) if c.call is call]
    if len(made) != 1 or made[0].layer is not None or made[0].lifted is not None or made[0].choice:
        return None
    fields = [name for name, value in made[0].given.items() if value is node]
    return (made[0], fields[0]) if len(fields) == 1 else None


def comes_to_calls(
    holder: LinenClass, field: str, project: Project, seen: frozenset[tuple[str, str]] = frozenset()
) -> bool:
    """Tells whether whoever has the field calls what it holds, asks if it is there, or hands it on to such a field."""
    key = (holder.name, field)
    reads = [
        (c, m, n)
        for c in line(holder, project)
        for m in c.methods.values()
        for n in walk(m.node)
        if isinstance(n, ast.Attribute) and m.is_this(n, field)
    ]
    for cls, method, node in reads if key not in seen else ():
        above = method.parents[node]
        if (isinstance(above, ast.Call) and above.func is node) or asks_whether_there(above, node):
            continue
        given = given_to(cls, method, node, project)
        if given is None:
            return False
        next_holder = project.classes[given[0].target]
        if not comes_to_calls(next_holder, given[1], project, seen | {key}):
            return False
    return True
