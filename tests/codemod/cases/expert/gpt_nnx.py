"""A GPT whose attention is written out."""

import dataclasses

import jax
import jax.numpy as jnp
from flax import nnx


@dataclasses.dataclass(frozen=True)
class GPTConfig:
    vocab_size: int = 50257
    block_size: int = 1024
    num_layers: int = 12
    num_heads: int = 12
    embed_dim: int = 768
    dropout: float = 0.1
    use_bias: bool = True


class CausalSelfAttention(nnx.Module):
    def __init__(self, C: int, config: GPTConfig, *, rngs: nnx.Rngs):
        self.config = config
        cfg = config
        self.c_attn = nnx.Linear(C, 3 * C, use_bias=cfg.use_bias, rngs=rngs)
        self.dropout_0 = nnx.Dropout(cfg.dropout, rngs=rngs)
        self.c_proj = nnx.Linear(C, C, use_bias=cfg.use_bias, rngs=rngs)
        self.dropout_1 = nnx.Dropout(cfg.dropout, rngs=rngs)

    def __call__(self, x, deterministic: bool):
        cfg = self.config
        B, T, C = x.shape
        head_dim = C // cfg.num_heads

        qkv = self.c_attn(x)
        q, k, v = jnp.split(qkv, 3, axis=-1)
        q = q.reshape(B, T, cfg.num_heads, head_dim)
        k = k.reshape(B, T, cfg.num_heads, head_dim)
        v = v.reshape(B, T, cfg.num_heads, head_dim)

        # (B, nh, T, T)
        att = jnp.einsum("bqhd,bkhd->bhqk", q, k) / jnp.sqrt(head_dim)
        mask = jnp.tril(jnp.ones((T, T), dtype=bool))
        att = jnp.where(mask, att, -jnp.inf)
        att = nnx.softmax(att, axis=-1)
        att = self.dropout_0(att, deterministic=deterministic)

        y = jnp.einsum("bhqk,bkhd->bqhd", att, v).reshape(B, T, C)
        y = self.c_proj(y)
        return self.dropout_1(y, deterministic=deterministic)


class MLP(nnx.Module):
    def __init__(self, C: int, config: GPTConfig, *, rngs: nnx.Rngs):
        cfg = config
        self.c_fc = nnx.Linear(C, 4 * C, use_bias=cfg.use_bias, rngs=rngs)
        self.c_proj = nnx.Linear(4 * C, C, use_bias=cfg.use_bias, rngs=rngs)
        self.dropout_0 = nnx.Dropout(cfg.dropout, rngs=rngs)

    def __call__(self, x, deterministic: bool):
        x = self.c_fc(x)
        x = nnx.gelu(x)
        x = self.c_proj(x)
        return self.dropout_0(x, deterministic=deterministic)


class Block(nnx.Module):
    """Pre-norm: x + f(norm(x))."""

    def __init__(self, in_features: int, config: GPTConfig, *, rngs: nnx.Rngs):
        self.ln_1 = nnx.LayerNorm(in_features, epsilon=1e-5, use_bias=config.use_bias, rngs=rngs)
        self.attn = CausalSelfAttention(in_features, config, rngs=rngs)
        self.ln_2 = nnx.LayerNorm(in_features, epsilon=1e-5, use_bias=config.use_bias, rngs=rngs)
        self.mlp = MLP(in_features, config, rngs=rngs)

    def __call__(self, x, deterministic: bool = True):
        x = x + self.attn(self.ln_1(x), deterministic)
        x = x + self.mlp(self.ln_2(x), deterministic)
        return x


class GPT(nnx.Module):
    def __init__(self, config: GPTConfig, *, rngs: nnx.Rngs):
        self.config = config
        cfg = config
        self.wte = nnx.Embed(cfg.vocab_size, cfg.embed_dim, rngs=rngs)
        self.wpe = nnx.Param(
            nnx.initializers.normal(0.02)(rngs.params(), (cfg.block_size, cfg.embed_dim))
        )
        self.dropout_0 = nnx.Dropout(cfg.dropout, rngs=rngs)
        self.h = nnx.List(Block(cfg.embed_dim, cfg, rngs=rngs) for _ in range(cfg.num_layers))
        self.ln_f = nnx.LayerNorm(cfg.embed_dim, epsilon=1e-5, use_bias=cfg.use_bias, rngs=rngs)

    def __call__(self, idx, deterministic: bool = True):
        cfg = self.config
        _, T = idx.shape
        assert T <= cfg.block_size, f"{T} tokens, at most {cfg.block_size}"

        x = self.wte(idx) + self.wpe[:T]
        x = self.dropout_0(x, deterministic=deterministic)
        for h in self.h:
            x = h(x, deterministic)
        x = self.ln_f(x)
        # the head shares the embedding's weights
        return self.wte.attend(x)


def loss_fn(logits, targets):
    logp = jax.nn.log_softmax(logits)
    return -jnp.take_along_axis(logp, targets[..., None], axis=-1).mean()
