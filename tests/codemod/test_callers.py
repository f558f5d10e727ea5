# ruff: noqa: E501
"""Layers that a call uses unless it is given something: what the callers hand in decides whether they are there."""

from types import SimpleNamespace

import pytest
from migrate_norm.equivalence import EquivalenceError

from .check import (
    HEADER,
    Call,
    arrays,
    changed,
    check_equivalent,
    compare,
    f32,
    listed,
    load,
    migrate,
    refusals,
)

HEAD = """\
class Head(nn.Module):
    config: object

    def setup(self):
        self.dense = nn.Dense(self.config.width)
        self.decoder = nn.Dense(self.config.words, use_bias=False)

    def __call__(self, x, shared=None):
        x = self.dense(x)
        if shared is not None:
            x = self.decoder.apply({"params": {"kernel": shared.T}}, x)
        else:
            x = self.decoder(x)
        return x


class Heads(nn.Module):
    config: object

    def setup(self):
        self.words = Head(self.config)
        self.order = nn.Dense(2)

    def __call__(self, x, shared=None):
        return self.words(x, shared=shared), self.order(x)


"""
MODEL = """\
class Model(nn.Module):
    config: object

    def setup(self):
        self.body = nn.Embed(self.config.words, self.config.width)
        self.cls = Heads(config=self.config)

    def __call__(self, ids):
        x = self.body(ids)
        if self.config.tied:
            shared = self.body.variables["params"]["embedding"]
        else:
            shared = None
        return self.cls(x, shared=shared)
"""
NNX_HEAD = """\
class Head(nnx.Module):
    def __init__(self, in_features: int, config: object, *, rngs: nnx.Rngs):
        self.dense = nnx.Linear(in_features, config.width, rngs=rngs)
        if not config.tied:
            self.decoder = nnx.Linear(
                config.width, config.words, use_bias=False, rngs=rngs
            )

    def __call__(self, x, shared=None):
        x = self.dense(x)
        if shared is not None:
            x = jnp.dot(x, shared.T)
        else:
            x = self.decoder(x)
        return x
"""
_IDS = arrays(f32(2, 3)).astype(int)
_TIED, _ALONE = (SimpleNamespace(width=4, words=7, tied=tied, loud=not tied) for tied in (True, False))
_BOTH = (
    Call("Model", (), {"config": _TIED}, (_IDS,)),
    Call("Model", (), {"config": _ALONE}, (_IDS,)),
)


def _changed(*changes: tuple[str, str]) -> str:
    return HEADER + changed(HEAD + MODEL, *changes)


def test_what_the_callers_hand_in_is_asked_in_the_constructor() -> None:
    text, file, _ = migrate(_changed())
    assert NNX_HEAD in text
    assert not refusals(file)
    assert "from the start" not in listed(file)
    check_equivalent(_changed(), *_BOTH)


SHARED = '            shared = self.body.variables["params"]["embedding"]\n'
IF = f"        if self.config.tied:\n{SHARED}        else:\n            shared = None\n"
HALVES = '        shared = self.body.variables["params"]["embedding"] if {} else None\n'
ASKED = {
    "an-expression": ((IF, HALVES.format("self.config.tied")),),
    "the-other-way-round": (
        (IF, f"        if not self.config.tied:\n            shared = None\n        else:\n{SHARED}"),
    ),
    "at-the-call": (
        (IF, ""),
        ("shared=shared)\n", "x)\n"),
        ("self.words(x, shared=shared)", "self.words(x, shared)"),
        ("self.cls(x, x)", 'self.cls(x, self.body.variables["params"]["embedding"] if self.config.tied else None)'),
    ),
    "transposed-on-the-way": (
        ("shared.T}}", "shared}}"),
        ('["embedding"]\n', '["embedding"].T\n'),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_asked(name: str) -> None:
    before = _changed(*ASKED[name])
    assert "if not config.tied:\n            self.decoder" in migrate(before)[0]
    check_equivalent(before, *_BOTH)


MORE = f"{MODEL}\n\n{MODEL.replace('Model(', 'Other(')}"
FROM_THE_START = {
    "nobody-calls": ((MODEL, ""),),
    "another-gives-nothing": (
        (MODEL, MORE.replace("shared=shared)\n\n", "x)\n\n").replace("self.cls(x, x)", "self.cls(x)")),
    ),
    "another-asks-something-else": (
        (MODEL, MORE + "\n\n" + MODEL.replace("Model(", "Third(").replace("config.tied", "config.loud")),
    ),
    "another-configuration": (
        ("config: object\n\n    def setup(self):\n        self.body", "config: object\n    head: object = None\n\n    def setup(self):\n        self.body"),
        ("Heads(config=self.config)", "Heads(config=self.head)"),
    ),
    "what-may-be-none-itself": (("def __call__(self, ids):", "def __call__(self, ids, given=None):"), (SHARED, "            shared = given\n")),
    "bound-again-on-the-way": (("        return self.words(", "        shared = shared if x.ndim > 1 else None\n        return self.words("),),
    "bound-again-in-the-head": (("        x = self.dense(x)\n", "        x = self.dense(x)\n        shared = shared if x.ndim > 1 else None\n"),),
    "bound-three-times": (("        return self.cls(", "        if ids.ndim > 2:\n            shared = None\n        return self.cls("),),
    "on-what-a-call-decides": (("def __call__(self, ids):", "def __call__(self, ids, tied: bool = True):"), ("if self.config.tied", "if tied")),
    "inherited": (("class Model(", "class Loud(Head):\n    pass\n\n\nclass Model("),),
    "called-by-a-subclass": ((MODEL, MODEL + "\n\nclass Loud(Model):\n    def __call__(self, ids):\n        return self.cls(self.body(ids))\n"),),
}  # fmt: skip


@pytest.mark.parametrize("name", FROM_THE_START)
def test_from_the_start(name: str) -> None:
    text, file, _ = migrate(_changed(*FROM_THE_START[name]))
    assert "if not config." not in text
    assert not refusals(file)
    how = "has `decoder` from the start, whose variables Linen makes in the first call without `shared`"
    assert how in listed(file)


def test_the_head_alone_is_built_for_a_call_without() -> None:
    x = f32(2, 3, 4)
    check_equivalent(HEADER + HEAD, Call("Head", (4,), {"config": _ALONE}, (x,)))
    text, _, mapping = migrate(HEADER + HEAD)
    linen, twin = load(HEADER + HEAD), load(text)
    with pytest.raises(EquivalenceError, match="NNX leaves without a Linen leaf"):
        compare(linen, twin, mapping, Call("Head", (4,), {"config": _ALONE}, (x, f32(7, 4))))
