"""A recurrent actor-critic: a GRU over time that starts anew where an episode does."""

from functools import partial

import jax
import jax.numpy as jnp
from flax import linen as nn


class ResettableGRU(nn.Module):
    hidden_size: int

    @partial(
        nn.scan,
        variable_broadcast="params",
        split_rngs={"params": False},
        in_axes=0,
        out_axes=0,
    )
    @nn.compact
    def __call__(self, carry, inputs):
        x, resets = inputs
        carry = jnp.where(resets[:, None], jnp.zeros_like(carry), carry)
        return nn.GRUCell(self.hidden_size)(carry, x)

    @staticmethod
    def initial_carry(batch_size: int, hidden_size: int) -> jax.Array:
        return jnp.zeros((batch_size, hidden_size))


class RecurrentActorCritic(nn.Module):
    num_actions: int
    hidden_size: int = 128

    @nn.compact
    def __call__(self, carry, observations, dones):
        x = nn.relu(nn.Dense(self.hidden_size, kernel_init=nn.initializers.orthogonal(2**0.5))(observations))
        carry, x = ResettableGRU(self.hidden_size)(carry, (x, dones))

        policy = nn.relu(nn.Dense(self.hidden_size)(x))
        logits = nn.Dense(self.num_actions, kernel_init=nn.initializers.orthogonal(0.01))(policy)

        value = nn.relu(nn.Dense(self.hidden_size)(x))
        value = nn.Dense(1, kernel_init=nn.initializers.orthogonal(1.0))(value)
        return carry, logits, value.squeeze(-1)
