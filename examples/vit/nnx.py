"""A vision transformer: patches, a class token, encoder blocks."""

import jax.numpy as jnp
from flax import nnx


class MlpBlock(nnx.Module):
    """The feed-forward half of a block."""

    def __init__(self, width: int, hidden: int, dropout: float = 0.1, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(width, hidden, rngs=rngs)
        self.dropout_0 = nnx.Dropout(dropout, rngs=rngs)
        self.dense_1 = nnx.Linear(hidden, width, rngs=rngs)

    def __call__(self, x, deterministic: bool):
        x = nnx.gelu(self.dense_0(x))
        x = self.dropout_0(x, deterministic=deterministic)
        return self.dense_1(x)


class EncoderBlock(nnx.Module):
    """Pre-norm self-attention and feed-forward."""

    def __init__(self, in_features: int, heads: int, hidden: int, dropout: float = 0.1, *, rngs: nnx.Rngs):
        self.layer_norm_0 = nnx.LayerNorm(in_features, rngs=rngs)
        self.multi_head_dot_product_attention_0 = nnx.MultiHeadAttention(
            num_heads=heads, in_features=in_features, decode=False, rngs=rngs
        )
        self.dropout_0 = nnx.Dropout(dropout, rngs=rngs)
        self.layer_norm_1 = nnx.LayerNorm(in_features, rngs=rngs)
        self.mlp_block_0 = MlpBlock(in_features, hidden, dropout, rngs=rngs)

    def __call__(self, x, deterministic: bool):
        y = self.layer_norm_0(x)
        y = self.multi_head_dot_product_attention_0(y, y)
        x = x + self.dropout_0(y, deterministic=deterministic)
        y = self.layer_norm_1(x)
        return x + self.mlp_block_0(y, deterministic)


class ViT(nnx.Module):
    """Images to logits."""

    def __init__(
        self,
        in_shape: tuple[int, int, int],
        classes: int,
        patch: int = 16,
        width: int = 192,
        depth: int = 12,
        heads: int = 3,
        dropout: float = 0.1,
        *,
        rngs: nnx.Rngs,
    ):
        patches = (patch, patch)
        self.embedding = nnx.Conv(in_shape[-1], width, patches, strides=patches, padding="VALID", rngs=rngs)
        self.cls = nnx.Param(nnx.initializers.zeros(rngs.params(), (1, 1, width)))
        shape = (1, (in_shape[-3] // patch) * (in_shape[-2] // patch) + 1, width)
        self.positions = nnx.Param(nnx.initializers.normal(0.02)(rngs.params(), shape))
        self.encoder_block = nnx.List(
            EncoderBlock(width, heads, 4 * width, dropout, rngs=rngs) for _ in range(depth)
        )
        self.norm = nnx.LayerNorm(width, rngs=rngs)
        self.head = nnx.Linear(width, classes, rngs=rngs)

    def __call__(self, images, deterministic: bool = True):
        x = self.embedding(images)
        b, h, w, c = x.shape
        x = x.reshape(b, h * w, c)
        x = jnp.concatenate([jnp.tile(self.cls[...], (b, 1, 1)), x], axis=1)
        x = x + self.positions
        for encoder_block in self.encoder_block:
            x = encoder_block(x, deterministic)
        x = self.norm(x)
        return self.head(x[:, 0])
