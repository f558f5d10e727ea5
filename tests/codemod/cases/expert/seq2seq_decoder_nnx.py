"""The decoder of an encoder-decoder Transformer, with sinusoidal positions and a config."""

import dataclasses

import numpy as np
from flax import nnx


@dataclasses.dataclass(frozen=True)
class DecoderConfig:
    vocab_size: int = 1000
    embed_dim: int = 64
    num_heads: int = 4
    mlp_dim: int = 128
    num_layers: int = 2
    max_len: int = 128
    dropout_rate: float = 0.1
    tie_embeddings: bool = True


def sinusoids(max_len: int, features: int) -> np.ndarray:
    position = np.arange(max_len)[:, None]
    frequency = np.exp(np.arange(0, features, 2) * -(np.log(10000.0) / features))
    table = np.zeros((max_len, features), np.float32)
    table[:, 0::2] = np.sin(position * frequency)
    table[:, 1::2] = np.cos(position * frequency)
    return table


class DecoderLayer(nnx.Module):
    def __init__(self, x_features: int, memory_features: int, config: DecoderConfig, *, rngs: nnx.Rngs):
        cfg = config
        self.dropout_0 = nnx.Dropout(cfg.dropout_rate, rngs=rngs)
        self.norm_1 = nnx.LayerNorm(x_features, rngs=rngs)
        self.self_attention = nnx.MultiHeadAttention(
            num_heads=cfg.num_heads, in_features=x_features, decode=False, rngs=rngs
        )
        self.norm_2 = nnx.LayerNorm(x_features, rngs=rngs)
        self.cross_attention = nnx.MultiHeadAttention(
            num_heads=cfg.num_heads,
            in_features=x_features,
            in_kv_features=memory_features,
            decode=False,
            rngs=rngs,
        )
        self.norm_3 = nnx.LayerNorm(x_features, rngs=rngs)
        self.mlp_in = nnx.Linear(x_features, cfg.mlp_dim, rngs=rngs)
        self.mlp_out = nnx.Linear(cfg.mlp_dim, cfg.embed_dim, rngs=rngs)

    def __call__(self, x, memory, self_mask=None, cross_mask=None, *, deterministic: bool = True):
        y = self.norm_1(x)
        y = self.self_attention(y, mask=self_mask)
        x = x + self.dropout_0(y, deterministic=deterministic)

        y = self.norm_2(x)
        y = self.cross_attention(y, memory, mask=cross_mask)
        x = x + self.dropout_0(y, deterministic=deterministic)

        y = self.norm_3(x)
        y = self.mlp_in(y)
        y = self.mlp_out(nnx.relu(y))
        return x + self.dropout_0(y, deterministic=deterministic)


class Decoder(nnx.Module):
    def __init__(self, in_features: int, config: DecoderConfig, *, rngs: nnx.Rngs):
        self.config = config
        cfg = config
        self.embed = nnx.Embed(cfg.vocab_size, cfg.embed_dim, rngs=rngs)
        self.layers = nnx.List(
            DecoderLayer(cfg.embed_dim, in_features, cfg, rngs=rngs) for _ in range(cfg.num_layers)
        )
        self.norm = nnx.LayerNorm(cfg.embed_dim, rngs=rngs)
        if not cfg.tie_embeddings:
            self.logits = nnx.Linear(cfg.embed_dim, cfg.vocab_size, rngs=rngs)

    def _positions(self):
        cfg = self.config
        return sinusoids(cfg.max_len, cfg.embed_dim)

    def __call__(self, tokens, memory, memory_mask=None, deterministic: bool = True):
        length = tokens.shape[1]
        causal = nnx.make_causal_mask(tokens)
        cross = None if memory_mask is None else nnx.make_attention_mask(tokens > 0, memory_mask)

        x = self.embed(tokens) + self._positions()[:length]
        for layer in self.layers:
            x = layer(x, memory, causal, cross, deterministic=deterministic)
        x = self.norm(x)
        if self.config.tie_embeddings:
            return self.embed.attend(x)
        return self.logits(x)
