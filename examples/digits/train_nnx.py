"""The same training for the migrated classifier."""

from collections.abc import Iterable

import jax
import jax.numpy as jnp
import optax
from data import Digits
from flax import nnx
from train_linen import LEARNING_RATE


def train(model: nnx.Module, data: Iterable[Digits]) -> list[float]:
    """Trains `model` in place, one step on each batch; returns the loss of each step."""
    optimizer = nnx.Optimizer(model, optax.adam(LEARNING_RATE), wrt=nnx.Param)

    @nnx.jit
    def step(model, optimizer, x, y):
        graphdef, params, stats = nnx.split(model, nnx.Param, nnx.BatchStat)

        def loss_of(params):
            # a copy: the statistics of `model` belong to the trace around this one
            inner = nnx.merge(graphdef, params, stats, copy=True)
            loss = optax.softmax_cross_entropy_with_integer_labels(inner(x, train=True), y).mean()
            return loss, nnx.state(inner, nnx.BatchStat)

        (loss, stats), grads = jax.value_and_grad(loss_of, has_aux=True)(params)
        nnx.update(model, stats)
        optimizer.update(model, grads)
        return loss

    return [float(step(model, optimizer, x, y)) for x, y in data]


def logits(model: nnx.Module, data: Digits) -> jax.Array:
    """Returns the scores of each class for each image."""
    return model(data.x, train=False)


def accuracy(model: nnx.Module, data: Digits) -> float:
    """Returns the share of digits that are recognized."""
    return float(jnp.mean(jnp.argmax(logits(model, data), -1) == data.y))
