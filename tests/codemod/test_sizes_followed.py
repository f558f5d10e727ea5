# ruff: noqa: E501
"""The size engine from end to end: what it follows computes the same, what it cannot tell is refused."""

import pytest

from .check import (
    NNX_HEADER,
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    listed,
    migrate,
    name_of,
    refusals,
    with_header,
)
from .functions_transformed import FUNCTIONS
from .sizes_transformed import SIZES

TRANSFORMED = (*SIZES, *FUNCTIONS)


def _body(*lines: str) -> str:
    text = "".join(f"        {line}\n" for line in lines)
    return f"class L(nn.Module):\n    f: int = 4\n    scale: float = 1.0\n\n    @nn.compact\n    def __call__(self, x, y=None):\n{text}"


def _table(entry: str) -> str:
    return (
        f"def double(x):\n    return jnp.concatenate([x, x], -1)\n\n\nTABLE = {{'a': nn.relu, 'b': {entry}}}\n\n\n"
        + _body("return nn.Dense(3)(TABLE['a'](x))")
    )


_POOLER = "class P(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(3)(x[:, 0])\n\n\n"

REFUSED = (
    Refusal("table-with-one-that-widens", "MN108", _table("double")),
    Refusal("table-with-one-that-is-not-seen", "MN108", _table("foreign")),
    Refusal("table-with-an-axis-bound", "MN108", "from functools import partial\n\n\n" + _table("partial(jnp.mean, axis=-1)")),
    Refusal("function-of-another-name", "MN108", _body("return nn.Dense(3)(self.scale_factor(x))")),
    Refusal("vmapped-function", "MN108", "@jax.vmap\ndef f(x):\n    return x[:, :2]\n\n\n" + _body("return nn.Dense(3)(f(x))")),
    Refusal("function-of-any-arguments", "MN108", "def f(*x):\n    return x[0]\n\n\n" + _body("return nn.Dense(3)(f(x))")),
    Refusal("function-bound-twice", "MN108", "def f(x):\n    return x\n\n\ndef f(x):\n    return x[..., :2]\n\n\n" + _body("return nn.Dense(3)(f(x))")),
    Refusal("function-that-is-patched", "MN108", "def f(x):\n    return x\n\n\nif jax.__version__ > '1':\n    f = other\n\n\n" + _body("return nn.Dense(3)(f(x))")),
    Refusal("size-of-a-local-of-a-function", "MN108", "def f(x, n):\n    k = size_of(n)\n    return x[..., :k]\n\n\n" + _body("return nn.Dense(3)(f(x, self.f))")),
    Refusal("size-a-function-changes-in-a-loop", "MN108", "def f(x, n):\n    for _ in range(n):\n        x = jnp.concatenate([x, x], -1)\n    return x\n\n\n" + _body("return nn.Dense(3)(f(x, self.f))")),
    Refusal("shadowed-function", "MN108", "def f(x):\n    return x\n\n\n" + _body("f = foreign(self.f)", "return nn.Dense(3)(f(x))")),
    Refusal("new-axis-of-an-unknown-rank", "MN108", _body("return nn.LayerNorm()(x[:, None])")),
    Refusal("swapped-axes-of-an-unknown-rank", "MN108", _body("return nn.Dense(3)(jnp.swapaxes(x, 1, 2))")),
    Refusal("first-of-too-few-axes", "MN108", _POOLER + _body("return P()(jnp.ones((3, 4)) + self.scale)")),
    Refusal("first-of-what-may-be-too-few", "MN108", _POOLER + _body("return P()(x + foreign(x))")),
    Refusal("flatten-behind-two-axes", "MN108", _body("return nn.Dense(3)(x.reshape(x.shape[0], x.shape[1], -1))")),
    Refusal("flatten-of-what-has-a-new-rank", "MN108", _body("return nn.Dense(3)((x + foreign(x)).reshape(x.shape[0], -1))")),
    Refusal("by-a-sequence-of-indices", "MN108", _body("return nn.Dense(3)(x[..., self.f])")),
    Refusal("built-in-a-local-function", "MN101", _body("def f(z):", "    return nn.Dense(3)(z)", "return jax.jit(f)(x)")),
    Refusal("local-function-of-any-arguments", "MN108", _body("def f(*z):", "    return z[0]", "return nn.Dense(3)(f(x))")),
    Refusal("local-function-that-is-vmapped", "MN108", _body("def f(z):", "    return z[:2]", "return nn.Dense(3)(jax.vmap(f)(x))")),
    Refusal("masked", "MN108", _body("return nn.LayerNorm()(x[x > 0])")),
    Refusal("one-hot-in-front", "MN108", _body("return nn.Dense(3)(jax.nn.one_hot(y, 4, axis=0))")),
    Refusal("einsum-without-a-result", "MN108", _body("return nn.Dense(3)(jnp.einsum('ij,jk', x, jnp.ones((4, 5))))")),
)  # fmt: skip


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(with_header(case.before), *case.calls)


_TWO = {
    "outside": "def g(x, n):\n    if n > 3:\n        return x\n    return x[..., :2]\n\n\n"
    + _body("return nn.Dense(3)(g(x, self.f))"),
    "local": _body(
        "def g(z):",
        "    if self.f > 3:",
        "        return z",
        "    return z[..., :2]",
        "return nn.Dense(3)(g(x))",
    ),
}


@pytest.mark.parametrize("name", _TWO)
@pytest.mark.parametrize("f", [2, 4])
def test_a_function_of_two_results(name: str, f: int) -> None:
    check_equivalent(with_header(_TWO[name]), Call("L", (6,), {"f": f}, (f32(2, 6),)))


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(with_header(case.before), case.code)


_STRIDES = next(case for case in SIZES if case.id == "shapes-that-strides-decide")


@pytest.mark.parametrize(
    "declared", ["tuple", "Tuple", "tuple[int, ...]", "Sequence[int]", "typing.Sequence[int]"]
)
def test_a_sequence_is_as_long_as_its_default(declared: str) -> None:
    before, after = (text.replace("tuple[int, int] = (1", f"{declared} = (1") for text in _STRIDES[1:3])
    migrated, file, _ = migrate(with_header(before))
    assert not refusals(file), listed(file)
    assert migrated == with_header(after, NNX_HEADER)


@pytest.mark.parametrize(
    "declared",
    ["Any = (1, 1)", "list = [1, 1]", "tuple = WIDE", "tuple[str, ...] = (1, 1)", "tuple = (1, -K)"],
)
def test_what_may_be_of_any_length_is_not_counted(declared: str) -> None:
    before = _STRIDES.before.replace("tuple[int, int] = (1, 1)", declared)
    assert "MN108" in {d.code for d in refusals(migrate(with_header(before))[1])}
