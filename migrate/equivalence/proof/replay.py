"""Both sides with the same random draws: where no proof is found, samples can still be compared.

The jaxpr of a side is run with each draw from a key replaced by bits that depend on nothing but the number of the
key that the proof paired with one of the other side.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend import core

from ..errors import EquivalenceError
from ..inputs import SHAPED, Arguments
from ..observe import Observation, Observer, as_array, cotangent
from ..side import Key, show
from .forms import Form
from .keys import HIDDEN
from .normal_form import needed
from .rules import CALLS, DRAWN
from .trace import COTANGENT


def replayed(form: Form, call: Arguments) -> Observer:
    """Returns an observer that runs one side with given draws. Raises EquivalenceError for draws in loops."""
    side, tokens = form.traced, form.normal
    jaxpr = side.jaxpr
    order = [None if number is None else tokens.table.terms[number].params[0] for number in tokens.drawn]
    names = {show(key): key for key in side.after}

    @jax.jit
    def run(inputs: Sequence[Any], key: jax.Array) -> list[Any]:
        return _Run(iter(order), key).closed(jaxpr, inputs)

    def observe(leaves: dict[Key, Any], hidden: Any, arrays: Any, key: jax.Array) -> Observation:
        given: dict[tuple[Any, ...], Any] = {(HIDDEN, i): value for i, value in enumerate(hidden)}
        given |= {("leaf", *name): value for name, value in leaves.items()}
        given |= {("array", name): value for name, value in zip(call.array_names, arrays, strict=True)}
        inputs = [
            given.get(name, _unused(var.aval))
            for name, var in zip(side.inputs, jaxpr.jaxpr.invars, strict=True)
        ]
        found = dict(zip(side.results, run(inputs, key), strict=True))
        results = {place: value for place, value in found.items() if place[0] != HIDDEN}
        after = {names[name]: value for (section, name), value in results.items() if section == "state"}
        return Observation({p: as_array(v) for p, v in results.items()}, side.structure, after, list(hidden))

    return observe


def _unused(aval: Any) -> Any:
    """Returns something in the place of a key of Linen, which only draws read."""
    if jnp.issubdtype(aval.dtype, jax.dtypes.prng_key):
        return jax.random.split(jax.random.key(0), aval.shape)
    return jnp.zeros(aval.shape, aval.dtype)


class _Run:
    """One run of a jaxpr; `order` has the number of the key of each draw as the program comes to it, None for
    one that it knows itself."""

    def __init__(self, order: Iterator[int | None], key: jax.Array) -> None:
        self.order = order
        self.key = key

    def closed(self, jaxpr: Any, operands: Sequence[Any], wanted: Sequence[bool] | None = None) -> list[Any]:
        consts, jaxpr = (jaxpr.consts, jaxpr.jaxpr) if hasattr(jaxpr, "consts") else ((), jaxpr)
        env = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*consts, *operands), strict=True))

        def read(atom: Any) -> Any:
            return atom.val if isinstance(atom, core.Literal) else env.get(atom)

        for eqn, asked in needed(jaxpr, wanted or [True] * len(jaxpr.outvars)):
            env.update(zip(eqn.outvars, self._results(eqn, list(map(read, eqn.invars)), asked), strict=True))
        return list(map(read, jaxpr.outvars))

    def _results(self, eqn: Any, operands: list[Any], asked: Sequence[bool]) -> list[Any]:
        name = eqn.primitive.name
        if name in DRAWN and (number := next(self.order)) is not None:
            return [self._bits(number, name, var.aval) for var in eqn.outvars]
        if eqn.primitive is COTANGENT:
            shape = SHAPED(eqn.params["shape"], eqn.params["dtype"])
            return [cotangent(self.key, eqn.params["index"], shape)]
        if name in CALLS:
            return self.closed(eqn.params[CALLS[name]], operands, asked)
        if _draws(eqn):
            raise EquivalenceError(
                f"random numbers are drawn inside of `{name}`: samples cannot be made to agree"
            )
        bound = eqn.primitive.get_bind_params(eqn.params)
        functions, params = (
            ((), bound) if isinstance(bound, dict) else bound
        )  # a pair in older releases of JAX
        found = eqn.primitive.bind(*functions, *operands, **params)
        return list(found) if eqn.primitive.multiple_results else [found]

    def _bits(self, number: int, name: str, aval: Any) -> jax.Array:
        key = jax.random.fold_in(self.key, number)
        if jnp.issubdtype(aval.dtype, jnp.inexact):
            return jnp.abs(jax.random.normal(key, aval.shape, aval.dtype))
        return jax.random.bits(jax.random.fold_in(key, len(name)), aval.shape, aval.dtype)


def _draws(eqn: Any) -> bool:
    """Whether a jaxpr in the parameters of an equation draws."""
    return any(
        inner.primitive.name in DRAWN or _draws(inner)
        for jaxpr in _jaxprs(eqn.params.values())
        for inner in jaxpr.eqns
    )


def _jaxprs(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (core.Jaxpr, core.ClosedJaxpr)):
            yield getattr(value, "jaxpr", value)
        elif isinstance(value, (tuple, list)):
            yield from _jaxprs(value)
