"""Our layers give what flax.linen gives, bit for bit, over all dtypes: outputs, statistics, gradients.

Operation by operation for the whole product, compiled for pairs of dtypes; PARITY=whole compiles all of it.
"""

import itertools
import os
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from .runs import Case, Inputs, Ran, random_variables, run_flax, run_linen, run_nnx, run_nnx_module

SHAPE = (4, 3, 8)
DTYPES = (jnp.float32, jnp.bfloat16, jnp.float16)
PRODUCT = list(itertools.product(DTYPES, (None, *DTYPES), DTYPES))
# Each pair of (dtype of x, dtype) once; the dtypes of the parameters take turns.
PAIRS = [
    (x, dtype, DTYPES[(i + j) % 3]) for i, x in enumerate(DTYPES) for j, dtype in enumerate((None, *DTYPES))
]
LAYERS = {
    "BatchNorm/train": {"use_running_average": False},
    "BatchNorm/eval": {"use_running_average": True},
    "LayerNorm": {},
    "RMSNorm": {},
    "GroupNorm": {"num_groups": 4},
    "InstanceNorm": {},
}
RNG = np.random.default_rng(7)
X, COTANGENT = RNG.normal(3.0, 2.0, SHAPE), RNG.normal(0.0, 1.0, SHAPE)
MASK = RNG.random(SHAPE) < 0.8
# Linen takes masks of any dtype.
VARIANTS = {
    "fast": (True, None),
    "fast, mask": (True, MASK),
    "two-pass": (False, None),
    "two-pass, mask": (False, MASK),
    "fast, float mask": (True, MASK * np.float32(0.5)),
}
WHOLE = os.environ.get("PARITY") == "whole"
COMPILED = dict.fromkeys(VARIANTS, PRODUCT) if WHOLE else {"fast": PAIRS[::2], "two-pass, mask": PAIRS[1::2]}

Batch = dict[str, tuple[Case, Inputs]]


def dtype_cases(layer: str, variant: str, dtypes: list[tuple[Any, Any, Any]]) -> Batch:
    fast, mask = VARIANTS[variant]
    batch = {}
    for x_dtype, dtype, param_dtype in dtypes:
        arguments = {"dtype": dtype, "param_dtype": param_dtype, "use_fast_variance": fast} | LAYERS[layer]
        inputs = Inputs(
            jnp.asarray(X, x_dtype), jnp.asarray(COTANGENT), None if mask is None else jnp.asarray(mask)
        )
        name = f"x {x_dtype.__name__}, dtype {dtype and dtype.__name__}, param_dtype {param_dtype.__name__}"
        batch[name] = (Case(layer.partition("/")[0], arguments), inputs)
    return batch


def run_batch(run: Callable[..., Ran], batch: Batch, compiled: bool) -> dict[str, Ran]:
    """All cases in one compilation. Variables and inputs are arguments: nothing is folded into constants."""
    arrays = {name: (random_variables(*case), case[1]) for name, case in batch.items()}

    def every(arrays: Any) -> dict[str, Ran]:
        return {name: run(case, *arrays[name]) for name, (case, _) in batch.items()}

    return (jax.jit(every) if compiled else every)(arrays)


def differences(expected: Any, actual: Any) -> list[str]:
    """The paths of the leaves that are not equal in dtype and in every bit."""
    pairs = zip(jax.tree_util.tree_leaves_with_path(expected), jax.tree.leaves(actual), strict=True)
    return [
        jax.tree_util.keystr(path)
        for (path, a), b in pairs
        if a.dtype != b.dtype or not np.array_equal(a, b, equal_nan=True)
    ]


def assert_equal(batch: Batch, compiled: bool) -> None:
    expected = run_batch(run_flax, batch, compiled)
    assert len(expected) == len(batch)
    for run in (run_linen, run_nnx):
        actual = run_batch(run, batch, compiled)
        found = {name: differences(expected[name], actual[name]) for name in batch}
        assert not any(found.values()), f"{run.__name__} differs from flax.linen: {found}"


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("layer", LAYERS)
def test_equal_operation_by_operation(layer: str, variant: str) -> None:
    dtypes = PAIRS if variant == "fast, float mask" and not WHOLE else PRODUCT
    assert_equal(dtype_cases(layer, variant, dtypes), compiled=False)


@pytest.mark.parametrize("variant", COMPILED)
@pytest.mark.parametrize("layer", LAYERS)
def test_equal_when_compiled(layer: str, variant: str) -> None:
    assert_equal(dtype_cases(layer, variant, COMPILED[variant]), compiled=True)


def test_flax_nnx_itself_is_not_equal() -> None:
    """Why the twins exist, and that the comparison notices: flax.nnx casts before the statistics."""
    batch = dtype_cases("LayerNorm", "fast", [(jnp.float32, jnp.bfloat16, jnp.float32)])

    def run_flax_nnx(case: Case, variables: Any, inputs: Inputs) -> Ran:
        module = nnx.LayerNorm(SHAPE[-1], **case.arguments, rngs=nnx.Rngs(0))
        return run_nnx_module(module, variables, inputs)

    (expected,), (actual,) = (run_batch(run, batch, True).values() for run in (run_flax, run_flax_nnx))
    assert ".output" in differences(expected, actual)
