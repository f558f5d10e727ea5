"""Trains the Linen classifier and saves its variables with Orbax, as such code does today."""

import sys
from collections.abc import Iterable
from pathlib import Path

import jax
import jax.numpy as jnp
import optax
import orbax.checkpoint as ocp
from data import Digits, batches, digits
from linen_model import Classifier

LEARNING_RATE = 0.002
EPOCHS = 2


def train(variables, data: Iterable[Digits]):
    """Returns the variables after one step on each batch, and the loss of each step."""
    model, optimizer = Classifier(), optax.adam(LEARNING_RATE)

    @jax.jit
    def step(params, batch_stats, opt_state, x, y):
        def loss_of(params):
            logits, updates = model.apply(
                {"params": params, "batch_stats": batch_stats}, x, train=True, mutable=["batch_stats"]
            )
            loss = optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()
            return loss, updates["batch_stats"]

        (loss, stats), grads = jax.value_and_grad(loss_of, has_aux=True)(params)
        updates, opt_state = optimizer.update(grads, opt_state)
        return optax.apply_updates(params, updates), stats, opt_state, loss

    params, batch_stats = variables["params"], variables["batch_stats"]
    opt_state, losses = optimizer.init(params), []
    for x, y in data:
        params, batch_stats, opt_state, loss = step(params, batch_stats, opt_state, x, y)
        losses.append(float(loss))
    return {"params": params, "batch_stats": batch_stats}, losses


def logits(variables, data: Digits) -> jax.Array:
    """Returns the scores of each class for each image."""
    return Classifier().apply(variables, data.x, train=False)


def accuracy(variables, data: Digits) -> float:
    """Returns the share of digits that are recognized."""
    return float(jnp.mean(jnp.argmax(logits(variables, data), -1) == data.y))


def main(target: str) -> None:
    """Trains from scratch and saves to `target`."""
    training, test = digits()
    variables = Classifier().init(jax.random.key(0), training.x[:1], train=False)
    variables, _ = train(variables, batches(training, EPOCHS, seed=1))
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(Path(target).absolute(), variables)
    print(f"trained {EPOCHS} epochs: {accuracy(variables, test):.1%} of the test digits are right")


if __name__ == "__main__":
    main(sys.argv[1])
