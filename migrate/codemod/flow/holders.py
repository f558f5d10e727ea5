"""What layers give that hold others: a sequence of them, one for each step, one with other weights."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ...catalog.norms import INSTANCE, TWINS
from .arrays import Assume
from .found import Found
from .rnn import run_both, run_rnn
from .sequence import run_sequence
from .values import Made, Use, Value

if TYPE_CHECKING:
    from .run import Runner


def run_wrapped(runner: "Runner", found: Found, use: Use, assume: Assume) -> Value:
    """A wrapper of weights calls the layer inside with what it is given, but for what it is told itself."""
    inner = found.values.get(INSTANCE)
    plain = replace(use, keywords={}, method="__call__")
    return runner.apply(inner, plain, assume) if isinstance(inner, Made) else None


HOLDERS: Mapping[str, Callable[["Runner", Found, Use, Assume], Value]] = {
    "Sequential": run_sequence,
    "RNN": run_rnn,
    "Bidirectional": run_both,
    **dict.fromkeys(TWINS, run_wrapped),
}
"""By layer; none of them has sizes of its own."""
