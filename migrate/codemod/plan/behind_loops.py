"""What a class gives behind its loops: its constructor keeps the size, `self.out_features = features`.

Who makes the next layer asks the module that was made before: `nnx.Linear(self.backbone.out_features, 10, rngs=rngs)`.
"""

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from ..constructions import Construction
from ..flow.terms import Kind, Term
from ..flow.values import Array, Value
from ..model import MethodKind, Refused
from ..project import Project
from .axis_sizes import has_subclasses
from .records import ClassPlan

OUT = "out_features"  # as nnx.Linear and nnx.Conv call theirs
_PLAIN = frozenset({Kind.CONST, Kind.FIELD, Kind.OP})
_APART = ast.For | ast.While | ast.If | ast.IfExp | ast.Lambda | ast.FunctionDef | ast.comprehension


class Behind(NamedTuple):
    """The value of a KEPT: the last axis of what the module gives, as its own class spells it."""

    size: Term


def as_kept(
    construction: Construction, child: ClassPlan, method: str, given: Value, project: Project
) -> Value:
    """Returns what a call gives, its last axis as the module keeps it where nothing else tells that."""
    returned = child.flow.returns.get(method)
    if not isinstance(given, Array) or not isinstance(returned, Array) or not returned.tail:
        return given
    size = returned.tail[-1]
    if given.tail[-1:] != (None,) or size is None or not _stands_alone(construction):
        return given
    if not _is_kept(child, size) or not _is_free(child, size) or has_subclasses(child.cls, project):
        return given
    kept = Term(Kind.KEPT, (construction.call, Behind(size)))
    return replace(given, tail=(*given.tail[:-1], kept))


def keep_behind(child: ClassPlan | None, behind: Behind, place: ast.AST) -> None:
    """Has the constructor keep the size, and those of the modules that it is spelled with. Raises Refused."""
    assert child is not None
    if child.behind not in (None, behind.size):
        reason = f"of what two methods of `{child.cls.short}` give, its constructor can keep one size alone"
        raise Refused("MN108", place, reason)
    child.behind = behind.size
    for part in behind.size.walk():
        if _is_of_child(part):
            made = next(s for s in child.submodules if s.construction.call is part.value[0])
            keep_behind(made.child, part.value[1], place)


def kept_inside(plan: ClassPlan, size: Term) -> Iterator[Term]:
    """Yields what modules keep that a size is spelled with, or what a loop does to it."""
    seen, waiting = set[Term](), [size]
    while waiting:
        for part in waiting.pop().walk():
            if part.kind is Kind.KEPT and isinstance(part.value[1], Behind):
                yield part
            phi = plan.flow.phis.get(part.value) if part.kind is Kind.PHI and part not in seen else None
            seen.add(part)
            waiting += [each for each in (phi.entry, phi.back) if each is not None] if phi is not None else []


def _stands_alone(construction: Construction) -> bool:
    """Tells whether one module is made, in any case."""
    method, call = construction.method, construction.call
    if construction.choice or construction.lifted is not None or construction.layer is not None:
        return False
    return not any(isinstance(a, _APART) for a in method.above(call) if a is not method.node)


def _is_kept(child: ClassPlan, size: Term) -> bool:
    """Tells whether the constructor follows the size to its end: no other size has taken its local by then."""
    kept = [s for method, statements in child.takeover for s in statements if s is not method.node.body[-1]]
    if child.bases or "__post_init__" in child.cls.methods or any(isinstance(s, ast.Return) for s in kept):
        return False
    phis = [part for part in size.walk() if part.kind is Kind.PHI]
    plain = all(part.kind in _PLAIN or part in phis or _is_of_child(part) for part in size.walk())
    asked = bool(phis) or any(_is_of_child(part) for part in size.walk())
    return asked and plain and all(_stays(child, part) for part in phis)


def _is_of_child(part: Term) -> bool:
    return part.kind is Kind.KEPT and isinstance(part.value[1], Behind)


def _stays(child: ClassPlan, size: Term) -> bool:
    """Tells whether a local follows a size through a loop, in any case, and stays what it is behind it."""
    name, phi = child.names.get(size.value), child.flow.phis.get(size.value)
    if name is None or phi is None:
        return False
    method = next((m for m in child.cls.methods.values() if phi.loop in m.parents), None)
    if method is None or method.kind is not MethodKind.COMPACT or method.parents[phi.loop] is not method.node:
        return False
    others = [child.flow.phis[key].loop for key, other in child.names.items() if other == name]
    return all(_is_within(loop, phi.loop) or _is_ahead(loop, phi.loop) for loop in others)


def _is_within(one: ast.For, other: ast.For) -> bool:
    return any(node is one for node in ast.walk(other))


def _is_ahead(one: ast.For, other: ast.For) -> bool:
    return (one.end_lineno or one.lineno) < other.lineno


def _is_free(child: ClassPlan, size: Term) -> bool:
    """Tells whether nothing else has the name; of one class, all that ask for it ask for one size."""
    if child.behind is not None:
        return child.behind == size
    taken = {*child.cls.methods, *child.cls.constants, *(f.name for f in child.fields), *child.computed}
    taken |= {v.attribute for v in child.variables} | {s.attribute for s in child.submodules}
    taken |= {attribute for attribute, _ in child.stores} | child.flow.attributes.keys()
    return OUT not in taken
