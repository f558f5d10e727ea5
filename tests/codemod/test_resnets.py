"""ResNets for small images as people write them: two block classes in the file, and models that are partials."""

from pathlib import Path
from typing import Any

import jax
import pytest

from .check import Call, f32
from .test_either_class import equal

SOURCES = Path(__file__).parent / "cases" / "resnets"
EXPANSION = {"num_blocks": (1, 2), "num_classes": 3}
ACTIVATION = {"num_classes": 3, "act_fn": jax.nn.relu, "num_blocks": (1, 2), "c_hidden": (4, 6)}
STAGES = {"stage_sizes": (1, 1, 2), "width": 4, "num_classes": 3}


@pytest.mark.parametrize(
    ("name", "field", "block", "arguments"),
    [
        ("expansion", "block", "BasicBlock", EXPANSION),
        ("expansion", "block", "Bottleneck", EXPANSION),
        ("preactivation", "block_class", "ResNetBlock", ACTIVATION),
        ("preactivation", "block_class", "PreActResNetBlock", ACTIVATION),
        ("stages", "block_cls", "BasicBlock", STAGES),
        ("stages", "block_cls", "WideBlock", STAGES),
    ],
)
def test_computes_the_same(name: str, field: str, block: str, arguments: dict[str, Any]) -> None:
    before = (SOURCES / f"{name}.py").read_text()
    equal(before, block, Call("ResNet", (3,), arguments, (f32(2, 8, 8, 3), True)), field)
