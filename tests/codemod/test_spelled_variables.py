"""Variables whose collection or name is a constant of a file, and whose other arguments are a local tuple."""

from textwrap import indent

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    codes,
    f32,
    migrate_project,
    name_of,
    texts,
)

_X = f32(4, 3)
MEAN = """\
STATE = "batch_stats"
WEIGHT = "w"


class Mean(nn.Module):
    features: int
    train: bool = True

    def setup(self):
        ones = (
            nn.initializers.ones,
            jax.random.PRNGKey(0),
            (self.features,),
            jnp.float32,
        )
        self.w = self.param(WEIGHT, nn.initializers.normal(), (self.features,))
        self.mean = self.variable(STATE, "mean", *ones)
        self.scale = self.variable(STATE, "scale", *ones)

    def __call__(self, x):
        if self.train:
            self.put_variable(STATE, "mean", x.mean(0))
        return x * self.scale.value * self.w - self.mean.value
"""
AFTER = """\
STATE = "batch_stats"
WEIGHT = "w"


class Mean(nnx.Module):
    def __init__(self, features: int, train: bool = True, *, rngs: nnx.Rngs):
        self.train_mode = train
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (features,)))
        self.mean = nnx.BatchStat(
            nnx.initializers.ones(jax.random.PRNGKey(0), (features,), jnp.float32)
        )
        self.scale = nnx.BatchStat(
            nnx.initializers.ones(jax.random.PRNGKey(0), (features,), jnp.float32)
        )

    def __call__(self, x):
        if self.train_mode:
            self.mean[...] = x.mean(0)
        return x * self.scale[...] * self.w - self.mean[...]
"""
_ONES = MEAN[MEAN.index("        ones = (") : MEAN.index("        self.w")]


def test_transformed() -> None:
    check_transformed(HEADER + MEAN, NNX_HEADER + AFTER)


def test_the_same_values() -> None:
    calls = (Call("Mean", (), {"features": 3, "train": train}, (_X,)) for train in (True, False))
    check_equivalent(HEADER + MEAN, *calls)


def test_a_constant_of_another_file() -> None:
    names, model = MEAN[: MEAN.index("class")], MEAN[MEAN.index("class") :].replace("STATE", "names.STATE")
    files = {
        "names.py": f"from flax import linen\n\n{names}act = linen.relu\n",
        "model.py": f"{HEADER}import names\nfrom names import WEIGHT\n\n\n{model}",
    }
    result = migrate_project(files)
    assert not codes(result.files)
    assert "nnx.BatchStat(" in texts(result)["model.py"]


REFUSED = (
    Refusal("bound-twice", "MN204", MEAN.replace('"w"\n', '"w"\nSTATE = "cache"\n')),
    Refusal("a-global", "MN204", MEAN + '\n\ndef change():\n    global STATE\n    STATE = "cache"\n'),
    Refusal("a-local-of-the-name", "MN204", MEAN.replace("        ones =", '        STATE = "cache"\n        ones =')),
    Refusal("no-text", "MN204", MEAN.replace('STATE = "batch_stats"', "STATE = str(1)")),
    Refusal("a-tuple-bound-twice", "MN201", MEAN.replace("        self.mean", "        ones = []\n        self.mean")),
    Refusal("a-tuple-of-draws", "MN201", MEAN.replace("jax.random.PRNGKey(0)", 'self.make_rng("params")')),
    Refusal("a-tuple-on-a-condition", "MN201", MEAN.replace(_ONES, f"        if self.train:\n{indent(_ONES, '    ')}")),
    Refusal("no-tuple", "MN201", MEAN.replace("*ones", "*self.ones")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(HEADER + refusal.before, refusal.code)
