"""What a submodule is called: its attribute in NNX, and the paths on both sides."""

from typing import NamedTuple

from ..flow.terms import Term
from .records import Form


class Named(NamedTuple):
    """`linen` is the path, with `{}` for a number, or empty where it depends on configuration."""

    attribute: str
    form: Form
    linen: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    hoisted: bool = False
    tests: tuple[Term, ...] = ()
    iterated: bool = False
    within: tuple[str, ...] = ()
