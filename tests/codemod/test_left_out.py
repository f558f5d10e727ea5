"""Fields that would make a module and are None wherever their class is constructed: their calls never happen."""

import jax.numpy as jnp
import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    f32,
    listed,
    migrate,
    name_of,
    refusals,
)

_X = f32(4, 3)
DENSE = """\
class Dense(nn.Module):
    features: int
    dot: object = None
    dot_cls: object = None

    @nn.compact
    def __call__(self, x):
        kernel = self.param("kernel", nn.initializers.lecun_normal(), (x.shape[-1], self.features))
        if self.dot_cls is not None:
            dot = self.dot_cls()
        elif self.dot is not None:
            dot = self.dot
        else:
            dot = jnp.dot
        return dot(x, kernel)
"""
AFTER = """\
class Dense(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: int,
        dot: object = None,
        dot_cls: object = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.dot = dot
        self.dot_cls = dot_cls
        self.kernel = nnx.Param(
            nnx.initializers.lecun_normal()(rngs.params(), (in_features, features))
        )

    def __call__(self, x):
        if self.dot_cls is not None:
            dot = self.dot_cls()
        elif self.dot is not None:
            dot = self.dot
        else:
            dot = jnp.dot
        return dot(x, self.kernel[...])
"""
_TEST = "if self.dot_cls is not None:\n            dot = self.dot_cls()\n        elif self.dot"
_NET = """

class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Dense(5, jnp.matmul, dot_cls=None)(x)
"""


def test_transformed() -> None:
    text, file, _ = migrate(HEADER + DENSE)
    assert text == NNX_HEADER + AFTER, text
    assert not refusals(file)
    assert "`dot_cls` is None wherever it is constructed here: a module that it makes" in listed(file)
    check_equivalent(
        HEADER + DENSE + _NET, Call("Dense", (3,), {"features": 5}, (_X,)), Call("Net", (3,), {}, (_X,))
    )


@pytest.mark.parametrize(
    "test",
    [
        "if self.dot_cls:\n            dot = self.dot_cls()\n        elif self.dot",
        "if self.dot_cls is None: pass\n        else: dot = self.dot_cls()\n        if self.dot",
        "dot = self.dot_cls() if self.dot_cls is not None else None\n        if self.dot",
        "if self.dot_cls is not None and self.features > 2:\n            dot = self.dot_cls()\n        elif self.dot",
    ],
    ids=["truth", "is-none", "an-expression", "and"],
)
def test_other_questions(test: str) -> None:
    assert _TEST in DENSE
    source = HEADER + DENSE.replace(_TEST, test)
    check_equivalent(source, Call("Dense", (3,), {"features": 5, "dot": jnp.matmul}, (_X,)))


_MADE = DENSE.replace("object = None", "object = make")
_UNASKED = DENSE.replace("if self.dot_cls is not None:", "if self.features:")
_OR = DENSE.replace("if self.dot_cls is not None:", "if self.dot_cls is not None or self.features:")
REFUSED = (
    Refusal("not-asked-for", "MN101", _UNASKED),
    Refusal("or", "MN101", _OR),
    Refusal("the-other-side", "MN101", DENSE.replace("dot_cls is not None", "dot_cls is None")),
    Refusal("no-default", "MN101", DENSE.replace("dot_cls: object = None", "dot_cls: object")),
    Refusal("another-default", "MN101", DENSE.replace("dot_cls: object = None", "dot_cls: object = make")),
    Refusal("given", "MN101", DENSE + _NET.replace("dot_cls=None", "dot_cls=make")),
    Refusal("given-by-place", "MN101", DENSE + _NET.replace("jnp.matmul, dot_cls=None", "None, make")),
    Refusal("given-by-who-knows", "MN101", f"{DENSE}\nmodel = make(Dense, dot_cls=make)\n"),
    Refusal("behind-a-transform", "MN101", DENSE + _NET.replace("Dense(5", "nn.remat(Dense)(5")),
    Refusal("unpacked", "MN101", DENSE + _NET.replace("dot_cls=None", "**CONFIG")),
    Refusal("below", "MN101", f"{DENSE}\n\nclass Fast(Dense):\n    dot_cls: object = make\n"),
    Refusal("set", "MN101", f"{DENSE}\n\nclass Fast(Dense):\n    def setup(self):\n        self.dot_cls = make\n"),
    Refusal("of-a-base", "MN101", f"{_MADE}\n\nclass Fast(Dense):\n    dot_cls: object = None\n"),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(HEADER + refusal.before, refusal.code)
