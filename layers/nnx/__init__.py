"""Normalization layers, a GRU cell and attention for Flax NNX: equal to those of `flax.linen` bit by bit, on the CPU.

The first argument, `num_features`, is the size of the only feature axis as an int, or the trailing
dimensions of the input as far as the feature axes reach. What `flax.nnx` takes as `scale_metadata` and
`bias_metadata` goes with the initializer here: `nnx.with_metadata(init, **metadata)`. As in Linen, and not
as in `flax.nnx`, BatchNorm has to be told the mode: by an argument, by `train()` and `eval()` or `nnx.view`.
"""

from .attention import dot_product_attention
from .batch_norm import BatchNorm
from .group_norm import GroupNorm
from .gru_cell import GRUCell
from .instance_norm import InstanceNorm
from .layer_norm import LayerNorm
from .rms_norm import RMSNorm
from .spectral_norm import SpectralNorm
from .weight_norm import WeightNorm

__all__ = [
    "BatchNorm",
    "GRUCell",
    "GroupNorm",
    "InstanceNorm",
    "LayerNorm",
    "RMSNorm",
    "SpectralNorm",
    "WeightNorm",
    "dot_product_attention",
]
