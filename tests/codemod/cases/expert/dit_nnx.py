"""A diffusion transformer: blocks modulated by time and label."""

import jax.numpy as jnp
from flax import nnx


def modulate(x, shift, scale):
    return x * (1 + scale[:, None]) + shift[:, None]


class TimestepEmbedder(nnx.Module):
    """Embeds scalar timesteps into vectors."""

    def __init__(self, hidden_size: int, frequency_embedding_size: int = 256, *, rngs: nnx.Rngs):
        self.frequency_embedding_size = frequency_embedding_size
        self.dense_0 = nnx.Linear(
            2 * (frequency_embedding_size // 2),
            hidden_size,
            kernel_init=nnx.initializers.normal(0.02),
            rngs=rngs,
        )
        self.dense_1 = nnx.Linear(
            hidden_size, hidden_size, kernel_init=nnx.initializers.normal(0.02), rngs=rngs
        )

    def __call__(self, t):
        half = self.frequency_embedding_size // 2
        freqs = jnp.exp(-jnp.log(10_000) * jnp.arange(half) / half)
        args = t[:, None] * freqs[None]
        embedding = jnp.concatenate([jnp.cos(args), jnp.sin(args)], axis=-1)
        x = self.dense_0(embedding)
        x = nnx.silu(x)
        return self.dense_1(x)


class DiTBlock(nnx.Module):
    def __init__(
        self,
        c_features: int,
        x_features: int,
        hidden_size: int,
        num_heads: int,
        mlp_ratio: float = 4.0,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(
            c_features, 6 * hidden_size, kernel_init=nnx.initializers.zeros, rngs=rngs
        )
        self.layer_norm_0 = nnx.LayerNorm(x_features, use_bias=False, use_scale=False, rngs=rngs)
        self.multi_head_dot_product_attention_0 = nnx.MultiHeadAttention(
            num_heads=num_heads, in_features=x_features, decode=False, rngs=rngs
        )
        self.layer_norm_1 = nnx.LayerNorm(x_features, use_bias=False, use_scale=False, rngs=rngs)
        self.dense_1 = nnx.Linear(x_features, int(hidden_size * mlp_ratio), rngs=rngs)
        self.dense_2 = nnx.Linear(int(hidden_size * mlp_ratio), hidden_size, rngs=rngs)

    def __call__(self, x, c):
        c = nnx.silu(c)
        c = self.dense_0(c)
        shift_msa, scale_msa, gate_msa, shift_mlp, scale_mlp, gate_mlp = jnp.split(c, 6, axis=-1)

        # attention
        h = self.layer_norm_0(x)
        h = modulate(h, shift_msa, scale_msa)
        h = self.multi_head_dot_product_attention_0(h, h)
        x = x + gate_msa[:, None] * h

        # feed-forward
        h = self.layer_norm_1(x)
        h = modulate(h, shift_mlp, scale_mlp)
        h = self.dense_1(h)
        h = self.dense_2(nnx.gelu(h))
        return x + gate_mlp[:, None] * h


class FinalLayer(nnx.Module):
    def __init__(
        self,
        c_features: int,
        x_features: int,
        patch_size: int,
        out_channels: int,
        hidden_size: int,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(
            c_features, 2 * hidden_size, kernel_init=nnx.initializers.zeros, rngs=rngs
        )
        self.layer_norm_0 = nnx.LayerNorm(x_features, use_bias=False, use_scale=False, rngs=rngs)
        self.dense_1 = nnx.Linear(
            x_features, patch_size**2 * out_channels, kernel_init=nnx.initializers.zeros, rngs=rngs
        )

    def __call__(self, x, c):
        c = self.dense_0(nnx.silu(c))
        shift, scale = jnp.split(c, 2, axis=-1)
        x = modulate(self.layer_norm_0(x), shift, scale)
        return self.dense_1(x)


class DiT(nnx.Module):
    def __init__(
        self,
        height: int,
        width: int,
        channels: int,
        patch_size: int,
        hidden_size: int,
        depth: int,
        num_heads: int,
        num_classes: int,
        *,
        rngs: nnx.Rngs,
    ):
        self.patch_size = patch_size
        self.hidden_size = hidden_size
        p = patch_size
        num_patches = (height // p) * (width // p)
        self.patch_embed = nnx.Conv(
            channels, hidden_size, (p, p), strides=(p, p), padding="VALID", rngs=rngs
        )
        self.pos_embed = nnx.Param(
            nnx.initializers.normal(0.02)(rngs.params(), (1, num_patches, hidden_size))
        )
        self.timestep_embedder_0 = TimestepEmbedder(hidden_size, rngs=rngs)
        self.label_embed = nnx.Embed(num_classes + 1, hidden_size, rngs=rngs)
        self.di_t_block = nnx.List(
            DiTBlock(hidden_size, hidden_size, hidden_size, num_heads, rngs=rngs)
            for _ in range(depth)
        )
        self.final_layer_0 = FinalLayer(
            hidden_size, hidden_size, p, channels, hidden_size, rngs=rngs
        )

    def __call__(self, x, t, y):
        batch, height, width, channels = x.shape
        p = self.patch_size
        num_patches = (height // p) * (width // p)

        x = self.patch_embed(x)
        x = x.reshape(batch, num_patches, self.hidden_size)
        x = x + self.pos_embed

        c = self.timestep_embedder_0(t)
        c = c + self.label_embed(y)
        for di_t_block in self.di_t_block:
            x = di_t_block(x, c)
        x = self.final_layer_0(x, c)

        # unpatchify
        x = x.reshape(batch, height // p, width // p, p, p, channels)
        x = jnp.einsum("nhwpqc->nhpwqc", x)
        return x.reshape(batch, height, width, channels)
