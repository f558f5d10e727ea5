"""Message passing on a batch of edges."""

import jax
import jax.numpy as jnp
from flax import nnx


class MLP(nnx.Module):
    def __init__(self, in_features: int, features: int, depth: int = 2, *, rngs: nnx.Rngs):
        self.depth = depth
        self.dense = nnx.List()
        for _ in range(depth):
            self.dense.append(nnx.Linear(in_features, features, rngs=rngs))
            in_features = features
        self.layer_norm_0 = nnx.LayerNorm(in_features, rngs=rngs)

    def __call__(self, x):
        for i, dense in enumerate(self.dense):
            x = dense(x)
            if i != self.depth - 1:
                x = nnx.relu(x)
        return self.layer_norm_0(x)


class MessagePassing(nnx.Module):
    """Updates edges from their nodes, then nodes from their edges."""

    def __init__(self, nodes_features: int, edges_features: int, features: int, *, rngs: nnx.Rngs):
        self.edge_mlp = MLP(2 * nodes_features + edges_features, features, rngs=rngs)
        self.node_mlp = MLP(nodes_features + features, features, rngs=rngs)

    def __call__(self, nodes, edges, senders, receivers):
        messages = jnp.concatenate([nodes[senders], nodes[receivers], edges], axis=-1)
        messages = self.edge_mlp(messages)
        received = jax.ops.segment_sum(messages, receivers, nodes.shape[0])
        update = self.node_mlp(jnp.concatenate([nodes, received], axis=-1))
        return nodes + update, edges + messages


class GNN(nnx.Module):
    def __init__(
        self,
        nodes_features: int,
        edges_features: int,
        features: int,
        num_steps: int,
        num_outputs: int,
        *,
        rngs: nnx.Rngs,
    ):
        self.node_encoder = MLP(nodes_features, features, rngs=rngs)
        self.edge_encoder = MLP(edges_features, features, rngs=rngs)
        self.step = nnx.List(
            MessagePassing(features, features, features, rngs=rngs) for _ in range(num_steps)
        )
        self.decoder = nnx.Linear(features, num_outputs, rngs=rngs)

    def __call__(self, nodes, edges, senders, receivers):
        nodes = self.node_encoder(nodes)
        edges = self.edge_encoder(edges)
        for step_layer in self.step:
            nodes, edges = step_layer(nodes, edges, senders, receivers)
        return self.decoder(nodes)
