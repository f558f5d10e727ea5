"""`x.reshape(x.shape[0], 4, 4, -1)` and `t[:, None]`: how many axes there are a caller has to say, or a script."""

import pytest

from .check import Call, check_equivalent, check_refused, f32, migrate, refusals, with_header

_DECODER = """\
class Decoder(nn.Module):
    hidden: int

    @nn.compact
    def __call__(self, z):
        x = nn.relu(nn.Dense(2 * 4 * self.hidden)(z))
        x = x.reshape(x.shape[0], 2, 2, -1)
        return nn.ConvTranspose(3, (3, 3), strides=(2, 2))(x)


"""
_CALLER = """\
class Autoencoder(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Decoder(3)({})
"""
_FLAT = "nn.Dense(4)(x.reshape(x.shape[0], -1))"


def test_a_caller_with_two_axes() -> None:
    before = with_header(_DECODER + _CALLER.format(_FLAT))
    text, file, _ = migrate(before)
    assert not refusals(file), file.diagnostics
    assert "8 * hidden // 4, 3, (3, 3), strides=(2, 2), rngs=rngs" in text
    check_equivalent(before, Call("Autoencoder", (10,), {}, (f32(6, 2, 5),)))


def test_nobody_says_how_many() -> None:
    check_refused(with_header(_DECODER), "MN108")


@pytest.mark.parametrize("given", ["nn.Dense(4)(x.reshape(x.shape[0], 5, 6))", "jnp.ones((2, 8, 8, 4))", "x"])
def test_a_caller_with_another_number(given: str) -> None:
    check_refused(with_header(_DECODER + _CALLER.format(given)), "MN108")


def test_callers_that_say_different_things() -> None:
    other = _CALLER.replace("Autoencoder", "Other").format("x.reshape(x.shape[0], 5, 6)")
    text, file, _ = migrate(with_header(_DECODER + _CALLER.format(_FLAT) + "\n\n" + other))
    assert "class Other(nn.Module)" in text
    assert {d.subject for d in refusals(file)} >= {"Other"}


_TIMED = """\
class Time(nn.Module):
    @nn.compact
    def __call__(self, t):
        return nn.Dense(8)(t[:, None])


class Score(nn.Module):
    @nn.compact
    def __call__(self, x, t):
        h = nn.swish(nn.Dense(8)(x) + Time()(t))
        return nn.Dense(2)(h) * t.mean()
"""
_SCRIPT = """

def main(key):
    model = Score()
    params = model.init(key, jnp.ones((1, 3)), jnp.ones({}))
    return model, params
"""


def test_a_script_says_how_many_axes() -> None:
    before = with_header(_TIMED + _SCRIPT.format("(1,)"))
    text, file, _ = migrate(before)
    assert not refusals(file), file.diagnostics
    assert "self.dense_0 = nnx.Linear(1, 8, rngs=rngs)" in text
    assert "model = nnx.bridge.to_linen(Score, 3)" in text
    check_equivalent(before, Call("Score", (3,), {}, (f32(5, 3), f32(5))))


def test_a_script_whose_model_is_one_of_nnx() -> None:
    script = "model = Score()\nparams = model.init(jax.random.key(0), jnp.ones((1, 3)), jnp.ones((1,)))\n"
    text, *_ = migrate(with_header(_TIMED + "\n\n" + script))
    assert "model = Score(3, rngs=nnx.Rngs(0))" in text


@pytest.mark.parametrize("shape", ["(1, 1)", "()", "shape", "key"])
def test_a_script_that_does_not(shape: str) -> None:
    text, *_ = migrate(with_header(_TIMED + _SCRIPT.format(shape)))
    assert "class Time(nn.Module)" in text
    assert "class Score(nn.Module)" in text


def test_a_script_that_says_so_and_one_that_says_otherwise() -> None:
    other = _SCRIPT.replace("main", "other").format("(1, 1)")
    text, *_ = migrate(with_header(_TIMED + _SCRIPT.format("(1,)") + other))
    assert "class Score(nn.Module)" in text


def test_one_guess_is_enough() -> None:
    """The other one, of the mask, need not be true of anything."""
    masked = _TIMED.replace("x, t):", "x, t, mask):").replace(
        "nn.Dense(8)(x)", "nn.Dense(8)(x * mask[:, None])"
    )
    script = _SCRIPT.replace("jnp.ones({})", "jnp.ones((1,)), key")
    before = with_header(masked + script)
    text, file, _ = migrate(before)
    assert "nnx.Linear(1, 8, rngs=rngs)" in text, file.diagnostics
