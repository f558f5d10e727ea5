"""A convolutional classifier with batch normalization."""

from flax import nnx


class Block(nnx.Module):
    """Convolution, normalization, activation, pooling."""

    def __init__(self, in_features: int, channels: int, *, rngs: nnx.Rngs):
        self.conv_0 = nnx.Conv(in_features, channels, (3, 3), use_bias=False, rngs=rngs)
        self.batch_norm_0 = nnx.BatchNorm(channels, momentum=0.9, rngs=rngs)

    def __call__(self, x, train: bool):
        x = self.conv_0(x)
        x = self.batch_norm_0(x, use_running_average=not train)
        return nnx.max_pool(nnx.relu(x), (2, 2), strides=(2, 2))


class CNN(nnx.Module):
    """A stem, two blocks and a linear classifier."""

    def __init__(
        self,
        in_shape: tuple[int, int, int],
        classes: int = 10,
        channels: int = 32,
        *,
        rngs: nnx.Rngs,
    ):
        self.stem = nnx.Conv(in_shape[-1], channels, (3, 3), rngs=rngs)
        self.block_0 = Block(channels, channels, rngs=rngs)
        self.block_1 = Block(channels, 2 * channels, rngs=rngs)
        self.classifier = nnx.Linear(
            in_shape[-3] // 2 // 2 * (in_shape[-2] // 2 // 2) * (2 * channels), classes, rngs=rngs
        )

    def __call__(self, x, train: bool):
        x = nnx.relu(self.stem(x))
        x = self.block_0(x, train)
        x = self.block_1(x, train)
        x = x.reshape(x.shape[0], -1)  # flatten
        return self.classifier(x)
