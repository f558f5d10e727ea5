# ruff: noqa: E501
"""Submodules that are called on conditions: which are called in any case, and which are asked for."""

import pytest

from .check import (
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    f32,
    listed,
    load,
    migrate,
    name_of,
    run_once,
    with_header,
)

_X, _STATES = f32(2, 4, 6), f32(2, 5, 6)


def _attention(body: str, setup: str = "") -> str:
    return with_header(f"""\
class L(nn.Module):
    width: int = 6
    crossed: bool = True

    def setup(self):
        self.query = nn.Dense(self.width)
        self.key = nn.Dense(self.width)
{setup}
    def __call__(self, x, states=None, deep: bool = False):
        q = self.query(x)
{body}        return q
""")


_BOTH = """\
        if states is not None:
            k = self.key(states)
        else:
            k = self.key(x)
        q = q + k.mean(1, keepdims=True)
"""
_NESTED = """\
        if states is not None and deep:
            q = self.key(states).mean(1, keepdims=True)
        elif deep:
            q = self.key(x) if self.crossed else self.key(2 * x)
        else:
            q = q - self.key(x)
"""
_GIVEN = """\
        if states is not None:
            if not hasattr(self, "other"):
                raise ValueError("it was not made for that")
            q = q + self.other(self.key(states)).mean(1, keepdims=True)
        else:
            q = self.key(q)
"""
_OTHER = """\
        if self.crossed:
            self.other = nn.Dense(self.width)
"""
EQUAL = {"both": (_BOTH, ""), "nested": (_NESTED, ""), "given": (_GIVEN, _OTHER)}


_ON_FIELDS = {
    "statement": "        if self.crossed:\n            k = self.key(states)\n        else:\n            k = self.key(x)\n        q = q + k.mean(1, keepdims=True)\n",
    "denied": "        if not self.crossed:\n            k = self.key(x)\n        else:\n            k = self.key(states)\n        q = q + k.mean(1, keepdims=True)\n",
    "expression": "        k = self.key(states) if self.crossed else self.key(x)\n        q = q + k.mean(1, keepdims=True)\n",
    "returned": "        if self.crossed:\n            return q + self.key(states).mean(1, keepdims=True)\n        q = q + self.key(x).mean(1, keepdims=True)\n",
    "returned-otherwise": "        if self.crossed:\n            k = self.key(states)\n        else:\n            return q + self.key(x).mean(1, keepdims=True)\n        q = q + k.mean(1, keepdims=True)\n",
    "called-behind": "        if self.crossed:\n            k = states\n        elif self.width > 90:\n            return q\n        else:\n            return q + self.key(x).mean(1, keepdims=True)\n        q = q + self.key(k).mean(1, keepdims=True)\n",
    "returned-twice": "        if self.crossed:\n            return self.key(states)\n        if self.width > 5:\n            return self.key(x)\n        return self.key(x[..., :2])\n",
    "returned-inside": "        if self.crossed:\n            if self.width > 90:\n                return self.key(x[..., :2])\n            k = self.key(states)\n        else:\n            k = self.key(x)\n        return q.sum() + k\n",
    "one-side": "        k = x\n        if self.crossed:\n            k = self.key(states)\n        else:\n            k = self.key(k[..., :3])\n        q = q + k.mean(1, keepdims=True)\n",
}


@pytest.mark.parametrize("name", _ON_FIELDS)
def test_fields_say_which_size_it_has(name: str) -> None:
    before = _attention(_ON_FIELDS[name]).replace("states=None", "states")
    inputs = (_X, f32(2, 5, 7))
    check_equivalent(before, Call("L", (6, 7), inputs=inputs), Call("L", (6, 7), {"crossed": False}, inputs))


def test_called_in_front_of_the_condition() -> None:
    """What is called before has told the size; a module that fits both sides is called with the same."""
    body = "        k = self.key(x)\n        if self.crossed:\n            k = self.key(states)\n        q = q + k.mean(1, keepdims=True)\n"
    check_equivalent(_attention(body).replace("states=None", "states"), Call("L", (6,), inputs=(_X, _STATES)))


@pytest.mark.parametrize("name", EQUAL)
def test_called_in_any_case(name: str) -> None:
    body, setup = EQUAL[name]
    plain = {"crossed": False} if name == "given" else {}
    check_equivalent(
        _attention(body, setup),
        Call("L", (6,), plain, (_X,)),
        Call("L", (6,), inputs=(_X, _STATES)),
        Call("L", (6,), inputs=(_X, _STATES), kwargs={"deep": True}),
    )


def test_what_one_kernel_reads_is_told() -> None:
    text, file, _ = migrate(_attention(_BOTH))
    assert "in_features, width" in text
    assert "takes `states` and `x` to have one number of features" in listed(file)


def test_another_number_of_features_fails() -> None:
    """As it does in Linen, for the second of such calls."""
    twin = load(migrate(_attention(_BOTH))[0])
    with pytest.raises(TypeError, match="dot_general"):
        run_once(twin, Call("L", (6,), inputs=(_X, f32(2, 5, 7))))


def test_dot_general_tells_the_size() -> None:
    check_equivalent(
        with_header("""\
class Own(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(), (self.features, x.shape[-1]))
        w = jnp.asarray(w.transpose(), x.dtype)
        return jax.lax.dot_general(x, w, (((x.ndim - 1,), (0,)), ((), ())), precision=None)


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(Own(5)(x))
"""),
        Call("L", (6,), inputs=(_X,)),
    )


def test_dot_general_over_two_axes() -> None:
    """The axes of the second array that are not summed over follow; a cast for the type checker is the array."""
    before = with_header("""\
from typing import cast


class Own(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(), (self.features, x.shape[-2], 5, x.shape[-1]))
        y = jax.lax.dot_general(x, w, (((x.ndim - 2, x.ndim - 1), (1, 3)), ((), ())))
        return cast(jax.Array, y)


class L(nn.Module):
    @nn.compact
    def __call__(self, x):
        b, c, d = x.shape
        return nn.Dense(3)(jnp.swapaxes(Own(7)(x), -1, -2))
""")
    check_equivalent(before, Call("L", ((4, 6),), inputs=(_X,)))
    assert "self.dense_0 = nnx.Linear(7, 3, rngs=rngs)" in migrate(before)[0]


REFUSED = (
    Refusal("sums-over-an-axis-in-the-middle", "MN108", with_header("class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        w = self.param('w', nn.initializers.normal(), (4, 5))\n        return nn.Dense(3)(jax.lax.dot_general(x, w, (((x.ndim - 2,), (0,)), ((), ()))))\n")),
    Refusal("on-a-flag-that-configuration-does-not-ask-for", "MN201", _attention("        if deep:\n            q = self.other(q)\n        q = self.key(q)\n", _OTHER)),
    Refusal("in-a-while", "MN101", _attention("        while q.sum() < 3:\n            q = self.key(q)\n")),
    Refusal("two-conditions", "MN201", _attention("        if deep:\n            q = self.key(q)\n        if states is None:\n            q = self.key(q)\n")),
    Refusal("not-every-branch", "MN201", _attention(_NESTED.replace("            q = q - self.key(x)\n", "            q = q - x\n"))),
    Refusal("none-before", "MN107", _attention(_GIVEN, _OTHER.replace("self.other", "self.more") + "        self.other = self.width\n")),
    Refusal("unknown-where-a-field-holds", "MN108", _attention("        k = self.key(foreign(states)) if self.crossed else self.key(x)\n")),
    Refusal("contracts-other-axes", "MN108", with_header("class L(nn.Module):\n    @nn.compact\n    def __call__(self, x, w):\n        return nn.Dense(3)(jax.lax.dot_general(x, w, (((1,), (0,)), ((), ()))))\n")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(refusal.before, refusal.code)
