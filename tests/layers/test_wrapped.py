"""What the wrappers leave alone, what they move on, and what they are told."""

from collections.abc import Iterator
from typing import Any

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from migrate_norm.layers import linen as our_linen
from migrate_norm.layers import nnx as our_nnx

X = np.random.default_rng(3).normal(1.0, 2.0, (6, 4)).astype(np.float32)
WRAPPERS = ("WeightNorm", "SpectralNorm")


@pytest.fixture(params=[True, False], ids=["graph mode", "tree mode"], autouse=True)
def graph_mode(request: pytest.FixtureRequest) -> Iterator[None]:
    with nnx.set_graph_mode(request.param), nnx.set_graph_updates(request.param):
        yield


class Block(nnx.Module):
    """State of each kind below a wrapper: parameters, statistics, a random stream."""

    def __init__(self, rngs: nnx.Rngs):
        self.linear = nnx.Linear(4, 5, rngs=rngs)
        self.norm = nnx.BatchNorm(5, rngs=rngs)
        self.dropout = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.dropout(self.norm(self.linear(x)))


def wrapped(name: str, **arguments: Any) -> Any:
    layer = nnx.Linear(4, 5, rngs=nnx.Rngs(0))
    return getattr(our_nnx, name)(layer, **arguments, rngs=nnx.Rngs(1))


def values(module: Any, kind: Any) -> Any:
    return jax.tree.map(np.asarray, nnx.to_pure_dict(nnx.state(module, kind)))


@pytest.mark.parametrize("name", WRAPPERS)
def test_stored_parameters_stay_as_they_are(name: str) -> None:
    module = wrapped(name)
    before = values(module, nnx.Param)
    module.eval()
    y = nnx.jit(lambda module, x: module(x))(module, X)
    np.testing.assert_allclose(module(X), y, rtol=1e-5, atol=1e-6)
    jax.tree.map(np.testing.assert_array_equal, before, values(module, nnx.Param))
    kernel = before["layer_instance"]["kernel"]
    assert not np.allclose(y, X @ kernel), "the wrapper normalized nothing"


@pytest.mark.parametrize("name", WRAPPERS)
def test_callable_from_inside_a_transformation(name: str) -> None:
    """Reading only: a module of an outer trace may be called, for it is not written to."""
    module = wrapped(name)
    module.eval()
    np.testing.assert_allclose(jax.jit(lambda x: module(x))(X), module(X), rtol=1e-6)
    assert np.abs(jax.grad(lambda x: module(x).sum())(X)).min() > 0


def test_all_scales_are_trained() -> None:
    module = wrapped("WeightNorm")
    graphdef, params, rest = nnx.split(module, nnx.Param, ...)
    grads = jax.grad(lambda params: jnp.sum(nnx.merge(graphdef, params, rest)(X) ** 2))(params)
    assert np.abs(nnx.to_pure_dict(grads)["scales"]["kernel/scale"]).min() > 0


@pytest.mark.parametrize("name", WRAPPERS)
def test_statistics_and_random_streams_below_move_on(name: str) -> None:
    module = getattr(our_nnx, name)(Block(nnx.Rngs(0, dropout=1)), rngs=nnx.Rngs(1))
    mean, count = module.layer_instance.norm.mean[...], values(module, nnx.RngCount)
    first, second = module(X), module(X)
    assert not np.array_equal(mean, module.layer_instance.norm.mean[...])
    assert not np.array_equal(first == 0, second == 0), "the same units were dropped twice"
    assert count != values(module, nnx.RngCount)


@pytest.mark.parametrize(
    ("mode", "call", "moves"),
    [
        ({}, {}, True),
        ({"use_running_average": True}, {}, False),
        ({"use_running_average": False}, {"update_stats": False}, False),
        ({"use_running_average": True}, {"update_stats": True}, True),
    ],
)
def test_spectral_norm_updates_by_mode_and_call(mode: Any, call: Any, moves: bool) -> None:
    module = wrapped("SpectralNorm")
    by_view, by_switch = nnx.view(module, **mode), wrapped("SpectralNorm")
    if mode:
        by_switch.eval() if mode["use_running_average"] else by_switch.train()
    for switched in (by_view, by_switch):
        before = switched.batch_stats["kernel/u"][...]
        switched(X, **call)
        assert (not np.array_equal(before, switched.batch_stats["kernel/u"][...])) == moves


def test_spectral_norm_reaches_the_singular_value() -> None:
    module = wrapped("SpectralNorm", n_steps=50)
    module(X)
    largest = np.linalg.svd(np.asarray(module.layer_instance.kernel[...], np.float64), compute_uv=False)[0]
    np.testing.assert_allclose(module.batch_stats["kernel/sigma"][...], largest, rtol=1e-5)


@pytest.mark.parametrize(
    ("variable_filter", "expected"),
    [
        ({"kernel"}, {"linear/kernel"}),
        (["norm"], {"norm/scale", "norm/bias"}),
        (None, {"linear/kernel", "linear/bias", "norm/scale", "norm/bias"}),
        (nnx.PathContains("bias"), {"linear/bias", "norm/bias"}),
        (nnx.Any(nnx.PathContains("scale"), nnx.PathContains("kernel")), {"linear/kernel", "norm/scale"}),
    ],
)
def test_variable_filter(variable_filter: Any, expected: set[str]) -> None:
    module = our_nnx.WeightNorm(Block(nnx.Rngs(0)), variable_filter=variable_filter, rngs=nnx.Rngs(1))
    assert set(values(module, nnx.Param)["scales"]) == {f"{path}/scale" for path in expected}


def test_a_bare_string_is_not_a_filter() -> None:
    with pytest.raises(ValueError, match=r"write \{'kernel'\} instead of 'kernel'"):
        wrapped("WeightNorm", variable_filter="kernel")
    with pytest.raises(ValueError, match=r"write \{'kernel'\} instead of 'kernel'"):
        our_linen.WeightNorm(flax.linen.Dense(5), variable_filter="kernel").init(jax.random.key(0), X)


def test_more_than_two_dimensions_can_be_refused() -> None:
    image = np.ones((1, 6, 6, 4), np.float32)
    linen = our_linen.SpectralNorm(flax.linen.Conv(5, (3, 3)), error_on_non_matrix=True)
    with pytest.raises(ValueError, match=r"shape \(3, 3, 4, 5\) is not a matrix"):
        linen.init(jax.random.key(0), image, update_stats=True)
    with pytest.raises(ValueError, match=r"shape \(3, 3, 4, 5\) is not a matrix"):
        our_nnx.SpectralNorm(
            nnx.Conv(4, 5, (3, 3), rngs=nnx.Rngs(0)), error_on_non_matrix=True, rngs=nnx.Rngs(0)
        )


@pytest.mark.parametrize(("name", "call"), [("WeightNorm", {}), ("SpectralNorm", {"update_stats": True})])
def test_linen_init_and_mutable_params_keep_the_kernel(name: str, call: dict[str, Any]) -> None:
    """flax.linen stores the normalized kernel in both cases (flax#5576, flax#5577 are the same in NNX)."""
    init = flax.linen.initializers.constant(3.0)
    module = getattr(our_linen, name)(flax.linen.Dense(5, kernel_init=init))
    variables = module.init(jax.random.key(0), X, **call)
    _, updated = module.apply(variables, X, **call, mutable=True)
    for collections in (variables, updated):
        np.testing.assert_array_equal(collections["params"]["layer_instance"]["kernel"], 3.0)
