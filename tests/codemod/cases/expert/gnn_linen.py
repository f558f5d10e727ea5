"""Message passing on a batch of edges."""

import jax
import jax.numpy as jnp
from flax import linen as nn


class MLP(nn.Module):
    features: int
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        for i in range(self.depth):
            x = nn.Dense(self.features)(x)
            if i != self.depth - 1:
                x = nn.relu(x)
        return nn.LayerNorm()(x)


class MessagePassing(nn.Module):
    """Updates edges from their nodes, then nodes from their edges."""

    features: int

    @nn.compact
    def __call__(self, nodes, edges, senders, receivers):
        messages = jnp.concatenate([nodes[senders], nodes[receivers], edges], axis=-1)
        messages = MLP(self.features, name="edge_mlp")(messages)
        received = jax.ops.segment_sum(messages, receivers, nodes.shape[0])
        update = MLP(self.features, name="node_mlp")(jnp.concatenate([nodes, received], axis=-1))
        return nodes + update, edges + messages


class GNN(nn.Module):
    features: int
    num_steps: int
    num_outputs: int

    @nn.compact
    def __call__(self, nodes, edges, senders, receivers):
        nodes = MLP(self.features, name="node_encoder")(nodes)
        edges = MLP(self.features, name="edge_encoder")(edges)
        for step in range(self.num_steps):
            nodes, edges = MessagePassing(self.features, name=f"step_{step}")(nodes, edges, senders, receivers)
        return nn.Dense(self.num_outputs, name="decoder")(nodes)
