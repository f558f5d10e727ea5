"""The keys that Linen's init is given, where a model keeps more streams of random numbers than it names."""

import warnings

import jax.numpy as jnp
import pytest

from .check import HEADER, listed, load, migrate, refusals

DROP = """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train=False):
        return nn.Dropout(0.5, deterministic=not train)(nn.Dense(4)(x))


"""
RNN = """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train=False):
        x = nn.RNN(nn.LSTMCell(4))(x)
        return nn.Dropout(0.5, deterministic=not train)(nn.Dense(4)(x))


"""
OWN = """\
class Net(nn.Module):
    stream: str = "noise"

    @nn.compact
    def __call__(self, x):
        return nn.Dense(4)(x) + jax.random.normal(self.make_rng(self.stream), (4,))


"""
FUNCTION = """\
def f(key, other, x):
    model = Net()
    {keys}
    v = model.init({given}, x)
    return model.apply(v, x{train})
"""
TRAIN = ', True, rngs={"dropout": other}'
DICT = '{"params": key, "dropout": other}'
ALONE = '{"params": key}'


def function(given: str, train: bool = False, keys: str = "pass") -> str:
    return FUNCTION.format(given=given, keys=keys, train=TRAIN if train else "")


@pytest.mark.parametrize(
    ("net", "code", "expected"),
    [
        (DROP, function("key"), "key"),
        (DROP, function(ALONE), "key"),
        (DROP, function(DICT), "params=key, dropout=other"),
        (DROP, function("dict(params=key)"), "key"),
        (DROP, function("keys", keys=f"keys = {DICT}"), "keys"),
        (DROP, function("keys", keys=f"keys = {ALONE}"), 'keys["params"]'),
        (DROP, function('{"params": jax.random.fold_in(key, 1)}'), "jax.random.fold_in(key, 1)"),
        (DROP, function("key", True), "params=key, dropout=key"),
        (DROP, function(ALONE, True), "params=key, dropout=key"),
        (DROP, function("keys", True, f"keys = {DICT}"), "keys"),
        (DROP, function("keys", True, f"keys = {ALONE}"), 'params=keys["params"], dropout=keys["params"]'),
        (RNN, function(ALONE), "key"),
        (RNN, function(DICT), "key, dropout=other"),
        (RNN, function("keys", keys=f"keys = {DICT}"), 'keys["params"], dropout=keys["dropout"]'),
        (RNN, function("key", True), "key, dropout=key"),
        (RNN, function(DICT, True), "key, dropout=other"),
        (OWN, function('{"params": key, "dropout": other}'), "key, dropout=other"),
    ],
)
def test_every_stream_has_a_key(net: str, code: str, expected: str) -> None:
    text, file, _ = migrate(HEADER + net + code)
    assert not refusals(file), listed(file)
    assert f"rngs=nnx.Rngs({expected})" in text, text
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module = load(text)
        shape = module.f(module.jax.random.key(0), module.jax.random.key(1), jnp.ones((1, 2, 3))).shape
    assert shape == (1, 2, 4)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            function('{"dropout": key}', True).replace('"dropout": key', '"noise": key'),
            "no key for `dropout`",
        ),
        (function("keys", True, "keys = dict(zip(['params'], [key]))"), "`keys` may be a dict of keys"),
        (function("own", True, 'own = {"params": key}\n    own["dropout"] = other'), "may be a dict of keys"),
        (function('{"params": jax.random.fold_in(key, 1)}', True), "more than one random stream"),
        (function('{"params": key, **other}', True), "are not literal"),
    ],
    ids=["another", "unknown", "changed", "made-on-the-spot", "unpacked"],
)
@pytest.mark.usefixtures("no_bridges")
def test_refused(code: str, message: str) -> None:
    text, file, _ = migrate(HEADER + DROP + code)
    assert text == HEADER + DROP + code
    assert message in " / ".join(d.message for d in file.diagnostics if d.code == "MN301")
