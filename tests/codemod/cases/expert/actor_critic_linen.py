"""Actor and critic over images, for PPO."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from flax.linen.initializers import constant, orthogonal


class Torso(nn.Module):
    """Nature CNN."""

    @nn.compact
    def __call__(self, x):
        x = x / 255.0
        x = nn.Conv(32, (8, 8), strides=(4, 4), padding="VALID", kernel_init=orthogonal(np.sqrt(2)))(x)
        x = nn.relu(x)
        x = nn.Conv(64, (4, 4), strides=(2, 2), padding="VALID", kernel_init=orthogonal(np.sqrt(2)))(x)
        x = nn.relu(x)
        x = x.reshape((x.shape[0], -1))
        x = nn.Dense(512, kernel_init=orthogonal(np.sqrt(2)), bias_init=constant(0.0))(x)
        return nn.relu(x)


class ActorCritic(nn.Module):
    action_dim: int
    hidden: Sequence[int] = (256, 256)
    activation: str = "tanh"

    @nn.compact
    def __call__(self, obs):
        activation = nn.relu if self.activation == "relu" else nn.tanh
        features = Torso()(obs)

        actor = features
        for i, size in enumerate(self.hidden):
            actor = nn.Dense(size, kernel_init=orthogonal(np.sqrt(2)), name=f"actor_{i}")(actor)
            actor = activation(actor)
        logits = nn.Dense(self.action_dim, kernel_init=orthogonal(0.01), name="policy")(actor)

        critic = features
        for i, size in enumerate(self.hidden):
            critic = nn.Dense(size, kernel_init=orthogonal(np.sqrt(2)), name=f"critic_{i}")(critic)
            critic = activation(critic)
        value = nn.Dense(1, kernel_init=orthogonal(1.0), name="value")(critic)

        return logits, jnp.squeeze(value, axis=-1)
