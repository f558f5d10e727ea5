"""Classes whose setup raises in Linen, in any configuration: they go on to raise the same in NNX.

A class is built with an argument that it does not have, or an attribute is read that nothing sets.
"""

import ast
from collections.abc import Iterator

from ...catalog.functions import MODULE_METHODS
from ..bindings import stores_in
from ..constructions import Construction
from ..factories.resolve import line
from ..model import LinenClass, Method, Refused
from ..project import Project
from ..trees import walk
from .naming import MODULE_NAMES
from .records import ClassPlan

_OF_NNX = frozenset({"self", "rngs"})
_SOMETIMES = ast.IfExp | ast.BoolOp | ast.Lambda | ast.comprehension | ast.NamedExpr


def check_unknown(construction: Construction, child: ClassPlan | None) -> None:
    """Raises Refused where NNX would take what Linen does not know, or where a transform stands between."""
    if not construction.unknown:
        return
    taken = {p.name for p in child.every_parameter} if child is not None else set()
    if construction.lifted is not None or taken.union(_OF_NNX).intersection(construction.unknown):
        reason = f"it builds `{construction.kind}`, and it has no argument `{construction.unknown[0]}`"
        raise Refused("MN101", construction.call, reason)


def unset(cls: LinenClass, project: Project) -> dict[str, ast.Attribute]:
    """Returns the attributes that setup reads in any case and nothing sets, which is an AttributeError."""
    setup, above = cls.methods.get("setup"), list(line(cls, project))
    below = any(cls in project.bases(other) for other in project.classes.values())  # which may have it
    if setup is None or below or not all(_is_plain(each, project) for each in above):
        return {}
    reads = [n for n in walk(setup.node) if isinstance(n, ast.Attribute) and setup.is_this(n)]
    return {
        n.attr: n
        for n in reversed(reads)
        if _in_any_case(setup, n) and not any(_has(c, n.attr) for c in above)
    }


def _is_plain(cls: LinenClass, project: Project) -> bool:
    """Tells whether a class has one base, which is nn.Module or a class that is seen, and is what its body says."""
    known = bool(project.bases(cls)) or any(cls.names.linen(base) == "Module" for base in cls.node.bases)
    return known and len(cls.node.bases) == 1 and not cls.node.decorator_list


def _has(cls: LinenClass, name: str) -> bool:
    own = {
        *cls.methods,
        *cls.constants,
        *(f.name for f in cls.fields),
        *MODULE_METHODS,
        *MODULE_NAMES,
        *_OF_LINEN,
    }
    calls = (n for m in cls.methods.values() for n in walk(m.node) if isinstance(n, ast.Call))
    others = any(getattr(c.func, "attr", getattr(c.func, "id", "")) in _SETTERS for c in calls)
    return (
        others or name in own or name.startswith("_") or any(stores_in(m, name) for m in cls.methods.values())
    )


_OF_LINEN = frozenset({"name", "parent", "scope"})
_SETTERS = frozenset({"setattr", "__setattr__", "update", "vars", "exec"})


def _in_any_case(setup: Method, node: ast.Attribute) -> bool:
    """Tells whether an assignment at the top of setup reads it."""
    statement = setup.statement(node)
    plain = isinstance(statement, ast.Assign) and setup.parents[statement] is setup.node
    return (
        plain
        and isinstance(node.ctx, ast.Load)
        and not any(isinstance(a, _SOMETIMES) for a in setup.above(node))
    )


def failing(plan: ClassPlan) -> Iterator[tuple[ast.expr, str]]:
    """Yields what raises an error in the constructor, and what there is to say of it."""
    for name, node in plan.unset.items():
        what = f"nothing sets `self.{name}`"
        yield node, f"raises an AttributeError where it is constructed, as Linen's setup does: {what}"
    for construction in (s.construction for s in plan.submodules if s.construction.unknown):
        what = f"`{construction.kind}` has no argument `{construction.unknown[0]}`"
        yield construction.call, f"raises a TypeError where it is constructed, as Linen's setup does: {what}"
