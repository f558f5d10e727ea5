"""The answer: a verdict with its evidence, for people and as data."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from .budget import Budget
from .compare import Difference
from .measure import Distance
from .proof.result import Proof
from .proof.text import proof_lines, scope

SHOWN = 8  # differences that the text quotes; `to_dict` has all of them
SECTIONS = {"leaf": "values of the leaves", "output": "outputs", "state": "state", "gradient": "gradients"}


class Verdict(StrEnum):
    """What is known. PROVED is about every input and every value of the leaves, EQUAL about the samples that ran."""

    PROVED = "PROVED"
    REASSOCIATED = "PROVED (up to re-association)"
    EQUAL = "EQUAL"
    DIFFERENT = "DIFFERENT"


@dataclass(frozen=True)
class Closeness:
    """How close the arrays of one section are: how many, how many bit for bit, and the farthest (in ulp)."""

    arrays: int = 0
    bit_equal: int = 0
    worst: Distance = field(default_factory=Distance)
    place: str = ""

    def __str__(self) -> str:
        if self.arrays == self.bit_equal:
            return f"{self.arrays} compared, bit-equal"
        return f"{self.arrays} compared, {self.bit_equal} bit-equal, worst {self.worst} ({self.place})"


@dataclass(frozen=True)
class Report:
    """What a comparison found.

    `closeness` has one entry per section (output, state, gradient); `unseen` are leaves whose values made no
    difference to anything that was compared; `leaves` counts the pairs per collection.
    """

    verdict: Verdict
    differences: tuple[Difference, ...]
    closeness: dict[str, Closeness]
    leaves: dict[str, int]
    samples: int
    steps: int
    seed: int
    budgets: dict[str, Budget]
    unseen: tuple[str, ...] = ()
    poisoned: int = 0
    notes: tuple[str, ...] = ()
    proof: Proof | None = None

    @property
    def equal(self) -> bool:
        """Whether the verdict is anything but DIFFERENT."""
        return self.verdict is not Verdict.DIFFERENT

    @property
    def proved(self) -> bool:
        """Whether both sides perform the same floating-point operations, for all values."""
        return self.verdict is Verdict.PROVED

    @property
    def bit_equal(self) -> bool:
        """Whether samples were run, and every array of them was the same, bit for bit."""
        parts = self.closeness.values()
        return self.equal and self.samples > 0 and all(part.arrays == part.bit_equal for part in parts)

    def to_dict(self) -> dict[str, Any]:
        """Returns the report as plain data for JSON; infinite distances become the text "inf"."""
        facts = {"equal": self.equal, "proved": self.proved, "bit_equal": self.bit_equal}
        return dict(_plain(asdict(self))) | facts

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield self._headline()
        yield from (f"  {difference}" for difference in self.differences[:SHOWN])
        if len(self.differences) > SHOWN:
            yield f"  and {len(self.differences) - SHOWN} more"
        if self.proof:
            different = self.verdict is Verdict.DIFFERENT
            yield from (f"  {line}" for line in proof_lines(self.proof, different=different))
        for section, part in self.closeness.items():
            yield f"  {SECTIONS[section]}: {part}"
        yield f"  leaves: {', '.join(f'{n} {name}' for name, n in sorted(self.leaves.items())) or 'none'}"
        for dtype, (values, gradients, noise) in sorted(self.budgets.items()):
            yield f"  budget {dtype}: {values} ulp of the largest value, gradients {gradients}, noise {noise}"
        yield from self._poison()
        yield from (f"  note: {note}" for note in self.notes)

    def _headline(self) -> str:
        ran = f"{self.samples} random samples of {self.steps} successive calls, seed {self.seed}"
        if self.verdict is Verdict.DIFFERENT:
            ran = f" ({ran})" if self.samples else ""
            return f"DIFFERENT {self.differences[0].stage}{ran}; arrays that part: {len(self.differences)}"
        if self.proof and self.verdict in (Verdict.PROVED, Verdict.REASSOCIATED):
            also = f"; {'bit-equal' if self.bit_equal else 'within budget'} on {ran}" if self.samples else ""
            return f"{self.verdict} for {scope(self.proof)}{also}"
        return f"EQUAL {'(bit-equal)' if self.bit_equal else '(within budget)'} on {ran}"

    def _poison(self) -> Iterator[str]:
        if self.poisoned:
            seen = self.poisoned - len(self.unseen)
            yield f"  poison: {seen} of {self.poisoned} leaves were seen to matter, the same on both sides"
        yield from (
            f"  verification never saw leaf {name}: disturbing it changed no result" for name in self.unseen
        )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return str(value) if isinstance(value, float) and value in (float("inf"), -float("inf")) else value
