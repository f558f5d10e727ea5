"""A Dense that is applied with the kernel of another layer: a product of its own, in the same precision.

A layer that is only applied is merged with what it is given.
"""

import ast
from collections.abc import Sequence

from ..borrowed import is_borrowed
from ..constructions import Construction
from ..flow.values import Use
from ..model import Method, Refused
from ..names import first_name
from ..trees import walk
from .automatic import attribute_target
from .records import Body, Borrowed, ClassPlan, Submodule

_UNDERSTOOD = frozenset({"features", "use_bias", "dtype", "param_dtype", "kernel_init", "bias_init"})


def plan_borrowed(plan: ClassPlan, method: Method, body: Body) -> None:
    """Fills `body.borrowed`. Raises Refused where the layer is no plain Dense without a bias."""
    made = {attribute_target(s.construction): s.construction for s in plan.submodules}
    applied = {u.call for s in plan.submodules if s.construction.applied for u in _uses(plan, s)}
    body.borrowed |= {call: Borrowed() for call in applied if call in method.parents}
    for call in (
        n for n in walk(method.node) if isinstance(n, ast.Call) and is_borrowed(n) and n not in applied
    ):
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if owner is not None and method.is_this(owner) and isinstance(owner, ast.Attribute):
            construction = made.get(owner.attr)
            if construction is not None:
                body.borrowed[call] = _borrowed(plan, construction, call, body)


def _uses(plan: ClassPlan, submodule: Submodule) -> Sequence[Use]:
    return plan.flow.found[submodule.construction.call].uses


def _borrowed(plan: ClassPlan, construction: Construction, call: ast.Call, body: Body) -> Borrowed:
    every, layer = construction.every, construction.layer
    use_bias = every.get("use_bias")
    plain = layer is not None and layer.linen == "Dense" and every.keys() <= _UNDERSTOOD
    if not plain or not isinstance(use_bias, ast.Constant) or use_bias.value is not False:
        reason = f"it calls `apply` of nn.{construction.kind}, which is no plain Dense without a bias"
        raise Refused("MN101", call, reason)
    numpy = next((name for name, full in plan.cls.names.aliases.items() if full == "jax.numpy"), None)
    if numpy is None:
        raise Refused(
            "MN101", call, f"it calls `apply` of nn.{construction.kind} in a file without jax.numpy"
        )
    dtype = every.get("dtype")
    if dtype is None or (isinstance(dtype, ast.Constant) and dtype.value is None):
        return Borrowed(numpy)
    if construction.method.is_this(dtype) and isinstance(dtype, ast.Attribute):
        if dtype.attr in {f.name for f in plan.fields}:
            body.reads.add(dtype.attr)
            return Borrowed(numpy, field=dtype.attr)
    elif isinstance(dtype, ast.Attribute) and first_name(dtype) in plan.cls.names.aliases:
        return Borrowed(numpy, dtype=ast.unparse(dtype))
    raise Refused("MN101", dtype, f"the dtype of nn.{construction.kind}, which is applied, is not followed")
