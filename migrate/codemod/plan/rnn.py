"""What the cell of an `nn.RNN` has to be for nnx.RNN to run it as Linen does."""

import ast
from collections.abc import Sequence

from ..cells import CARRY, CELLS, split_streams
from ..constructions import Construction
from ..constructors import item_path
from ..flow.values import Use
from ..model import Refused
from .iteration_rules import draws
from .mapping_rules import below
from .records import ClassPlan
from .streams import streams_of


def check_cell(cell: Construction, plan: ClassPlan | None, holder: Construction, uses: Sequence[Use]) -> None:
    """Raises Refused for a cell that is none of Flax's, unless it is one of the project that does no more."""
    if cell.layer is not None and cell.kind not in CELLS:
        raise Refused("MN101", cell.call, f"nn.{cell.kind} is the cell of an nn.RNN")
    if plan is None:
        return
    others = below(plan) - {"params"}
    if others:
        reason = f"nn.RNN does not say what becomes of the collection `{min(others)}` of its cell"
        raise Refused("MN102", cell.call, reason)
    streams, split = streams_of(plan), split_streams(holder.given.get("split_rngs")) or ()
    if draws(cell, plan) and not (streams.known and streams.names <= {*split}):
        raise Refused("MN102", cell.call, f"`{cell.kind}` draws random numbers behind nn.RNN")
    own = any(CARRY in p.cls.methods for p in (plan, *plan.bases))
    if own and not all(_begins(use) for use in uses):
        reason = (
            f"nn.RNN asks `{cell.kind}` for its first carry, with a key in front, which nnx.RNN does not do"
        )
        raise Refused("MN101", cell.call, reason)
    _check_axes(cell, plan)


def _check_axes(cell: Construction, plan: ClassPlan) -> None:
    """Which axis is time depends on how many axes one step has: with one, it is the last but one."""
    count = _feature_axes(plan)
    for argument in (p.argument for p in plan.every_parameter):
        owner = next((p.cls for p in (plan, *plan.bases) if argument.method in p.cls.methods), plan.cls)
        of_step = item_path(argument.parameter)[0] in owner.methods[argument.method].parameters[1:]
        last = argument.template == "{}.shape[-1]" and bool(count)
        if of_step and not last and count != 1:
            reason = f"the size `{argument.name}` of `{cell.kind}` depends on its `num_feature_axes`"
            raise Refused("MN108", cell.call, reason)


def _feature_axes(plan: ClassPlan) -> int | None:
    """The literal that `num_feature_axes` returns."""
    found = (
        p.cls.methods["num_feature_axes"] for p in (plan, *plan.bases) if "num_feature_axes" in p.cls.methods
    )
    method = next(found, None)
    match method.node.body[-1] if method is not None else None:
        case ast.Return(value=ast.Constant(value=int() as count)):
            return count
    return None


def _begins(use: Use) -> bool:
    """Tells whether a call brings the first carry along."""
    given = [k.value for k in use.call.keywords if k.arg == "initial_carry"]
    return bool(given) and not (isinstance(given[0], ast.Constant) and given[0].value is None)
