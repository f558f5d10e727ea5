"""Values that are there or not as a field says: who constructs the module knows which."""

import pytest

from .check import HEADER, Call, check_equivalent, check_refused, f32, migrate

BODY = """\
class Body(nn.Module):
    pooling: bool = True
    width: int = 4

    def setup(self):
        self.dense = nn.Dense(self.width)
        self.pooler = nn.Dense(self.width + 1)

    def __call__(self, x, states: bool = True):
        x = self.dense(x)
        pooled = {pooled}
        if {test}:
            return (x,) + ((x * 2,) if states else ())
        return (x, pooled) + ((x * 2,) if states else ())


"""
HEAD = """\
class Head(nn.Module):
    pooling: bool = True

    def setup(self):
        self.body = Body({given})
        self.head = nn.Dense(3)

    def __call__(self, x):
        outputs = self.body(x)
        return self.head(outputs[1])
"""
TOP = """\


class Top(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(Head()(x))
"""
_POOLED = "self.pooler(x) if self.pooling else None"
_NEGATED = "None if not self.pooling else self.pooler(x)"


def _model(given: str, pooled: str = _POOLED, test: str = "pooled is None") -> str:
    return HEADER + BODY.format(pooled=pooled, test=test) + HEAD.format(given=given)


@pytest.mark.parametrize(
    ("given", "pooled", "test"),
    [
        ("", _POOLED, "pooled is None"),
        ("True, 6", _POOLED, "not self.pooling"),
        ("width=6", _NEGATED, "pooled is None"),
        ("pooling=1", _POOLED, "pooled is None"),
        ("", "self.pooler(x) if self.width > 3 else None", "not self.pooling"),
    ],
)  # fmt: skip
def test_what_the_constructor_says_is_known(given: str, pooled: str, test: str) -> None:
    before = _model(given, pooled, test)
    text, _, _ = migrate(before)
    wide = 7 if "6" in given else 5
    assert f"self.head = nnx.Linear({wide}, 3, rngs=rngs)" in text, text
    check_equivalent(before, Call("Head", (6,), inputs=(f32(2, 6),)))


def test_what_the_default_says_holds_behind_two_classes() -> None:
    check_equivalent(_model("") + TOP, Call("Top", (6,), inputs=(f32(2, 6),)))


@pytest.mark.parametrize(
    ("given", "pooled", "test"),
    [
        ("pooling=False", _POOLED, "pooled is None"),  # the third value is the second
        ("self.pooling", _POOLED, "pooled is None"),  # one further up knows
        ("pooling=choose()", _POOLED, "pooled is None"),
        ("", _POOLED, "self.width > 3"),
        ("", _POOLED, "states"),
        ("", "self.pooler(x) if self.width > 4 else None", "not self.pooling"),
        ("", _POOLED, "pooled is not None"),
        ("", _POOLED, "pooled is None or states"),
    ],
)
def test_what_is_not_told_is_refused(given: str, pooled: str, test: str) -> None:
    check_refused(_model(given, pooled, test), "MN108")


OPTIONAL = """\
class Body(nn.Module):
    @nn.compact
    def __call__(self, x, scale=None):
        if scale is None:
            scale = jnp.ones(x.shape)
        return nn.Dense(5)(x * nn.Dense(6)(scale))


class Head(nn.Module):
    @nn.compact
    def __call__(self, x, scale=None):
        count = x.shape[1]
        x = x.reshape(-1, x.shape[-1]) if x is not None else None
        scale = {scale}
        return nn.Dense(3)(Body()(x, scale)).reshape(-1, count, 3)
"""


@pytest.mark.parametrize(
    "scale",
    [
        "scale.reshape(-1, scale.shape[-1]) if scale is not None else None",
        "None if scale is None else scale.reshape(-1, scale.shape[-1])",
    ],
)
def test_what_is_made_of_an_argument_where_that_is_there(scale: str) -> None:
    before = HEADER + OPTIONAL.format(scale=scale)
    both = Call("Head", (6,), inputs=(f32(2, 4, 6), f32(2, 4, 6)))
    check_equivalent(before, both, Call("Head", (6,), inputs=(f32(2, 4, 6),)))
