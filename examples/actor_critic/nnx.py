"""An actor and a critic on one torso, for images of a game."""

import jax.numpy as jnp
from flax import nnx


class Torso(nnx.Module):
    """Frames to features."""

    def __init__(self, in_shape: tuple[int, int, int], features: int = 256, *, rngs: nnx.Rngs):
        height, width, channels = in_shape
        self.conv1 = nnx.Conv(channels, 32, (4, 4), strides=(4, 4), rngs=rngs)
        self.conv2 = nnx.Conv(32, 64, (3, 3), strides=(2, 2), rngs=rngs)
        self.hidden = nnx.Linear(
            ((height + 3) // 4 + 1) // 2 * (((width + 3) // 4 + 1) // 2) * 64,
            features,
            kernel_init=nnx.initializers.orthogonal(2**0.5),
            rngs=rngs,
        )

    def __call__(self, frames):
        x = frames.astype(jnp.float32) / 255.0
        x = nnx.relu(self.conv1(x))
        x = nnx.relu(self.conv2(x))
        x = x.reshape((x.shape[0], -1))
        return nnx.relu(self.hidden(x))


class ActorCritic(nnx.Module):
    """Log probabilities of the actions, and the value of the state."""

    def __init__(self, in_shape: tuple[int, int, int], actions: int, features: int = 256, *, rngs: nnx.Rngs):
        self.torso_0 = Torso(in_shape, features, rngs=rngs)
        self.actor = nnx.Linear(features, actions, kernel_init=nnx.initializers.orthogonal(0.01), rngs=rngs)
        self.critic = nnx.Linear(features, 1, kernel_init=nnx.initializers.orthogonal(1.0), rngs=rngs)

    def __call__(self, frames):
        x = self.torso_0(frames)
        logits = self.actor(x)
        value = self.critic(x)
        return nnx.log_softmax(logits), jnp.squeeze(value, axis=-1)
