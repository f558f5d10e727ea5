"""Every argument of flax.linen's layers has the same effect in ours: bit for bit, in both APIs."""

from typing import Any

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from migrate_norm.layers import linen as our_linen
from migrate_norm.layers import nnx as our_nnx

from .runs import Case, Inputs, random_variables, run_flax, run_linen, run_nnx
from .test_parity import differences

CASES: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    ("BatchNorm", {"axis": 1, "momentum": 0.5, "epsilon": 1e-2}, (4, 3, 8)),
    ("BatchNorm", {"axis": (1, -1)}, (4, 3, 8)),
    ("BatchNorm", {"axis": 0, "use_bias": False}, (4, 3, 8)),
    ("BatchNorm", {"use_scale": False}, (5, 4)),
    ("LayerNorm", {"reduction_axes": (1, 2), "feature_axes": (1, 2)}, (4, 3, 8)),
    ("LayerNorm", {"reduction_axes": (-2, -1), "feature_axes": (-1, -3)}, (4, 3, 8)),
    ("LayerNorm", {"reduction_axes": 1, "feature_axes": (2, 0, -1)}, (4, 3, 8)),
    ("LayerNorm", {"use_bias": False, "epsilon": 0.1}, (4, 8)),
    ("LayerNorm", {"use_scale": False}, (4, 8)),
    ("LayerNorm", {"use_scale": False, "use_bias": False}, (4, 8)),
    ("LayerNorm", {}, (8,)),
    ("RMSNorm", {"reduction_axes": (1, 2), "feature_axes": (-1, 1), "epsilon": 0.1}, (4, 3, 8)),
    ("RMSNorm", {"use_scale": False}, (4, 8)),
    ("GroupNorm", {"num_groups": None, "group_size": 2}, (2, 3, 3, 8)),
    ("GroupNorm", {"num_groups": 1, "epsilon": 0.1}, (2, 3, 3, 8)),
    ("GroupNorm", {"num_groups": 8, "use_bias": False}, (2, 3, 3, 8)),
    ("GroupNorm", {"num_groups": 4, "reduction_axes": (2, -1)}, (2, 3, 3, 8)),
    ("GroupNorm", {"num_groups": 4, "reduction_axes": -1}, (2, 3, 3, 8)),
    ("GroupNorm", {"num_groups": 2, "reduction_axes": (0, 1, 2, 3), "use_scale": False}, (2, 3, 3, 8)),
    ("GroupNorm", {"num_groups": 2}, (8,)),
    ("InstanceNorm", {"feature_axes": 1, "use_scale": False}, (2, 3, 4, 8)),
    ("InstanceNorm", {"feature_axes": (1, -1), "epsilon": 0.1}, (2, 3, 4, 8)),
    ("InstanceNorm", {"use_bias": False}, (2, 3, 4, 8)),
]
HALF = {"dtype": jnp.bfloat16, "param_dtype": jnp.bfloat16, "force_float32_reductions": False}
NAMES = ("BatchNorm", "LayerNorm", "RMSNorm", "GroupNorm", "InstanceNorm")
DEFAULTS: dict[str, dict[str, Any]] = {
    "BatchNorm": {"use_running_average": False},
    "GroupNorm": {"num_groups": 4},
}


def described(value: Any) -> str:
    return (
        ", ".join(f"{key}={item}" for key, item in value.items()) if isinstance(value, dict) else str(value)
    )


def check(case: Case, inputs: Inputs) -> Any:
    variables = random_variables(case, inputs)
    expected = run_flax(case, variables, inputs)
    for run in (run_linen, run_nnx):
        assert not differences(expected, run(case, variables, inputs)), run.__name__
    return expected


def inputs_for(shape: tuple[int, ...], dtype: Any = jnp.float32, mask: Any = None) -> Inputs:
    rng = np.random.default_rng(11)
    x, cotangent = rng.normal(2.0, 3.0, shape), rng.normal(size=shape)
    return Inputs(jnp.asarray(x, dtype), jnp.asarray(cotangent, jnp.float32), mask)


@pytest.mark.parametrize(("layer", "arguments", "shape"), CASES, ids=described)
def test_arguments(layer: str, arguments: dict[str, Any], shape: tuple[int, ...]) -> None:
    check(Case(layer, DEFAULTS.get(layer, {}) | arguments), inputs_for(shape))


@pytest.mark.parametrize("layer", NAMES)
@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float32])
def test_reductions_in_half_precision(layer: str, dtype: Any) -> None:
    arguments = DEFAULTS.get(layer, {}) | HALF
    if layer == "BatchNorm":
        arguments["use_running_average"] = True
    check(Case(layer, arguments), inputs_for((4, 3, 8), dtype))


@pytest.mark.parametrize("layer", NAMES)
def test_mask_that_leaves_a_row_without_anything(layer: str) -> None:
    """0 / 0, as in flax.linen: NaN in that row, and nowhere else where rows are independent."""
    mask = np.random.default_rng(1).random((4, 3, 8)) < 0.7
    mask[1] = False
    output = check(Case(layer, DEFAULTS.get(layer, {})), inputs_for((4, 3, 8), mask=jnp.asarray(mask))).output
    assert np.isnan(output[1]).all() == (layer != "BatchNorm")
    assert not np.isnan(np.delete(output, 1, axis=0)).any()


@pytest.mark.parametrize("layer", [name for name in NAMES if name != "GroupNorm"])
@pytest.mark.parametrize("shape", [(4, 3, 1), (4, 1, 1), (8,)])
def test_mask_that_broadcasts(layer: str, shape: tuple[int, ...]) -> None:
    mask = jnp.asarray(np.random.default_rng(2).random(shape) < 0.7)
    check(Case(layer, DEFAULTS.get(layer, {})), inputs_for((4, 3, 8), mask=mask))


@pytest.mark.parametrize("shape", [(4, 3, 1), (4, 1, 1), (3, 1), (8,)])
def test_group_norm_takes_masks_that_broadcast(shape: tuple[int, ...]) -> None:
    """flax.linen takes only masks with all channels: the reference is the mask written out."""
    mask = jnp.asarray(np.random.default_rng(2).random(shape) < 0.7)
    case = Case("GroupNorm", {"num_groups": 4})
    inputs = inputs_for((4, 3, 8), mask=jnp.broadcast_to(mask, (4, 3, 8)))
    variables = random_variables(case, inputs)
    expected = run_flax(case, variables, inputs)
    for run in (run_linen, run_nnx):
        actual = run(case, variables, inputs._replace(mask=mask))
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), expected, actual)


@pytest.mark.parametrize("layer", NAMES)
@pytest.mark.parametrize("dtype", [jnp.int32, jnp.complex64])
def test_inputs_that_are_not_real(layer: str, dtype: Any) -> None:
    x = jnp.asarray(
        np.random.default_rng(4).integers(-5, 9, (4, 3, 8)) * (1 + 2j if dtype == jnp.complex64 else 1)
    )
    x = x.astype(dtype)
    arguments = DEFAULTS.get(layer, {}) | ({"use_running_average": True} if layer == "BatchNorm" else {})
    module = getattr(flax.linen, layer)(**arguments)
    variables = random_variables(Case(layer, arguments), Inputs(x, x))
    expected = module.apply(variables, x)
    twin = getattr(our_nnx, layer)(8, **arguments, rngs=nnx.Rngs(0))
    nnx.update(twin, variables["params"] | variables.get("batch_stats", {}))
    for actual in (getattr(our_linen, layer)(**arguments).apply(variables, x), twin(x)):
        assert actual.dtype == expected.dtype
        np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("layer", NAMES)
@pytest.mark.parametrize("dtype", [None, jnp.bfloat16])
def test_promote_dtype_of_flax_nnx(layer: str, dtype: Any) -> None:
    """Given flax.nnx's own promotion, our NNX layers compute what flax.nnx computes."""
    arguments = DEFAULTS.get(layer, {}) | {"dtype": dtype}
    x = jnp.asarray(np.random.default_rng(5).normal(3.0, 2.0, (4, 3, 8)), jnp.bfloat16)
    theirs = getattr(nnx, layer)(8, **arguments, rngs=nnx.Rngs(0))
    ours = getattr(our_nnx, layer)(
        8, **arguments, promote_dtype=nnx.nn.dtypes.promote_dtype, rngs=nnx.Rngs(0)
    )
    random = jax.tree.map(
        lambda leaf: jnp.asarray(np.random.default_rng(6).uniform(0.5, 1.5, leaf.shape), leaf.dtype),
        nnx.to_pure_dict(nnx.state(theirs)),
    )
    nnx.update(theirs, random)
    nnx.update(ours, random)
    expected, actual = theirs(x), ours(x)
    assert actual.dtype == expected.dtype
    np.testing.assert_array_equal(actual, expected)
    assert not differences(nnx.to_pure_dict(nnx.state(theirs)), nnx.to_pure_dict(nnx.state(ours)))


@pytest.mark.parametrize("layer", NAMES)
def test_initial_values_are_those_of_flax(layer: str) -> None:
    """Same initializers, same order of keys: Linen like flax.linen, NNX like flax.nnx."""
    drawn = {"scale_init": nnx.initializers.normal(1.0)}
    if layer != "RMSNorm":
        drawn["bias_init"] = nnx.initializers.uniform(1.0)
    arguments = DEFAULTS.get(layer, {}) | drawn
    x = inputs_for((4, 3, 8)).x
    theirs, ours = (
        getattr(library, layer)(**arguments).init(jax.random.key(3), x) for library in (flax.linen, our_linen)
    )
    assert not differences(theirs, ours)
    theirs, ours = (
        nnx.to_pure_dict(nnx.state(getattr(library, layer)(8, **arguments, rngs=nnx.Rngs(3))))
        for library in (nnx, our_nnx)
    )
    assert not differences(theirs, ours)
