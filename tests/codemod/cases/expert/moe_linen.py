"""A transformer block whose feed-forward part is a mixture of experts."""

import jax
import jax.numpy as jnp
from flax import linen as nn


class Expert(nn.Module):
    hidden_dim: int

    @nn.compact
    def __call__(self, x):
        h = nn.gelu(nn.Dense(self.hidden_dim)(x))
        return nn.Dense(x.shape[-1])(h)


class MixtureOfExperts(nn.Module):
    """Every token goes to its `top_k` best experts, weighed by the router."""

    num_experts: int
    hidden_dim: int
    top_k: int = 2

    def setup(self):
        self.router = nn.Dense(self.num_experts, use_bias=False)
        self.experts = [Expert(self.hidden_dim) for _ in range(self.num_experts)]

    def __call__(self, x):
        logits = self.router(x)
        weights, chosen = jax.lax.top_k(nn.softmax(logits), self.top_k)
        weights = weights / weights.sum(axis=-1, keepdims=True)
        gates = jnp.einsum("...k,...ke->...e", weights, jax.nn.one_hot(chosen, self.num_experts))

        outputs = jnp.stack([expert(x) for expert in self.experts], axis=-1)
        return jnp.einsum("...de,...e->...d", outputs, gates), self.load_balance(logits, gates)

    def load_balance(self, logits, gates):
        """Is 1 where all experts get as much."""
        share = (gates > 0).mean(axis=(0, 1)) / self.top_k
        return self.num_experts * jnp.sum(share * nn.softmax(logits).mean(axis=(0, 1)))


class MoEBlock(nn.Module):
    num_heads: int
    num_experts: int
    mlp_dim: int
    dropout_rate: float = 0.0
    deterministic: bool | None = None

    @nn.compact
    def __call__(self, x, mask=None, deterministic: bool | None = None):
        deterministic = nn.merge_param("deterministic", self.deterministic, deterministic)
        y = nn.RMSNorm()(x)
        y = nn.MultiHeadDotProductAttention(self.num_heads, use_bias=False)(y, mask=mask)
        x = x + nn.Dropout(self.dropout_rate)(y, deterministic=deterministic)

        y = nn.RMSNorm()(x)
        y, aux_loss = MixtureOfExperts(self.num_experts, self.mlp_dim, name="moe")(y)
        return x + nn.Dropout(self.dropout_rate)(y, deterministic=deterministic), aux_loss
