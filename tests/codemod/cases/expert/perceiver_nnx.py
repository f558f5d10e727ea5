"""A Perceiver: a few latents read a long input again and again."""

import jax.numpy as jnp
from flax import nnx


class MLP(nnx.Module):
    def __init__(self, dim: int, expansion: int = 4, *, rngs: nnx.Rngs):
        self.layer_norm_0 = nnx.LayerNorm(dim, rngs=rngs)
        self.dense_0 = nnx.Linear(dim, expansion * dim, rngs=rngs)
        self.dense_1 = nnx.Linear(expansion * dim, dim, rngs=rngs)

    def __call__(self, x):
        x = self.layer_norm_0(x)
        x = self.dense_0(x)
        x = nnx.gelu(x)
        return self.dense_1(x)


class CrossAttention(nnx.Module):
    def __init__(
        self,
        latents_features: int,
        inputs_features: int,
        num_heads: int,
        qkv_features: int | None = None,
        dropout_rate: float = 0.0,
        *,
        rngs: nnx.Rngs,
    ):
        self.norm_q = nnx.LayerNorm(latents_features, rngs=rngs)
        self.norm_kv = nnx.LayerNorm(inputs_features, rngs=rngs)
        self.multi_head_dot_product_attention_0 = nnx.MultiHeadAttention(
            num_heads=num_heads,
            in_features=latents_features,
            in_kv_features=inputs_features,
            qkv_features=qkv_features,
            dropout_rate=dropout_rate,
            decode=False,
            rngs=rngs,
        )
        self.mlp_0 = MLP(latents_features, rngs=rngs)

    def __call__(self, latents, inputs, *, deterministic: bool = True):
        q = self.norm_q(latents)
        kv = self.norm_kv(inputs)
        y = self.multi_head_dot_product_attention_0(q, kv, deterministic=deterministic)
        latents = latents + y
        return latents + self.mlp_0(latents)


class SelfAttention(nnx.Module):
    def __init__(self, in_features: int, num_heads: int, dropout_rate: float = 0.0, *, rngs: nnx.Rngs):
        self.layer_norm_0 = nnx.LayerNorm(in_features, rngs=rngs)
        self.multi_head_dot_product_attention_0 = nnx.MultiHeadAttention(
            num_heads=num_heads, in_features=in_features, dropout_rate=dropout_rate, decode=False, rngs=rngs
        )
        self.mlp_0 = MLP(in_features, rngs=rngs)

    def __call__(self, x, *, deterministic: bool = True):
        y = self.layer_norm_0(x)
        y = self.multi_head_dot_product_attention_0(y, deterministic=deterministic)
        x = x + y
        return x + self.mlp_0(x)


class Perceiver(nnx.Module):
    def __init__(
        self,
        in_features: int,
        num_latents: int,
        latent_dim: int,
        num_classes: int,
        depth: int = 6,
        num_heads: int = 8,
        dropout_rate: float = 0.0,
        *,
        rngs: nnx.Rngs,
    ):
        self.num_latents = num_latents
        self.latent_dim = latent_dim
        self.latents = nnx.Param(
            nnx.initializers.truncated_normal(0.02)(rngs.params(), (num_latents, latent_dim))
        )
        self.cross = nnx.List(
            CrossAttention(latent_dim, in_features, 1, latent_dim, dropout_rate=dropout_rate, rngs=rngs)
            for _ in range(depth)
        )
        self.blocks = nnx.List(
            SelfAttention(latent_dim, num_heads, dropout_rate=dropout_rate, rngs=rngs) for _ in range(depth)
        )
        self.norm = nnx.LayerNorm(latent_dim, rngs=rngs)
        self.head = nnx.Linear(latent_dim, num_classes, rngs=rngs)

    def __call__(self, inputs, train: bool = False):
        batch = inputs.shape[0]
        x = jnp.broadcast_to(self.latents[...], (batch, self.num_latents, self.latent_dim))
        for cross, block in zip(self.cross, self.blocks):
            x = cross(x, inputs, deterministic=not train)
            x = block(x, deterministic=not train)
        x = self.norm(x).mean(axis=1)
        return self.head(x)
