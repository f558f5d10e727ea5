"""Strings that lie among the leaves of a file: no array can hold them, so they are named and never lost silently."""

from dataclasses import replace

from .errors import ConversionError
from .plan import Plan
from .source import Checkpoint

BESIDE = "safetensors"
"""The format whose texts are a header's notes about the file, and no leaves of its tree."""


def without_texts(plan: Plan, checkpoint: Checkpoint, weights_only: bool) -> Plan:
    """Returns the plan with the texts of the source named as left out.

    Raises ConversionError where they are leaves of the tree and more than the weights is asked for.
    """
    names = checkpoint.texts
    if names and checkpoint.kind != BESIDE and not weights_only:
        raise ConversionError(
            f"SRC holds strings, which no array of DST can hold ({len(names)}): {', '.join(map(repr, names[:20]))};"
            " save it without them, or leave them out with --weights-only"
        )
    return replace(plan, left_out=(*plan.left_out, *(f"the text {name!r}" for name in names)))
