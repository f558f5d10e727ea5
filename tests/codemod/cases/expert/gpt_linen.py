"""A GPT whose attention is written out."""

import dataclasses

import jax
import jax.numpy as jnp
from flax import linen as nn


@dataclasses.dataclass(frozen=True)
class GPTConfig:
    vocab_size: int = 50257
    block_size: int = 1024
    num_layers: int = 12
    num_heads: int = 12
    embed_dim: int = 768
    dropout: float = 0.1
    use_bias: bool = True


class CausalSelfAttention(nn.Module):
    config: GPTConfig

    @nn.compact
    def __call__(self, x, deterministic: bool):
        cfg = self.config
        B, T, C = x.shape
        head_dim = C // cfg.num_heads

        qkv = nn.Dense(3 * C, use_bias=cfg.use_bias, name="c_attn")(x)
        q, k, v = jnp.split(qkv, 3, axis=-1)
        q = q.reshape(B, T, cfg.num_heads, head_dim)
        k = k.reshape(B, T, cfg.num_heads, head_dim)
        v = v.reshape(B, T, cfg.num_heads, head_dim)

        # (B, nh, T, T)
        att = jnp.einsum("bqhd,bkhd->bhqk", q, k) / jnp.sqrt(head_dim)
        mask = jnp.tril(jnp.ones((T, T), dtype=bool))
        att = jnp.where(mask, att, -jnp.inf)
        att = nn.softmax(att, axis=-1)
        att = nn.Dropout(cfg.dropout)(att, deterministic=deterministic)

        y = jnp.einsum("bhqk,bkhd->bqhd", att, v).reshape(B, T, C)
        y = nn.Dense(C, use_bias=cfg.use_bias, name="c_proj")(y)
        return nn.Dropout(cfg.dropout)(y, deterministic=deterministic)


class MLP(nn.Module):
    config: GPTConfig

    @nn.compact
    def __call__(self, x, deterministic: bool):
        cfg = self.config
        C = x.shape[-1]
        x = nn.Dense(4 * C, use_bias=cfg.use_bias, name="c_fc")(x)
        x = nn.gelu(x)
        x = nn.Dense(C, use_bias=cfg.use_bias, name="c_proj")(x)
        return nn.Dropout(cfg.dropout)(x, deterministic=deterministic)


class Block(nn.Module):
    """Pre-norm: x + f(norm(x))."""

    config: GPTConfig

    def setup(self):
        self.ln_1 = nn.LayerNorm(epsilon=1e-5, use_bias=self.config.use_bias)
        self.attn = CausalSelfAttention(self.config)
        self.ln_2 = nn.LayerNorm(epsilon=1e-5, use_bias=self.config.use_bias)
        self.mlp = MLP(self.config)

    def __call__(self, x, deterministic: bool = True):
        x = x + self.attn(self.ln_1(x), deterministic)
        x = x + self.mlp(self.ln_2(x), deterministic)
        return x


class GPT(nn.Module):
    config: GPTConfig

    @nn.compact
    def __call__(self, idx, deterministic: bool = True):
        cfg = self.config
        _, T = idx.shape
        assert T <= cfg.block_size, f"{T} tokens, at most {cfg.block_size}"

        wte = nn.Embed(cfg.vocab_size, cfg.embed_dim, name="wte")
        wpe = self.param("wpe", nn.initializers.normal(0.02), (cfg.block_size, cfg.embed_dim))
        x = wte(idx) + wpe[:T]
        x = nn.Dropout(cfg.dropout)(x, deterministic=deterministic)
        for i in range(cfg.num_layers):
            x = Block(cfg, name=f"h_{i}")(x, deterministic)
        x = nn.LayerNorm(epsilon=1e-5, use_bias=cfg.use_bias, name="ln_f")(x)
        # the head shares the embedding's weights
        return wte.attend(x)


def loss_fn(logits, targets):
    logp = jax.nn.log_softmax(logits)
    return -jnp.take_along_axis(logp, targets[..., None], axis=-1).mean()
