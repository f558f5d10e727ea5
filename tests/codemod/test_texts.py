"""Names of modules that are put together as texts were before f-strings: `"layer_" + str(i)`, `%` and `format`."""

import ast

import pytest
from migrate_norm.codemod.texts import as_text

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    name_of,
)

SPELLED = {
    '"layer_" + str(i)': "f'layer_{i}'",
    '"layer_%d" % i': "f'layer_{i}'",
    '"layer_%s" % (i + 1,)': "f'layer_{i + 1}'",
    '"layer_%d_%d" % (i, j)': "f'layer_{i}_{j}'",
    '"layer_{}".format(i)': "f'layer_{i}'",
    '"a" + str(i) + "_" + str(j) + "b"': "f'a{i}_{j}b'",
    'f"layer_{i}" + "_in"': "f'layer_{i}_in'",
    '"layer" + str(0 + 1)': "'layer1'",
    'f"layer{2 * 3 - 1}"': "'layer5'",
    '"layer_" + "in"': "'layer_in'",
}
LEFT = (
    '"layer_%02d" % i',
    '"%d%%" % i',
    '"layer_%d_%d" % i',
    '"layer_{0}".format(i)',
    '"layer_{}".format(*i)',
    '"layer_{}".format(i=i)',
    'f"layer_{i:02d}"',
    'f"layer_{i!r}"',
    '"layer_" + name',
    "i + 1",
    "name",
)


@pytest.mark.parametrize(("code", "text"), SPELLED.items())
def test_is_the_text_that_it_means(code: str, text: str) -> None:
    found = as_text(ast.parse(code, mode="eval").body)
    assert ast.unparse(found) == text
    assert eval(code, {"i": 3, "j": 12}) == eval(text, {"i": 3, "j": 12})


@pytest.mark.parametrize("code", LEFT)
def test_is_left(code: str) -> None:
    node = ast.parse(code, mode="eval").body
    assert as_text(node) is node


BEFORE = """\
class Net(nn.Module):
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        for i in range(self.depth):
            x = nn.Dense(5, name="in_" + str(i + 1))(x)
            for j in range(2):
                x = nn.Dense(5, name="block_%d_%d" % (i, j))(x)
        return nn.Dense(4, name="out{}".format(1))(x)
"""
AFTER = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, depth: int = 2, *, rngs: nnx.Rngs):
        self.in_ = nnx.List()
        for i in range(depth):
            self.in_.append(nnx.Linear(in_features, 5, rngs=rngs))
            for j in range(2):
                setattr(self, "block_%d_%d" % (i, j), nnx.Linear(5, 5, rngs=rngs))
            in_features = 5
        self.out1 = nnx.Linear(in_features, 4, rngs=rngs)

    def __call__(self, x):
        for i, in_ in enumerate(self.in_):
            x = in_(x)
            for j in range(2):
                x = getattr(self, "block_%d_%d" % (i, j))(x)
        return self.out1(x)
"""


def test_transformed() -> None:
    check_transformed(HEADER + BEFORE, NNX_HEADER + AFTER)


def test_computes_the_same() -> None:
    check_equivalent(HEADER + BEFORE, Call("Net", (6,), {}, (f32(2, 6),)))


REFUSED = (
    Refusal("another-width", "MN204", HEADER + BEFORE.replace('"in_" + str(i + 1)', '"in_%02d" % i')),
    Refusal("a-field", "MN204", HEADER + BEFORE.replace('"in_" + str(i + 1)', '"in_" + str(self.depth)')),
)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_stays_linen(case: Refusal) -> None:
    check_refused(case.before, case.code)
