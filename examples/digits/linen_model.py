"""A classifier of handwritten digits that declares every variable itself."""

import jax.numpy as jnp
from flax import linen as nn


class Classifier(nn.Module):
    """One hidden layer, normalized over the batch."""

    hidden: int = 64
    classes: int = 10
    momentum: float = 0.9
    eps: float = 1e-5

    @nn.compact
    def __call__(self, x, train: bool):
        kernel = self.param("kernel", nn.initializers.he_normal(), (x.shape[-1], self.hidden))
        x = x @ kernel

        scale = self.param("scale", nn.initializers.ones, (self.hidden,))
        shift = self.param("shift", nn.initializers.zeros, (self.hidden,))
        mean = self.variable("batch_stats", "mean", jnp.zeros, (self.hidden,))
        var = self.variable("batch_stats", "var", jnp.ones, (self.hidden,))
        if train:
            mu = jnp.mean(x, axis=0)
            sigma2 = jnp.mean((x - mu) ** 2, axis=0)
            if not self.is_initializing():
                mean.value = self.momentum * mean.value + (1 - self.momentum) * mu
                var.value = self.momentum * var.value + (1 - self.momentum) * sigma2
        else:
            mu, sigma2 = mean.value, var.value
        x = nn.relu((x - mu) / jnp.sqrt(sigma2 + self.eps) * scale + shift)

        head = self.param("head", nn.initializers.lecun_normal(), (self.hidden, self.classes))
        head_bias = self.param("head_bias", nn.initializers.zeros, (self.classes,))
        return x @ head + head_bias
