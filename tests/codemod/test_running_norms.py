"""Norms of one's own: statistics over all axes but the last, and running ones, tell the layers behind them a size."""

import numpy as np
import pytest

from .check import HEADER, Call, check_equivalent, f32, listed, migrate, refusals

MEAN = "jnp.mean(x**2, axis=tuple(range(x.ndim - 1)))"
RUNNING = """
class Norm(nn.Module):
    momentum: float = 0.9

    @nn.compact
    def __call__(self, x, train):
        rms = self.variable("batch_stats", "rms", lambda: jnp.ones((x.shape[-1],)))
        if train:
            now = {mean}
            if not self.is_initializing():
                rms.value = self.momentum * rms.value + (1 - self.momentum) * now
        else:
            now = rms.value
        return x / jnp.sqrt(now + 0.1)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x, train):
        b, t, c = x.shape
        x = Norm()(x, train)
        return nn.Dense(3)(x[:, 0])
"""
PLAIN = """
class Norm(nn.Module):
    @nn.compact
    def __call__(self, x):
        {body}


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        b, t, c = x.shape
        x = Norm()(x)
        return nn.Dense(3)(x[:, 0])
"""
BODIES = {
    "a mean over all axes but the last": f"return x / {MEAN}",
    "the axes have a name": "axes = tuple(range(0, x.ndim - 1))\n        return x - x.mean(axes)",
    "len of the shape": "return x - jnp.max(x, axis=tuple(range(len(x.shape) - 1)))",
    "with their axes kept": "return x / (1 + jnp.var(x, axis=tuple(range(x.ndim - 1)), keepdims=True))",
    "but the first and the last": "return x - jnp.mean(x, tuple(range(1, x.ndim - 1)))[:, None]",
    "what a variable holds": (
        'at = self.variable("stats", "at", lambda: jnp.ones((x.shape[-1],)))\n        return x / at.value'
    ),
}  # fmt: skip
X = np.random.default_rng(0).uniform(0.5, 1.5, (2, 4, 5)).astype("float32")


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("mean", [MEAN, "jnp.mean(x**2, axis=(0, 1))"], ids=["any rank", "three axes"])
def test_running_statistics(mean: str, train: bool) -> None:
    before = HEADER + RUNNING.format(mean=mean)
    check_equivalent(before, Call("Net", (5,), {}, (X, train)))
    assert "self.dense_0 = nnx.Linear(in_features, 3, rngs=rngs)" in migrate(before)[0]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_statistics_of_one_input(body: str) -> None:
    check_equivalent(HEADER + PLAIN.format(body=body), Call("Net", (5,), {}, (X,)))


def test_a_norm_alone_takes_any_number_of_axes() -> None:
    norm = RUNNING.format(mean=MEAN).partition("\n\nclass Net")[0]
    check_equivalent(
        HEADER + norm, *(Call("Norm", (5,), {}, (f32(*s), True)) for s in ((2, 5), (2, 3, 4, 5)))
    )


REFUSED = {
    "without the last": "return jnp.mean(x, axis=tuple(range(x.ndim - 0)))",
    "from an unknown start": "n = int(x[0, 0, 0])\n        return jnp.mean(x, tuple(range(n, x.ndim - 1)))",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_axes_that_nothing_tells_are_refused(body: str) -> None:
    _, file, _ = migrate(HEADER + PLAIN.format(body=body))
    assert any(d.code == "MN108" for d in refusals(file)), listed(file)
