"""Functions of Linen in whose place one of migrate_norm.layers.nnx is called, which is imported by its name."""

import ast
from collections.abc import Iterable, Iterator

from ...catalog.functions import DIFFERENT, PARITY
from ...catalog.layer import OURS, Layer
from ..bindings import stored
from ..model import LinenClass, Refused
from ..source import Span
from ..trees import walk
from .narrower import fits
from .records import ClassPlan
from .references import linen_names


def check_parity(cls: LinenClass) -> Iterator[Refused]:
    """Yields each mention that is no call which the twin understands, or whose twin has no name in the file."""
    calls = {node.func: node for node in walk(cls.node) if isinstance(node, ast.Call)}
    for node, name in _mentions(cls):
        call = calls.get(node)
        if call is None or not fits(call, *PARITY[name]):
            yield Refused("MN102", node, f"nn.{name}: {DIFFERENT[name]}")
        elif name in cls.names.aliases or name in stored(cls.source.tree):
            yield Refused(
                "MN208", node, f"the file has a `{name}`, which is what the twin in {OURS} is called"
            )


def parity_names(cls: LinenClass) -> dict[Span, str]:
    """Returns what is written for each of them."""
    return {cls.source.span(node): name for node, name in _mentions(cls)}


def parity_imports(plans: Iterable[ClassPlan]) -> list[Layer]:
    """Returns what the file has to import for them, once each."""
    names = {name for plan in plans for _, name in _mentions(plan.cls)}
    return [Layer(name, name, home=OURS) for name in sorted(names)]


def _mentions(cls: LinenClass) -> Iterator[tuple[ast.expr, str]]:
    return ((node, name) for node, name in linen_names(cls.node, cls.names) if name in PARITY)
