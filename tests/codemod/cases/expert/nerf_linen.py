"""The MLP of NeRF."""

import jax.numpy as jnp
from flax import linen as nn


def positional_encoding(x, degree):
    scales = 2.0 ** jnp.arange(degree)
    xb = (x[..., None, :] * scales[:, None]).reshape(*x.shape[:-1], -1)
    return jnp.concatenate([x, jnp.sin(xb), jnp.cos(xb)], axis=-1)


class NerfMLP(nn.Module):
    """Density and colour of points, seen from a direction."""

    net_depth: int = 8
    net_width: int = 256
    skip_layer: int = 4
    condition_width: int = 128
    num_rgb_channels: int = 3

    @nn.compact
    def __call__(self, points, condition):
        inputs = points
        x = points
        for i in range(self.net_depth):
            x = nn.relu(nn.Dense(self.net_width, kernel_init=nn.initializers.glorot_uniform())(x))
            if i % self.skip_layer == 0 and i > 0:
                x = jnp.concatenate([x, inputs], axis=-1)
        sigma = nn.Dense(1, name="sigma")(x)

        bottleneck = nn.Dense(self.net_width, name="bottleneck")(x)
        x = jnp.concatenate([bottleneck, condition], axis=-1)
        x = nn.relu(nn.Dense(self.condition_width, name="condition")(x))
        rgb = nn.Dense(self.num_rgb_channels, name="rgb")(x)
        return nn.sigmoid(rgb), nn.softplus(sigma)
