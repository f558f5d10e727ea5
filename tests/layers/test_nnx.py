"""The NNX side: sizes, modes, views, metadata, transformations, and what is refused."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen, nnx
from migrate_norm.layers import linen as our_linen
from migrate_norm.layers import nnx as our_nnx

X = np.random.default_rng(0).normal(1.0, 2.0, (4, 3, 8)).astype(np.float32)

EVAL_WITHOUT_PARAMETERS = {"use_running_average": True, "use_scale": False, "use_bias": False}


@pytest.fixture(params=[True, False], ids=["graph mode", "tree mode"], autouse=True)
def graph_mode(request: pytest.FixtureRequest) -> Iterator[None]:
    with nnx.set_graph_mode(request.param), nnx.set_graph_updates(request.param):
        yield


def make(layer: str, size: Any = 8, **arguments: Any) -> Any:
    arguments = ({"num_groups": 4} if layer == "GroupNorm" else {}) | arguments
    return getattr(our_nnx, layer)(size, **arguments, rngs=nnx.Rngs(0))


@pytest.mark.parametrize(
    ("arguments", "size", "shape"),
    [
        ({}, 8, (8,)),
        ({}, np.int64(8), (8,)),
        ({"feature_axes": (-1,)}, 8, (8,)),
        ({}, (4, 3, 8), (8,)),
        ({}, [3, 8], (8,)),
        ({"feature_axes": (-2, -1)}, (3, 8), (3, 8)),
        ({"feature_axes": (-1, -2)}, (4, 3, 8), (3, 8)),
        ({"feature_axes": (0, 2)}, (4, 3, 8), (4, 8)),
        ({"feature_axes": (2, -1)}, (4, 3, 8), (8,)),
    ],
)
def test_sizes(arguments: dict[str, Any], size: Any, shape: tuple[int, ...]) -> None:
    layer = make("LayerNorm", size, **arguments)
    assert layer.scale.shape == layer.bias.shape == shape
    assert layer(X).shape == X.shape


@pytest.mark.parametrize(
    ("layer", "arguments", "size", "message"),
    [
        ("LayerNorm", {"feature_axes": (-2, -1)}, 8, "give the trailing dimensions of the input as a tuple"),
        ("LayerNorm", {"feature_axes": (-3, -1)}, (3, 8), r"\(3, 8\) does not reach feature_axes=\(-3, -1\)"),
        ("BatchNorm", {"axis": 1}, (8,), r"does not reach feature_axes=1: axis 1 is out of range for 1 dim"),
        ("GroupNorm", {"num_groups": 3}, 8, "num_groups=3 does not divide the 8 channels"),
        ("GroupNorm", {"num_groups": 0}, 8, "num_groups=0 does not divide"),
        (
            "GroupNorm",
            {"num_groups": None, "group_size": 5},
            8,
            "group_size=5 does not divide the 8",
        ),
        ("GroupNorm", {"group_size": 4}, 8, "either num_groups or group_size"),
        ("GroupNorm", {"num_groups": None}, 8, "either num_groups or group_size"),
    ],
)
def test_refused_when_constructed(layer: str, arguments: dict[str, Any], size: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(layer, size, **arguments)


@pytest.mark.parametrize(
    ("layer", "arguments", "size", "message"),
    [
        (
            "LayerNorm",
            {},
            3,
            r"scale has shape \(3,\), but .* shape \(4, 3, 8\) needs \(8,\)",
        ),
        ("LayerNorm", {"use_scale": False}, 3, r"bias has shape \(3,\)"),
        ("BatchNorm", EVAL_WITHOUT_PARAMETERS, 1, r"variance has shape \(1,\), but .* needs \(8,\)"),
        ("LayerNorm", {"reduction_axes": 3}, 8, "axis 3 is out of range for 3 dimensions"),
        ("LayerNorm", {"dtype": jnp.int32}, 8, "dtype must be a floating point type, got int32"),
        ("BatchNorm", {}, 8, "use_running_average is given neither to the constructor nor to the call"),
        ("InstanceNorm", {"feature_axes": (0, -1)}, (4, 3, 8), "include the leading axis"),
        ("GroupNorm", {"reduction_axes": (0, 1)}, 8, r"reduction_axes=\(0, 1\) must include the last axis"),
    ],
)
def test_refused_when_called(layer: str, arguments: dict[str, Any], size: Any, message: str) -> None:
    module = make(layer, size, **arguments)
    with pytest.raises(ValueError, match=message):
        module(X)


def test_a_mean_that_the_running_statistics_cannot_hold_is_refused() -> None:
    message = "float32 cannot hold the complex64 mean"
    with pytest.raises(ValueError, match=message):
        make("BatchNorm")(X + 1j, use_running_average=False)
    module = our_linen.BatchNorm(use_running_average=False)
    variables = module.init(jax.random.key(0), X)
    with pytest.raises(ValueError, match=message):
        module.apply(variables, X + 1j, mutable=["batch_stats"])


def test_modes() -> None:
    layer = make("BatchNorm")
    trained = layer(X, use_running_average=False)
    averaged = layer(X, use_running_average=True)
    assert not np.allclose(trained, averaged)
    mean = layer.mean[...]
    layer.eval()
    np.testing.assert_array_equal(layer(X), averaged)
    np.testing.assert_array_equal(nnx.view(layer, use_running_average=True)(X), averaged)
    np.testing.assert_array_equal(layer.mean[...], mean)
    np.testing.assert_array_equal(nnx.view(layer, use_running_average=False)(X), trained)
    assert not np.array_equal(layer.mean[...], mean), "a view shares the statistics"
    layer.train()
    np.testing.assert_array_equal(layer(X), trained)
    np.testing.assert_array_equal(layer(X, use_running_average=True), layer.eval() or layer(X))


@pytest.mark.parametrize("layer", ["BatchNorm", "LayerNorm", "RMSNorm", "GroupNorm", "InstanceNorm"])
def test_no_parameters_at_all(layer: str) -> None:
    arguments = {"use_scale": False} | ({} if layer == "RMSNorm" else {"use_bias": False})
    arguments |= {"use_running_average": False} if layer == "BatchNorm" else {}
    module = make(layer, **arguments)
    assert not nnx.to_pure_dict(nnx.state(module, nnx.Param))
    assert np.abs(np.mean(module(X)) - (np.mean(X) / 2.2 if layer == "RMSNorm" else 0)) < 0.1


def test_training_statistics_stay_in_the_state_under_transformations() -> None:
    layer = make("BatchNorm", use_running_average=False)
    graphdef, params, stats = nnx.split(layer, nnx.Param, nnx.BatchStat)

    @jax.jit
    def step(params: Any, stats: Any) -> tuple[Any, Any]:
        def loss(params: Any) -> tuple[jax.Array, Any]:
            merged = nnx.merge(graphdef, params, stats, copy=True)
            return jnp.sum(merged(X) ** 3), nnx.state(merged, nnx.BatchStat)

        return jax.grad(loss, has_aux=True)(params)

    grads, updated = step(params, stats)
    layer(X)
    np.testing.assert_allclose(updated["mean"][...], layer.mean[...], rtol=1e-5)
    assert all(np.abs(grad).max() > 0 for grad in jax.tree.leaves(grads))


def test_jit_and_split_with_every_argument_hashable() -> None:
    layer = make("BatchNorm", (4, 3, 8), axis=(1, 2), axis_index_groups=((0, 1), (2, 3)))
    graphdef, _ = nnx.split(layer)
    hash(graphdef)


def test_partitioning_metadata() -> None:
    mesh_axis = "model"
    mesh = jax.make_mesh((1,), (mesh_axis,), axis_types=(jax.sharding.AxisType.Auto,))
    with jax.set_mesh(mesh):
        layer = make(
            "LayerNorm",
            scale_init=nnx.with_partitioning(nnx.initializers.ones, (mesh_axis,)),
            bias_init=nnx.with_metadata(nnx.initializers.zeros, note="kept"),
        )
        spec = nnx.get_partition_spec(nnx.state(layer))["scale"].get_value()
        assert spec == jax.sharding.PartitionSpec(mesh_axis)
        output = layer(X)
    assert layer.bias.note == "kept"
    module = our_linen.LayerNorm(scale_init=linen.with_partitioning(linen.initializers.ones, (mesh_axis,)))
    variables = module.init(jax.random.key(0), X)
    assert linen.get_partition_spec(variables)["params"]["scale"] == jax.sharding.PartitionSpec(mesh_axis)
    np.testing.assert_array_equal(module.apply(variables, X), output)
