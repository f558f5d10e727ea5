"""`if x.ndim < 3: x = jnp.expand_dims(x, -2)`: a size that is 1 where an argument has too few axes."""

import pytest

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
    listed,
    migrate,
    name_of,
    refusals,
)

_MIX = """\
class Mix(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        in_features = x.shape[-2]
        kernel = self.param("kernel", nn.initializers.normal(), (in_features, self.features))
        return jnp.einsum("...cn,cf->...fn", x, kernel)


"""
_NET = """\
class Net(nn.Module):
    features: tuple

    def setup(self):
        self.first = Mix(self.features[0])
        self.layers = [Mix(self.features[k + 1]) for k in range(2)]

    def __call__(self, x):
        if x.ndim < 3:
            x = jnp.expand_dims(x, -2)  # a feature axis
        x = self.first(x)
        for k in range(2):
            x = nn.relu(self.layers[k](x))
        return x
"""
_NNX_MIX = """\
class Mix(nnx.Module):
    def __init__(self, in_features: int, features: int, *, rngs: nnx.Rngs):
        self.kernel = nnx.Param(
            nnx.initializers.normal()(rngs.params(), (in_features, features))
        )

    def __call__(self, x):
        return jnp.einsum("...cn,cf->...fn", x, self.kernel[...])


"""
_NNX_NET = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, features: tuple, *, rngs: nnx.Rngs):
        self.first = Mix(in_features, features[0], rngs=rngs)
        self.layers = nnx.List()
        size = features[0]
        for k in range(2):
            self.layers.append(Mix(size, features[k + 1], rngs=rngs))
            size = features[k + 1]

    def __call__(self, x):
        if x.ndim < 3:
            x = jnp.expand_dims(x, -2)  # a feature axis
        x = self.first(x)
        for k in range(2):
            x = nnx.relu(self.layers[k](x))
        return x
"""
_F = {"features": (4, 5, 6)}


def test_too_few_axes() -> None:
    check_transformed(HEADER + _MIX + _NET, NNX_HEADER + _NNX_MIX + _NNX_NET)
    check_equivalent(
        HEADER + _MIX + _NET,
        Call("Net", (1,), _F, (f32(2, 3),)),
        Call("Net", (7,), _F, (f32(2, 7, 3),)),
        Call("Net", (7,), _F, (f32(2, 5, 7, 3),)),
    )


def _above(body: str) -> str:
    return f"\n\nclass Above(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        {body}\n"


CALLERS = (
    Case(
        "too-few",
        "x = x.reshape(3, 6)\n        return Net((4, 5, 6))(nn.Dense(8)(x))",
        "self.net_0 = Net(1, (4, 5, 6), rngs=rngs)",
        (Call("Above", inputs=(f32(18),)),),
    ),
    Case(
        "enough",
        "x = x.reshape(3, 2, 3)\n        return Net((4, 5, 6))(nn.Dense(8)(x))",
        "self.net_0 = Net(2, (4, 5, 6), rngs=rngs)",
        (Call("Above", inputs=(f32(18),)),),
    ),
    Case(
        "counted-by-its-own",
        "b, c, d = x.shape\n        return Net((4, 5, 6))(nn.Dense(8)(x) / d)",
        "self.net_0 = Net(length, (4, 5, 6), rngs=rngs)",
        (Call("Above", ((2, 3),), inputs=(f32(18, 2, 3),)),),
    ),
    Case(
        "asks-its-callers",
        "return Net((4, 5, 6))(nn.Dense(8)(x))",
        "self.net_0 = Net(x_size, (4, 5, 6), rngs=rngs)",
        (Call("Above", (1, 3), inputs=(f32(2, 3),)), Call("Above", (7, 3), inputs=(f32(2, 7, 3),))),
    ),
)


@pytest.mark.parametrize("case", CALLERS, ids=name_of)
def test_who_calls_it(case: Case) -> None:
    before = HEADER + _MIX + _NET + _above(case.before)
    after, file, _ = migrate(before)
    assert not refusals(file), listed(file)
    assert case.after in after, after
    check_equivalent(before, *case.calls)


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ("jnp.ones((2, 3))", "1"),
        ("jnp.ones((2, 7, 3))", "7"),
        ("batch", "1 if batch.ndim < 3 else batch.shape[-2]"),
    ],
)
def test_scripts(given: str, size: str) -> None:
    script = (
        f"\n\ndef main(batch):\n    net = Net((4, 5, 6))\n    v = net.init(jax.random.key(0), {given})\n"
        "    return net.apply(v, batch)\n"
    )
    after, file, _ = migrate(HEADER + _MIX + _NET + script)
    assert not refusals(file), listed(file)
    assert f"net = Net({size}, (4, 5, 6), rngs=nnx.Rngs(0))" in after, after


OTHER_FORMS = (
    ("if x.ndim == 2:\n            x = x[:, None, :]", "x.ndim == 2"),
    ("if len(x.shape) <= 2:\n            x = jnp.expand_dims(x, -2)", "x.ndim <= 2"),
    ("x = jnp.expand_dims(x, -2) if x.ndim < 3 else x", "x.ndim < 3"),
)


@pytest.mark.parametrize(("form", "asked"), OTHER_FORMS)
def test_other_forms(form: str, asked: str) -> None:
    own = "if x.ndim < 3:\n            x = jnp.expand_dims(x, -2)  # a feature axis"
    before = HEADER + _MIX + _NET.replace(own, form)
    script = "\n\ndef main(x):\n    net = Net((4, 5, 6))\n    return net.init(jax.random.key(0), x)\n"
    after, file, _ = migrate(before + script)
    assert not refusals(file), listed(file)
    assert f"Net, 1 if {asked} else x.shape[-2], (4, 5, 6))" in after, after
    check_equivalent(before, Call("Net", (1,), _F, (f32(2, 3),)), Call("Net", (7,), _F, (f32(2, 7, 3),)))


def _but(old: str, new: str, more: str = "") -> str:
    assert old in _NET
    return HEADER + _MIX + _NET.replace(old, new) + more


_WIDENS = "x = jnp.expand_dims(x, -2)"
REFUSED = (
    Refusal("two-of-it", "MN108", _but(_WIDENS, "x = jnp.stack([x, x], -2)")),
    Refusal("another-axis", "MN108", _but(_WIDENS, "x = jnp.expand_dims(x, -1)")),
    Refusal("by-a-field", "MN108", _but("x.ndim < 3", "x.ndim < len(self.features)")),
    Refusal("something-else-there", "MN108", _but(_WIDENS, "x = other(x)")),
    Refusal("more-is-asked", "MN108", _but("x.ndim < 3", "x.ndim < 3 and x.shape[-1] == 3")),
    Refusal("no-argument", "MN108", _but("if x.ndim", "x = other(x)\n        if x.ndim")),
    Refusal("caller-of-an-unknown-rank", "MN108", _but("", "", _above("return Net((4, 5, 6))(other(x))"))),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    file = migrate(refusal.before)[1]
    assert refusal.code in {d.code for d in refusals(file)}, listed(file) or "nothing was refused"
    if "class Above" not in refusal.before:
        check_refused(refusal.before, refusal.code)
