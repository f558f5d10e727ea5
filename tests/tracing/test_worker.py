# ruff: noqa: E501
"""The worker: what it records of a model, and that no model can take another one with it."""

import ast
from pathlib import Path
from typing import Any

import pytest
from migrate_norm.tracing.entries import Answer, Entry
from migrate_norm.tracing.process import trace_models

_NETS = """\
import os
import time

from flax import linen as nn
import jax.numpy as jnp


class Block(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        width = self.features * 2
        x = nn.Dense(width)(x)
        return nn.Dense(self.features)(jnp.concatenate([x, x], -1))


class Stack(nn.Module):
    features: int = 4

    def setup(self):
        self.blocks = [Block(self.features * k) for k in (1, 2)]
        self.head = nn.remat(nn.Dense)(3)

    def __call__(self, x):
        print("not an answer")
        for block in self.blocks:
            x = block(x)
        return self.finish(x)

    def finish(self, x):
        return self.head(x)


class Scanned(nn.Module):
    @nn.compact
    def __call__(self, x):
        shared = {"variable_broadcast": "params", "split_rngs": {"params": False}}
        scanned = nn.scan(nn.SimpleCell, **shared, in_axes=1, out_axes=1)
        cell = scanned(4)
        return cell(jnp.zeros((x.shape[0], 4)), x)[1]


class Even(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        assert x.shape[1] % 8 == 0 and train
        return nn.Dense(2)(x.reshape(x.shape[0], x.shape[1] // 8, 8))


class Residual(nn.Module):
    width: int = 6
    depth: int = 6

    @nn.compact
    def __call__(self, x):
        for _ in range(self.depth):
            x = x + nn.Dense(self.width)(x)
        return x


class Hangs(nn.Module):
    @nn.compact
    def __call__(self, x):
        while True:
            time.sleep(1)


class Ends(nn.Module):
    @nn.compact
    def __call__(self, x):
        os._exit(3)


def made():
    return Stack(features=5)
"""
_X = {"dtype": "float32", "shape": ["b", "n", 6]}
LIMIT = 15  # seconds for one entry, also beside other tests
_ENTRIES = {
    "stack": Entry("nets", "Stack()", (_X,)),
    "scanned": Entry("nets", "Scanned()", (_X,)),
    "even": Entry("nets", "Even()", ({"dtype": "float32", "shape": ["b", "n"]},), {"train": True}),
    "numbered": Entry("nets", "Even()", ({"dtype": "float32", "shape": ["b", "n=24"]},), {"train": True}),
    "residual": Entry("nets", "Residual()", ({"dtype": "float32", "shape": ["b", "w=6"]},)),
    "hangs": Entry("nets", "Hangs()", (_X,)),
    "made": Entry("nets", "made", (_X,)),
    "ends": Entry("nets", "Ends()", (_X,)),
    "no module": Entry("nots", "Stack()", (_X,)),
    "no class": Entry("nets", "Stock()", (_X,)),
    "not called": Entry("nets", "Stack", (_X,)),
    "no such field": Entry("nets", "Stack(width=3)", (_X,)),
    "fails": Entry("nets", "Stack()", ()),
    "bad size": Entry("nets", "Stack()", ({"dtype": "float32", "shape": ["b=0"]},)),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nets")
    (folder / "src").mkdir()
    (folder / "src/nets.py").write_text(_NETS)
    return folder


@pytest.fixture(scope="module")
def answers(folder: Path) -> dict[str, Answer]:
    """Everything in one run: starting JAX takes longer than the models do."""
    found = trace_models([*_ENTRIES.values()], [str(folder / "src/nets.py")], str(folder), limit=LIMIT)
    return dict(zip(_ENTRIES, found, strict=True))


def _at(place: Any) -> str:
    """The source of the call that ends at a place."""
    nodes = (n for n in ast.walk(ast.parse(_NETS)) if isinstance(n, ast.Call))
    (node,) = (n for n in nodes if [n.end_lineno, n.end_col_offset] == place[1:])
    return ast.unparse(node)


def _calls(run: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """What is made where, where it is called, and with which shape."""
    found = [(run["modules"][c["module"]], c) for c in run["calls"]]
    return [
        (_at(m["made"]), _at(c["at"]), c["args"][-1]["shape"])
        for m, c in found
        if m["made"] and c["at"] and c["args"]
    ]


def test_calls_are_where_they_stand(answers: dict[str, Answer]) -> None:
    run = answers["stack"].runs[0]
    assert _calls(run) == [
        ("Block(self.features * k)", "block(x)", [5, 7, 6]),
        ("nn.Dense(width)", "nn.Dense(width)(x)", [5, 7, 6]),
        ("nn.Dense(self.features)", "nn.Dense(self.features)(jnp.concatenate([x, x], -1))", [5, 7, 16]),
        ("Block(self.features * k)", "block(x)", [5, 7, 4]),
        ("nn.Dense(width)", "nn.Dense(width)(x)", [5, 7, 4]),
        ("nn.Dense(self.features)", "nn.Dense(self.features)(jnp.concatenate([x, x], -1))", [5, 7, 32]),
        ("nn.remat(nn.Dense)(3)", "self.head(x)", [5, 7, 8]),
    ]


def test_fields_locals_and_the_caller_are_known(answers: dict[str, Answer]) -> None:
    run = answers["stack"].runs[0]
    call = next(c for c in run["calls"] if c["args"][0]["shape"] == [5, 7, 32])
    dense, above = run["modules"][call["module"]], run["calls"][call["above"]]
    assert (dense["class"], dense["locals"]) == ("flax.linen.linear.Dense", {"width": 16})
    assert (run["modules"][above["module"]]["class"], above["method"]) == ("nets.Block", "__call__")
    assert (run["modules"][above["module"]]["fields"], above["names"]) == ({"features": 8}, ["x"])
    head = next(c for c in run["calls"] if c["at"] and _at(c["at"]) == "self.head(x)")
    assert run["calls"][head["above"]]["method"] == "finish"


def test_sizes_and_fields_change(answers: dict[str, Answer]) -> None:
    first, *others = answers["stack"].runs
    assert (first["changed"], first["sizes"]) == ("", {"b": 5, "n": 7})
    assert [(run["changed"], run["sizes"]["n"]) for run in others] == [("", 37), ("", 71), ("features", 7)]
    assert [run["calls"][-1]["args"][0]["shape"][-1] for run in others] == [8, 8, 16]


def test_each_round_of_a_scan_has_its_own_shape(answers: dict[str, Answer]) -> None:
    shapes = [shape for made, _, shape in _calls(answers["scanned"].runs[0]) if made == "scanned(4)"]
    assert shapes[-1] == [5, 6]


def test_sizes_that_the_model_takes_are_found(answers: dict[str, Answer]) -> None:
    assert [run["sizes"]["n"] for run in answers["even"].runs] == [56, 296, 568]
    assert [run["sizes"]["n"] for run in answers["numbered"].runs] == [24, 72, 48]


def test_what_has_to_be_as_wide_as_a_field_changes_with_it(answers: dict[str, Answer]) -> None:
    first, wide, deep = answers["residual"].runs
    assert (first["changed"], first["sizes"]) == ("", {"b": 5, "w": 6})
    assert (wide["changed"], wide["sizes"]) == ("width", {"b": 5, "w": 12})
    assert (deep["changed"], deep["sizes"]) == ("depth", {"b": 5, "w": 6})


def test_a_function_may_return_the_model(answers: dict[str, Answer]) -> None:
    run = answers["made"].runs[0]
    assert _at(run["modules"][run["calls"][0]["module"]]["made"]) == "Stack(features=5)"


@pytest.mark.parametrize(
    ("name", "error"),
    {
        "hangs": f"it took longer than {LIMIT} s",
        "ends": "it ended its process (exit code 3)",
        "no module": "importing nots failed: ModuleNotFoundError: No module named 'nots'",
        "no class": "building Stock() failed: NameError: name 'Stock' is not defined",
        "not called": "Stack is a class: call it",
        "no such field": "building Stack(width=3) failed: TypeError: Stack.__init__() got an unexpected keyword argument 'width'",
        "fails": "its init failed: TypeError: Stack.__call__() missing 1 required positional argument: 'x'",
        "bad size": "'b=0' is no size; write a number, a name such as b (any size), b=8 (sampled with 8), or 32*h (any multiple)",
    }.items(),
)  # fmt: skip
def test_what_fails_is_said_in_a_line(answers: dict[str, Answer], name: str, error: str) -> None:
    assert answers[name] == Answer(error=error)
