"""How far two results may lie apart: one table, printed with every verdict."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Budget(NamedTuple):
    """Allowed distance in units in the last place (ulp) of the largest magnitude of the Linen array.

    `noise` is for a gradient that one ulp of jitter moves as far on the Linen side alone; it counts in ulp of
    the largest magnitude among all gradients.
    """

    values: int
    gradients: int
    noise: int


# Measured against the array's own largest magnitude, so there is no absolute tolerance to hide behind: where
# Linen gives zeros only zeros pass. XLA may fuse the two programs differently, which reorders sums: the
# largest seen on pairs that are the same by construction is 4 ulp in float32 (attention: another contraction
# order) and 1 in half precision; a gradient goes through the layer twice and sums over the batch. An epsilon
# of 1e-5 for 1e-6 moves a unit-variance LayerNorm by 38 ulp of float32, so 16 still sees it. Noise may take
# half of a gradient's digits and no more; none in half precision, where a wrong cast looks like noise.
BUDGETS: Mapping[str, Budget] = MappingProxyType(
    {
        "float64": Budget(16, 64, 2**26),
        "float32": Budget(16, 64, 2**12),
        "bfloat16": Budget(1, 2, 2),
        "float16": Budget(1, 2, 2),
        "complex128": Budget(16, 64, 2**26),
        "complex64": Budget(16, 64, 2**12),
    }
)
EXACT = Budget(0, 0, 0)  # integers, booleans, keys, 8-bit floats
SAME_BITS = -1  # also tells 0.0 from -0.0: for values that were copied, not computed


def allowed(dtype: str, section: str) -> int:
    """Returns the budget in ulp for an array of "leaf", "output", "state" or "gradient"."""
    if section == "leaf":
        return SAME_BITS
    budget = BUDGETS.get(dtype, EXACT)
    return budget.gradients if section == "gradient" else budget.values


def allowed_noise(dtype: str) -> int:
    """Returns the budget in ulp for an array that is rounding noise."""
    return BUDGETS.get(dtype, EXACT).noise
