# ruff: noqa: E501
"""What makes modules, kept by setup: read where it is called."""

import pytest
from migrate_norm.equivalence import InputSpec

from .check import (
    Call,
    changed,
    check_equivalent,
    f32,
    listed,
    load,
    migrate,
    refusals,
    run_in_tree_mode,
    with_header,
)

_HEADER = """\
import functools
from functools import partial

import jax
import jax.numpy as jnp
from flax import linen as nn

"""
_BLOCK = """\
class Block(nn.Module):
    features: int
    use_bias: bool = True

    @nn.compact
    def __call__(self, x):
        return nn.tanh(nn.Dense(self.features, use_bias=self.use_bias)(x))


"""
_BLOCKS = """\
class Blocks(nn.Module):
    features: int

    def setup(self):
        self.block = functools.partial(
            Block,
            features=self.features,
        )
        self.stem = self.block(use_bias=False)

    @nn.compact
    def __call__(self, x):
        x = self.block(name="one")(self.stem(x))
        return self.block(
            use_bias=False,
        )(x)
"""
_LIFTED = """\
class Lifted(nn.Module):
    features: int

    def setup(self):
        self.block = partial(Block, features=self.features)
        self.each = nn.vmap(
            self.block,
            variable_axes={"params": None},
            split_rngs={"params": False},
            in_axes=0,
            out_axes=0,
        )

    @nn.compact
    def __call__(self, x):
        x = x.transpose(1, 0, 2)
        return self.each(name="one", use_bias=False)(x).transpose(1, 0, 2)
"""
_CONVS = """\
class Convs(nn.Module):
    features: int

    def setup(self):
        self.conv = partial(nn.Conv, self.features, kernel_size=(3, 3), kernel_init=nn.initializers.normal(0.1))
        self.norm = partial(nn.BatchNorm, momentum=0.9)
        self.stem = self.conv(strides=2)

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = self.norm(use_running_average=not train)(self.stem(x))
        for _ in range(2):
            x = self.conv()(x)
            x = nn.relu(self.norm(use_running_average=not train)(x))
        return x
"""
_WITHOUT_COMPACT = """\
class Plain(nn.Module):
    features: int

    def setup(self):
        self.dense = partial(nn.Dense, use_bias=False)
        self.one = self.dense(self.features)
        self.two = self.dense(self.features, use_bias=True)

    def __call__(self, x):
        return self.two(self.one(x))
"""


@pytest.mark.parametrize(
    ("text", "name", "call"),
    [
        (_BLOCK + _BLOCKS, "Blocks", (f32(2, 5),)),
        (_BLOCK + _LIFTED, "Lifted", (f32(2, 4, 5),)),
        (_CONVS, "Convs", (f32(2, 8, 8, 3),)),
        (_WITHOUT_COMPACT, "Plain", (f32(2, 5),)),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 9 else "",
)
def test_equivalent(text: str, name: str, call: tuple[InputSpec, ...]) -> None:
    check_equivalent(with_header(text, _HEADER), Call(name, (call[0].shape[-1],), {"features": 6}, call))


def test_written() -> None:
    after, file, _ = migrate(with_header(_WITHOUT_COMPACT, _HEADER))
    assert not refusals(file), listed(file)
    assert "partial(" not in after
    assert "self.one = nnx.Linear(in_features, features, use_bias=False, rngs=rngs)" in after
    assert "self.two = nnx.Linear(features, features, use_bias=True, rngs=rngs)" in after


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("        return self.two", "        make = self.dense\n        return self.two"),
        ("        self.one = ", "        self.features = 3\n        self.one = "),
        ("        self.one = ", "        self.dense = partial(nn.Dense, 4)\n        self.one = "),
        ("use_bias=False)\n", "use_bias=chosen())\n"),
        ("        self.dense = partial", "        if self.features:\n            self.dense = partial"),
        ("use_bias=False)\n", "use_bias=False)\n        partial = jax.jit\n"),
        ("    def __call__", "    def wide(self):\n        return self.dense(9)\n\n    def __call__"),
        (
            "    def __call__",
            "    def wide(self):\n        return getattr(self, 'dense')\n\n    def __call__",
        ),
    ],
)
def test_left(was: str, now: str) -> None:
    """What is read otherwise than by a call, or may be another thing where it is called, stays as it is."""
    assert was in _WITHOUT_COMPACT
    text = _WITHOUT_COMPACT.replace(was, now, 1) + "\n\ndef chosen():\n    return False\n"
    after, file, _ = migrate(with_header(text, _HEADER))
    assert refusals(file), after
    assert file.before == file.after


def test_read_elsewhere() -> None:
    """Another class, or a script, may ask a module for what makes its layers."""
    after, file, _ = migrate(
        with_header(_WITHOUT_COMPACT + "\n\ndef of(model):\n    return model.dense(3)\n", _HEADER)
    )
    assert refusals(file), after


def test_hidden() -> None:
    """A method that calls something else by a name that setup reads."""
    text = _BLOCK + _BLOCKS.replace("def __call__(self, x)", "def __call__(self, x, Block=None)")
    after, file, _ = migrate(with_header(text, _HEADER))
    assert "class Blocks(nn.Module)" in after, listed(file)


_CHOSEN = """\
class Chosen(nn.Module):
    groups: int = 0
    eps: float = 1e-5

    def setup(self):
        # of two kinds
        if self.groups > 0:
            self.norm = partial(nn.GroupNorm, self.groups, epsilon=self.eps)
        else:
            self.norm = partial(nn.LayerNorm, epsilon=self.eps)
        self.first = self.norm()
        self.last = self.norm(name="end", use_bias=False)

    def __call__(self, x):
        return self.last(nn.relu(self.first(x)))
"""
_NNX_CHOSEN = """\
        # of two kinds
        if groups > 0:
            norm = partial(nnx.GroupNorm, num_groups=groups, epsilon=eps)
        else:
            norm = partial(nnx.LayerNorm, epsilon=eps)
        self.first = norm(in_features, rngs=rngs)
        self.last = norm(in_features, use_bias=False, rngs=rngs)
"""
_SAME = ("nn.GroupNorm, self.groups", "nn.LayerNorm")


def _chosen(*changes: tuple[str, str]) -> str:
    return with_header(changed(_CHOSEN, *changes), _HEADER)


def test_one_of_two_is_a_local() -> None:
    text, file, _ = migrate(_chosen())
    assert not refusals(file), listed(file)
    assert _NNX_CHOSEN in text, text


@pytest.mark.parametrize("groups", [0, 2])
@pytest.mark.parametrize("changes", [(), (_SAME,)], ids=["two", "twice-the-same"])
def test_one_of_two_computes_the_same(changes: tuple[tuple[str, str], ...], groups: int) -> None:
    call = Call("Chosen", (6,), {"groups": groups}, (f32(2, 4, 6),))
    check_equivalent(_chosen(*changes), call)
    run_in_tree_mode(load(migrate(_chosen(*changes))[0]), call)


@pytest.mark.parametrize(
    "changes",
    [
        [("    def __call__", "    def more(self, x):\n        return self.norm()(x)\n\n    def __call__")],
        [("        self.first = self.norm()", "        self.first = (lambda: self.norm())()")],
        [("        self.first", "        norm = 3\n        self.first")],
        [("eps: float = 1e-5", "eps: float = 1e-5\n    norm: Any = None"), ("class Chosen", "from typing import Any\n\n\nclass Chosen")],
        [("        else:\n", "        elif self.eps:\n")],
        [("        self.first", "        self.kept = self.norm\n        self.first")],
        [_SAME, ("            self.norm = partial(nn.LayerNorm", "            eps = self.eps * 2\n            self.norm = partial(nn.LayerNorm"), ("epsilon=self.eps", "epsilon=eps")],
    ],
    ids=["read-by-a-method", "in-a-function", "a-local-of-that-name", "a-field", "not-always", "kept", "the-same-of-two-locals"],
)  # fmt: skip
def test_one_of_two_is_left(changes: list[tuple[str, str]]) -> None:
    source = _chosen(*changes)
    after, file, _ = migrate(source)
    assert refusals(file), after
    assert after == source


def test_one_of_two_may_be_asked_for() -> None:
    source = _chosen() + "\n\ndef of(model):\n    return model.norm()\n"
    after, file, _ = migrate(source)
    assert "class Chosen(nn.Module)" in after, listed(file)
    source = _chosen() + "\n\nclass Other(Chosen):\n    pass\n"
    after, file, _ = migrate(source)
    assert "class Chosen(nn.Module)" in after, listed(file)
