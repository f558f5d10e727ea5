"""What an argument says by default, in the rules of layers, is what it says in the flax that is installed."""

import ast
import inspect
from collections.abc import Mapping

import flax.linen as nn
import pytest
from migrate_norm.catalog.layer import Layer
from migrate_norm.catalog.layers import LAYERS
from migrate_norm.codemod.plan.layer_rules import defaults


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.linen)
def test_defaults(layer: Layer) -> None:
    parameters = inspect.signature(getattr(nn, layer.linen)).parameters
    for name, source in defaults(layer).items():
        if name in parameters and source:
            default = parameters[name].default
            plain = dict(default) if isinstance(default, Mapping) else default
            assert ast.literal_eval(source) == plain, name
