"""What a person should know about a conversion although nothing is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..catalog.mapping import VariableMapping
from ..catalog.pairing import rule_path
from .plan import Plan
from .records import Move

if TYPE_CHECKING:
    from flax import nnx


def notes(
    plan: Plan, model: nnx.Module | None, mapping: Sequence[VariableMapping], reverse: bool = False
) -> tuple[str, ...]:
    """Returns one sentence for each thing that was assumed or left out."""
    if reverse:
        return tuple(_dropped(plan))
    about_model = _unchecked(plan.moves, mapping) if model is None else _left_out(model)
    return (*_boxes(plan.moves), *_dropped(plan), *about_model)


def _dropped(plan: Plan) -> Iterator[str]:
    if plan.left_out:
        yield f"not converted: {', '.join(plan.left_out)}"


def _boxes(moves: Sequence[Move]) -> Iterator[str]:
    if boxed := [move.source.leaf.name for move in moves if move.source.boxed]:
        yield f"read as nn.Partitioned boxes, whose axis names are not on disk: {', '.join(sorted(boxed))}"


def _unchecked(moves: Sequence[Move], mapping: Sequence[VariableMapping]) -> Iterator[str]:
    yield "no NNX model was given: that the names and shapes are those of your model was not checked"
    if not mapping:
        yield "no mapping was given either: all names are kept as Linen has them"
    leaves = [move.source.leaf for move in moves]
    idle = [
        "/".join(rule.linen) for rule in mapping if all(rule_path(leaf, [rule]) is None for leaf in leaves)
    ]
    if idle:
        yield f"no leaf of SRC for these variables of the mapping: {', '.join(sorted(idle))}"


def _left_out(model: nnx.Module) -> Iterator[str]:
    from .nnx_leaves import left_out

    streams, arrays = left_out(model)
    if streams:
        yield (
            f"the state of random streams is not in a Linen checkpoint ({', '.join(streams)}): restore into"
            " nnx.state(model, nnx.Not(nnx.RngState))"
        )
    if arrays:
        yield (
            f"arrays that are no Variables are not in a Linen checkpoint ({', '.join(arrays)}): restore into"
            " nnx.state(model, nnx.All(nnx.Variable, nnx.Not(nnx.RngState)))"
        )
