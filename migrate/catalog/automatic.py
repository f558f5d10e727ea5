"""Linen paths of NNX leaves where automatic names decide: `Dense_k` is the k-th `Dense` that there is."""

from collections.abc import Sequence

from .leaf import Leaf
from .mapping import ClassMapping, Slot, VariableMapping
from .numbered import filled, numbers_in

Path = tuple[str, ...]


def rules(mapping: ClassMapping, leaves: Sequence[Leaf]) -> tuple[VariableMapping, ...]:
    """Returns the mapping's rules, and one more for each NNX leaf below a submodule with an automatic name.

    Which of them exist, and how many a list holds, depends on configuration: the model's own `leaves` say so.
    """
    if not mapping.slots:
        return mapping.variables
    paths = sorted({leaf.path for leaf in leaves})
    translated = ((leaf, linen) for leaf in leaves for linen in _linen(leaf.path, mapping, paths))
    found = [VariableMapping(leaf.collection, linen, leaf.path, "") for leaf, linen in translated]
    own = [r for r in mapping.variables if not any(_below(s, r.nnx) for s in mapping.slots)]
    return (*found, *own)


def concrete(
    mapping: Sequence[VariableMapping] | ClassMapping, leaves: Sequence[Leaf] | None
) -> Sequence[VariableMapping]:
    """Returns the rules of a mapping for a model with these NNX leaves.

    Raises ValueError where names depend on configuration and there is no model to tell it.
    """
    if not isinstance(mapping, ClassMapping):
        return mapping
    if leaves is None and mapping.slots:
        raise ValueError(
            f"the Linen names of {mapping.name} depend on its configuration: give the NNX model (--nnx)"
        )
    return rules(mapping, leaves or ())


def _below(slot: Slot, path: Path) -> bool:
    return not slot.prefix and path[: len(slot.nnx)] == slot.nnx


def _linen(path: Path, mapping: ClassMapping, paths: Sequence[Path]) -> list[Path]:
    """Translates one path from its start, submodule by submodule; nothing when no slot takes part.

    There is a path for each class that a submodule may be of, and for each name that configuration may give it: a
    checkpoint has the one or the other.
    """
    out: list[Path] = [()]
    at, automatic = 0, False
    while at < len(path):
        fitting = [s for s in mapping.slots if _fits(s, path, at)]
        if not fitting:
            break
        slot = max(fitting, key=lambda s: len(s.nnx))  # what another holds has a place of its own in Linen
        if slot.beside:
            inner = _linen((*path[:at], slot.beside, ""), mapping, paths)
            names = ["/".join((*below[-2:-1], *path[at + 1 :])) for below in inner]
            return [(*before, name) for before, name in zip(out, names, strict=True)]
        numbers = _numbers(slot.nnx, path[at : at + len(slot.nnx)])
        if slot.kind:
            rank = _rank(slot, path, at, mapping, paths)
            names = [f"{kind}_{rank}" for kind in slot.kind.split("|")]
        else:
            alike = [s for s in fitting if s.nnx == slot.nnx and not s.kind]
            names = list(dict.fromkeys(filled(s.linen, numbers) for s in alike))
        out = [(*before, *filter(None, name.split("/"))) for before in out for name in names]
        automatic = True
        at += len(slot.nnx)
    return [(*before, *path[at:]) for before in out] if automatic else []


def _fits(slot: Slot, path: Path, at: int) -> bool:
    return (
        len(slot.prefix) == at
        and _matches(slot.prefix, path[:at])
        and len(path) > at + len(slot.nnx)
        and _matches(slot.nnx, path[at : at + len(slot.nnx)])
    )


def _matches(pattern: Path, path: Path) -> bool:
    return len(pattern) == len(path) and all(
        numbers_in(p, q) is not None for q, p in zip(pattern, path, strict=True)
    )


def _numbers(pattern: Path, path: Path) -> list[str]:
    return [number for q, p in zip(pattern, path, strict=True) for number in numbers_in(p, q) or ()]


def _rank(slot: Slot, path: Path, at: int, mapping: ClassMapping, paths: Sequence[Path]) -> int:
    """Which of all submodules of the slot's class, in the order in which they are made, this one is."""
    present: dict[Path, tuple[int, int, int]] = {}
    for other in mapping.slots:
        if other.kind != slot.kind or other.prefix != slot.prefix:
            continue
        for candidate in paths:
            if candidate[:at] == path[:at] and _fits(other, candidate, at):
                here = candidate[at : at + len(other.nnx)]
                round_ = int(next(iter(_numbers(other.nnx, here)), "0"))
                key = (other.group, round_, other.place)
                present[here] = min(key, present.get(here, key))
    mine = path[at : at + len(slot.nnx)]
    return sorted(present, key=lambda here: present[here]).index(mine)
