"""Channels in equally sized groups, as GroupNorm sees them."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax.typing import Axes

from .axes import canonical_axes, feature_shape
from .statistics import Moments


def grouped_features(
    num_features: int | Sequence[int], num_groups: int | None, group_size: int | None
) -> tuple[int, ...]:
    """The shape of a parameter with one value per channel; ValueError where the groups do not divide them."""
    shape = feature_shape(num_features, -1)
    group_count(shape[-1], num_groups, group_size)
    return shape


def group_count(channels: int, num_groups: int | None, group_size: int | None) -> int:
    """How many groups the channels make; ValueError unless exactly one argument is given and divides them."""
    if (num_groups is None) == (group_size is None):
        raise ValueError(
            f"give either num_groups or group_size, got num_groups={num_groups} and group_size={group_size} "
            "(group_size needs num_groups=None, because num_groups defaults to 32)"
        )
    name, divisor = ("num_groups", num_groups) if group_size is None else ("group_size", group_size)
    if divisor is None or divisor <= 0 or channels % divisor != 0:
        raise ValueError(f"{name}={divisor} does not divide the {channels} channels")
    return divisor if group_size is None else channels // divisor


def group_axes(rank: int, reduction_axes: Axes | None) -> tuple[int, ...]:
    """The axes a group is reduced over: all but the leading one by default, always with the last one."""
    if reduction_axes is None:
        return (*range(1, rank - 1), rank - 1)
    axes = canonical_axes(rank, reduction_axes)
    if rank - 1 not in axes:
        raise ValueError(f"reduction_axes={reduction_axes} must include the last axis, the channels")
    return axes


def split_channels(x: jax.Array, groups: int) -> jax.Array:
    """(..., channels) to (..., groups, channels per group)."""
    return x.reshape((*x.shape[:-1], groups, x.shape[-1] // groups))


def split_mask(mask: jax.Array | None, groups: int) -> jax.Array | None:
    """A mask that broadcasts to the input, as one that broadcasts to the input with its channels split."""
    if mask is None:
        return None
    mask = jnp.asarray(mask)
    return mask[..., None] if mask.ndim == 0 or mask.shape[-1] == 1 else split_channels(mask, groups)


def per_channel(stats: Moments, size: int) -> Moments:
    """Each group's moments, repeated for each of its channels."""
    repeated: Moments = jax.tree.map(lambda value: jnp.repeat(value, size, axis=-1), stats)
    return repeated
