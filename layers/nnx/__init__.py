"""Normalization layers for Flax NNX: equal to those of `flax.linen` bit by bit.

The first argument, `num_features`, is the size of the only feature axis as an int, or the trailing
dimensions of the input as far as the feature axes reach.
"""

from .batch_norm import BatchNorm
from .group_norm import GroupNorm
from .instance_norm import InstanceNorm
from .layer_norm import LayerNorm
from .rms_norm import RMSNorm
from .spectral_norm import SpectralNorm
from .weight_norm import WeightNorm

__all__ = ["BatchNorm", "GroupNorm", "InstanceNorm", "LayerNorm", "RMSNorm", "SpectralNorm", "WeightNorm"]
