"""The MLP of NeRF."""

import jax.numpy as jnp
from flax import nnx


def positional_encoding(x, degree):
    scales = 2.0 ** jnp.arange(degree)
    xb = (x[..., None, :] * scales[:, None]).reshape(*x.shape[:-1], -1)
    return jnp.concatenate([x, jnp.sin(xb), jnp.cos(xb)], axis=-1)


class NerfMLP(nnx.Module):
    """Density and colour of points, seen from a direction."""

    def __init__(
        self,
        condition_features: int,
        points_features: int,
        net_depth: int = 8,
        net_width: int = 256,
        skip_layer: int = 4,
        condition_width: int = 128,
        num_rgb_channels: int = 3,
        *,
        rngs: nnx.Rngs,
    ):
        self.skip_layer = skip_layer
        self.dense = nnx.List()
        features = points_features
        for i in range(net_depth):
            self.dense.append(
                nnx.Linear(
                    features, net_width, kernel_init=nnx.initializers.glorot_uniform(), rngs=rngs
                )
            )
            features = net_width + points_features if i % skip_layer == 0 and i > 0 else net_width
        self.sigma = nnx.Linear(features, 1, rngs=rngs)
        self.bottleneck = nnx.Linear(features, net_width, rngs=rngs)
        self.condition = nnx.Linear(net_width + condition_features, condition_width, rngs=rngs)
        self.rgb = nnx.Linear(condition_width, num_rgb_channels, rngs=rngs)

    def __call__(self, points, condition):
        inputs = points
        x = points
        for i, dense in enumerate(self.dense):
            x = nnx.relu(dense(x))
            if i % self.skip_layer == 0 and i > 0:
                x = jnp.concatenate([x, inputs], axis=-1)
        sigma = self.sigma(x)

        bottleneck = self.bottleneck(x)
        x = jnp.concatenate([bottleneck, condition], axis=-1)
        x = nnx.relu(self.condition(x))
        rgb = self.rgb(x)
        return nnx.sigmoid(rgb), nnx.softplus(sigma)
