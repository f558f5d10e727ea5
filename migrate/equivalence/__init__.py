"""Do two modules compute the same function?"""

from .check import assert_equivalent, check_equivalence, compare_models
from .compare import Difference
from .errors import EquivalenceError
from .inputs import InputSpec
from .report import Closeness, Report, Verdict

__all__ = [
    "Closeness",
    "Difference",
    "EquivalenceError",
    "InputSpec",
    "Report",
    "Verdict",
    "assert_equivalent",
    "check_equivalence",
    "compare_models",
]
