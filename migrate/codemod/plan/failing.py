"""Constructions that raise in Linen, as the class has no such argument: they go on to raise the same in NNX."""

import ast
from collections.abc import Iterator

from ..constructions import Construction
from ..model import Refused
from .records import ClassPlan

_OF_NNX = frozenset({"self", "rngs"})


def check_unknown(construction: Construction, child: ClassPlan | None) -> None:
    """Raises Refused where NNX would take what Linen does not know, or where a transform stands between."""
    if not construction.unknown:
        return
    taken = {p.name for p in child.every_parameter} if child is not None else set()
    if construction.lifted is not None or taken.union(_OF_NNX).intersection(construction.unknown):
        reason = f"it builds `{construction.kind}`, and it has no argument `{construction.unknown[0]}`"
        raise Refused("MN101", construction.call, reason)


def failing(plan: ClassPlan) -> Iterator[tuple[ast.Call, str]]:
    """Yields each call of the constructor that raises a TypeError, and what there is to say of it."""
    for construction in (s.construction for s in plan.submodules if s.construction.unknown):
        what = f"`{construction.kind}` has no argument `{construction.unknown[0]}`"
        yield construction.call, f"raises a TypeError where it is constructed, as Linen's setup does: {what}"
