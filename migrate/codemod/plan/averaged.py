"""What is averaged over the devices of a pmap: Linen leaves that out of an init, which a bridge runs as any call."""

import ast

from ..constructions import Construction
from ..trees import is_none, remembered, walk
from .records import ClassPlan

_COLLECTIVE = frozenset(
    f"jax.lax.{name}" for name in ("all_gather", "all_to_all", "axis_index", "pmax", "pmean", "pmin", "psum")
)


def averages(plan: ClassPlan) -> bool:
    """Tells whether a call of the class, or of one below it, asks for a named axis that an init of Linen does not."""
    plans = (plan, *plan.bases)
    below = (s for p in plans for s in p.submodules)
    return any(map(_guarded, plans)) or any(
        _has_axis(s.construction) or (s.child is not None and averages(s.child)) for s in below
    )


def _has_axis(construction: Construction) -> bool:
    """A BatchNorm that is given one, which may be None only where that is spelled out."""
    axis = construction.every.get("axis_name")
    layer = construction.layer.linen if construction.layer is not None else ""
    return layer.rpartition(".")[2] == "BatchNorm" and axis is not None and not is_none(axis)


@remembered
def _guarded(plan: ClassPlan) -> bool:
    """Tells whether a class calls a collective of JAX, and asks whether it is initializing."""
    nodes = [
        n for m in plan.cls.methods.values() for n in walk(m.node) if isinstance(n, ast.Attribute | ast.Name)
    ]
    asks = any(getattr(n, "attr", "") == "is_initializing" for n in nodes)
    return asks and any(plan.cls.names.resolve(n) in _COLLECTIVE for n in nodes)
