"""A Perceiver: a few latents read a long input again and again."""

import jax.numpy as jnp
from flax import linen as nn


class MLP(nn.Module):
    expansion: int = 4

    @nn.compact
    def __call__(self, x):
        dim = x.shape[-1]
        x = nn.LayerNorm()(x)
        x = nn.Dense(self.expansion * dim)(x)
        x = nn.gelu(x)
        return nn.Dense(dim)(x)


class CrossAttention(nn.Module):
    num_heads: int
    qkv_features: int | None = None
    dropout_rate: float = 0.0

    @nn.compact
    def __call__(self, latents, inputs, *, deterministic: bool = True):
        q = nn.LayerNorm(name="norm_q")(latents)
        kv = nn.LayerNorm(name="norm_kv")(inputs)
        y = nn.MultiHeadDotProductAttention(
            num_heads=self.num_heads, qkv_features=self.qkv_features, dropout_rate=self.dropout_rate
        )(q, kv, deterministic=deterministic)
        latents = latents + y
        return latents + MLP()(latents)


class SelfAttention(nn.Module):
    num_heads: int
    dropout_rate: float = 0.0

    @nn.compact
    def __call__(self, x, *, deterministic: bool = True):
        y = nn.LayerNorm()(x)
        y = nn.MultiHeadDotProductAttention(num_heads=self.num_heads, dropout_rate=self.dropout_rate)(
            y, deterministic=deterministic
        )
        x = x + y
        return x + MLP()(x)


class Perceiver(nn.Module):
    num_latents: int
    latent_dim: int
    num_classes: int
    depth: int = 6
    num_heads: int = 8
    dropout_rate: float = 0.0

    def setup(self):
        self.latents = self.param(
            "latents", nn.initializers.truncated_normal(0.02), (self.num_latents, self.latent_dim)
        )
        self.cross = [
            CrossAttention(1, self.latent_dim, dropout_rate=self.dropout_rate) for _ in range(self.depth)
        ]
        self.blocks = [
            SelfAttention(self.num_heads, dropout_rate=self.dropout_rate) for _ in range(self.depth)
        ]
        self.norm = nn.LayerNorm()
        self.head = nn.Dense(self.num_classes)

    def __call__(self, inputs, train: bool = False):
        batch = inputs.shape[0]
        x = jnp.broadcast_to(self.latents, (batch, self.num_latents, self.latent_dim))
        for cross, block in zip(self.cross, self.blocks):
            x = cross(x, inputs, deterministic=not train)
            x = block(x, deterministic=not train)
        x = self.norm(x).mean(axis=1)
        return self.head(x)
