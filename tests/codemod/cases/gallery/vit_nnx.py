import jax.numpy as jnp
from flax import nnx


class AddPositionEmbs(nnx.Module):
    """Adds learned positional embeddings to the inputs."""

    def __init__(self, length: int, features: int, *, rngs: nnx.Rngs):
        pos_emb_shape = (1, length, features)
        self.pos_embedding = nnx.Param(nnx.initializers.normal(stddev=0.02)(rngs.params(), pos_emb_shape))

    def __call__(self, inputs):
        return inputs + self.pos_embedding


class MlpBlock(nnx.Module):
    def __init__(self, in_features: int, mlp_dim: int, dropout_rate: float = 0.1, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, mlp_dim, rngs=rngs)
        self.dropout_0 = nnx.Dropout(rate=dropout_rate, rngs=rngs)
        self.dense_1 = nnx.Linear(mlp_dim, in_features, rngs=rngs)

    def __call__(self, inputs, *, deterministic):
        x = self.dense_0(inputs)
        x = nnx.gelu(x)
        x = self.dropout_0(x, deterministic=deterministic)
        return self.dense_1(x)


class Encoder1DBlock(nnx.Module):
    def __init__(
        self,
        in_features: int,
        mlp_dim: int,
        num_heads: int,
        dropout_rate: float = 0.1,
        *,
        rngs: nnx.Rngs,
    ):
        self.layer_norm_0 = nnx.LayerNorm(in_features, rngs=rngs)
        self.multi_head_dot_product_attention_0 = nnx.MultiHeadAttention(
            num_heads=num_heads, in_features=in_features, dropout_rate=dropout_rate, decode=False, rngs=rngs
        )
        self.layer_norm_1 = nnx.LayerNorm(in_features, rngs=rngs)
        self.mlp_block_0 = MlpBlock(in_features, mlp_dim=mlp_dim, dropout_rate=dropout_rate, rngs=rngs)

    def __call__(self, inputs, *, deterministic):
        x = self.layer_norm_0(inputs)
        x = self.multi_head_dot_product_attention_0(x, x, deterministic=deterministic)
        x = x + inputs

        y = self.layer_norm_1(x)
        y = self.mlp_block_0(y, deterministic=deterministic)
        return x + y


class ViT(nnx.Module):
    def __init__(
        self,
        in_shape: tuple[int, int, int],
        num_classes: int,
        patch: int,
        hidden_size: int,
        num_layers: int,
        mlp_dim: int,
        num_heads: int,
        *,
        rngs: nnx.Rngs,
    ):
        height, width, channels = in_shape
        self.embedding = nnx.Conv(
            channels, hidden_size, (patch, patch), strides=(patch, patch), padding='VALID', rngs=rngs
        )
        self.cls = nnx.Param(nnx.initializers.zeros(rngs.params(), (1, 1, hidden_size)))
        self.posembed_input = AddPositionEmbs(1 + height // patch * (width // patch), hidden_size, rngs=rngs)
        self.encoderblock = nnx.List(
            Encoder1DBlock(hidden_size, mlp_dim=mlp_dim, num_heads=num_heads, rngs=rngs)
            for _ in range(num_layers)
        )
        self.encoder_norm = nnx.LayerNorm(hidden_size, rngs=rngs)
        self.head = nnx.Linear(hidden_size, num_classes, rngs=rngs)

    def __call__(self, x, *, train):
        x = self.embedding(x)
        n, h, w, c = x.shape
        x = jnp.reshape(x, [n, h * w, c])
        x = jnp.concatenate([jnp.tile(self.cls[...], [n, 1, 1]), x], axis=1)
        x = self.posembed_input(x)
        for encoderblock in self.encoderblock:
            x = encoderblock(x, deterministic=not train)
        x = self.encoder_norm(x)
        return self.head(x[:, 0])
