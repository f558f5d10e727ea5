"""A multilayer perceptron with dropout between its layers."""

from collections.abc import Sequence

from flax import nnx


class MLP(nnx.Module):
    """`features` are the widths of all layers, the output's last."""

    def __init__(self, in_features: int, features: Sequence[int], dropout: float = 0.1, *, rngs: nnx.Rngs):
        self.dense = nnx.List()
        for width in features[:-1]:
            self.dense.append(nnx.Linear(in_features, width, rngs=rngs))
            in_features = width
        self.head = nnx.Linear(in_features, features[-1], rngs=rngs)
        self.dropout_0 = nnx.Dropout(dropout, rngs=rngs)

    def __call__(self, x, train: bool):
        for dense in self.dense:
            x = nnx.gelu(dense(x))
            x = self.dropout_0(x, deterministic=not train)
        return self.head(x)
