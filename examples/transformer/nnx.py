"""A pre-norm language model: one block, scanned over the layers and rematerialized."""

import jax.numpy as jnp
from flax import nnx


class Block(nnx.Module):
    """Causal self-attention and a feed-forward layer, normalized in front."""

    def __init__(self, width: int, heads: int, hidden: int, *, rngs: nnx.Rngs):
        self.layer_norm_0 = nnx.LayerNorm(width, rngs=rngs)
        self.multi_head_dot_product_attention_0 = nnx.MultiHeadAttention(
            num_heads=heads, in_features=width, decode=False, rngs=rngs
        )
        self.dense_0 = nnx.Linear(width, hidden, rngs=rngs)
        self.layer_norm_1 = nnx.LayerNorm(width, rngs=rngs)
        self.dense_1 = nnx.Linear(hidden, width, rngs=rngs)

    def __call__(self, x, _):
        mask = nnx.make_causal_mask(jnp.ones(x.shape[:-1]))
        y = self.layer_norm_0(x)
        x = x + self.multi_head_dot_product_attention_0(y, mask=mask)
        y = nnx.gelu(self.dense_0(self.layer_norm_1(x)))
        return x + self.dense_1(y), None


class Transformer(nnx.Module):
    """Tokens to logits of the next ones."""

    def __init__(self, vocab: int, width: int = 512, heads: int = 8, depth: int = 6, *, rngs: nnx.Rngs):
        self.embed = nnx.Embed(vocab, width, rngs=rngs)

        @nnx.split_rngs(splits=depth)
        @nnx.vmap(in_axes=0, out_axes=0)
        def create(rngs: nnx.Rngs):
            return Block(width, heads, 4 * width, rngs=rngs)

        self.blocks = create(rngs)
        self.logits = nnx.Linear(width, vocab, rngs=rngs)
        self.norm = nnx.LayerNorm(width, rngs=rngs)

    def __call__(self, tokens):
        x = self.embed(tokens)

        @nnx.scan(in_axes=(nnx.Carry, 0), out_axes=nnx.Carry)
        @nnx.remat(prevent_cse=False)
        def scan(x, block):
            x, _ = block(x, None)
            return x

        x = scan(x, self.blocks)
        return self.logits(self.norm(x))
