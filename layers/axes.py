"""Which axes a layer works on, and the shape that its parameters get from them."""

import operator
from collections.abc import Iterable, Sequence

from flax.typing import Axes


def canonical_axes(rank: int, axes: Axes) -> tuple[int, ...]:
    """The axes as distinct positions from the front, in ascending order.

    Raises ValueError for an axis that an array of that rank does not have.
    """
    listed = tuple(axes) if isinstance(axes, Iterable) else (axes,)
    for axis in listed:
        if not -rank <= axis < rank:
            raise ValueError(f"axis {axis} is out of range for {rank} dimensions")
    return tuple(sorted({axis % rank for axis in listed}))


def other_axes(rank: int, axes: Axes) -> tuple[int, ...]:
    """All axes of an array of that rank but the given ones."""
    taken = canonical_axes(rank, axes)
    return tuple(axis for axis in range(rank) if axis not in taken)


def instance_axes(rank: int, feature_axes: Axes) -> tuple[int, ...]:
    """All axes but the features and the batch, which is the leading one.

    Raises ValueError where the features include the leading axis.
    """
    if 0 in canonical_axes(rank, feature_axes):
        raise ValueError(
            f"feature_axes {feature_axes} of an input with {rank} dimensions include the leading axis, "
            "which is the batch: an instance is normalized by itself"
        )
    return other_axes(rank, feature_axes)[1:]


def feature_shape(num_features: int | Sequence[int], feature_axes: Axes) -> tuple[int, ...]:
    """The shape of a parameter that has one value for each position along the feature axes.

    `num_features` is an int, the size of the only feature axis, or the trailing dimensions of the input as
    far as the feature axes reach; an axis that is counted from the front needs all of the dimensions.

    Raises ValueError where the feature axes cannot be found in it.
    """
    if isinstance(num_features, Sequence):
        return tuple(operator.index(num_features[axis]) for axis in _reached(num_features, feature_axes))
    if isinstance(feature_axes, Iterable) and len(tuple(feature_axes)) != 1:
        raise ValueError(
            f"num_features={num_features} is one size, but feature_axes={feature_axes} are several axes: "
            "give the trailing dimensions of the input as a tuple"
        )
    return (operator.index(num_features),)


def _reached(num_features: Sequence[int], feature_axes: Axes) -> tuple[int, ...]:
    try:
        return canonical_axes(len(num_features), feature_axes)
    except ValueError as error:
        raise ValueError(
            f"num_features={tuple(num_features)} does not reach feature_axes={feature_axes}: {error}; "
            "give all trailing dimensions of the input from the first feature axis on"
        ) from None
