"""Equality for every input: both modules traced to jaxprs, and these brought to one normal form."""

from .prove import Attempt, prove
from .result import Level, Proof

__all__ = ["Attempt", "Level", "Proof", "prove"]
