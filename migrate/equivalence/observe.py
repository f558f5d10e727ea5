"""Everything one call of one side shows: outputs, the state after it, and gradients; all under jit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .errors import EquivalenceError
from .inputs import Arguments
from .measure import Array
from .side import Key, Leaves, Side, blame, show

Place = tuple[str, str]  # the section ("leaf", "output", "state" or "gradient") and the array in it


@dataclass(frozen=True)
class Observation:
    """The arrays of one call by place, the outputs' structure, and what the next call starts from."""

    arrays: Mapping[Place, Array]
    structure: str = ""
    leaves: Leaves = field(default_factory=dict)
    hidden: list[Any] = field(default_factory=list)


Result = tuple[Any, Leaves, list[Any], dict[str, Any]]  # outputs, leaves, hidden, gradients
Run = Callable[..., Result]
Observer = Callable[[Leaves, list[Any], list[jax.Array], jax.Array], Observation]


def observer(side: Side, call: Arguments, gradients: bool) -> Observer:
    """Returns a function (leaves, hidden, arrays, cotangent key) -> Observation that compiles once.

    Gradients are those of a random linear functional of the outputs, with respect to the float leaves of
    `params` and the float inputs.
    """
    forward = forward_of(side, call)
    compiled = jax.jit(with_gradients(forward, call, cotangent) if gradients else forward)

    def observe(leaves: Leaves, hidden: list[Any], arrays: list[jax.Array], key: jax.Array) -> Observation:
        try:
            out, after, rest, grads = compiled(leaves, hidden, arrays, key)
        except (Exception, SystemExit):
            with blame(f"the {side.name} side cannot be run under jit"):
                jax.eval_shape(forward, leaves, hidden, arrays, key)
            with blame(
                f"the {side.name} side cannot be differentiated",
                "gradients=False (--no-gradients) leaves that out",
            ):
                raise
        return Observation(_places(out, after, grads), skeleton(out), after, rest)

    return observe


def skeleton(tree: Any) -> str:
    """Returns the containers of a pytree as text: names of node types and keys, `*` for a leaf."""
    return _skeleton(jax.tree.structure(tree))


def _skeleton(tree: Any) -> str:
    data = tree.node_data()
    if data is None:
        return "*" if tree.num_leaves else "None"
    keys = f"{data[1]}" if isinstance(data[1], (list, tuple)) else ""
    return f"{data[0].__name__}{keys}({', '.join(map(_skeleton, tree.children()))})"


def forward_of(side: Side, call: Arguments) -> Run:
    """Returns (leaves, hidden, arrays, cotangent key) -> outputs, leaves, hidden and no gradients."""

    def run(leaves: Leaves, hidden: Any, arrays: Any, key: Any) -> Result:
        del key
        args, kwargs = call.rebuild(arrays)
        out, after, rest = side.apply(leaves, hidden, args, kwargs)
        _require_arrays(side.name, out)
        return out, after, rest, {}

    return run


def _require_arrays(name: str, out: Any) -> None:
    for path, leaf in jax.tree_util.tree_flatten_with_path(out)[0]:
        if not isinstance(leaf, (jax.Array, np.ndarray, np.generic, bool, int, float, complex)):
            place, kind = jax.tree_util.keystr(path), type(leaf).__name__
            raise EquivalenceError(
                f"the {name} side returns a {kind} at output{place}; only arrays are compared"
            )


def with_gradients(forward: Run, call: Arguments, of: Callable[[Any, int, Any], Any]) -> Run:
    """Returns the same with gradients; `of` gives the cotangent of a float output by key, place and output."""

    def run(leaves: Leaves, hidden: Any, arrays: Any, key: Any) -> Result:
        params = {name: v for name, v in leaves.items() if name[0] == "params" and _is_float(v)}
        floats = {i: v for i, v in enumerate(arrays) if _is_float(v)}

        def outputs(params: Leaves, floats: dict[int, Any]) -> tuple[list[Any], Any]:
            inputs = [floats.get(i, v) for i, v in enumerate(arrays)]
            out, after, rest, _ = forward({**leaves, **params}, hidden, inputs, key)
            return [leaf for leaf in jax.tree.leaves(out) if _is_float(leaf)], (out, after, rest)

        values, pull, (out, after, rest) = jax.vjp(outputs, params, floats, has_aux=True)
        by_leaf, by_input = pull([of(key, i, v) for i, v in enumerate(values)])
        named = {show(name): g for name, g in by_leaf.items()}
        return out, after, rest, named | {call.array_names[i]: g for i, g in by_input.items()}

    return run


def _is_float(value: Any) -> bool:
    return bool(jnp.issubdtype(jnp.result_type(value), jnp.inexact))


def cotangent(key: jax.Array, index: int, value: Any) -> jax.Array:
    """Returns a random cotangent for an output's shape and dtype."""
    wide = jnp.complex64 if jnp.issubdtype(value.dtype, jnp.complexfloating) else jnp.float32
    return jax.random.normal(jax.random.fold_in(key, index), value.shape, wide).astype(value.dtype)


def _places(out: Any, after: Mapping[Key, Any], grads: Mapping[str, Any]) -> dict[Place, Array]:
    outputs = {jax.tree_util.keystr(path): v for path, v in jax.tree_util.tree_flatten_with_path(out)[0]}
    found = {("output", name): v for name, v in outputs.items()}
    found |= {("state", show(key)): v for key, v in after.items()}
    found |= {("gradient", name): v for name, v in grads.items()}
    return {place: as_array(v) for place, v in found.items()}


def as_array(value: Any) -> Array:
    """Returns a JAX array as NumPy; a PRNG key as its data."""
    if jnp.issubdtype(value.dtype, jax.dtypes.prng_key):
        value = jax.random.key_data(value)
    return np.asarray(value)
