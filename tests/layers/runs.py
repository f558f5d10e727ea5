"""One layer run three ways on the same random variables: flax.linen, our Linen layer, our NNX layer."""

from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen
import jax
import jax.numpy as jnp
import migrate_norm.layers.linen
import migrate_norm.layers.nnx
import numpy as np
from flax import nnx

Variables = dict[str, dict[str, jax.Array]]
Forward = Callable[[Any, jax.Array], tuple[jax.Array, Any]]


class Case(NamedTuple):
    """A layer, by its name, with its arguments."""

    layer: str
    arguments: dict[str, Any]


class Inputs(NamedTuple):
    """The arrays of one call, and the cotangent that gradients are taken with."""

    x: jax.Array
    cotangent: jax.Array
    mask: jax.Array | None = None


class Ran(NamedTuple):
    """What a call gives; the gradients are those of the parameters and of the input."""

    output: jax.Array
    stats: Any
    grads: Any


def random_like(shapes: Any, seed: int = 1) -> Any:
    """Values in [0.5, 1.5): no leaf is left at zeros or ones, and variances are positive."""
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda leaf: jnp.asarray(rng.uniform(0.5, 1.5, leaf.shape), leaf.dtype), shapes)


def linen_variables(module: flax.linen.Module, inputs: Inputs) -> Any:
    """The abstract variables of a Linen module."""
    return jax.eval_shape(lambda: module.init(jax.random.key(0), inputs.x))


def random_variables(case: Case, inputs: Inputs) -> Any:
    """Values for the variables that flax.linen's layer has."""
    return random_like(linen_variables(getattr(flax.linen, case.layer)(**case.arguments), inputs))


def run_flax(case: Case, variables: Variables, inputs: Inputs) -> Ran:
    return _run_linen(getattr(flax.linen, case.layer)(**case.arguments), variables, inputs)


def run_linen(case: Case, variables: Variables, inputs: Inputs) -> Ran:
    return _run_linen(getattr(migrate_norm.layers.linen, case.layer)(**case.arguments), variables, inputs)


def run_nnx(case: Case, variables: Variables, inputs: Inputs) -> Ran:
    layer = getattr(migrate_norm.layers.nnx, case.layer)
    return run_nnx_module(layer(inputs.x.shape, **case.arguments, rngs=nnx.Rngs(0)), variables, inputs)


def run_nnx_module(module: nnx.Module, variables: Variables, inputs: Inputs) -> Ran:
    """The module gets the values of `variables`; ValueError where it has other names, shapes or dtypes."""
    graphdef, state = nnx.split(module)

    def forward(params: Any, x: jax.Array) -> tuple[jax.Array, Any]:
        merged = nnx.merge(graphdef, state, copy=True)
        fill(merged, {**variables, "params": params})
        output = merged(x, mask=inputs.mask)
        return output, nnx.to_pure_dict(nnx.state(merged, nnx.BatchStat))

    return _with_gradients(forward, variables, inputs)


def fill(module: nnx.Module, variables: Variables) -> None:
    """Sets every variable of a layer; ValueError where names, types, shapes or dtypes are not its own."""
    for kind, collection in ((nnx.Param, "params"), (nnx.BatchStat, "batch_stats")):
        values = variables.get(collection, {})
        own = nnx.to_pure_dict(nnx.state(module, kind))
        if signature(own) != signature(values):
            raise ValueError(f"{collection} are {signature(own)}, not {signature(values)}")
        for name, value in values.items():
            getattr(module, name).set_value(value)


def signature(tree: Any) -> Any:
    return jax.tree.map(lambda leaf: (leaf.shape, str(leaf.dtype)), tree)


def _run_linen(module: flax.linen.Module, variables: Variables, inputs: Inputs) -> Ran:
    rest = {name: value for name, value in variables.items() if name != "params"}

    def forward(params: Any, x: jax.Array) -> tuple[jax.Array, Any]:
        output, updates = module.apply(
            {"params": params, **rest}, x, mask=inputs.mask, mutable=["batch_stats"]
        )
        return output, updates.get("batch_stats", {})

    return _with_gradients(forward, variables, inputs)


def _with_gradients(forward: Forward, variables: Variables, inputs: Inputs) -> Ran:
    output, pull, stats = jax.vjp(forward, variables.get("params", {}), inputs.x, has_aux=True)
    return Ran(output, stats, pull(inputs.cotangent.astype(output.dtype)))
