"""A variational autoencoder."""

import jax
import jax.numpy as jnp
from flax import linen as nn


class Encoder(nn.Module):
    """Images to mean and log variance of the latents."""

    latents: int

    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Dense(64, name="fc1")(x))
        mean = nn.Dense(self.latents, name="fc2_mean")(x)
        logvar = nn.Dense(self.latents, name="fc2_logvar")(x)
        return mean, logvar


class Decoder(nn.Module):
    """Latents to the logits of each pixel."""

    pixels: int

    @nn.compact
    def __call__(self, z):
        z = nn.relu(nn.Dense(64, name="fc1")(z))
        return nn.Dense(self.pixels, name="fc2")(z)


def reparameterize(key, mean, logvar):
    """Draws latents in a way that gradients pass."""
    return mean + jnp.exp(0.5 * logvar) * jax.random.normal(key, logvar.shape)


class VAE(nn.Module):
    """Encoder and decoder with a draw in between."""

    latents: int = 20
    pixels: int = 784

    def setup(self):
        self.encoder = Encoder(self.latents)
        self.decoder = Decoder(self.pixels)

    def __call__(self, x, key):
        mean, logvar = self.encoder(x)
        z = reparameterize(key, mean, logvar)
        return self.decoder(z), mean, logvar

    def generate(self, z):
        """Returns pixels between 0 and 1."""
        return nn.sigmoid(self.decoder(z))
