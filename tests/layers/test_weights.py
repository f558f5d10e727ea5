"""SpectralNorm and WeightNorm against flax.linen on the same random variables, and what they leave alone."""

from collections.abc import Callable
from functools import partial
from typing import Any

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from migrate_norm.layers import linen as our_linen
from migrate_norm.layers import nnx as our_nnx

from .runs import random_like, signature

X = np.random.default_rng(3).normal(1.0, 2.0, (2, 6, 6, 4)).astype(np.float32)
DTYPES = [(None, jnp.bfloat16), (jnp.bfloat16, jnp.float16), (jnp.float16, jnp.float32)]

# Wrapped layers as pairs of Linen and NNX: a matrix, and a kernel with four dimensions.
WRAPPED: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "dense": (lambda: flax.linen.Dense(5), lambda: nnx.Linear(4, 5, rngs=nnx.Rngs(0))),
    "conv": (
        lambda: flax.linen.Conv(5, (3, 3)),
        lambda: nnx.Conv(4, 5, (3, 3), rngs=nnx.Rngs(0)),
    ),
}
WEIGHT_ARGUMENTS: list[dict[str, Any]] = [
    {},
    {"use_scale": False},
    {"feature_axes": None, "epsilon": 1e-3},
    {"feature_axes": (-2, -1)},
    *({"dtype": dtype, "param_dtype": param_dtype} for dtype, param_dtype in DTYPES),
]
SPECTRAL_ARGUMENTS: list[dict[str, Any]] = [
    {},
    {"n_steps": 3, "epsilon": 1e-3},
    {"n_steps": 0},
    {"collection_name": "spectral"},
    *({"dtype": dtype, "param_dtype": param_dtype} for dtype, param_dtype in DTYPES),
]


def names(arguments: dict[str, Any]) -> str:
    return (
        ", ".join(f"{key}={getattr(value, '__name__', value)}" for key, value in arguments.items())
        or "defaults"
    )


def same_variables(flax_module: Any, module: Any, **call: Any) -> Any:
    """The abstract variables of both. Dtypes may differ: flax.linen stores the normalized weights."""
    theirs, ours = (
        jax.eval_shape(partial(m.init, **call), jax.random.key(0), X) for m in (flax_module, module)
    )
    assert jax.tree.map(jnp.shape, theirs) == jax.tree.map(jnp.shape, ours)
    return ours


def linen_run(module: Any, variables: Any, compiled: bool, **call: Any) -> tuple[Any, Any]:
    """Output and updated collections; gradients of parameters and input."""
    rest = {name: value for name, value in variables.items() if name != "params"}

    def loss(params: Any, x: jax.Array) -> tuple[jax.Array, Any]:
        y, updates = module.apply({"params": params, **rest}, x, **call, mutable=list(rest))
        return jnp.sum(jnp.sin(y.astype(jnp.float32))), (y, updates)

    gradients = jax.value_and_grad(loss, (0, 1), has_aux=True)
    (_, aux), grads = (jax.jit(gradients) if compiled else gradients)(variables["params"], X)
    return aux, grads


def nnx_run(module: Any, compiled: bool, **call: Any) -> tuple[Any, Any]:
    graphdef, params, rest = nnx.split(module, nnx.Param, ...)

    def loss(params: Any, x: jax.Array, rest: Any) -> tuple[jax.Array, Any]:
        merged = nnx.merge(graphdef, params, rest, copy=True)
        y = merged(x, **call)
        return jnp.sum(jnp.sin(y.astype(jnp.float32))), (
            y,
            nnx.to_pure_dict(nnx.state(merged, nnx.Not(nnx.Param))),
        )

    gradients = jax.value_and_grad(loss, (0, 1), has_aux=True)
    (_, aux), (grads, grad_x) = (jax.jit(gradients) if compiled else gradients)(params, X, rest)
    return aux, (nnx.to_pure_dict(grads), grad_x)


def assert_same(expected: Any, actual: Any) -> None:
    assert signature(expected) == signature(actual)
    jax.tree.map(np.testing.assert_array_equal, expected, actual)


def as_nnx(collection: dict[str, Any], container: str) -> dict[str, Any]:
    """Linen's variables of a wrapper at the top, such as `layer_instance/kernel/u`, as NNX has them."""
    prefix = "layer_instance/"
    own = {name.removeprefix(prefix): value for name, value in collection.items() if name.startswith(prefix)}
    rest = {name: value for name, value in collection.items() if not name.startswith(prefix)}
    return rest | ({container: own} if own else {})


def transplant(module: Any, variables: dict[str, Any]) -> None:
    params = as_nnx(variables["params"], "scales")
    (stats,) = [as_nnx(value, "batch_stats") for name, value in variables.items() if name != "params"] or [{}]
    assert signature(nnx.to_pure_dict(nnx.state(module))) == signature(params | stats)
    nnx.update(module, params | stats)


@pytest.mark.parametrize("arguments", WEIGHT_ARGUMENTS, ids=names)
@pytest.mark.parametrize("wrapped", WRAPPED)
def test_weight_norm_equals_flax_linen(wrapped: str, arguments: dict[str, Any]) -> None:
    make_linen, make_nnx = WRAPPED[wrapped]
    compiled = arguments in ({}, {"dtype": jnp.bfloat16, "param_dtype": jnp.float16})  # else op by op
    flax_module = flax.linen.WeightNorm(make_linen(), **arguments)
    module = our_linen.WeightNorm(make_linen(), **arguments)
    variables = random_like(same_variables(flax_module, module))
    twin = our_nnx.WeightNorm(make_nnx(), **arguments, rngs=nnx.Rngs(0))
    transplant(twin, variables)

    (y, _), (grads, grad_x) = expected = linen_run(flax_module, variables, compiled)
    assert_same(expected, linen_run(module, variables, compiled))
    assert_same((y, as_nnx(grads, "scales"), grad_x), ((ran := nnx_run(twin, compiled))[0][0], *ran[1]))


@pytest.mark.parametrize(
    ("arguments", "update_stats"),
    [({}, False), *((arguments, True) for arguments in SPECTRAL_ARGUMENTS)],
    ids=lambda value: names(value) if isinstance(value, dict) else str(value),
)
@pytest.mark.parametrize("wrapped", WRAPPED)
def test_spectral_norm_equals_flax_linen(wrapped: str, arguments: dict[str, Any], update_stats: bool) -> None:
    make_linen, make_nnx = WRAPPED[wrapped]
    compiled = arguments in ({}, {"dtype": jnp.bfloat16, "param_dtype": jnp.float16})  # else op by op
    flax_module = flax.linen.SpectralNorm(make_linen(), **arguments)
    module = our_linen.SpectralNorm(make_linen(), **arguments)
    variables = random_like(same_variables(flax_module, module, update_stats=False))
    twin = our_nnx.SpectralNorm(make_nnx(), **arguments, rngs=nnx.Rngs(0))
    transplant(twin, variables)

    (y, updates), (grads, grad_x) = expected = linen_run(
        flax_module, variables, compiled, update_stats=update_stats
    )
    assert_same(expected, linen_run(module, variables, compiled, update_stats=update_stats))
    (_, actual_stats), _ = ran = nnx_run(twin, compiled, update_stats=update_stats)
    assert_same((y, as_nnx(grads, "scales"), grad_x), (ran[0][0], *ran[1]))
    (stats,) = [as_nnx(value, "batch_stats") for value in updates.values()] or [{}]
    assert_same(stats, actual_stats)


class Inner(flax.linen.Module):
    @flax.linen.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return flax.linen.Dense(4)(flax.linen.Dense(3)(x))


class Outer(flax.linen.Module):
    library: Any

    @flax.linen.compact
    def __call__(self, x: jax.Array, update_stats: bool) -> jax.Array:
        x = self.library.WeightNorm(flax.linen.Dense(4), variable_filter=None)(x)
        x = self.library.SpectralNorm(Inner())(x, update_stats=update_stats)
        x = self.library.WeightNorm(Inner(), variable_filter={"Dense_1"})(x)
        return self.library.WeightNorm(flax.linen.Dense(4), variable_filter={"nothing"})(x)


def test_names_within_a_model_are_those_of_flax_linen() -> None:
    theirs, ours = Outer(flax.linen), Outer(our_linen)
    variables = random_like(same_variables(theirs, ours, update_stats=True))
    assert "Inner_1/Dense_1/bias/scale" in variables["params"]["WeightNorm_1"]
    expected, actual = (linen_run(model, variables, True, update_stats=True) for model in (theirs, ours))
    assert_same(expected, actual)


def test_boxed_parameters() -> None:
    """Names under a box are those of flax.linen's WeightNorm; its SpectralNorm cannot take boxes."""
    kernel_init = flax.linen.with_partitioning(flax.linen.initializers.normal(), ("in", "out"))
    for name, call in (("WeightNorm", {}), ("SpectralNorm", {"update_stats": True})):
        module = getattr(our_linen, name)(flax.linen.Dense(5, kernel_init=kernel_init))
        boxed = module.init(jax.random.key(0), X, **call)
        assert isinstance(boxed["params"]["layer_instance"]["kernel"], flax.linen.Partitioned)
        plain = getattr(our_linen, name)(flax.linen.Dense(5))
        renamed = jax.tree.unflatten(
            jax.tree.structure(plain.init(jax.random.key(0), X, **call)), jax.tree.leaves(boxed)
        )
        expected, actual = (
            m.apply(v, X, **call, mutable=["batch_stats"])[0] for m, v in ((plain, renamed), (module, boxed))
        )
        np.testing.assert_array_equal(expected, actual)
    weight_norm = flax.linen.WeightNorm(flax.linen.Dense(5, kernel_init=kernel_init))
    same_variables(weight_norm, our_linen.WeightNorm(flax.linen.Dense(5, kernel_init=kernel_init)))
