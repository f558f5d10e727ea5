"""What a method draws from: streams that a keyword or a field names, and what it asks its scope for."""

import pytest
from migrate_norm.catalog.findings import Severity

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    migrate,
    name_of,
)

_X = f32(4, 3)


def _noise(drawn: str, field: str = "", end: str = "") -> str:
    return f"""\
class Noise(nn.Module):
    scale: float = 0.5
{field}
    @nn.compact
    def __call__(self, x):
        return x + self.scale * jax.random.normal({drawn}, x.shape){end}
"""


def _drawn(drawn: str, argument: str = "", store: str = "") -> str:
    return f"""\
class Noise(nnx.Module):
    def __init__(self, scale: float = 0.5,{argument} *, rngs: nnx.Rngs):
        self.scale = scale{store}
        self.rngs = rngs.fork()

    def __call__(self, x):
        return x + self.scale * jax.random.normal({drawn}, x.shape)
"""


_FIELD = '    stream: str = "noise"\n'
_CALLS = (Call("Noise", (), {}, (_X,)),)
TRANSFORMED = (
    Case("of-a-keyword", _noise('self.make_rng(name="noise")'), _drawn("self.rngs.noise()"), _CALLS),
    Case("of-params", _noise("self.make_rng()"), _drawn("self.rngs.params()"), _CALLS),
    Case("of-a-scope", _noise('self.scope.make_rng("noise")'), _drawn("self.rngs.noise()"), _CALLS),
    Case(
        "of-a-field",
        _noise("self.make_rng(self.stream)", _FIELD),
        _drawn("self.rngs[self.stream]()", ' stream: str = "noise",', "\n        self.stream = stream"),
        (*_CALLS, Call("Noise", (), {"stream": "dropout"}, (_X,))),
    ),
    Case(
        "of-a-field-by-a-keyword-of-a-scope",
        _noise("self.scope.make_rng(name=self.stream)", _FIELD),
        _drawn("self.rngs[self.stream]()", ' stream: str = "noise",', "\n        self.stream = stream"),
        _CALLS,
    ),
    Case(
        "of-a-declaration",
        """\
class Noise(nn.Module):
    @nn.compact
    def __call__(self, x):
        w = self.variable("batch_stats", "w", lambda: jax.random.normal(self.make_rng(name="noise"), (3,)))
        return x + w.value
""",
        """\
class Noise(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.w = nnx.BatchStat(jax.random.normal(rngs.noise(), (3,)))

    def __call__(self, x):
        return x + self.w[...]
""",
    ),
)

_OF_A_FIELD = _noise("self.make_rng(self.stream)", _FIELD)
REFUSED = (
    Refusal("a-local", "MN204", _noise("self.make_rng(name)").replace("    return", '    name = "a"\n        return')),
    Refusal("unpacked", "MN204", _noise("self.make_rng(**self.how)", "    how: dict\n")),
    Refusal("a-field-that-may-be-none", "MN204", _OF_A_FIELD.replace("stream: str", "stream: str | None")),
    Refusal("a-field-of-a-field", "MN204", _OF_A_FIELD.replace("make_rng(self.stream)", "make_rng(self.stream.name)")),
    Refusal("a-scope-that-is-kept", "MN103", _noise('(scope := self.scope).make_rng("a")')),
    Refusal("what-a-module-has-not", "MN103", _noise('self.scope.rngs["noise"]')),
    Refusal(
        "a-field-in-a-declaration",
        "MN204",
        f"""\
class Noise(nn.Module):
{_FIELD}
    @nn.compact
    def __call__(self, x):
        w = self.variable("state", "w", lambda: jax.random.normal(self.make_rng(self.stream), (3,)))
        return x + w.value
""",
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(HEADER + case.before, NNX_HEADER + case.after)
    if case.calls:
        check_equivalent(HEADER + case.before, *case.calls)


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(HEADER + refusal.before, refusal.code)


def test_a_scope_is_asked_for_variables() -> None:
    before = """\
class Mean(nn.Module):
    @nn.compact
    def __call__(self, x):
        there = self.scope.has_variable("batch_stats", "mean")
        mean = self.variable("batch_stats", "mean", jnp.zeros, (3,))
        if there:
            mean.value = 0.9 * mean.value + 0.1 * x.mean(0)
        return x - mean.value
"""
    text, file, _ = migrate(HEADER + before)
    assert "scope" not in text
    assert not [d for d in file.diagnostics if d.severity is not Severity.NOTE]
    check_equivalent(HEADER + before, Call("Mean", (), {}, (_X,)))
