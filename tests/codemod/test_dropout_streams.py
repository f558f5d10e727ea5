"""`nn.Dropout(rng_collection="noise")`: its stream has the same name in NNX, and whoever supplies keys names it too."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, f32, migrate

BEFORE = """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.Dropout(0.5, rng_collection="noise", deterministic=not train)(nn.Dense(4)(x))
        return nn.Dropout(0.2)(x, deterministic=not train)


def run(x, key):
    one, two, three = jax.random.split(key, 3)
    model = Net()
    variables = model.init({"params": one, "noise": two}, x)
    return model.apply(variables, x, train=True, rngs={"noise": three, "dropout": two})
"""
AFTER = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dropout_0 = nnx.Dropout(0.5, rng_collection="noise", rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        self.dropout_1 = nnx.Dropout(0.2, rngs=rngs)

    def __call__(self, x, train: bool = False):
        x = self.dropout_0(self.dense_0(x), deterministic=not train)
        return self.dropout_1(x, deterministic=not train)


def run(x, key):
    one, two, three = jax.random.split(key, 3)
    graphdef, variables, rest = nnx.split(
        Net(x.shape[-1], rngs=nnx.Rngs(params=one, noise=two, dropout=one)),
        nnx.Param,
        ...,
    )

    def apply(params, *args, rngs=None, **kwargs):
        model = nnx.merge(graphdef, params, rest, copy=True)
        nnx.reseed(model, **(rngs or {}))
        return model(*args, **kwargs)

    return apply(variables, x, train=True, rngs={"noise": three, "dropout": two})
"""


PARTIAL = """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool = False):
        drop = functools.partial(nn.Dropout, rng_collection="noise")
        return nn.Dense(4)(drop(0.5)(x, deterministic=not train))
"""


def test_transformed() -> None:
    after = NNX_HEADER + AFTER
    text, file, _ = migrate(HEADER + BEFORE)
    assert text == after, text
    assert [d.code for d in file.diagnostics] == ["MN304"]


@pytest.mark.parametrize("train", [False, True])
def test_computes_the_same(train: bool) -> None:
    text = HEADER + BEFORE.partition("\n\ndef run")[0] + "\n"
    call = Call("Net", (5,), {}, (f32(2, 5),), {"train": train})
    check_equivalent(text, call)
    check_equivalent(f"import functools\n\n{HEADER}{PARTIAL}", call)
