"""Actor and critic over images, for PPO."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from flax import nnx


class Torso(nnx.Module):
    """Nature CNN."""

    def __init__(self, in_shape: tuple[int, int, int], *, rngs: nnx.Rngs):
        height, width, channels = in_shape
        self.conv_0 = nnx.Conv(
            channels,
            32,
            (8, 8),
            strides=(4, 4),
            padding="VALID",
            kernel_init=nnx.initializers.orthogonal(np.sqrt(2)),
            rngs=rngs,
        )
        self.conv_1 = nnx.Conv(
            32,
            64,
            (4, 4),
            strides=(2, 2),
            padding="VALID",
            kernel_init=nnx.initializers.orthogonal(np.sqrt(2)),
            rngs=rngs,
        )
        self.dense_0 = nnx.Linear(
            (((height - 8) // 4 + 1 - 4) // 2 + 1) * (((width - 8) // 4 + 1 - 4) // 2 + 1) * 64,
            512,
            kernel_init=nnx.initializers.orthogonal(np.sqrt(2)),
            bias_init=nnx.initializers.constant(0.0),
            rngs=rngs,
        )

    def __call__(self, x):
        x = x / 255.0
        x = self.conv_0(x)
        x = nnx.relu(x)
        x = self.conv_1(x)
        x = nnx.relu(x)
        x = x.reshape((x.shape[0], -1))
        x = self.dense_0(x)
        return nnx.relu(x)


class ActorCritic(nnx.Module):
    def __init__(
        self,
        in_shape: tuple[int, int, int],
        action_dim: int,
        hidden: Sequence[int] = (256, 256),
        activation: str = "tanh",
        *,
        rngs: nnx.Rngs,
    ):
        self.activation = activation
        self.torso_0 = Torso(in_shape, rngs=rngs)
        self.actor = nnx.List()
        features = 512
        for size in hidden:
            self.actor.append(
                nnx.Linear(
                    features, size, kernel_init=nnx.initializers.orthogonal(np.sqrt(2)), rngs=rngs
                )
            )
            features = size
        self.policy = nnx.Linear(
            features, action_dim, kernel_init=nnx.initializers.orthogonal(0.01), rngs=rngs
        )
        self.critic = nnx.List()
        features = 512
        for size in hidden:
            self.critic.append(
                nnx.Linear(
                    features, size, kernel_init=nnx.initializers.orthogonal(np.sqrt(2)), rngs=rngs
                )
            )
            features = size
        self.value = nnx.Linear(
            features, 1, kernel_init=nnx.initializers.orthogonal(1.0), rngs=rngs
        )

    def __call__(self, obs):
        activation = nnx.relu if self.activation == "relu" else nnx.tanh
        features = self.torso_0(obs)

        actor = features
        for actor_layer in self.actor:
            actor = actor_layer(actor)
            actor = activation(actor)
        logits = self.policy(actor)

        critic = features
        for critic_layer in self.critic:
            critic = critic_layer(critic)
            critic = activation(critic)
        value = self.value(critic)

        return logits, jnp.squeeze(value, axis=-1)
