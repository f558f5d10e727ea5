"""How far two results may lie apart: one table, printed with every verdict."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Budget(NamedTuple):
    """Allowed distance in units in the last place (ulp) of the largest magnitude of the Linen array."""

    values: int
    gradients: int


# Measured against the array's own largest magnitude, so there is no absolute tolerance to hide behind: where
# Linen gives zeros only zeros pass. XLA may fuse the two programs differently, which reorders sums: the
# largest seen on pairs that are the same by construction is 4 ulp in float32 (attention: another contraction
# order) and 1 in half precision; a gradient goes through the layer twice and sums over the batch. An epsilon
# of 1e-5 for 1e-6 moves a unit-variance LayerNorm by 38 ulp of float32, so 16 still sees it.
BUDGETS: Mapping[str, Budget] = MappingProxyType(
    {
        "float64": Budget(16, 64),
        "float32": Budget(16, 64),
        "bfloat16": Budget(1, 2),
        "float16": Budget(1, 2),
        "complex128": Budget(16, 64),
        "complex64": Budget(16, 64),
    }
)
EXACT = Budget(0, 0)
SAME_BITS = -1  # also tells 0.0 from -0.0: for values that were copied, not computed


def allowed(dtype: str, section: str) -> int:
    """Returns the budget in ulp; integers, booleans, keys and 8-bit floats have to be equal."""
    if section == "leaf":
        return SAME_BITS
    budget = BUDGETS.get(dtype, EXACT)
    return budget.gradients if section == "gradient" else budget.values
