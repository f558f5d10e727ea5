"""What has to be PROVED: norms against our twins in every mode, rows of the catalog marked "=" against flax.nnx."""

import itertools
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.catalog.layers import LAYERS, find
from migrate_norm.catalog.mapping import VariableMapping
from migrate_norm.equivalence import InputSpec, check_equivalence
from migrate_norm.layers import nnx as ours

from ..catalog.test_layers_parity import CASES, Case, _moves

DTYPES = (None, "float32", "bfloat16", "float16")
MODES: dict[str, list[dict[str, Any]]] = {
    "BatchNorm": [{"use_running_average": True}, {"use_running_average": False}],
    "LayerNorm": [{}, {"use_fast_variance": False}, {"use_bias": False}, {"reduction_axes": (-2, -1)}],
    "RMSNorm": [{}, {"use_scale": False}],
    "GroupNorm": [{"num_groups": 3}, {"num_groups": None, "group_size": 2, "use_fast_variance": False}],
    "InstanceNorm": [{}, {"use_fast_variance": False}],
}
NAMES = {"params": "flax.nnx.Param", "batch_stats": "flax.nnx.BatchStat"}


def norm_cases() -> Iterator[Any]:
    for name, modes in MODES.items():
        for mode, dtype, param, given in itertools.product(modes, DTYPES, DTYPES[1:3], DTYPES[1:3]):
            arguments = {**mode, "dtype": dtype and jnp.dtype(dtype), "param_dtype": jnp.dtype(param)}
            shown = " ".join(f"{k}={v}" for k, v in mode.items())
            yield pytest.param(name, arguments, given, id=f"{name} {shown} {dtype} {param} {given}")


@pytest.mark.parametrize(("name", "arguments", "given"), list(norm_cases()))
def test_norms(name: str, arguments: dict[str, Any], given: str) -> None:
    x, mask = InputSpec(given, ("b", 5, 6)), InputSpec("bool", ("b", 5, 6))
    for kwargs in ({}, {"mask": mask}):
        report = check_equivalence(
            getattr(nn, name)(**arguments),
            lambda: getattr(ours, name)((4, 5, 6), **arguments, rngs=nnx.Rngs(0)),
            x,
            kwargs=kwargs,
            samples=0,
        )
        assert report.proved
        assert {"output", "state"} <= set(report.proof.results) or not report.leaves
        assert report.proof.results["gradient"] >= 1


def wrapped(name: str, dtype: Any) -> tuple[nn.Module, Any, list[VariableMapping]]:
    linen = getattr(nn, name)(nn.Dense(3), dtype=dtype)
    module = getattr(ours, name)
    kinds = {
        "WeightNorm": ("params", "scales", ("scale",)),
        "SpectralNorm": ("batch_stats", "batch_stats", ("u", "sigma")),
    }
    collection, place, leaves = kinds[name]
    mapping = [
        VariableMapping(
            collection, (f"layer_instance/kernel/{leaf}",), (place, f"kernel/{leaf}"), NAMES[collection]
        )
        for leaf in leaves
    ]
    return linen, lambda: module(nnx.Linear(6, 3, rngs=nnx.Rngs(0)), dtype=dtype, rngs=nnx.Rngs(0)), mapping


@pytest.mark.parametrize("dtype", [None, jnp.float32, jnp.bfloat16])
@pytest.mark.parametrize(
    ("name", "kwargs"),
    [("WeightNorm", {}), ("SpectralNorm", {"update_stats": True}), ("SpectralNorm", {"update_stats": False})],
)
def test_wrappers(name: str, kwargs: dict[str, Any], dtype: Any) -> None:
    linen, build, mapping = wrapped(name, dtype)
    whole, _, _ = wrapped(name, None)  # in half precision Linen's own init stores a half kernel
    shapes = jax.eval_shape(lambda: whole.init(jax.random.key(0), jnp.ones((2, 6)), **kwargs))
    report = check_equivalence(
        linen,
        build,
        InputSpec("float32", ("b", 6)),
        variables=shapes,
        kwargs=kwargs,
        mapping=mapping,
        samples=0,
    )
    assert report.proved


SAME = sorted(layer.linen for layer in LAYERS if layer.same)


def rules(name: str, case: Case) -> list[VariableMapping]:
    """Returns where the catalog says that each variable lives."""
    return [
        VariableMapping(
            m.collection, tuple(m.linen[0].split("/")), tuple(m.nnx.split("/")), NAMES[m.collection]
        )
        for m in _moves(name, case)
        if len(m.linen) == 1
    ]


@pytest.mark.parametrize(
    ("name", "case"), [pytest.param(n, c, id=f"{n}-{i}") for n in SAME for i, c in enumerate(CASES[n])]
)
def test_rows_that_say_the_same(name: str, case: Case) -> None:
    twin, arguments = find(name), dict(case.nnx)
    first = arguments.pop("fns", ())

    def build() -> nnx.Module:
        rngs = {"rngs": nnx.Rngs(0)} if twin.rngs == "required" else {}
        return getattr(nnx, twin.nnx)(*first, **arguments, **rngs)

    inputs = jax.tree.map(lambda array: jax.ShapeDtypeStruct(array.shape, array.dtype), case.inputs)
    report = check_equivalence(
        getattr(nn, name)(**case.linen),
        build,
        *inputs,
        kwargs=case.call,
        mapping=rules(name, case),
        samples=0,
    )
    assert report.proved


@pytest.mark.parametrize("padding", ["SAME", "VALID", "CIRCULAR", "REFLECT", 1, ((1, 0), (0, 2))], ids=str)
def test_paddings(padding: Any) -> None:
    options = {"padding": padding, "strides": 2, "kernel_dilation": 1}
    report = check_equivalence(
        nn.Conv(4, (3, 3), **options),
        lambda: nnx.Conv(6, 4, (3, 3), **options, rngs=nnx.Rngs(0)),
        InputSpec("float32", ("b", 7, 8, 6)),
        samples=0,
    )
    assert report.proved


def test_causal_convolution() -> None:
    report = check_equivalence(
        nn.Conv(4, (3,), padding="CAUSAL"),
        lambda: nnx.Conv(6, 4, (3,), padding="CAUSAL", rngs=nnx.Rngs(0)),
        InputSpec("float32", ("b", "t", 6)),
        samples=0,
    )
    assert report.proved


def test_dropout_that_is_on() -> None:
    report = check_equivalence(
        nn.Dropout(0.5, broadcast_dims=(0,)),
        lambda: nnx.Dropout(0.5, broadcast_dims=(0,), rngs=nnx.Rngs(0)),
        InputSpec("float32", ("b", 6)),
        kwargs={"deterministic": False},
        samples=0,
    )
    assert (report.proved, report.proof.draws) == (True, 1)
