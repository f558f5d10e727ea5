"""A variational autoencoder."""

import jax
import jax.numpy as jnp
from flax import nnx


class Encoder(nnx.Module):
    """Images to mean and log variance of the latents."""

    def __init__(self, in_features: int, latents: int, *, rngs: nnx.Rngs):
        self.fc1 = nnx.Linear(in_features, 64, rngs=rngs)
        self.fc2_mean = nnx.Linear(64, latents, rngs=rngs)
        self.fc2_logvar = nnx.Linear(64, latents, rngs=rngs)

    def __call__(self, x):
        x = nnx.relu(self.fc1(x))
        mean = self.fc2_mean(x)
        logvar = self.fc2_logvar(x)
        return mean, logvar


class Decoder(nnx.Module):
    """Latents to the logits of each pixel."""

    def __init__(self, in_features: int, pixels: int, *, rngs: nnx.Rngs):
        self.fc1 = nnx.Linear(in_features, 64, rngs=rngs)
        self.fc2 = nnx.Linear(64, pixels, rngs=rngs)

    def __call__(self, z):
        z = nnx.relu(self.fc1(z))
        return self.fc2(z)


def reparameterize(key, mean, logvar):
    """Draws latents in a way that gradients pass."""
    return mean + jnp.exp(0.5 * logvar) * jax.random.normal(key, logvar.shape)


class VAE(nnx.Module):
    """Encoder and decoder with a draw in between."""

    def __init__(self, in_features: int, latents: int = 20, pixels: int = 784, *, rngs: nnx.Rngs):
        self.encoder = Encoder(in_features, latents, rngs=rngs)
        self.decoder = Decoder(latents, pixels, rngs=rngs)

    def __call__(self, x, key):
        mean, logvar = self.encoder(x)
        z = reparameterize(key, mean, logvar)
        return self.decoder(z), mean, logvar

    def generate(self, z):
        """Returns pixels between 0 and 1."""
        return nnx.sigmoid(self.decoder(z))
