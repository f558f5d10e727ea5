"""What a proof says: how much is proved, for what, and where it ends if it does."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from ..compare import Difference
from .parting import Parting


class Level(StrEnum):
    """How much is proved: every floating-point operation, equality in real arithmetic, or nothing."""

    EXACT = "exact"
    REASSOCIATED = "up to re-association"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Proof:
    """What is known without running either side.

    `results` counts the arrays that were compared, by section; `parted` names those that are not the same
    computation, and `parting` where the first of them parts. `draws` are made from `keys`, and taken for equal on
    both sides. `operations` counts the distinct ones. `unseen` are leaves that no result depends on, `lonely` is
    what one side alone sows. `reason` says
    why there is no normal form. `differences` settle the matter: no input can make them equal. `sizes` are the
    symbolic dimensions, so that the proof is for all of them; `only` names the numbers that were taken for them
    where that did not work, and why; `calls` the successive calls that were traced.
    """

    level: Level
    results: dict[str, int] = field(default_factory=dict)
    parted: tuple[str, ...] = ()
    draws: int = 0
    keys: int = 0
    operations: int = 0
    calls: int = 1
    sizes: tuple[str, ...] = ()
    only: str = ""
    unseen: tuple[str, ...] = ()
    lonely: tuple[str, ...] = ()
    reason: str = ""
    parting: Parting | None = None
    differences: tuple[Difference, ...] = ()

    def after(self, calls: int) -> "Proof":
        """Returns the same after so many successive calls."""
        return replace(self, calls=calls)

    def why_not(self) -> str:
        """Returns why a proof is not exact: the obstacle, or where the sides part; empty if it is exact."""
        return self.reason or str(self.parting or "")
