"""How far apart two arrays are, relative to their own magnitude."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import ml_dtypes
import numpy as np

Array = np.ndarray[Any, Any]
FINFO: Any = ml_dtypes.finfo  # it has no annotations


class Distance(NamedTuple):
    """The largest difference of two arrays: absolute, relative to the largest magnitude of the Linen array,
    and in units in the last place of that magnitude. Infinite where only one side is finite or NaN.
    """

    absolute: float = 0.0
    relative: float = 0.0
    ulp: float = 0.0
    at: tuple[int, ...] = ()
    bit_equal: bool = True

    def beyond(self, budget: int) -> bool:
        """Whether this is more than `budget` ulp; less than 0 asks for equal bits."""
        return self.ulp > budget if budget >= 0 else not self.bit_equal

    def __str__(self) -> str:
        if self.bit_equal:
            return "bit-equal"
        if not self.ulp:
            return "equal but for the sign of zero"
        return f"max abs {self.absolute:.3g}, relative {self.relative:.3g}, {self.ulp:.4g} ulp"


def distance(linen: Array, nnx: Array) -> Distance:
    """Measures two arrays of one shape and dtype; NaN equals NaN in the same place, infinities by sign."""
    if linen.tobytes() == nnx.tobytes():
        return Distance()
    gap = _gap(linen, nnx)
    if not gap.any():
        return Distance(bit_equal=False)
    at = np.unravel_index(int(np.argmax(gap)), gap.shape)
    found = Distance(float(gap[at]), at=tuple(map(int, at)), bit_equal=False)
    return in_units_of(found, magnitude(linen), linen.dtype)


def in_units_of(found: Distance, scale: float, dtype: Any) -> Distance:
    """Returns a distance with its relative size and ulp taken at magnitude `scale`."""
    ulp = _ratio(found.absolute, _spacing(scale, dtype))
    return found._replace(relative=_ratio(found.absolute, scale), ulp=ulp)


def magnitude(array: Array) -> float:
    """Returns the largest finite magnitude in an array, 0 where there is none."""
    with np.errstate(all="ignore"):
        sizes = np.abs(_wide(array))
    return float(sizes[np.isfinite(sizes)].max(initial=0.0))


def _gap(linen: Array, nnx: Array) -> Array:
    """Returns elementwise |linen - nnx| in float64: more than 0 wherever two values are not equal."""
    with np.errstate(all="ignore"):
        a, b = _wide(linen), _wide(nnx)
        same = (linen == nnx) | (np.isnan(a) & np.isnan(b))
        gap = np.maximum(np.abs(a - b), np.finfo(np.float64).tiny)
    return np.where(same, 0.0, np.where(np.isnan(gap), np.inf, gap))


def _wide(values: Array) -> Array:
    return values.astype(np.complex128 if values.dtype.kind == "c" else np.float64)


def _spacing(scale: float, dtype: Any) -> float:
    """Returns the distance of neighbouring numbers of `dtype` at magnitude `scale`; 1 for integers."""
    if not jnp.issubdtype(dtype, jnp.inexact):
        return 1.0
    info = FINFO(dtype)
    return (
        float(max(float(info.eps) * 2.0 ** np.floor(np.log2(scale)), info.smallest_subnormal))
        if scale
        else 0.0
    )


def _ratio(gap: float, unit: float) -> float:
    return gap / unit if unit else float("inf")
