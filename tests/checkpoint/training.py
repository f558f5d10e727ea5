"""One small model in both APIs with a train state of every kind of optimizer, and one step of training."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from flax import nnx
from flax.training import train_state

SIZE, OUT = 4, 3
X = jnp.asarray(np.random.default_rng(1).normal(size=(8, SIZE)), jnp.float32)
Y = jnp.asarray(np.random.default_rng(2).normal(size=(8, OUT)), jnp.float32)


class LinenModel(nn.Module):
    @nn.compact
    def __call__(self, x: jax.Array, train: bool = True) -> jax.Array:
        for _ in range(2):
            x = nn.relu(nn.Dense(SIZE)(x))
        x = nn.BatchNorm(use_running_average=not train)(x)
        return nn.Dense(OUT, name="head")(x)


class NNXModel(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs) -> None:
        self.dense = nnx.List([nnx.Linear(SIZE, SIZE, rngs=rngs) for _ in range(2)])
        self.batch_norm_0 = nnx.BatchNorm(SIZE, rngs=rngs)
        self.head = nnx.Linear(SIZE, OUT, rngs=rngs)

    def __call__(self, x: jax.Array, train: bool = True) -> jax.Array:
        for layer in self.dense:
            x = nnx.relu(layer(x))
        return self.head(self.batch_norm_0(x, use_running_average=not train))


def build() -> NNXModel:
    return NNXModel(rngs=nnx.Rngs(0))


class TrainState(train_state.TrainState):
    batch_stats: Any
    ema_params: Any
    dropout_key: Any


def kernels(params: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf.ndim > 1, params)


def labels(params: Any) -> Any:
    """Two groups, told apart by rank, so that both APIs label alike."""
    return jax.tree.map(lambda leaf: "matrix" if leaf.ndim > 1 else "vector", params)


def optimizers() -> dict[str, optax.GradientTransformation]:
    schedule = optax.linear_schedule(1e-2, 1e-3, 10)
    return {
        "sgd": optax.sgd(0.1),
        "momentum": optax.sgd(0.1, momentum=0.9),
        "adam": optax.adam(1e-2),
        "adamw with a schedule": optax.adamw(schedule),
        "chain": optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule, mask=kernels)),
        "masked": optax.chain(optax.masked(optax.trace(0.9), kernels), optax.scale(-0.1)),
        "multi_transform": optax.multi_transform(
            {"matrix": optax.adam(1e-2), "vector": optax.sgd(0.1, momentum=0.9)}, labels
        ),
        "injected": optax.inject_hyperparams(optax.adam)(learning_rate=schedule, b1=0.8),
        "adafactor": optax.adafactor(1e-2, min_dim_size_to_factor=2),
        "ema": optax.chain(optax.adam(1e-2), optax.ema(0.9)),
    }


def created(tx: optax.GradientTransformation) -> TrainState:
    variables = LinenModel().init(jax.random.key(0), X)
    params = variables["params"]
    return TrainState.create(
        apply_fn=LinenModel().apply,
        params=params,
        tx=tx,
        batch_stats=variables["batch_stats"],
        ema_params=jax.tree.map(lambda leaf: leaf * 0.5, params),
        dropout_key=jax.random.key(7),
    )


def linen_step(state: TrainState) -> tuple[TrainState, jax.Array]:
    def loss(params: Any) -> Any:
        variables = {"params": params, "batch_stats": state.batch_stats}
        y, updates = LinenModel().apply(variables, X, mutable=["batch_stats"])
        return jnp.mean((y - Y) ** 2), updates["batch_stats"]

    (value, stats), grads = jax.value_and_grad(loss, has_aux=True)(state.params)
    return state.apply_gradients(grads=grads, batch_stats=stats), value


def nnx_step(model: NNXModel, optimizer: nnx.Optimizer[NNXModel]) -> jax.Array:
    value, grads = nnx.value_and_grad(lambda m: jnp.mean((m(X) - Y) ** 2))(model)
    optimizer.update(model, grads)
    return value


def trained(tx: optax.GradientTransformation, steps: int = 3) -> TrainState:
    state = created(tx)
    for _ in range(steps):
        state, _ = linen_step(state)
    return state
