"""A vision transformer: patches, a class token, encoder blocks."""

import jax.numpy as jnp
from flax import linen as nn


class MlpBlock(nn.Module):
    """The feed-forward half of a block."""

    hidden: int
    dropout: float = 0.1

    @nn.compact
    def __call__(self, x, deterministic: bool):
        width = x.shape[-1]
        x = nn.gelu(nn.Dense(self.hidden)(x))
        x = nn.Dropout(self.dropout)(x, deterministic=deterministic)
        return nn.Dense(width)(x)


class EncoderBlock(nn.Module):
    """Pre-norm self-attention and feed-forward."""

    heads: int
    hidden: int
    dropout: float = 0.1

    @nn.compact
    def __call__(self, x, deterministic: bool):
        y = nn.LayerNorm()(x)
        y = nn.MultiHeadDotProductAttention(self.heads)(y, y)
        x = x + nn.Dropout(self.dropout)(y, deterministic=deterministic)
        y = nn.LayerNorm()(x)
        return x + MlpBlock(self.hidden, self.dropout)(y, deterministic)


class ViT(nn.Module):
    """Images to logits."""

    classes: int
    patch: int = 16
    width: int = 192
    depth: int = 12
    heads: int = 3
    dropout: float = 0.1

    @nn.compact
    def __call__(self, images, deterministic: bool = True):
        patches = (self.patch, self.patch)
        x = nn.Conv(self.width, patches, strides=patches, padding="VALID", name="embedding")(images)
        b, h, w, c = x.shape
        x = x.reshape(b, h * w, c)
        cls = self.param("cls", nn.initializers.zeros, (1, 1, c))
        x = jnp.concatenate([jnp.tile(cls, (b, 1, 1)), x], axis=1)
        shape = (1, h * w + 1, c)
        x = x + self.param("positions", nn.initializers.normal(0.02), shape)
        for _ in range(self.depth):
            x = EncoderBlock(self.heads, 4 * self.width, self.dropout)(x, deterministic)
        x = nn.LayerNorm(name="norm")(x)
        return nn.Dense(self.classes, name="head")(x[:, 0])
