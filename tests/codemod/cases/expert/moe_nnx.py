"""A transformer block whose feed-forward part is a mixture of experts."""

import jax
import jax.numpy as jnp
from flax import nnx
from flax.nnx.module import first_from


class Expert(nnx.Module):
    def __init__(self, in_features: int, hidden_dim: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, hidden_dim, rngs=rngs)
        self.dense_1 = nnx.Linear(hidden_dim, in_features, rngs=rngs)

    def __call__(self, x):
        h = nnx.gelu(self.dense_0(x))
        return self.dense_1(h)


class MixtureOfExperts(nnx.Module):
    """Every token goes to its `top_k` best experts, weighed by the router."""

    def __init__(
        self, in_features: int, num_experts: int, hidden_dim: int, top_k: int = 2, *, rngs: nnx.Rngs
    ):
        self.num_experts = num_experts
        self.top_k = top_k
        self.router = nnx.Linear(in_features, num_experts, use_bias=False, rngs=rngs)
        self.experts = nnx.List(Expert(in_features, hidden_dim, rngs=rngs) for _ in range(num_experts))

    def __call__(self, x):
        logits = self.router(x)
        weights, chosen = jax.lax.top_k(nnx.softmax(logits), self.top_k)
        weights = weights / weights.sum(axis=-1, keepdims=True)
        gates = jnp.einsum("...k,...ke->...e", weights, jax.nn.one_hot(chosen, self.num_experts))

        outputs = jnp.stack([expert(x) for expert in self.experts], axis=-1)
        return jnp.einsum("...de,...e->...d", outputs, gates), self.load_balance(logits, gates)

    def load_balance(self, logits, gates):
        """Is 1 where all experts get as much."""
        share = (gates > 0).mean(axis=(0, 1)) / self.top_k
        return self.num_experts * jnp.sum(share * nnx.softmax(logits).mean(axis=(0, 1)))


class MoEBlock(nnx.Module):
    def __init__(
        self,
        in_features: int,
        num_heads: int,
        num_experts: int,
        mlp_dim: int,
        dropout_rate: float = 0.0,
        deterministic: bool | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.deterministic = deterministic
        self.rms_norm_0 = nnx.RMSNorm(in_features, rngs=rngs)
        self.multi_head_dot_product_attention_0 = nnx.MultiHeadAttention(
            num_heads=num_heads, in_features=in_features, use_bias=False, decode=False, rngs=rngs
        )
        self.dropout_0 = nnx.Dropout(dropout_rate, rngs=rngs)
        self.rms_norm_1 = nnx.RMSNorm(in_features, rngs=rngs)
        self.moe = MixtureOfExperts(in_features, num_experts, mlp_dim, rngs=rngs)
        self.dropout_1 = nnx.Dropout(dropout_rate, rngs=rngs)

    def __call__(self, x, mask=None, deterministic: bool | None = None):
        deterministic = first_from(
            deterministic,
            self.deterministic,
            error_msg="deterministic is given neither to the constructor nor to the call",
        )
        y = self.rms_norm_0(x)
        y = self.multi_head_dot_product_attention_0(y, mask=mask)
        x = x + self.dropout_0(y, deterministic=deterministic)

        y = self.rms_norm_1(x)
        y, aux_loss = self.moe(y)
        return x + self.dropout_1(y, deterministic=deterministic), aux_loss

    def set_view(self, deterministic: bool | None = None) -> None:
        """Called by nnx.view: sets the mode where it is given."""
        if deterministic is not None:
            self.deterministic = deterministic
