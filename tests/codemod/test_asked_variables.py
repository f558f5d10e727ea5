# ruff: noqa: E501
"""Questions for a variable that is declared on a condition: under the same one, it is there."""

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
)

COUNT = """\
class Count(nn.Module):
    decode: bool = False

    @nn.compact
    def __call__(self, x):
        shift = self.param("shift", nn.initializers.normal(), (4,))
        if self.decode:
            ready = self.has_variable("cache", "index")
            index = self.variable("cache", "index", lambda: jnp.array(0, dtype=jnp.int32))
            if ready:
                i = index.value
                index.value = i + 1
                x = x * i
        return x + shift
"""
NNX_COUNT = """\
class Count(nnx.Module):
    def __init__(self, decode: bool = False, *, rngs: nnx.Rngs):
        self.decode = decode
        self.shift = nnx.Param(nnx.initializers.normal()(rngs.params(), (4,)))
        if decode:
            self.index = nnx.Cache(jnp.array(0, dtype=jnp.int32))

    def __call__(self, x):
        if self.decode:
            i = self.index[...]
            self.index[...] = i + 1
            x = x * i
        return x + self.shift
"""
TWICE = """\


class Twice(nn.Module):
    decode: bool = False
    scaled: bool = True

    @nn.compact
    def __call__(self, x):
        if self.decode:
            if self.scaled and self.has_variable("cache", "seen"):
                x = x * 2
            seen = self.variable("cache", "seen", jnp.zeros, (4,))
            seen.value = seen.value + 1 if self.has_variable("cache", "seen") else seen.value
            x = x + seen.value
        return nn.Dense(3)(x)
"""
_X = f32(3, 4)


def test_transformed() -> None:
    check_transformed(HEADER + COUNT, NNX_HEADER + NNX_COUNT)


def test_computes_the_same() -> None:
    calls = [Call("Count", (), {"decode": decode}, (_X,)) for decode in (True, False)]
    check_equivalent(HEADER + COUNT, *calls)
    twice = HEADER + TWICE
    check_equivalent(twice, *(Call("Twice", (4,), {"decode": decode}, (_X,)) for decode in (True, False)))


def _count(old: str, new: str) -> str:
    assert old in COUNT
    return HEADER + COUNT.replace(old, new)


_READY = '            ready = self.has_variable("cache", "index")\n'
REFUSED = (
    Refusal("before-the-condition", "MN206", _count("        if self.decode:\n" + _READY, _READY.replace("            ", "        ") + "        if self.decode:\n")),
    Refusal("on-the-other-side", "MN206", _count("        return x + shift", '        else:\n            x = x + self.has_variable("cache", "index")\n        return x + shift')),
    Refusal("under-the-same-test-again", "MN206", _count("        return x + shift", '        if self.decode:\n            x = x + self.has_variable("cache", "index")\n        return x + shift')),
    Refusal("in-another-method", "MN206", _count("        return x + shift", '        return x + shift\n\n    def asks(self):\n        if self.decode:\n            return self.has_variable("cache", "index")')),
    Refusal("on-an-argument", "MN203", _count("def __call__(self, x):", "def __call__(self, x, decode=False):").replace("if self.decode:", "if decode:")),
    Refusal("of-a-method-that-is-called-on-one", "MN206", _count("    def __call__(self, x):", "    def helper(self, x):") + "\n    def __call__(self, x, decode=False):\n        return self.helper(x) if decode else x\n"),
    Refusal("declared-further-in", "MN206", _count('            index = self.variable("cache"', '            if self.decode > 1:\n              index = self.variable("cache"').replace("            if ready:\n                i = index.value\n                index.value = i + 1\n                x = x * i\n", "")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file)}, file.diagnostics
    assert "(nn.Module)" in text


@pytest.mark.parametrize("named", [True, False])
def test_a_question_behind_the_declaration_does_not_tell_the_init(named: bool) -> None:
    asked = 'self.has_variable("cache", "index")'
    after = _count(_READY, "").replace(
        "            if ready:\n", f"            ready = {asked}\n            if ready:\n"
    )
    source = (
        after
        if named
        else after.replace(f"            ready = {asked}\n            if ready:", f"            if {asked}:")
    )
    assert [d.code for d in migrate(source)[1].diagnostics] == ["MN211"]
    assert not migrate(HEADER + COUNT)[1].diagnostics
