"""Programs with one thing changed at random: what computes something else must never be proved the same."""

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend import core
from migrate_norm.equivalence.observe import as_array
from migrate_norm.equivalence.proof.normal_form import needed
from migrate_norm.equivalence.proof.trace import COTANGENT, Traced

BINARY = ("add", "sub", "mul", "max", "min", "div")
UNARY = ("exp", "tanh", "sin", "neg", "abs", "rsqrt", "logistic", "square", "log", "sign", "floor")
PRIMITIVES = {name: getattr(lax, f"{name}_p") for name in (*BINARY, *UNARY)}
Eqns = list[Any]
Change = Callable[[Eqns, int, np.random.Generator, Sequence[Any]], Eqns | None]


def other_operator(eqns: Eqns, at: int, rng: np.random.Generator, _: Sequence[Any]) -> Eqns | None:
    name = eqns[at].primitive.name
    group = next((g for g in (BINARY, UNARY) if name in g), None)
    if group is None:
        return None
    chosen = str(rng.choice([other for other in group if other != name]))
    params = {"out_dtype": None} if chosen == "mul" and "out_dtype" in _params_of(lax.mul_p) else {}
    if chosen in ("exp", "tanh", "sin", "rsqrt", "logistic", "log"):
        params = {"accuracy": None}
    return _with(eqns, at, primitive=PRIMITIVES[chosen], params=params)


def _params_of(primitive: Any) -> set[str]:
    del primitive
    return set(jax.make_jaxpr(operator.mul)(1.0, 1.0).eqns[0].params)


def swapped_operands(eqns: Eqns, at: int, rng: np.random.Generator, _: Sequence[Any]) -> Eqns | None:
    operands = list(eqns[at].invars)
    if len(operands) < 2:
        return None
    i, j = rng.choice(len(operands), 2, replace=False)
    operands[i], operands[j] = operands[j], operands[i]
    return _with(eqns, at, invars=operands)


def other_operand(eqns: Eqns, at: int, rng: np.random.Generator, inputs: Sequence[Any]) -> Eqns | None:
    if not eqns[at].invars:
        return None
    i = int(rng.integers(len(eqns[at].invars)))
    old = eqns[at].invars[i]
    known = [*inputs, *(var for eqn in eqns[:at] for var in eqn.outvars)]
    like = [var for var in known if var is not old and _aval(var) == _aval(old)]
    return _replaced(eqns, at, i, like[int(rng.integers(len(like)))]) if like else None


def other_literal(eqns: Eqns, at: int, rng: np.random.Generator, _: Sequence[Any]) -> Eqns | None:
    places = [i for i, atom in enumerate(eqns[at].invars) if isinstance(atom, core.Literal)]
    if not places:
        return None
    i = int(rng.choice(places))
    old = eqns[at].invars[i]
    if not jnp.issubdtype(old.aval.dtype, jnp.inexact):
        new = np.asarray(old.val) + 1 if old.aval.dtype != bool else np.logical_not(old.val)
    else:
        wide = float(np.asarray(old.val, np.float64))
        new = rng.choice([-wide, wide * 1.01, wide + 1e-3, wide * 2, 1 - wide, 0.0, -0.0])
    return _replaced(eqns, at, i, core.Literal(np.asarray(new).astype(old.aval.dtype), old.aval))


def left_out(eqns: Eqns, at: int, rng: np.random.Generator, _: Sequence[Any]) -> Eqns | None:
    """An equation whose result is one of its operands."""
    eqn = eqns[at]
    if len(eqn.outvars) != 1:
        return None
    like = [a for a in eqn.invars if not isinstance(a, core.Literal) and _aval(a) == _aval(eqn.outvars[0])]
    if not like:
        return None
    return _with(eqns, at, primitive=lax.copy_p, params={}, invars=[like[int(rng.integers(len(like)))]])


def rounded(eqns: Eqns, at: int, rng: np.random.Generator, _: Sequence[Any]) -> Eqns | None:
    """An operand that loses digits on the way."""
    places = [
        i
        for i, a in enumerate(eqns[at].invars)
        if not isinstance(a, core.Literal) and _aval(a).dtype == jnp.float32
    ]
    if not places:
        return None
    i = int(rng.choice(places))
    old = eqns[at].invars[i]
    less = lax.reduce_precision_p
    made = jax.make_jaxpr(lambda x: less.bind(x, exponent_bits=8, mantissa_bits=7))(_aval(old))
    (eqn,) = made.eqns
    inserted = eqn.replace(invars=[old])
    return [*eqns[:at], inserted, *_replaced(eqns, at, i, eqn.outvars[0])[at:]]


def other_parameter(eqns: Eqns, at: int, rng: np.random.Generator, _: Sequence[Any]) -> Eqns | None:
    params = eqns[at].params
    changes = [
        (name, new)
        for name, old in params.items()
        if name in PARAMETERS and (new := PARAMETERS[name](old, rng)) != old
    ]
    if not changes:
        return None
    name, new = changes[int(rng.integers(len(changes)))]
    return _with(eqns, at, params={**params, name: new})


def _shuffled(values: Any, rng: np.random.Generator) -> Any:
    return tuple(int(v) for v in rng.permutation(values)) if values is not None else None


def _moved(values: Any, rng: np.random.Generator) -> Any:
    return tuple(int(v) + int(rng.integers(2)) for v in values) if values is not None else None


def _contracted(numbers: Any, rng: np.random.Generator) -> Any:
    (left, right), batch = numbers
    return (
        (_shuffled(left, rng), _shuffled(right, rng)) if rng.integers(2) else (_moved(left, rng), right)
    ), batch


PARAMETERS: dict[str, Callable[[Any, np.random.Generator], Any]] = {
    "axes": lambda old, rng: tuple((int(a) + int(rng.integers(3))) % 3 for a in old),
    "permutation": _shuffled,
    "broadcast_dimensions": _shuffled,
    "dimension": lambda old, _: 1 - old,
    "start_indices": _moved,
    "y": lambda old, _: old + 1,
    "reverse": lambda old, _: not old,
    "dimension_numbers": lambda old, rng: (
        _contracted(old, rng) if isinstance(old, tuple) and len(old) == 2 else old
    ),
    "length": lambda old, _: old - 1,
}
CHANGES: tuple[Change, ...] = (
    other_operator,
    swapped_operands,
    other_operand,
    other_literal,
    left_out,
    rounded,
    other_parameter,
)


def mutants(closed: Any, rng: np.random.Generator) -> Iterator[Any]:
    """Yields closed jaxprs that differ from `closed` in one place, and trace to results of the same types."""
    while True:
        found = _mutant(closed, rng)
        if found is not None:
            yield found


def _mutant(closed: Any, rng: np.random.Generator) -> Any:
    jaxpr = _changed(closed.jaxpr, rng)
    if jaxpr is None:
        return None
    made = core.ClosedJaxpr(jaxpr, closed.consts)
    try:
        again = jax.make_jaxpr(core.jaxpr_as_fun(made))(*closed.in_avals)
    except Exception:  # whatever JAX says of a program that is none
        return None
    return again if again.out_avals == closed.out_avals else None


def _changed(jaxpr: Any, rng: np.random.Generator) -> Any:
    if not jaxpr.eqns:
        return None
    at, eqns = int(rng.integers(len(jaxpr.eqns))), list(jaxpr.eqns)
    inner = [
        name for name, value in eqns[at].params.items() if isinstance(value, (core.Jaxpr, core.ClosedJaxpr))
    ]
    if inner:
        name = str(rng.choice(inner))
        old = eqns[at].params[name]
        new = _changed(getattr(old, "jaxpr", old), rng)
        if new is None:
            return None
        whole = core.ClosedJaxpr(new, old.consts) if isinstance(old, core.ClosedJaxpr) else new
        return jaxpr.replace(eqns=_with(eqns, at, params={**eqns[at].params, name: whole}))
    change = CHANGES[int(rng.integers(len(CHANGES)))]
    found = change(eqns, at, rng, (*jaxpr.constvars, *jaxpr.invars))
    return None if found is None else jaxpr.replace(eqns=found)


def _with(eqns: Eqns, at: int, **parts: Any) -> Eqns:
    return [*eqns[:at], eqns[at].replace(**parts), *eqns[at + 1 :]]


def _replaced(eqns: Eqns, at: int, operand: int, atom: Any) -> Eqns:
    operands = list(eqns[at].invars)
    operands[operand] = atom
    return _with(eqns, at, invars=operands)


def _aval(atom: Any) -> Any:
    return jax.ShapeDtypeStruct(atom.aval.shape, atom.aval.dtype)


SPREADS = (1.0, 0.01, 30.0)


def values(side: Traced, rng: np.random.Generator) -> list[list[Any]]:
    """Returns inputs of several magnitudes and both signs, with zeros of both signs among them."""
    return [[_draw(aval, rng, scale) for aval in side.jaxpr.in_avals] for scale in SPREADS]


def _draw(aval: Any, rng: np.random.Generator, scale: float) -> Any:
    if not jnp.issubdtype(aval.dtype, jnp.inexact):
        return jnp.asarray(rng.integers(0, 3, aval.shape)).astype(aval.dtype)
    numbers = rng.normal(0.3, 1.0, aval.shape) * scale
    numbers = np.where(rng.random(aval.shape) < 0.05, rng.choice([0.0, -0.0, 1.0]), numbers)
    return jnp.asarray(numbers).astype(aval.dtype)


def evaluate(jaxpr: Any, inputs: Sequence[Any], results: int | None = None) -> list[np.ndarray[Any, Any]]:
    """Runs a closed jaxpr operation by operation, as far as its first so many `results` need it."""
    COTANGENT.def_impl(_cotangent)
    count = len(jaxpr.jaxpr.outvars) if results is None else results
    wanted = [i < count for i in range(len(jaxpr.jaxpr.outvars))]
    eqns = [eqn for eqn, _ in needed(jaxpr.jaxpr, wanted)]
    live = core.ClosedJaxpr(jaxpr.jaxpr.replace(eqns=eqns, outvars=jaxpr.jaxpr.outvars[:count]), jaxpr.consts)
    return [as_array(value) for value in core.jaxpr_as_fun(live)(*inputs)]


def _cotangent(*, index: int, shape: Any, dtype: Any) -> Any:
    return jnp.asarray(np.random.default_rng(index).normal(size=shape)).astype(dtype)


def same_bits(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether all arrays are the same bit by bit; a NaN is a NaN."""
    return all(a.dtype == b.dtype and bool(_same(a, b).all()) for a, b in zip(one, other, strict=True))


def _same(a: Any, b: Any) -> Any:
    signs = np.signbit(_real(a)) == np.signbit(_real(b))
    return ((a == b) & signs) | ((a != a) & (b != b))


def _real(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return array.astype(np.float64)


def close(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether all arrays are the same up to what another order of operations may do."""
    return all(_near(_real(a), _real(b)) for a, b in zip(one, other, strict=True))


def _near(a: Any, b: Any) -> bool:
    finite = np.abs(a[np.isfinite(a)])
    return bool(np.allclose(a, b, rtol=1e-2, atol=1e-2 * finite.max(initial=1e-30), equal_nan=True))
