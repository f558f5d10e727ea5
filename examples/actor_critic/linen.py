"""An actor and a critic on one torso, for images of a game."""

import jax.numpy as jnp
from flax import linen as nn
from flax.linen.initializers import orthogonal


class Torso(nn.Module):
    """Frames to features."""

    features: int = 256

    @nn.compact
    def __call__(self, frames):
        x = frames.astype(jnp.float32) / 255.0
        x = nn.relu(nn.Conv(32, (4, 4), strides=(4, 4), name="conv1")(x))
        x = nn.relu(nn.Conv(64, (3, 3), strides=(2, 2), name="conv2")(x))
        x = x.reshape((x.shape[0], -1))
        return nn.relu(nn.Dense(self.features, kernel_init=orthogonal(2**0.5), name="hidden")(x))


class ActorCritic(nn.Module):
    """Log probabilities of the actions, and the value of the state."""

    actions: int
    features: int = 256

    @nn.compact
    def __call__(self, frames):
        x = Torso(self.features)(frames)
        logits = nn.Dense(self.actions, kernel_init=orthogonal(0.01), name="actor")(x)
        value = nn.Dense(1, kernel_init=orthogonal(1.0), name="critic")(x)
        return nn.log_softmax(logits), jnp.squeeze(value, axis=-1)
