"""A convolutional classifier with batch normalization."""

from flax import linen as nn


class Block(nn.Module):
    """Convolution, normalization, activation, pooling."""

    channels: int

    @nn.compact
    def __call__(self, x, train: bool):
        x = nn.Conv(self.channels, (3, 3), use_bias=False)(x)
        x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
        return nn.max_pool(nn.relu(x), (2, 2), strides=(2, 2))


class CNN(nn.Module):
    """A stem, two blocks and a linear classifier."""

    classes: int = 10
    channels: int = 32

    @nn.compact
    def __call__(self, x, train: bool):
        x = nn.relu(nn.Conv(self.channels, (3, 3), name="stem")(x))
        x = Block(self.channels)(x, train)
        x = Block(2 * self.channels)(x, train)
        x = x.reshape(x.shape[0], -1)  # flatten
        return nn.Dense(self.classes, name="classifier")(x)
