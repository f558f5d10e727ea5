"""What whole models are called with."""

import numpy as np
from migrate_norm.equivalence import InputSpec

from .model import f32

X, ACTION, FRAMES, DIGITS = f32(4, 6), f32(4, 2), f32(2, 16, 16, 3), f32(2, 28, 28, 1)
IDS = np.array([[1, 2, 3, 4, 0], [4, 3, 2, 1, 0]], "int32")
KEY = InputSpec("uint32", (2,))
