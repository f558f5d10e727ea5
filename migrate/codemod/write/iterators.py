"""Iterators that hand out submodules in the order in which they were made, in front of the loop that asks for them."""

from collections.abc import Sequence

import libcst as cst

Written = cst.BaseStatement | cst.RemovalSentinel | cst.FlattenSentinel[cst.BaseStatement]


def with_iterators(rows: Sequence[cst.BaseStatement], loop: Written) -> Written:
    """Puts rows in front of what a loop has become; what stood above the loop stands above them."""
    if isinstance(loop, cst.RemovalSentinel):
        return loop
    first, *others = [*loop] if isinstance(loop, cst.FlattenSentinel) else [loop]
    top = getattr(first, "leading_lines", ())
    bare = first.with_changes(leading_lines=())
    return cst.FlattenSentinel([rows[0].with_changes(leading_lines=top), *rows[1:], bare, *others])
