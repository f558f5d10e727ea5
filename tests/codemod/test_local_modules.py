# ruff: noqa: E501
"""A local that holds one module after another, or the one or the other of them."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_transformed,
    f32,
    migrate,
    name_of,
    refusals,
    with_header,
)

HEAD = """\
class Head(nn.Module):
    width: int = 4
    deep: bool = True
    scaled: bool = False

    @nn.compact
    def __call__(self, x):
        # what comes last
        last = None
        if self.scaled:
            last = nn.Dense(2, name="scale")
        if self.deep:
            layer = Deep(self.width)
        elif self.width > 3:
            layer = nn.Dense(self.width, name="wide")
        else:
            layer = nn.LayerNorm()
        x = layer(x)
        if last is not None:
            x = last(x)
        return x
"""
NNX_HEAD = """\
class Head(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int = 4,
        deep: bool = True,
        scaled: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.width = width
        self.deep = deep
        self.scaled = scaled
        if scaled:
            self.scale = nnx.Linear(
                width if deep or width > 3 else in_features, 2, rngs=rngs
            )
        if deep:
            self.deep_0 = Deep(in_features, width, rngs=rngs)
        elif width > 3:
            self.wide = nnx.Linear(in_features, width, rngs=rngs)
        else:
            self.layer_norm_0 = nnx.LayerNorm(in_features, rngs=rngs)

    def __call__(self, x):
        # what comes last
        last = None
        if self.scaled:
            last = self.scale
        if self.deep:
            layer = self.deep_0
        elif self.width > 3:
            layer = self.wide
        else:
            layer = self.layer_norm_0
        x = layer(x)
        if last is not None:
            x = last(x)
        return x
"""
DEEP = """\
class Deep(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        layer = nn.Dense(self.width + 1)
        x = nn.relu(layer(x))
        layer = nn.Dense(self.width)
        return layer(x)


"""
NNX_DEEP = """\
class Deep(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, width + 1, rngs=rngs)
        self.dense_1 = nnx.Linear(width + 1, width, rngs=rngs)

    def __call__(self, x):
        layer = self.dense_0
        x = nnx.relu(layer(x))
        layer = self.dense_1
        return layer(x)


"""
SOURCE = HEADER + DEEP + HEAD


def test_transformed() -> None:
    check_transformed(SOURCE, NNX_HEADER + NNX_DEEP + NNX_HEAD)


def test_computes_the_same() -> None:
    fields = [
        {"deep": d, "scaled": s, "width": w} for d in (True, False) for s in (True, False) for w in (3, 4)
    ]
    check_equivalent(SOURCE, *(Call("Head", (5,), given, (f32(2, 5),)) for given in fields))


def _head(old: str, new: str) -> str:
    assert old in HEAD
    return SOURCE.replace(old, new)


_LAST = 'last = nn.Dense(2, name="scale")'
_LAYER = "layer = Deep(self.width)"
_ONCE = "        if last is not None:\n            x = last(x)\n        return x\n"
OTHERS = {
    "in an expression": _head(_ONCE, "        return x if last is None else last(x)\n"),
    "one of three, or None": _head("        last = None\n", "").replace(
        f"            {_LAST}\n",
        f"            {_LAST}\n        elif self.width > 3:\n            last = nn.RMSNorm()\n        else:\n            last = None\n",
    ),
    "if it is there": _head("if last is not None:", "if last:"),
    "None on the other side": _head("        last = None\n", "").replace(
        f"            {_LAST}\n", f"            {_LAST}\n        else:\n            last = None\n"
    ),
    "one name in Linen": _head(_LAYER, "layer = nn.Dense(6)").replace(', name="wide"', ""),
    "called on one side too": _head(_LAYER, f"{_LAYER}\n            x = layer(x)"),
    "dropouts": _head(_LAYER, "layer = nn.Dropout(0.5, deterministic=True)").replace(
        "nn.LayerNorm()", "nn.Dropout(0.1, deterministic=True)"
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_forms_compute_the_same(name: str) -> None:
    fields = [
        {"deep": d, "scaled": s, "width": w}
        for d, s, w in ((True, True, 5), (False, True, 5), (False, False, 3))
    ]
    check_equivalent(OTHERS[name], *(Call("Head", (5,), given, (f32(2, 5),)) for given in fields))


REFUSED = (
    Refusal("replaced-on-a-condition", "MN101", _head("        if self.deep:\n", "        layer = nn.Dense(3)\n        if self.deep:\n").replace("elif self.width > 3", "elif self.width > 4")),
    Refusal("None-comes-second", "MN101", _head("        last = None\n        if self.scaled:\n", "        if self.scaled:\n").replace(f"            {_LAST}\n", f"            {_LAST}\n        last = None\n")),
    Refusal("None-on-another-condition", "MN101", _head("        last = None\n", "        last = nn.Dense(3)\n").replace(_LAST, "last = None")),
    Refusal("not-called-when-there", "MN201", _head("if last is not None:", "if last is not None and self.width > 3:")),
    Refusal("asked-the-other-way-round", "MN201", _head("if last is not None:", "if last is None:\n            x = -x\n        elif self.deep:")),
    Refusal("an-array-too", "MN101", _head("layer = nn.LayerNorm()", "layer = jnp.tanh")),
    Refusal("an-argument", "MN101", _head("def __call__(self, x):\n        # what", "def __call__(self, x, last):\n        # what")),
    Refusal("in-a-loop", "MN101", _head("        x = layer(x)\n", "        for _ in range(2):\n            layer = nn.Dense(5)\n            x = layer(x)\n")),
    Refusal("in-a-function", "MN101", _head("        x = layer(x)\n", "        def function(x):\n            return layer(x)\n        x = function(x)\n")),
    Refusal("handed-on", "MN101", _head("x = layer(x)", "x = jax.vmap(layer)(x)")),
    Refusal("one-trains", "MN101", _head("nn.LayerNorm()", "nn.BatchNorm(use_running_average=not train)").replace("x):\n        # what", "x, train=False):\n        # what")),
    Refusal("one-is-rematerialized", "MN101", _head(_LAYER, "layer = nn.remat(Deep)(self.width)")),
    Refusal("decided-by-the-call", "MN108", _head("if self.deep:", "if x.sum() > 0:")),
    Refusal("what-is-there-decides-for-another", "MN101", _head("x = last(x)", "x = nn.Dense(7)(last(x))")),
    Refusal("by-a-walrus", "MN101", _head("x = layer(x)", "x = (layer := nn.Dense(4))(x)")),
    Refusal("by-a-pair", "MN101", _head("layer = nn.LayerNorm()", "layer, y = nn.LayerNorm(), x")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file)}, f"{file.diagnostics}\n{text}"
    assert "class Head(nn.Module)" in text


_UNREAD = """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        y = nn.Dense(4)(x)
        h = jnp.stack([x, y])
        y = nn.Dense(5)(x)
        h += y.sum()
        y = nn.Dense(6)(x)
        return nn.relu(y)
"""


def test_what_nothing_reads_still_reads() -> None:
    """A statement that stays, though nothing reads it, has what it reads."""
    before = with_header(_UNREAD)
    after, _, _ = migrate(before)
    assert "y = self.dense_0(x)\n        h = jnp.stack([x, y])\n        y = self.dense_1(x)\n" in after
    check_equivalent(before, Call("Net", (4,), {}, (f32(2, 4),)))
