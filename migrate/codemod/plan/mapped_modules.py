"""Modules behind `jax.vmap`: nothing but reading their params works there in NNX, as in Linen."""

import ast
from collections.abc import Sequence

from ..constructions import Construction
from ..factories.resolve import line
from ..flow.values import Use
from ..mapped_calls import mapped_around, mapped_call, mapped_function_around
from ..model import LinenClass, Refused
from ..project import Project
from ..trees import walk
from .iteration_rules import collections_of, draws
from .layer_rules import KEYWORD_ONLY, has_modes
from .mapping_rules import below
from .records import ClassPlan
from .sequences import Place
from .sown import sows


def check_mapped(
    cls: LinenClass, construction: Construction, child: ClassPlan | None, uses: Sequence[Use], moved: Sequence[object]
) -> None:  # fmt: skip
    """Raises Refused where a module behind `jax.vmap` would write something, draw, or be called otherwise in NNX."""
    use = next((u for u in uses if _is_behind(cls, u.call)), None)
    if use is None:
        return
    layer, kind = construction.layer, construction.kind
    _check_reads(construction, child, use.call)
    modes = has_modes(construction) or construction.has_merged or (child is not None and child.asked)
    named = layer is not None and layer.linen in KEYWORD_ONLY
    if moved or modes or named or construction.lifted is not None or construction.choice:
        raise Refused(
            "MN102", use.call, f"`{kind}` is called in another way in NNX, and jax.vmap is around it"
        )


def _is_behind(cls: LinenClass, call: ast.Call) -> bool:
    method = next((m for m in cls.methods.values() if call in m.parents), None)
    inside = method is not None and mapped_function_around(method, call, cls.names) is not None
    return inside or mapped_call(call, cls.names) is not None


def check_mapped_field(
    construction: Construction, child: ClassPlan | None, place: Place, project: Project
) -> None:
    """Raises the same Refused for a module that is made for a field, where the class that has it maps that."""
    holder, (name, *_) = project.classes[place.holder.target], place.within
    reads = ((cls, m, n) for cls in line(holder, project) for m in cls.methods.values() for n in walk(m.node))
    if any(
        isinstance(n, ast.Attribute) and m.is_this(n, name) and mapped_around(m, n, cls.names)
        for cls, m, n in reads
    ):
        _check_reads(construction, child, construction.call)


def mapped_selves(cls: LinenClass) -> list[ast.Name]:
    """Returns where a method has jax.vmap call the module itself: `jax.vmap(self, in_axes=(None, 0))(x, keys)`."""
    names = ((m, n) for m in cls.methods.values() for n in walk(m.node) if isinstance(n, ast.Name))
    return [n for m, n in names if n.id == m.this and mapped_around(m, n, cls.names) is not None]


def check_mapped_self(plan: ClassPlan) -> None:
    """Raises the same Refused for the class itself."""
    plans = (plan, *plan.bases)
    drawing = any(p.draws or any(draws(s.construction, s.child) for s in p.submodules) for p in plans)
    for node in mapped_selves(plan.cls):
        if drawing or plan.asked or sows(plan) or not below(plan) <= {"params"}:
            raise Refused("MN102", node, "the module does more behind jax.vmap than reading its params")


def _check_reads(construction: Construction, child: ClassPlan | None, place: ast.expr) -> None:
    more = not collections_of(construction, child) <= {"params"} or draws(construction, child)
    if more or (child is not None and sows(child)):
        reason = f"`{construction.kind}` does more behind jax.vmap than reading its params"
        raise Refused("MN102", place, reason)
