"""A multilayer perceptron with dropout between its layers."""

from collections.abc import Sequence

from flax import linen as nn


class MLP(nn.Module):
    """`features` are the widths of all layers, the output's last."""

    features: Sequence[int]
    dropout: float = 0.1

    @nn.compact
    def __call__(self, x, train: bool):
        for width in self.features[:-1]:
            x = nn.gelu(nn.Dense(width)(x))
            x = nn.Dropout(self.dropout, deterministic=not train)(x)
        return nn.Dense(self.features[-1], name="head")(x)
