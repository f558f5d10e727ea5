"""A diffusion transformer: blocks modulated by time and label."""

import jax.numpy as jnp
from flax import linen as nn


def modulate(x, shift, scale):
    return x * (1 + scale[:, None]) + shift[:, None]


class TimestepEmbedder(nn.Module):
    """Embeds scalar timesteps into vectors."""

    hidden_size: int
    frequency_embedding_size: int = 256

    @nn.compact
    def __call__(self, t):
        half = self.frequency_embedding_size // 2
        freqs = jnp.exp(-jnp.log(10_000) * jnp.arange(half) / half)
        args = t[:, None] * freqs[None]
        embedding = jnp.concatenate([jnp.cos(args), jnp.sin(args)], axis=-1)
        x = nn.Dense(self.hidden_size, kernel_init=nn.initializers.normal(0.02))(embedding)
        x = nn.silu(x)
        return nn.Dense(self.hidden_size, kernel_init=nn.initializers.normal(0.02))(x)


class DiTBlock(nn.Module):
    hidden_size: int
    num_heads: int
    mlp_ratio: float = 4.0

    @nn.compact
    def __call__(self, x, c):
        c = nn.silu(c)
        c = nn.Dense(6 * self.hidden_size, kernel_init=nn.initializers.zeros)(c)
        shift_msa, scale_msa, gate_msa, shift_mlp, scale_mlp, gate_mlp = jnp.split(c, 6, axis=-1)

        # attention
        h = nn.LayerNorm(use_bias=False, use_scale=False)(x)
        h = modulate(h, shift_msa, scale_msa)
        h = nn.MultiHeadDotProductAttention(num_heads=self.num_heads)(h, h)
        x = x + gate_msa[:, None] * h

        # feed-forward
        h = nn.LayerNorm(use_bias=False, use_scale=False)(x)
        h = modulate(h, shift_mlp, scale_mlp)
        h = nn.Dense(int(self.hidden_size * self.mlp_ratio))(h)
        h = nn.Dense(self.hidden_size)(nn.gelu(h))
        return x + gate_mlp[:, None] * h


class FinalLayer(nn.Module):
    patch_size: int
    out_channels: int
    hidden_size: int

    @nn.compact
    def __call__(self, x, c):
        c = nn.Dense(2 * self.hidden_size, kernel_init=nn.initializers.zeros)(nn.silu(c))
        shift, scale = jnp.split(c, 2, axis=-1)
        x = modulate(nn.LayerNorm(use_bias=False, use_scale=False)(x), shift, scale)
        return nn.Dense(self.patch_size**2 * self.out_channels, kernel_init=nn.initializers.zeros)(x)


class DiT(nn.Module):
    patch_size: int
    hidden_size: int
    depth: int
    num_heads: int
    num_classes: int

    @nn.compact
    def __call__(self, x, t, y):
        batch, height, width, channels = x.shape
        p = self.patch_size
        num_patches = (height // p) * (width // p)

        x = nn.Conv(self.hidden_size, (p, p), strides=(p, p), padding="VALID", name="patch_embed")(x)
        x = x.reshape(batch, num_patches, self.hidden_size)
        pos_embed = self.param("pos_embed", nn.initializers.normal(0.02), (1, num_patches, self.hidden_size))
        x = x + pos_embed

        c = TimestepEmbedder(self.hidden_size)(t)
        c = c + nn.Embed(self.num_classes + 1, self.hidden_size, name="label_embed")(y)
        for _ in range(self.depth):
            x = DiTBlock(self.hidden_size, self.num_heads)(x, c)
        x = FinalLayer(p, channels, self.hidden_size)(x, c)

        # unpatchify
        x = x.reshape(batch, height // p, width // p, p, p, channels)
        x = jnp.einsum("nhwpqc->nhpwqc", x)
        return x.reshape(batch, height, width, channels)
