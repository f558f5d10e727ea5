"""Sizes with a name: `b` stands for any size in a proof, and for one number in a sample."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import jax
import jax.export

from .errors import EquivalenceError

NAMED = re.compile(r"(?:([1-9][0-9]*)\*)?([A-Za-z_]\w*)(?:=([1-9][0-9]*))?")  # b, b=8, 32*h, 32*h=2
# What names without a number are in samples: small and no two alike; smaller where they are multiplied.
SAMPLED = (4, 16, 24, 32, 48, 56, 64, 72)
MULTIPLIED = (1, 2, 3, 4, 5, 6, 7, 8)

Size = int | str


def check_size(size: Size) -> None:
    """Raises EquivalenceError unless a size is a number or a name: "b", "b=8", "32*h"."""
    if isinstance(size, str) and not NAMED.fullmatch(size):
        raise EquivalenceError(
            f"{size!r} is no size; write a number, a name such as b (any size), b=8 (sampled with 8), "
            "or 32*h (any multiple)"
        )


def numbers(shapes: Iterable[tuple[Size, ...]]) -> dict[str, int]:
    """Returns what each name is in samples. Raises EquivalenceError for a name with two numbers."""
    found: dict[str, int] = {}
    defaults: dict[str, bool] = {}
    for factor, name, number in (_parts(size) for shape in shapes for size in shape if isinstance(size, str)):
        defaults[name] = defaults.get(name, False) or factor > 1
        if number and found.setdefault(name, number) != number:
            raise EquivalenceError(f"the size {name} is given as {found[name]} and as {number}")
    left = iter(zip(SAMPLED, MULTIPLIED, strict=True))
    for name, multiplied in defaults.items():
        if name not in found:
            if (choice := next(left, None)) is None:
                raise EquivalenceError(f"too many sizes without a number; write {name}=8 or the like")
            found[name] = choice[multiplied]
    return {name: found[name] for name in defaults}


def concrete(shape: tuple[Size, ...], known: Mapping[str, int]) -> tuple[int, ...]:
    """Returns a shape with a number for each name."""
    return tuple(_number(size, known) if isinstance(size, str) else size for size in shape)


def symbolic(
    shape: tuple[Size, ...], known: Mapping[str, int], names: Iterable[str], scope: Any
) -> tuple[Any, ...]:
    """Returns a shape with a symbolic dimension of JAX for each of `names` (jax.export, shape polymorphism)."""
    text = [
        size.partition("=")[0] if isinstance(size, str) and _parts(size)[1] in names else str(number)
        for size, number in zip(shape, concrete(shape, known), strict=True)
    ]
    return tuple(jax.export.symbolic_shape(", ".join(text), scope=scope))


def _number(size: str, known: Mapping[str, int]) -> int:
    factor, name, _ = _parts(size)
    return factor * known[name]


def _parts(size: str) -> tuple[int, str, int]:
    match = NAMED.fullmatch(size)
    assert match is not None, "checked by check_size"
    return int(match[1] or 1), match[2], int(match[3] or 0)
