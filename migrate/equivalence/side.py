"""What both APIs have in common as pure functions: leaves and arguments in, outputs and leaves out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jax

from ..catalog.pairing import Leaf
from .errors import EquivalenceError

Key = tuple[str, ...]  # the collection and the path of the *Linen* leaf: the name of a pair on both sides
Leaves = dict[Key, jax.Array]
SOWN = (
    "intermediates"  # what `sow` leaves behind: a result of the call, no state that the next one begins with
)


@dataclass(frozen=True)
class Side:
    """One module as a pure function `apply(leaves, hidden, args, kwargs) -> outputs, leaves, hidden`.

    `hidden` is what has no counterpart on the other side, such as the state of an NNX random stream; `moved`
    the same with the streams moved on, empty if there are none.
    """

    name: str
    apply: Callable[[Leaves, list[Any], tuple[Any, ...], dict[str, Any]], tuple[Any, Leaves, list[Any]]]
    hidden: list[Any]
    moved: list[Any]
    notes: tuple[str, ...] = ()


def key_of(leaf: Leaf) -> Key:
    """Returns the name under which the pair of a Linen leaf is known on both sides."""
    return (leaf.collection, *leaf.path)


def show(key: Key) -> str:
    """Returns a key for a reader, such as `params Dense_0/kernel`."""
    return f"{key[0]} {Leaf(key[1:], (), '', key[0]).name}"


def element(entry: Any) -> str:
    """Returns one element of a pytree path as text."""
    for name in ("key", "idx", "name"):
        if hasattr(entry, name):
            return str(getattr(entry, name))
    return str(entry)


@contextmanager
def blame(what: str, advice: str = "") -> Iterator[None]:
    """Turns whatever the user's code raises into one EquivalenceError that says what was going on."""
    try:
        yield
    except EquivalenceError:
        raise
    except (Exception, SystemExit) as error:
        text = str(error).strip().splitlines()
        reason = f"{type(error).__name__}: {text[0].rstrip('.')}" if text else type(error).__name__
        raise EquivalenceError(f"{what}: {reason}{advice and f'; {advice}'}") from error
