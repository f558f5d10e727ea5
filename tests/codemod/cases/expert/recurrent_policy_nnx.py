"""A recurrent actor-critic: a GRU over time that starts anew where an episode does."""

import jax
import jax.numpy as jnp
from flax import nnx
from migrate_norm.layers.nnx import GRUCell


class ResettableGRU(nnx.Module):
    def __init__(self, in_features: int, hidden_size: int, *, rngs: nnx.Rngs):
        self.gru_cell_0 = GRUCell(in_features, hidden_size, rngs=rngs)

    @nnx.scan(in_axes=(None, nnx.Carry, 0), out_axes=(nnx.Carry, 0))
    def __call__(self, carry, inputs):
        x, resets = inputs
        carry = jnp.where(resets[:, None], jnp.zeros_like(carry), carry)
        return self.gru_cell_0(carry, x)

    @staticmethod
    def initial_carry(batch_size: int, hidden_size: int) -> jax.Array:
        return jnp.zeros((batch_size, hidden_size))


class RecurrentActorCritic(nnx.Module):
    def __init__(self, in_features: int, num_actions: int, hidden_size: int = 128, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(
            in_features, hidden_size, kernel_init=nnx.initializers.orthogonal(2**0.5), rngs=rngs
        )
        self.resettable_gru_0 = ResettableGRU(hidden_size, hidden_size, rngs=rngs)
        self.dense_1 = nnx.Linear(hidden_size, hidden_size, rngs=rngs)
        self.dense_2 = nnx.Linear(
            hidden_size, num_actions, kernel_init=nnx.initializers.orthogonal(0.01), rngs=rngs
        )
        self.dense_3 = nnx.Linear(hidden_size, hidden_size, rngs=rngs)
        self.dense_4 = nnx.Linear(hidden_size, 1, kernel_init=nnx.initializers.orthogonal(1.0), rngs=rngs)

    def __call__(self, carry, observations, dones):
        x = nnx.relu(self.dense_0(observations))
        carry, x = self.resettable_gru_0(carry, (x, dones))

        policy = nnx.relu(self.dense_1(x))
        logits = self.dense_2(policy)

        value = nnx.relu(self.dense_3(x))
        value = self.dense_4(value)
        return carry, logits, value.squeeze(-1)
