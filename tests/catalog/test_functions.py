"""The tables of names against the installed flax: a release that moves a name turns a row red."""

import inspect
import re
from functools import reduce
from types import ModuleType, SimpleNamespace
from typing import Any

import flax
import flax.core.spmd
import flax.linen as nn
import jax
import numpy as np
import pytest
from flax import nnx
from migrate_norm.catalog import functions
from migrate_norm.catalog.layers import LAYERS
from migrate_norm.catalog.public import public_names

NAMESPACE = SimpleNamespace(nnx=nnx, jax=jax, flax=flax)
FACTORIES = ["initializers.ones_init", "initializers.zeros_init"]
MASKS = [
    ("make_attention_mask", (np.arange(6).reshape(2, 3), np.arange(8).reshape(2, 4))),
    ("make_causal_mask", (np.ones((2, 5)),)),
    ("combine_masks", (np.eye(4), None, np.arange(16).reshape(4, 4) % 3)),
]


def _get(root: Any, name: str) -> Any:
    return reduce(getattr, name.split("."), root)


@pytest.mark.parametrize("name", sorted(functions.SAME_OBJECT))
def test_same_object(name: str) -> None:
    assert _get(nn, name) is _get(nnx, name)


@pytest.mark.parametrize("name", FACTORIES)
def test_factories_return_the_same_object(name: str) -> None:
    assert _get(nn, name)() is _get(nnx, name)()


@pytest.mark.parametrize(("name", "arguments"), MASKS)
def test_masks_are_equal(name: str, arguments: tuple[Any, ...]) -> None:
    ours, theirs = _get(nn, name), _get(nnx, name)
    assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)
    np.testing.assert_array_equal(ours(*arguments), theirs(*arguments), strict=True)


def test_every_same_result_is_tested_above() -> None:
    tested = {*FACTORIES, *(name for name, _ in MASKS)}
    assert tested == functions.SAME_RESULT


@pytest.mark.parametrize("name", sorted(functions.FOR_SOME_ARGUMENTS))
def test_the_arguments_that_both_understand_are_in_the_same_places(name: str) -> None:
    twin, allowed = functions.FOR_SOME_ARGUMENTS[name]
    for function in (_get(nn, name), _get(nnx, twin)):
        assert tuple(inspect.signature(function).parameters)[: len(allowed)] == allowed


@pytest.mark.parametrize("given", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("dtype", [None, "bfloat16"])
@pytest.mark.parametrize(
    "more", [{"deterministic": True}, {"broadcast_dropout": False}, {"dropout_rate": 0.5}]
)
def test_attention_weights_are_equal(given: str, dtype: str | None, more: dict[str, Any]) -> None:
    keys = jax.random.split(jax.random.key(0), 3)
    query, key = (jax.random.normal(k, (2, 5, 3, 4)).astype(given) for k in keys[:2])
    bias = jax.random.normal(keys[2], (2, 1, 5, 5))
    mask = jax.numpy.tril(jax.numpy.ones((1, 1, 5, 5), bool))
    options = {"bias": bias, "mask": mask, "dropout_rng": keys[0], "dropout_rate": 0.2, "dtype": dtype} | more
    ours = nn.dot_product_attention_weights(query, key, **options)
    theirs = nnx.nn.attention.dot_product_attention_weights(query, key, **options)
    np.testing.assert_array_equal(ours, theirs, strict=True)


@pytest.mark.parametrize(("name", "twin"), sorted(functions.RENAMED.items()))
def test_renamed(name: str, twin: str) -> None:
    linen, ours = _get(nn, name), _get(nnx, twin)
    given = _GIVEN.get(name, [()])
    assert linen is ours or all(linen(*values) is ours(*values) for values in given)


_ONES = {dtype: np.ones(2, dtype) for dtype in ("bool", "int32", "float16", "float32", "complex64")}
_PAIRS = [(a, b) for a in _ONES.values() for b in (*_ONES.values(), None, 1, 2.0)]
_GIVEN = {"dtypes.canonicalize_dtype": _PAIRS}


_NORM_AXES = [(3, -1), (4, (0, -2)), (2, ())]
_KERNEL = [(jax.random.key(3), (2, 5, 3), dtype) for dtype in ("float32", "bfloat16")]
_OF_SUBMODULES: dict[str, list[tuple[Any, ...]]] = {
    "_canonicalize_axes": _NORM_AXES,
    "_canonicalize_tuple": [(3,), ((3, 4),), ([3],)],
    "_conv_dimension_numbers": [((2, 8, 8, 3),), ((2, 8, 3),)],
    "_normalize_axes": [((-1, 0), 3), ((1,), 2)],
    "canonicalize_padding": [("SAME", 2), (1, 2), ((1, 2), 2), (((1, 2), 3), 2)],
    "default_embed_init": _KERNEL,
    "default_kernel_init": _KERNEL,
}


@pytest.mark.parametrize(("name", "home"), sorted(functions.IN_SUBMODULES.items()))
def test_a_submodule_of_nnx_has_the_same(name: str, home: str) -> None:
    linen, ours = _get(nn, f"{home}.{name}"), _get(nnx, functions.nnx_name(f"{home}.{name}") or "")
    assert not hasattr(nn, name)
    assert linen is ours or _OF_SUBMODULES[name]
    for values in _OF_SUBMODULES.get(name, []):
        expected, got = linen(*values), ours(*values)
        assert type(got) is type(expected)
        if isinstance(expected, jax.Array):
            np.testing.assert_array_equal(got, expected, strict=True)
        else:
            assert got == expected


# whether NumPy says so depends on which of its casts to bfloat16 has run before
@pytest.mark.filterwarnings("ignore:Casting complex values:numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize(("name", "twin"), sorted(functions.TUPLED.items()))
@pytest.mark.parametrize("dtype", [None, "bfloat16"])
def test_tupled(name: str, twin: str, dtype: str | None) -> None:
    linen, ours = _get(nn, name), _get(nnx, twin)
    for pair in _PAIRS:
        for left, right in zip(linen(*pair, dtype=dtype), ours(pair, dtype=dtype), strict=True):
            assert (left is None) == (right is None)
            if left is not None:
                np.testing.assert_array_equal(left, right, strict=True)


@pytest.mark.parametrize("name", sorted(functions.LINEN_ONLY))
def test_linen_only_has_no_twin(name: str) -> None:
    assert hasattr(nn, name)
    assert not hasattr(nnx, name)


@pytest.mark.parametrize("name", sorted(functions.DIFFERENT))
def test_different_is_another_object(name: str) -> None:
    assert _get(nn, name) is not _get(nnx, name)


@pytest.mark.parametrize("name", sorted(functions.PLAIN))
def test_plain_names_exist(name: str) -> None:
    assert _get(nn, name) is not None


def test_every_public_name_of_linen_is_in_exactly_one_table() -> None:
    tables: list[set[str]] = [
        set(functions.SAME_OBJECT),
        set(functions.SAME_RESULT),
        set(functions.RENAMED),
        set(functions.FOR_SOME_ARGUMENTS),
        set(functions.TUPLED),
        set(functions.PLAIN),
        set(functions.SUBMODULES),
        set(functions.MODULE_SYSTEM),
        set(functions.LINEN_ONLY),
        set(functions.DIFFERENT),
        {layer.linen for layer in LAYERS},
    ]
    by_others = {"partitioning"}  # flax.linen does not import it itself
    public = {name for name in dir(nn) if not name.startswith("_")} - by_others
    seen = sorted(name for table in tables for name in table if "." not in name)
    assert seen == sorted(public) == sorted(public_names())


def test_every_initializer_is_listed() -> None:
    public = {f"initializers.{name}" for name in dir(nn.initializers) if not name.startswith("_")}
    listed = {n for n in functions.SAME_OBJECT | functions.SAME_RESULT if n.startswith("initializers.")}
    assert listed == public


@pytest.mark.parametrize("name", sorted(functions.SUBMODULES))
def test_submodules(name: str) -> None:
    submodule = getattr(nn, name)
    assert isinstance(submodule, ModuleType)
    for inner in set(vars(submodule)) & (functions.SAME_OBJECT | set(functions.LINEN_ONLY)):
        assert getattr(submodule, inner) is getattr(nn, inner), inner


def test_module_methods() -> None:
    linen = {name for name in dir(nn.Module) if not name.startswith("_")}
    assert linen - set(dir(nnx.Module)) == set(functions.MODULE_METHODS)


@pytest.mark.parametrize(
    ("name", "twin"),
    [
        ("relu", "relu"),
        ("activation.relu", "relu"),
        ("normalize", "standardize"),
        ("activation.normalize", "standardize"),
        ("initializers.ones", "initializers.ones"),
        ("pooling.min_pool", "min_pool"),
        ("Dense", None),
        ("scan", None),
        ("initializers.tp", None),
        ("initializers", None),
        ("core.relu", None),
        ("linear.default_kernel_init", "nn.linear.default_kernel_init"),
        ("_canonicalize_axes", "nn.normalization._canonicalize_axes"),
    ],
)
def test_nnx_name(name: str, twin: str | None) -> None:
    assert functions.nnx_name(name) == twin


def test_nnx_names_resolve() -> None:
    for name in (
        functions.SAME_OBJECT
        | functions.SAME_RESULT
        | set(functions.RENAMED)
        | set(functions.FOR_SOME_ARGUMENTS)
    ):
        twin = functions.nnx_name(name)
        assert twin is not None
        assert hasattr(reduce(getattr, twin.split(".")[:-1], nnx), twin.split(".")[-1])


ADVICE = {
    **functions.LINEN_ONLY,
    **functions.DIFFERENT,
    **functions.MODULE_METHODS,
    **{layer.linen: f"{layer.refused} {layer.difference}" for layer in LAYERS},
}


@pytest.mark.parametrize("name", sorted(ADVICE))
def test_advice_names_what_exists(name: str) -> None:
    for mentioned in re.findall(r"\b(?:nnx|jax|flax)(?:\.\w+)+", ADVICE[name]):
        assert _get(NAMESPACE, mentioned) is not None


def test_some_advice_names_something() -> None:
    assert sum("nnx." in advice for advice in ADVICE.values()) > 20
