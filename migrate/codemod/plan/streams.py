"""The random streams that a module of a class keeps: what a caller of Linen's `apply` names in `rngs=`."""

import ast
from collections.abc import Iterator

from ...catalog.streams import DRAWING, KEEPING
from ..constructors import Streams
from ..trees import walk
from .records import ClassPlan, Submodule

_UNKNOWN = ""


def streams_of(plan: ClassPlan) -> Streams:
    """Returns the streams from which calls of the class, or of a module below it, draw.

    A vmap or a scan of stacked modules keeps a row of keys.
    """
    names, keeps, rows, carried = set[str](), False, False, False
    for above in (plan, *plan.bases):
        names |= set(_own(above))
        for submodule in above.submodules:
            below = _below(submodule)
            stacked = submodule.iteration is not None and bool(submodule.iteration.stacked)
            rows |= below.rows or (bool(below.names) and (stacked or bool(above.scanned)))
            names |= below.names | (set() if below.known else {_UNKNOWN})
            keeps |= below.kept
            carried |= below.carried
    return Streams(frozenset(names - {_UNKNOWN}), keeps or bool(names), _UNKNOWN not in names, rows, carried)


def asked_stream(call: ast.Call) -> ast.expr | None:
    """Returns what names the stream of a `make_rng`, which has a default."""
    named = (k.value for k in call.keywords if k.arg in ("name", None))
    return call.args[0] if call.args else next(named, None)


def _own(plan: ClassPlan) -> Iterator[str]:
    for method in plan.cls.methods.values() if plan.draws else ():
        for node in walk(method.node):
            if isinstance(node, ast.Call) and method.is_this(node.func, "make_rng"):
                yield _literal(asked_stream(node), "params")


def _below(submodule: Submodule) -> Streams:
    if submodule.child is not None:
        return streams_of(submodule.child)
    construction = submodule.construction
    twin = construction.layer.nnx if construction.layer is not None else ""
    given = {**construction.factory.bound, **construction.given}
    if twin in KEEPING:
        return Streams(kept=True, carried=True)
    if twin not in DRAWING or DRAWING[twin] not in given:
        return Streams()
    name = _literal(construction.given.get("rng_collection"), "dropout")
    known = name != _UNKNOWN and "rng_collection" not in construction.factory.bound
    return Streams(frozenset({name} - {_UNKNOWN}), True, known)


def _literal(node: ast.expr | None, default: str) -> str:
    """The name that stands there, nothing where it is no literal."""
    if node is None:
        return default
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else _UNKNOWN
