"""`x.reshape(x.shape[0], 4, 4, -1)` behind a layer: x has two axes where a caller says so, and is not known alone."""

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
