# ruff: noqa: E501
"""Layers of an `nn.Sequential` in setup that have names: Linen has them among the submodules of the class."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    changed,
    check_equivalent,
    check_transformed,
    f32,
    listed,
    load,
    migrate,
    name_of,
    refusals,
    run_in_tree_mode,
)

COUNTED = """\
class Readout(nn.Module):
    units: tuple = (4, 5, 3)

    def setup(self):
        dense = []
        for i, units in enumerate(self.units):
            layer = nn.Dense(
                units,
                name=f"dense_{i}",
            )
            dense.append(layer)
            if i < len(self.units) - 1:
                dense.append(nn.swish)
        self.sequential = nn.Sequential(dense, name="readout")

    def __call__(self, x):
        return self.sequential(x)
"""
NNX_COUNTED = """\
class Readout(nnx.Module):
    def __init__(self, in_features: int, units: tuple = (4, 5, 3), *, rngs: nnx.Rngs):
        self.units = units
        dense = []
        for i, units in enumerate(self.units):
            dense.append(nnx.Linear(in_features, units, rngs=rngs))
            if i < len(self.units) - 1:
                dense.append(nnx.swish)
            in_features = units
        self.sequential = nnx.Sequential(*dense)

    def __call__(self, x):
        return self.sequential(x)
"""
NAMED = """\
class Readout(nn.Module):
    def setup(self):
        self.layers = nn.Sequential([nn.Dense(3, name="first"), nn.relu, nn.Dense(2), nn.Dense(4, name="last")])

    def __call__(self, x):
        return self.layers(x)
"""
_X = f32(2, 6)
_ADDED = "            if i < len(self.units) - 1:\n                dense.append(nn.swish)\n"
PLACES = "            dense.append(nn.swish)\n            dense.append(nn.relu)\n"


def test_transformed() -> None:
    check_transformed(HEADER + COUNTED, NNX_HEADER + NNX_COUNTED)


@pytest.mark.parametrize("added", [_ADDED, PLACES, ""], ids=["but-for-the-last", "three-in-each", "alone"])
@pytest.mark.parametrize("units", [(4, 5, 3), (2,), (3, 4, 5, 6)])
def test_computes_the_same(added: str, units: tuple[int, ...]) -> None:
    call = Call("Readout", (6,), {"units": units}, (_X,))
    source = HEADER + changed(COUNTED, (_ADDED, added))
    check_equivalent(source, call)
    run_in_tree_mode(load(migrate(source)[0]), call)


def test_literal_names() -> None:
    call = Call("Readout", (6,), {}, (_X,))
    check_equivalent(HEADER + NAMED, call)
    run_in_tree_mode(load(migrate(HEADER + NAMED)[0]), call)


def _counted(*changes: tuple[str, str]) -> str:
    return HEADER + changed(COUNTED, *changes)


_FIRST = '            layer = nn.Dense(\n                units,\n                name=f"dense_{i}",\n            )\n            dense.append(layer)\n'
REFUSED = (
    Refusal("some-rounds-add-more", "MN204", _counted(("if i < len(self.units) - 1", "if i > 0"))),
    Refusal("all-but-the-last-two", "MN204", _counted(("if i < len(self.units) - 1", "if i < len(self.units) - 2"))),
    Refusal("on-either-side", "MN204", _counted(("                dense.append(nn.swish)\n", "                dense.append(nn.swish)\n            else:\n                dense.append(nn.relu)\n"), ("if i < len(self.units) - 1", "if i > 0"))),
    Refusal("something-in-front", "MN204", _counted(("dense = []", "dense = [nn.relu]"))),
    Refusal("not-the-first-of-its-round", "MN204", _counted((_FIRST, "            dense.append(nn.relu)\n" + _FIRST))),
    Refusal("on-a-condition", "MN204", _counted((_FIRST, '            if i < len(self.units) - 1:\n                dense.append(nn.Dense(units, name=f"dense_{i}"))\n'))),
    Refusal("counted-from-one", "MN204", _counted(("enumerate(self.units)", "enumerate(self.units, 1)"))),
    Refusal("one-more", "MN204", _counted(("dense_{i}", "dense_{i + 1}"))),
    Refusal("not-counted", "MN204", _counted(("dense_{i}", "dense_{units}"))),
    Refusal("in-another-loop", "MN204", _counted(('name=f"dense_{i}",\n', ""), ("        self.sequential", '        for i in range(2):\n            dense.append(nn.Dense(4, name=f"last_{i}"))\n        self.sequential'))),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file)}, f"{listed(file)}\n{text}"
