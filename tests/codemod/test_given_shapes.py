"""Arguments that are shapes: `skip(x, y.shape)`, which makes a layer where the two differ."""

import pytest

from .check import Call, check_equivalent, check_refused, f32, listed, migrate, refusals, with_header

_SKIPS = """\
class Skip(nn.Module):
    strides: tuple[int, int] = (1, 1)

    @nn.compact
    def __call__(self, x, out_shape):
        if x.shape != out_shape:
            x = nn.Conv(out_shape[-1], (1, 1), self.strides)(x)
        return x


class Wide(nn.Module):
    deep: bool = False

    @nn.compact
    def __call__(self, x, shape):
        if self.deep:
            x = nn.avg_pool(x, (2, 2), strides=(2, 2))
        if x.shape[-1] == shape[-1]:
            return x
        return nn.Dense(shape[-1], use_bias=False)(x)


class Between(nn.Module):
    @nn.compact
    def __call__(self, x, out_shape):
        if not (out_shape == x.shape):
            x = Skip()(x, out_shape)
        return x


class Block(nn.Module):
    n: int
    strides: tuple[int, int] = (1, 1)
    kernel: tuple[int, int] = (3, 3)

    @nn.compact
    def __call__(self, x):
        y = nn.Conv(self.n, self.kernel, self.strides)(x)
        return y + Skip(self.strides)(x, y.shape)


class Pooled(nn.Module):
    n: int
    deep: bool = False

    @nn.compact
    def __call__(self, x):
        strides = (2, 2) if self.deep else (1, 1)
        y = nn.Conv(self.n, (3, 3), strides)(x)
        return y + Wide(self.deep)(x, shape=y.shape)


class Vectors(nn.Module):
    features: tuple[int, ...]

    @nn.compact
    def __call__(self, x):
        for f in self.features:
            y = nn.Dense(f)(x)
            x = nn.tanh(y) + Between()(x, y.shape)
        return x


class Normed(nn.Module):
    @nn.compact
    def __call__(self, x, out_shape):
        if x.shape != out_shape:
            x = nn.LayerNorm()(nn.Dense(out_shape[-1])(x))
        return x


class Again(nn.Module):
    n: int

    @nn.compact
    def __call__(self, x):
        y = nn.Dense(self.n)(x)
        y += nn.remat(Normed, static_argnums=(2,))()(x, y.shape)
        skip = Wide()
        return y + skip(x, y.shape) + skip(2 * x, y.shape)


class Inner(nn.Module):
    n: int
    kernel: tuple[int, int] = (3, 3)
    strides: tuple[int, int] = (1, 1)
    padding: tuple = ((0, 0), (0, 0))

    @nn.compact
    def __call__(self, x):
        return nn.Conv(self.n, self.kernel, self.strides, padding=self.padding)(x)


class Outer(nn.Module):
    n: int
    strides: tuple[int, int] = (1, 1)

    @nn.compact
    def __call__(self, x):
        y = Inner(self.n, padding=((1, 1), (1, 1)), strides=self.strides)(x)
        y = Inner(self.n, (1, 1))(y)
        return y + Skip(self.strides)(x, y.shape)


"""


def test_the_constructor_is_told_what_the_call_will_compare() -> None:
    text, file, _ = migrate(with_header(_SKIPS))
    assert not refusals(file), listed(file)
    first = "in_features: int, out_features: int, shapes_differ: bool"
    assert first in " ".join(text.split()).replace("( ", "(")
    assert "        if shapes_differ:\n            self.conv_0 = nnx.Conv(" in text
    assert "        if x.shape != out_shape:\n            x = self.conv_0(x)\n" in text
    assert "in_features != n or strides != (1, 1)" in text


_IMAGE = f32(2, 4, 4, 3)


@pytest.mark.parametrize(
    "call",
    [
        *(
            Call("Block", (3,), given, (_IMAGE,))
            for given in ({"n": 3}, {"n": 5}, {"n": 3, "strides": (2, 2)})
        ),
        *(Call("Outer", (3,), given, (_IMAGE,)) for given in ({"n": 3}, {"n": 3, "strides": (2, 1)})),
        Call("Pooled", (3,), {"n": 5, "deep": True}, (_IMAGE,)),
        *(Call("Again", (3,), {"n": n}, (_IMAGE,)) for n in (3, 5)),
        Call("Vectors", (3,), {"features": (3, 4, 4)}, (_IMAGE,)),
    ],
)
def test_computes_the_same(call: Call) -> None:
    check_equivalent(with_header(_SKIPS), call)


_SKIP, _MADE = "Skip()(x, y.shape)", "y = nn.Dense(5)(x)"
_USER = """\
class Skip(nn.Module):
    n: int = 5

    @nn.compact
    def __call__(self, x, out_shape):
        {before}
        if {test}:
            x = nn.Dense({features})(x)
        return x


class Top(nn.Module):
    @nn.compact
    def __call__(self, x, given):
        {made}
        return y + {skip}
"""


def _user(
    test: str = "x.shape != out_shape",
    features: str = "out_shape[-1]",
    before: str = "n = self.n",
    made: str = _MADE,
    skip: str = _SKIP,
) -> str:
    return with_header(_USER.format(test=test, features=features, before=before, made=made, skip=skip))


@pytest.mark.parametrize(
    ("code", "before"),
    [
        ("MN202", _user("x.mean() != out_shape")),
        ("MN203", _user("x.shape < out_shape")),
        ("MN203", _user("x.shape[-1] != self.n", before="out_shape = out_shape or x.shape")),
        ("MN108", _user(before="x = nn.tanh(nn.Dense(3)(x))")),  # no caller has the shape of what it is now
        ("MN203", _user(features="out_shape[self.n]")),
        ("MN202", _user(features="sum(out_shape)")),
        ("MN108", _user(skip="Skip()(x, y)")),
        ("MN108", _user(made="y = nn.Dense(5)(x)[:1]")),  # as many rows may be there
        ("MN108", _user(made="y = nn.Dense(5)(x) + given")),
        ("MN108", _user(skip="nn.vmap(Skip, in_axes=(0, None))()(x, y.shape)")),
        ("MN108", _user(skip="Skip()(x, given)")),
        ("MN108", _user(skip="Skip()(x, frobnicate(y).shape)")),
        ("MN108", _user(skip="Skip()(x, (x.shape[0], 5))")),  # of how many axes, x does not tell
        (
            "MN108",
            _user(made="skip = Skip()\n        y = skip(x, x.shape)", skip="skip(x, (*x.shape[:-1], 5))"),
        ),
        ("MN108", _user(made="skip = Skip()\n        y = skip(x, x.shape)", skip="skip(x, given)")),
    ],
)
def test_what_no_caller_can_tell_is_refused(code: str, before: str) -> None:
    check_refused(before, code)


def test_a_layer_of_setup_is_there_in_any_case() -> None:
    made = "def setup(self):\n        self.d = nn.Dense(3)\n\n    def __call__(self, x, out_shape):"
    text = _user().replace("@nn.compact\n    def __call__(self, x, out_shape):", made, 1)
    check_refused(text.replace("nn.Dense(out_shape[-1])(x)", "self.d(x)"), "MN201")


def test_a_default_may_be_no_shape() -> None:
    text = _user().replace("x, out_shape):", "x, out_shape=(2, 5)):")
    assert "MN203" in listed(migrate(text)[1])


_SCRIPT = """

def main(x, y):
    top = Skip()
    params = top.init(jax.random.key(0), x, {shape})
    return top.apply(params, x, {shape})
"""


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [
        ("y.shape", "x.shape[-1], y.shape[-1], x.shape != y.shape"),
        ("(2, 5)", "x.shape[-1], 5, x.shape != (2, 5)"),
        ("y", "x.shape[-1], y[-1], x.shape != y"),
    ],
)
def test_a_script_compares_what_it_inits_with(shape: str, sizes: str) -> None:
    text = migrate(_user() + _SCRIPT.format(shape=shape))[0]
    assert f"top = Skip({sizes}, rngs=nnx.Rngs(0))\n    return top(x, {shape})\n" in text


def test_what_is_none_of_a_tuple_is_not_guessed() -> None:
    assert "top = Skip()\n" in migrate(_user() + _SCRIPT.format(shape="jnp.shape(y)"))[0]
