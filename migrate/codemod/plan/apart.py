"""A class that replaces every method by which its base makes something: its constructor makes all of its own.

What is left of the base are fields, and methods that make nothing. The base is planned without the methods that are
replaced; what is left has to read as it does in the base itself.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..model import LinenClass, Method, MethodKind, Refused
from ..source import Span
from ..trees import walk
from .called_up import makes_above
from .records import Body, ClassPlan


def what_is_left(
    cls: LinenClass, base: ClassPlan, planned: Callable[[LinenClass], ClassPlan]
) -> ClassPlan | None:
    """Returns the plan of the base without what the class replaces; None where that is not all that makes something."""
    own = [name for name, m in cls.methods.items() if m.kind is not MethodKind.STATIC]
    replaces = any(_maker(base, name) for name in own)
    if not replaces or not _is_plain(base) or _calls_base(cls, base):
        return None
    rest = {name: m for name, m in base.cls.methods.items() if name not in cls.methods}
    try:
        left = planned(replace(base.cls, methods=rest))
    except Refused:
        return None
    return left if not _makes(left) and _reads_alike(left, base, rest) else None


def _maker(base: ClassPlan, name: str) -> bool:
    if name not in base.cls.methods:
        return False
    taken = (keep for method, keep in base.takeover if method is base.cls.methods[name])
    return makes_above(ClassPlan(base.cls, base=base), name) is not None or any(taken)


def _is_plain(base: ClassPlan) -> bool:
    """Tells whether the base has no base of its own, and its constructor takes every field as it is given."""
    made = any(f.factory is not None for f in base.fields)
    return base.base is None and not made and not base.frozen and "__post_init__" not in base.cls.methods


def _calls_base(cls: LinenClass, base: ClassPlan) -> bool:
    """Tells whether methods of the class may run those of the base: `super()`, or its name."""
    nodes = [n for m in cls.methods.values() for n in walk(m.node)]
    read = [n for n in nodes if isinstance(n, ast.Name | ast.Attribute)]
    named = {n.id if isinstance(n, ast.Name) else n.attr for n in read} | {cls.names.resolve(n) for n in read}
    return not named.isdisjoint([*cls.bases, base.cls.short, "super", "__class__"]) or len(cls.bases) > 1


def _makes(left: ClassPlan) -> bool:
    """Tells whether a constructor would do more than to keep fields."""
    made = (left.variables, left.submodules, left.calls, left.parameters, left.derived, left.unpacked)
    return any(made) or any(keep for _, keep in left.takeover) or left.draws or bool(left.scanned)


def _reads_alike(left: ClassPlan, base: ClassPlan, rest: Mapping[str, Method]) -> bool:
    """Tells whether the methods are written in one way, with and without what the class replaces."""
    bodies = all(_alike(left.bodies.get(name), base.bodies.get(name)) for name in rest)
    asked = all(left.asked.get(name) == base.asked.get(name) for name in rest)
    stores = {*left.stores} <= {*base.stores}
    return bodies and asked and stores and _spelled(left, rest) == _spelled(base, rest)


def _alike(one: Body | None, two: Body | None) -> bool:
    return one is two or (one is not None and two is not None and _edits(one) == _edits(two))


def _edits(body: Body) -> dict[str, Any]:
    changed = {node: text for node, text in body.replace.items() if text != ast.unparse(node)}
    return {**vars(body), "replace": changed}


def _spelled(plan: ClassPlan, methods: Mapping[str, Method]) -> dict[Span, str]:
    """The names that are others in NNX, of these methods."""
    lines = [range(m.node.lineno, (m.node.end_lineno or m.node.lineno) + 1) for m in methods.values()]
    return {span: name for span, name in plan.references.items() if any(span.line in each for each in lines)}
