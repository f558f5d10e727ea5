"""What to say when two variable trees do not fit: everything, on both sides, with the likely counterparts."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from .leaf import Leaf, Pair

Group = tuple[tuple[Leaf, ...], tuple[Leaf, ...]]
"""Linen leaves and NNX leaves that share a name."""


GUESSES = 10_000
"""How many names to compare for "did you mean": beyond it the two models have little in common anyway."""


class PairingError(ValueError):
    """Two variable trees are not the same leaves under other names; the message lists what does not fit."""

    def __init__(
        self,
        unmatched_linen: tuple[Leaf, ...] = (),
        unmatched_nnx: tuple[Leaf, ...] = (),
        mismatched: tuple[Pair, ...] = (),
        ambiguous: tuple[Group, ...] = (),
    ) -> None:
        self.unmatched_linen = unmatched_linen
        self.unmatched_nnx = unmatched_nnx
        self.mismatched = mismatched
        self.ambiguous = ambiguous
        super().__init__("\n".join(self._lines()))

    @property
    def found(self) -> bool:
        """Whether there is anything to complain about."""
        return bool(self.unmatched_linen or self.unmatched_nnx or self.mismatched or self.ambiguous)

    def _lines(self) -> Iterator[str]:
        yield "the Linen variables and the NNX state are not the same leaves"
        yield from _unmatched("Linen leaves without an NNX leaf", self.unmatched_linen, self.unmatched_nnx)
        yield from _unmatched("NNX leaves without a Linen leaf", self.unmatched_nnx, self.unmatched_linen)
        yield from _section("same name, other contents", [_clash(pair) for pair in self.mismatched])
        yield from _section("one name for several leaves", [_group(group) for group in self.ambiguous])


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"{title} ({len(lines)}):"
        yield from (f"  {line}" for line in lines)


def _unmatched(title: str, leaves: Sequence[Leaf], others: Sequence[Leaf]) -> Iterator[str]:
    near = others if len(leaves) * len(others) <= GUESSES else ()
    return _section(title, [f"{leaf}{_hint(leaf, near)}" for leaf in sorted(leaves)])


def _hint(leaf: Leaf, others: Sequence[Leaf]) -> str:
    near = {_plain(other): str(other) for other in sorted(others)}
    found = get_close_matches(_plain(leaf), near, n=2)
    return f"; did you mean {' or '.join(near[name] for name in found)}?" if found else ""


def _plain(leaf: Leaf) -> str:
    return leaf.name.lower()


def _clash(pair: Pair) -> str:
    return f"{pair.linen} -> {pair.nnx}: {pair.differences}"


def _group(group: Group) -> str:
    linen, nnx = ("; ".join(map(str, sorted(side))) for side in group)
    return f"Linen {linen} -> NNX {nnx}"
