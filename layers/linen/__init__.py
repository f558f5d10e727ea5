"""Normalization layers for Flax Linen: argument for argument those of `flax.linen`, and its variables."""

from .batch_norm import BatchNorm
from .group_norm import GroupNorm
from .instance_norm import InstanceNorm
from .layer_norm import LayerNorm
from .rms_norm import RMSNorm
from .spectral_norm import SpectralNorm
from .weight_norm import WeightNorm

__all__ = ["BatchNorm", "GroupNorm", "InstanceNorm", "LayerNorm", "RMSNorm", "SpectralNorm", "WeightNorm"]
