"""The handwritten digits that ship inside scikit-learn: 1797 images of 8 by 8 pixels."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_digits

TEST = 397
BATCH = 100


class Digits(NamedTuple):
    """Images as rows of 64 values in [0, 1], and their digits."""

    x: np.ndarray
    y: np.ndarray


def digits() -> tuple[Digits, Digits]:
    """Returns training and test data, always the same split."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = (x[order] / 16).astype(np.float32), y[order].astype(np.int32)
    return Digits(x[TEST:], y[TEST:]), Digits(x[:TEST], y[:TEST])


def batches(data: Digits, epochs: int, seed: int) -> Iterator[Digits]:
    """Yields shuffled batches, the same ones for the same seed."""
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(len(data.x))
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            yield Digits(data.x[chosen], data.y[chosen])
