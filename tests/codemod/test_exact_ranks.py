"""Features that are split along an axis counted from the front: how many axes there are is asked of every caller."""

import pytest

from .check import Call, check_equivalent, check_refused, f32, listed, migrate, with_header

_GATED = """\
class Gated(nn.Module):
    width: int

    def setup(self):
        self.proj = nn.Dense(self.width * 2)

    def __call__(self, x):
        x, gate = jnp.split(self.proj(x), 2, axis=2)
        return x * nn.gelu(gate)


class L(nn.Module):
    width: int = 3

    def setup(self):
        self.gated = Gated(self.width)
        self.out = nn.Dense(2)

    def __call__(self, x):
        return self.out(self.gated(x))


"""
_CALLER = """\
class Caller(nn.Module):
    @nn.compact
    def __call__(self, x):
        return L()({})
"""


def test_the_last_axis_is_split() -> None:
    text, _, _ = migrate(with_header(_GATED))
    assert "self.out = nnx.Linear(width, 2, rngs=rngs)" in text
    check_equivalent(with_header(_GATED), Call("L", (6,), {}, (f32(2, 5, 6),)))


def test_a_caller_with_three_axes() -> None:
    given = _CALLER.format("nn.Dense(4)(x.reshape(x.shape[0], 5, 6))")
    check_equivalent(with_header(_GATED + given), Call("Caller", (), {}, (f32(2, 30),)))


@pytest.mark.parametrize(
    "given", ["nn.Conv(4, (3, 3))(x)", "x.reshape(x.shape[0], 6)", "jnp.ones((2, 8, 8, 4))"]
)
def test_a_caller_with_another_number(given: str) -> None:
    check_refused(with_header(_GATED + _CALLER.format(given)), "MN108")


@pytest.mark.parametrize(("shape", "fits"), [("(1, 5, 6)", True), ("(1, 8, 8, 6)", False), ("(1, 6)", False)])
def test_a_script(shape: str, fits: bool) -> None:
    script = f"model = L()\nvariables = model.init(jax.random.key(0), jnp.ones({shape}))\n"
    text, file, _ = migrate(with_header(_GATED + script))
    assert ("model = L(6, rngs=" in text) is fits
    assert ("axes here, and is used as if it had 3" in listed(file)) is not fits


_MIXER = """\
class Mlp(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(x.shape[-1])(nn.gelu(nn.Dense(self.width)(x)))


class Mixer(nn.Module):
    tokens: int = 5
    channels: int = 7

    @nn.compact
    def __call__(self, x):
        y = jnp.{axes}(nn.LayerNorm()(x), 1, 2)
        y = jnp.{axes}(Mlp(self.tokens, name="across")(y), 1, 2)
        x = x + y
        return x + Mlp(self.channels, name="along")(nn.LayerNorm()(x))


"""


_TOLD = _CALLER.replace("L()", "Mixer()").format("nn.Conv(6, (2, 2), (2, 2))(x).reshape(x.shape[0], -1, 6)")


@pytest.mark.parametrize("axes", ["swapaxes", "moveaxis"])
def test_axes_that_are_swapped(axes: str) -> None:
    source = with_header(_MIXER.format(axes=axes) + _TOLD)
    text, _, _ = migrate(source)
    assert "self.across = Mlp(in_shape[-2], tokens, rngs=rngs)" in text
    check_equivalent(
        source,
        Call("Mixer", ((4, 6),), {}, (f32(2, 4, 6),)),
        Call("Caller", ((2, 4, 6, 3),), {}, (f32(2, 4, 6, 3),)),
    )


@pytest.mark.parametrize(
    "caller", ["", _CALLER.format("x").replace("L()", "Mixer()"), _TOLD.replace("Mixer()", "Mixer")]
)
def test_axes_that_nobody_counts(caller: str) -> None:
    text, file, _ = migrate(with_header(_MIXER.format(axes="swapaxes") + caller))
    assert {"MN108", "MN302"} & {d.code for d in file.diagnostics if d.subject == "Mixer"}, listed(file)
    assert "class Mixer(nn.Module)" in text


def test_time_in_front() -> None:
    body = "        return nn.Dense(3)(x.swapaxes(0, 1))\n"
    other = _CALLER.format("x.reshape(x.shape[0], 5, 6)")
    head = "class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n"
    check_refused(with_header(f"{head}{body}\n\n{other}"), "MN108")


@pytest.mark.parametrize("given", ["nn.Conv(4, (3, 3))(x)", "x.reshape(x.shape[0], 6)"])
def test_a_caller_with_other_axes_to_swap(given: str) -> None:
    source = _MIXER.format(axes="swapaxes") + _CALLER.replace("L()", "Mixer()").format(given)
    check_refused(with_header(source), "MN108")


def test_axes_of_an_array_of_two_ranks() -> None:
    body = "        y = jnp.swapaxes(x, 1, 2)\n        z = jnp.swapaxes(x, 2, 3)\n"
    body += "        return nn.Dense(3)(y) + nn.Dense(3)(z)\n"
    check_refused(
        with_header(f"class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n{body}"), "MN108"
    )


_NOISY = """\
class Noisy(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x, t):
        h = jnp.concatenate([x, t[:, None]], axis=-1)
        return nn.LayerNorm()(nn.Dense(self.width)(h))


"""
_ASKS = """\
class Caller(nn.Module):
    @nn.compact
    def __call__(self, x, t):
        return Noisy()(nn.Dense(5)(x), {})
"""


def test_a_column_beside_an_array() -> None:
    text, file, _ = migrate(with_header(_NOISY))
    assert not listed(file)
    assert "self.dense_0 = nnx.Linear(in_features + 1, width, rngs=rngs)" in text
    check_equivalent(with_header(_NOISY), Call("Noisy", (6,), {}, (f32(2, 6), f32(2))))
    check_equivalent(
        with_header(_NOISY.replace("[x, t[:, None]]", "(t[:, jnp.newaxis], x)")),
        Call("Noisy", (6,), {}, (f32(2, 6), f32(2))),
    )


@pytest.mark.parametrize("given", ["t", "t.reshape(x.shape[0])", "jnp.zeros((2,))", "t[:, 0]"])
def test_a_caller_that_gives_a_column(given: str) -> None:
    inputs = (f32(2, 6), f32(2, 3) if given == "t[:, 0]" else f32(2))
    check_equivalent(with_header(_NOISY + _ASKS.format(given)), Call("Caller", (6,), {}, inputs))


@pytest.mark.parametrize("given", ["jnp.ones((2, 3))", "t.reshape(2, 3)"])
def test_a_caller_that_gives_more_than_a_column(given: str) -> None:
    text, _, _ = migrate(with_header(_NOISY + _ASKS.format(given)))
    assert "class Caller(nn.Module)" in text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[x, t[:, None]]", "[x, t[:2, None]]"),
        ("        h =", "        x = x.reshape(x.shape[0], 3, 2)\n        h ="),
        ("        h =", "        t = other(t)\n        h ="),
    ],
)
def test_what_may_be_no_column_is_refused(old: str, new: str) -> None:
    check_refused(with_header(_NOISY.replace(old, new)), "MN108")
