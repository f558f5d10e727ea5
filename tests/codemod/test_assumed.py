# ruff: noqa: E501
"""An argument that one path reshapes by the sizes of another: a layer that reads it takes both to have one width."""

import pytest

from .check import (
    Call,
    Refusal,
    changed,
    check_equivalent,
    check_refused,
    f32,
    listed,
    migrate,
    name_of,
    with_header,
)

ATTENTION = """\
class Attention(nn.Module):
    width: int = 4

    def setup(self):
        self.query = nn.Dense(self.width)
        self.key = nn.DenseGeneral((2, self.width))
        self.last = nn.DenseGeneral(self.width, axis=(-2, -1))

    def __call__(self, x, context=None):
        if x.ndim == 4:
            b, h, w, c = x.shape
            x = x.reshape((b, h * w, c))
        context = x if context is None else context
        if context.ndim == 4:
            context = context.reshape((b, h * w, c))
        return self.query(x) + self.last(nn.tanh(self.key(context)))
"""
_CALLS = (
    Call("Attention", (6, 6), {}, (f32(2, 3, 5, 6), f32(2, 3, 5, 6))),
    Call("Attention", (6, 6), {}, (f32(2, 3, 5, 6),)),
    Call("Attention", (6, 7), {}, (f32(2, 3, 5, 6), f32(2, 15, 7))),
    Call("Attention", (6, 7), {}, (f32(2, 5, 6), f32(2, 5, 7))),
    Call("Attention", (6, 6), {}, (f32(2, 5, 6),)),
)
_RESHAPED = "context = context.reshape((b, h * w, c))"
_READ = "self.key(context)"


def _attention(*changes: tuple[str, str]) -> str:
    return with_header(changed(ATTENTION, *changes))


def test_computes_the_same() -> None:
    check_equivalent(_attention(), *_CALLS)


def test_says_what_it_takes_for_granted() -> None:
    text, file, _ = migrate(_attention())
    assert "self.key = nnx.LinearGeneral(context_features, (2, width), rngs=rngs)" in text
    assert "takes `context` and `x` to have one number of features" in listed(file)


def test_parents_say_the_sizes() -> None:
    model = "\n\nclass Model(nn.Module):\n    @nn.compact\n    def __call__(self, x, y):\n        return Attention(5)(x, y)\n"
    check_equivalent(_attention() + model, Call("Model", (6, 7), {}, (f32(2, 5, 6), f32(2, 5, 7))))


def test_a_size_of_one_side() -> None:
    width = (_RESHAPED, "context = context.reshape((-1, h * w, context.shape[-1]))")
    check_equivalent(_attention(width), *_CALLS)


REFUSED = (
    Refusal("its-width-is-a-size", "MN108", _attention((_READ, "self.key(nn.Dense(context.shape[-1])(x))"), ("    def __call__", "    @nn.compact\n    def __call__"))),
    Refusal("added-to", "MN108", _attention((_READ, "self.key(context + 1)"))),
    Refusal("normalized", "MN108", _attention((_READ, "self.key(nn.LayerNorm()(context))"), ("        self.query", "        self.norm = nn.LayerNorm()\n        self.query"), ("nn.LayerNorm()(context)", "self.norm(context)"))),
    Refusal("to-a-width-of-its-own", "MN108", _attention((_RESHAPED, "context = context.reshape((b, h * w, 4))"))),
    Refusal("to-twice-the-width", "MN108", _attention((_RESHAPED, "context = context.reshape((b, h * w // 2, c * 2))"))),
    Refusal("changed-on-the-other-path", "MN108", _attention((_RESHAPED, _RESHAPED + "\n        else:\n            context = jnp.concatenate([context, context], -1)"))),
    Refusal("other-on-the-other-path", "MN108", _attention(("            x = x.reshape((b, h * w, c))", "            x = x.reshape((b, h * w, c))\n        else:\n            c = jnp.size(x)"))),
    Refusal("of-an-outer-name", "MN106", _attention((
        "        if x.ndim == 4:",
        "        c = jnp.size(x)\n\n        def f():\n            nonlocal c\n            if x.ndim == 3:\n                c = x.shape[-1]\n\n        f()\n        if x.ndim == 4:"
    ), ("b, h, w, c = x.shape", "b, h, w, _ = x.shape"))),
    Refusal("handed-to-another-class", "MN108", _attention((_READ, "self.key(self.other(context))"), ("        self.query", "        self.other = Other()\n        self.query"))
        + "\n\nclass Other(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(3)(x)\n"),
)  # fmt: skip


_ROUNDS = """\
class Rounds(nn.Module):
    rounds: int = 3

    @nn.compact
    def __call__(self, x):
        y = 0
        for i in range(self.rounds):
            if i == 0:
                c = x.shape[-1]
            y = y + nn.Dense(3)(jnp.ones((2, c)))
            c = 7
        return y
"""


def test_a_size_of_one_side_that_another_round_changes() -> None:
    check_refused(with_header(_ROUNDS), "MN108")


def test_a_size_of_one_side_that_is_read_there() -> None:
    before = """\
class Sides(nn.Module):
    wide: bool = True

    @nn.compact
    def __call__(self, x):
        if self.wide:
            c = x.shape[-1]
            x = nn.Dense(8)(x)
        if self.wide:
            x = nn.Dense(c)(x)
        return x * 2
"""
    calls = [Call("Sides", (5,), {"wide": wide}, (f32(2, 5),)) for wide in (True, False)]
    check_equivalent(with_header(before), *calls)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_stays_linen(case: Refusal) -> None:
    check_refused(case.before, case.code)


DECODER = """\
class Decoder(nn.Module):
    heads: int = 2

    @nn.compact
    def __call__(self, x, memory, position, query):
        q = x + query
        x = nn.LayerNorm()(x + nn.MultiHeadDotProductAttention(self.heads)(q, q, x))
        keys = memory + position
        h = nn.MultiHeadDotProductAttention(self.heads)(x + query, keys, memory)
        x = nn.LayerNorm()(x + h)
        return x + nn.Dense(6)(query + x)
"""


def test_positions_are_added_again_and_again() -> None:
    """What a layer has read once is as wide as the argument that comes first, wherever the other is added again."""
    text, file, _ = migrate(with_header(DECODER))
    assert "def __init__(\n        self,\n        x_features: int,\n        memory_features: int," in text
    said = listed(file)
    assert "takes `query` and `x` to have one number of features" in said
    assert "takes `memory` and `position` to have one number of features" in said
    arrays = (f32(2, 3, 6), f32(2, 5, 4), f32(1, 5, 4), f32(1, 3, 6))
    check_equivalent(with_header(DECODER), Call("Decoder", (6, 4), {}, arrays))


def test_what_reads_no_kernel_along_that_axis_says_nothing_of_it() -> None:
    check_refused(with_header(DECODER.replace("q = x + query\n", "q = nn.LayerNorm()(x + query)\n")), "MN108")
    check_refused(
        with_header(DECODER.replace("nn.Dense(6)(query + x)", "nn.LayerNorm()(memory + position)")), "MN108"
    )


STACKED = """\
class Stacked(nn.Module):
    @nn.compact
    def __call__(self, x, position):
        u = jnp.stack([x, x], axis=-2) + jnp.stack([position, position], axis=-2)
{}        return nn.Dense(2)(u)
"""


@pytest.mark.parametrize(
    "rows",
    [
        "        if u.shape != x.shape:\n            u = nn.LayerNorm()(u)\n",
        "        w = self.param('w', nn.initializers.ones, (u.shape[-1],))\n        u = u * w\n",
        "        for _ in range(2):\n            u = jnp.concatenate([u, nn.LayerNorm()(u)], -1)\n",
    ],
)
def test_a_size_that_is_that_of_either_is_spelled_nowhere(rows: str) -> None:
    file = check_refused(with_header(STACKED.format(rows)), "MN108")
    assert not any("rewrite failed" in d.message for d in file.diagnostics)
