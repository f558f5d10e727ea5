"""The decoder of an encoder-decoder Transformer, with sinusoidal positions and a config."""

import dataclasses

import numpy as np
from flax import linen as nn


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


class DecoderLayer(nn.Module):
    config: DecoderConfig

    @nn.compact
    def __call__(self, x, memory, self_mask=None, cross_mask=None, *, deterministic: bool = True):
        cfg = self.config
        drop = nn.Dropout(cfg.dropout_rate)

        y = nn.LayerNorm(name="norm_1")(x)
        y = nn.MultiHeadDotProductAttention(cfg.num_heads, name="self_attention")(y, mask=self_mask)
        x = x + drop(y, deterministic=deterministic)

        y = nn.LayerNorm(name="norm_2")(x)
        y = nn.MultiHeadDotProductAttention(cfg.num_heads, name="cross_attention")(y, memory, mask=cross_mask)
        x = x + drop(y, deterministic=deterministic)

        y = nn.LayerNorm(name="norm_3")(x)
        y = nn.Dense(cfg.mlp_dim, name="mlp_in")(y)
        y = nn.Dense(cfg.embed_dim, name="mlp_out")(nn.relu(y))
        return x + drop(y, deterministic=deterministic)


class Decoder(nn.Module):
    config: DecoderConfig

    def setup(self):
        cfg = self.config
        self.embed = nn.Embed(cfg.vocab_size, cfg.embed_dim)
        self.positions = sinusoids(cfg.max_len, cfg.embed_dim)
        self.layers = [DecoderLayer(cfg) for _ in range(cfg.num_layers)]
        self.norm = nn.LayerNorm()
        if not cfg.tie_embeddings:
            self.logits = nn.Dense(cfg.vocab_size)

    def __call__(self, tokens, memory, memory_mask=None, deterministic: bool = True):
        length = tokens.shape[1]
        causal = nn.make_causal_mask(tokens)
        cross = None if memory_mask is None else nn.make_attention_mask(tokens > 0, memory_mask)

        x = self.embed(tokens) + self.positions[:length]
        for layer in self.layers:
            x = layer(x, memory, causal, cross, deterministic=deterministic)
        x = self.norm(x)
        if self.config.tie_embeddings:
            return self.embed.attend(x)
        return self.logits(x)
