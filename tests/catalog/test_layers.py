"""Every row of the catalog against the signatures of the installed flax."""

import dataclasses
import inspect
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import pytest
from flax import nnx
from migrate_norm.catalog.layer import Layer
from migrate_norm.catalog.layers import LAYERS, find

TWINS = [layer for layer in LAYERS if layer.nnx]
NAMESPACE = {"jax": jax, "jnp": jnp, "initializers": nn.initializers, "PathContains": nnx.PathContains}

each_twin = pytest.mark.parametrize("layer", TWINS, ids=lambda layer: layer.linen)


def _linen_defaults(layer: Layer) -> dict[str, Any]:
    fields = [f for f in dataclasses.fields(getattr(nn, layer.linen)) if f.name not in {"parent", "name"}]
    return {
        f.name: f.default_factory() if f.default_factory is not dataclasses.MISSING else f.default
        for f in fields
    }


def _parameters(function: Any) -> dict[str, inspect.Parameter]:
    return {k: v for k, v in inspect.signature(function).parameters.items() if k not in {"self", "args"}}


def _nnx_parameters(layer: Layer) -> dict[str, inspect.Parameter]:
    return _parameters(getattr(nnx, layer.nnx).__init__)


@each_twin
def test_linen_arguments(layer: Layer) -> None:
    assert tuple(_linen_defaults(layer)) == layer.arguments


@each_twin
def test_nnx_arguments(layer: Layer) -> None:
    kept = [layer.renamed.get(name, name) for name in layer.arguments if name not in layer.gone]
    rngs = ["rngs"] if layer.rngs else []
    assert sorted([*kept, *layer.sizes, *layer.added, *rngs]) == sorted(_nnx_parameters(layer))


@each_twin
def test_sizes_come_first(layer: Layer) -> None:
    positional = [k for k, v in _nnx_parameters(layer).items() if v.kind is not v.KEYWORD_ONLY]
    assert set(layer.sizes) <= set(positional)


@each_twin
def test_added_arguments_are_optional(layer: Layer) -> None:
    parameters = _nnx_parameters(layer)
    assert [name for name in layer.added if parameters[name].default is inspect.Parameter.empty] == []


@each_twin
def test_rngs(layer: Layer) -> None:
    parameter = _nnx_parameters(layer).get("rngs")
    found = "" if parameter is None else "required" if parameter.default is parameter.empty else "optional"
    assert found == layer.rngs


def _differ(linen: Any, ours: Any) -> bool:
    both_are_functions = callable(linen) and callable(ours) and not isinstance(ours, type)
    return not both_are_functions and not (linen is ours or linen == ours)


@each_twin
def test_defaults(layer: Layer) -> None:
    parameters = _nnx_parameters(layer)
    missing = dataclasses.MISSING
    found = {}
    for name, linen in _linen_defaults(layer).items():
        ours = parameters.get(layer.renamed.get(name, name))
        if ours is not None and linen is not missing and _differ(linen, ours.default):
            found[name] = (linen, ours.default)
    assert sorted(found) == sorted(layer.defaults)
    for name, (linen_source, nnx_source) in layer.defaults.items():
        linen, default = found[name]
        assert eval(linen_source, NAMESPACE) == linen
        assert eval(nnx_source or "inspect.Parameter.empty", {**NAMESPACE, "inspect": inspect}) == default


@each_twin
def test_call_arguments(layer: Layer) -> None:
    linen = _parameters(getattr(nn, layer.linen).__call__)
    ours = _parameters(getattr(nnx, layer.nnx).__call__)
    assert set(layer.call_gone) <= set(linen)
    assert not set(layer.call_gone) & set(ours)
    kept = {layer.call_renamed.get(name, name) for name in linen if name not in layer.call_gone}
    assert kept <= set(ours)


def test_every_layer_of_linen_has_a_row() -> None:
    exported = {name for name in dir(nn) if isinstance(getattr(nn, name), type)}
    layers = {name for name in exported if issubclass(getattr(nn, name), nn.Module) and name != "Module"}
    operators = {name for name in layers if "Fp8" in name}  # functions.LINEN_ONLY has these
    assert {layer.linen for layer in LAYERS} == (layers - operators) | {"BatchApply"}


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer.refused], ids=lambda layer: layer.linen)
def test_refused_layers_have_no_twin(layer: Layer) -> None:
    assert hasattr(nn, layer.linen)
    assert layer.linen == "RNNCellBase" or not hasattr(nnx, layer.linen)
    assert not layer.nnx
    assert not layer.same


def test_find() -> None:
    dense = find("Dense")
    assert dense is not None
    assert dense.nnx == "Linear"
    assert dense.same
    assert find("Module") is None
