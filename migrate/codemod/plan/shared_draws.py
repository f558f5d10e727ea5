"""Draws of a module whose variables all rounds of a vmap share: each round's own, or the same in all of them."""

import ast

from ..flow.values import Array, Use
from ..iterations import Iteration
from ..model import Refused
from .records import ClassPlan
from .streams import streams_of


def draws_apart(iteration: Iteration, child: ClassPlan | None) -> bool:
    """Tells whether each round draws from keys of its own. Raises Refused where that is not known of every stream."""
    lift, name = iteration.lift, iteration.lift.name
    streams = streams_of(child) if child is not None else None
    if name != "vmap" or streams is None or not streams.plain:
        reason = f"nn.{name} shares the variables of a module that draws random numbers"
        raise Refused("MN102", lift.call, reason)
    unsaid = streams.names - iteration.split.keys()
    if unsaid:
        reason = f"nn.{name} does not say whether each round draws numbers of its own from `{min(unsaid)}`"
        raise Refused("MN102", lift.call, reason)
    answers = {iteration.split[stream] for stream in streams.names}
    if len(answers) > 1:
        raise Refused("MN102", lift.call, f"nn.{name} splits some of the streams from which a module draws")
    return True in answers


def rounds_of(iteration: Iteration, use: Use) -> str | ast.expr:
    """Returns how many rounds there are. Raises Refused where neither the transform nor an argument tells."""
    if iteration.lift.rounds is not None:
        return iteration.lift.rounds
    for place, (node, value) in enumerate(zip(use.call.args, use.args, strict=False)):
        axis = iteration.axis(place)
        if axis is not None and isinstance(node, ast.Name) and isinstance(value, Array):
            return f"{node.id}.shape[{axis}]"
    reason = "how many rounds of nn.vmap draw random numbers is not known: give it an array that has a name"
    raise Refused("MN102", use.call, reason)
