"""A pre-norm language model: one block, scanned over the layers and rematerialized."""

import jax.numpy as jnp
from flax import linen as nn


class Block(nn.Module):
    """Causal self-attention and a feed-forward layer, normalized in front."""

    heads: int
    hidden: int

    @nn.compact
    def __call__(self, x, _):
        width = x.shape[-1]
        mask = nn.make_causal_mask(jnp.ones(x.shape[:-1]))
        y = nn.LayerNorm()(x)
        x = x + nn.MultiHeadDotProductAttention(self.heads)(y, mask=mask)
        y = nn.gelu(nn.Dense(self.hidden)(nn.LayerNorm()(x)))
        return x + nn.Dense(width)(y), None


class Transformer(nn.Module):
    """Tokens to logits of the next ones."""

    vocab: int
    width: int = 512
    heads: int = 8
    depth: int = 6

    @nn.compact
    def __call__(self, tokens):
        x = nn.Embed(self.vocab, self.width, name="embed")(tokens)
        blocks = nn.scan(
            nn.remat(Block, prevent_cse=False),
            variable_axes={"params": 0},
            split_rngs={"params": True},
            in_axes=nn.broadcast,
            length=self.depth,
        )
        x, _ = blocks(self.heads, 4 * self.width, name="blocks")(x, None)
        return nn.Dense(self.vocab, name="logits")(nn.LayerNorm(name="norm")(x))
