"""The ways in which a class may be built and called: as whole models do it, then by guess."""

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from flax import linen as nn

from ..isolate import Isolated
from .attempt import Way
from .calls import calls
from .fields import Fields, attributes_read, constructions
from .observed import Shown, observed


class Known(NamedTuple):
    """Arguments with which the package of a class constructs it, and whole models that it is a part of."""

    seen: tuple[Fields, ...] = ()
    shown: tuple[Shown, ...] = ()


def ways(kind: type[nn.Module], isolated: Isolated, known: Known) -> Iterator[Way]:
    """Returns the ways to try, the most telling first; the models have run by then, whatever time the ways get."""
    guesses = constructions(kind, known.seen, attributes_read(isolated.files))
    whole = observed(known.shown, isolated.module, isolated.name)
    return chain(whole, (Way(fields, calls(kind)) for fields in guesses))
