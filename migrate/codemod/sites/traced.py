"""A size that only traced models have told, at a construction that is like the traced one."""

import ast
from collections.abc import Sequence
from typing import Any

from ..constructors import Seen, SizeArgument, matched_nodes
from ..names import Names
from .calls import Init
from .sizes import dims
from .values import Site

_UNKNOWN = object()
"""Equal to nothing that was recorded."""


def traced_size(site: Site, argument: SizeArgument, init: Init, ran: str, names: Names) -> str | None:
    """Returns what a size was in every traced instance that is built and called as here; None if there is none.

    Sizes of the inputs that varied between these instances made no difference; the others have to be the same.
    """
    alike = [s for s in site.constructor.seen if s.method == ran and _same_fields(site, s)]
    told = {seen.sizes.get(argument.name) for seen in alike}
    if len(told) != 1 or None in told:
        return None
    given = _given(site, init, ran)
    shapes = [{n: d for (m, n), d in seen.shapes.items() if m == ran} for seen in alike]
    if any(each.keys() != shapes[0].keys() for each in shapes):
        return None
    fits = all(_fits([each[n] for each in shapes], dims(given.get(n), names)) for n in shapes[0])
    return repr(told.pop()) if fits else None


def _given(site: Site, init: Init, ran: str) -> dict[str, ast.expr]:
    given = {str(k.arg): k.value for k in init.keywords}
    return given | matched_nodes(site.constructor.methods.get(ran, ()), init.args)


def _fits(seen: Sequence[tuple[int, ...]], here: tuple[int | None, ...] | None) -> bool:
    """Tells whether an input is as large as it was where it had one size only."""
    if here is None or any(len(shape) != len(here) for shape in seen):
        return False
    columns = zip(*seen, strict=True)
    return all(len(set(column)) > 1 or size == column[0] for column, size in zip(columns, here, strict=True))


def _same_fields(site: Site, seen: Seen) -> bool:
    """Tells whether an instance has the fields that this construction gives, and the default for all others."""
    order = site.constructor.fields
    given = dict(zip(order, site.call.args, strict=False)) | {k.arg: k.value for k in site.call.keywords}
    return all(
        _recorded(_literal(given[name])) == seen.fields.get(name, _UNKNOWN)
        if name in given
        else name in seen.default
        for name in order
    )


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return _UNKNOWN


def _recorded(value: Any) -> Any:
    """A literal as it was recorded; what is neither a number, a text nor a list of them is equal to nothing."""
    if isinstance(value, list | tuple):
        return [_recorded(item) for item in value]
    return value if value is None or isinstance(value, int | str) else object()
