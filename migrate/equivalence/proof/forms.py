"""Both sides in normal form: inputs and results by name, random draws paired, what NNX keeps to itself looked into."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, permutations
from typing import Any, NamedTuple

import jax.numpy as jnp

from .. import nnx_side
from ..observe import Place
from ..twins import Twins
from . import draws
from .constants import constant
from .keys import HIDDEN
from .normal_form import NormalForm, UnprovableError
from .terms import Table, Value
from .trace import Traced

PAIRINGS = 24  # ways to pair the keys of both sides that are tried


@dataclass(frozen=True)
class Form:
    """One side in normal form: what each result is, by place, and the keys that the results are drawn from."""

    traced: Traced
    results: Mapping[Place, Value]
    normal: NormalForm
    draws: draws.Draws
    hidden: Sequence["Hidden"] = ()


class Forms(NamedTuple):
    """Both sides in the normal form of one table."""

    linen: Form
    nnx: Form

    @property
    def table(self) -> Table:
        """The table of both."""
        return self.linen.normal.table

    def parted(self) -> list[Place]:
        """Returns the places whose results are not the same."""
        other = self.nnx.results
        return [
            place for place, value in self.linen.results.items() if place in other and other[place] != value
        ]


class Hidden(NamedTuple):
    """What the NNX model holds beside its variables, and whether it is the state of a random stream."""

    value: Value
    stream: bool


def normal_forms(both: Twins, linen: Traced, nnx: Traced, table: Table) -> Forms:
    """Returns both normal forms, with the keys of random draws paired in the order that proves most."""
    first = Forms(_form(table, linen, [], both.unroll), _form(table, nnx, _hidden(table, both), both.unroll))
    if not (first.linen.draws.keys or first.nnx.draws.keys):
        return first
    ours = _form(table, linen, [], both.unroll, draws.tokens(first.linen.normal, first.linen.draws.keys))
    pairings = (
        Forms(
            ours, _form(table, nnx, _hidden(table, both), both.unroll, draws.tokens(first.nnx.normal, order))
        )
        for order in islice(permutations(first.nnx.draws.keys), PAIRINGS)
    )
    best = next(pairings)
    while best.parted() and (other := next(pairings, None)):
        best = min(best, other, key=lambda forms: len(forms.parted()))
    return best


def repeated(both: Twins, form: Form, again: Traced) -> Mapping[Place, Value]:
    """Returns the results of a side that was traced once more, in the same table and with the same tokens."""
    table, tokens = form.normal.table, form.normal.tokens
    hidden = _hidden(table, both) if form.hidden else []
    return _form(table, again, hidden, both.unroll, tokens).results


def _form(
    table: Table,
    side: Traced,
    hidden: Sequence[Hidden],
    unroll: bool,
    tokens: Mapping[int, int] | None = None,
) -> Form:
    normal = NormalForm(table, tokens, unroll=unroll)
    inputs = [
        hidden[name[1]].value if hidden and name[0] == HIDDEN else _input(table, name, var.aval)
        for name, var in zip(side.inputs, side.jaxpr.jaxpr.invars, strict=True)
    ]
    results = normal.run(side.jaxpr, inputs)
    found = dict(zip(side.results, results, strict=True))
    shown = {place: value for place, value in found.items() if place[0] != HIDDEN}
    for i, (value, stream) in enumerate(hidden):
        if not stream and found[HIDDEN, str(i)] != value:
            raise UnprovableError(
                "the NNX side changes an array that is no Variable: the next call begins elsewhere"
            )
    return Form(side, shown, normal, draws.find(table, shown.values()), hidden)


def _input(table: Table, name: tuple[Any, ...], aval: Any) -> Value:
    return table.make("input", name, (), tuple(aval.shape), str(aval.dtype))


def _hidden(table: Table, both: Twins) -> list[Hidden]:
    """Returns what the NNX model holds beside its variables: constants, or what its constructor makes of them.

    So two random streams that begin with the same key are seen to do so.
    """
    parts = both.parts
    if parts.origin is None:
        arrays = [jnp.asarray(value) for value in both.nnx.hidden]
        made = [constant(table, array, str(array.dtype)) for array in arrays]
    else:
        places = nnx_side.hidden_places(parts)
        wanted = [i in places for i in range(len(parts.origin.jaxpr.jaxpr.outvars))]
        results = NormalForm(table).run(parts.origin.jaxpr, [], wanted)
        made = [results[place] for place in places]
    return [
        Hidden(draws.opaque(table, value) if stream else value, stream)
        for value, stream in zip(made, nnx_side.streams(parts), strict=True)
    ]
