"""`use_running_average=not self.is_mutable_collection("batch_stats")`: in NNX `train()` and `eval()` say that.

Linen's caller trains by `mutable=["batch_stats"]`. A BatchNorm of NNX that is not told follows its own attribute, which
trains in a new module and is what `train()` and `eval()` set.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from ..bindings import loads
from ..constructions import Construction
from ..factories.resolve import binds, local_value
from ..model import Method
from ..trees import walk
from .records import ClassPlan

MODE = "use_running_average"
COLLECTION = "batch_stats"


@dataclass(frozen=True, eq=False)
class Question:
    """The `call` that asks, and the statements that keep its answer in a local."""

    call: ast.Call
    kept: tuple[ast.Assign, ...] = ()


def question_of(construction: Construction) -> Question | None:
    """Returns what decides that a BatchNorm trains exactly where its statistics can be written."""
    layer = construction.layer
    if layer is None or layer.linen != "BatchNorm" or MODE in construction.factory.bound:
        return None
    node = construction.given.get(MODE)
    return _behind(node, construction.method) if node is not None else None


def _behind(node: ast.expr, method: Method, negated: bool = False) -> Question | None:
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _behind(operand, method, not negated)
        case ast.Call(func=function, args=[ast.Constant(value=collection)], keywords=[]) if method.is_this(
            function, "is_mutable_collection"
        ):
            return Question(node) if negated and collection == COLLECTION else None
        case ast.Name(id=name) if name not in method.parameters:
            binders = [n for n in walk(method.node) if n is not method.node and name in binds(n)]
            value = local_value(node, method, binders) if binders else None
            found = _behind(value, method, negated) if value is not None else None
            if found is None or value is None:
                return None
            statement = method.statement(value)
            assert isinstance(statement, ast.Assign)
            return Question(found.call, (statement, *found.kept))
    return None


def left_to_module(method: Method, made: Iterable[Construction]) -> dict[ast.Call, set[ast.Assign]]:
    """Returns the questions of which nothing but BatchNorms reads the answer, and the statements that keep it."""
    asked = [(c, q) for c in made if c.method is method and (q := question_of(c)) is not None]
    known = {n for c, _ in asked for n in walk(c.given[MODE])}
    known |= {n for _, question in asked for s in question.kept for n in walk(s.value)}
    found: dict[ast.Call, set[ast.Assign]] = {}
    for _, question in asked:
        names = [t.id for s in question.kept for t in s.targets if isinstance(t, ast.Name)]
        if all(load in known for name in names for load in loads(method.node.body, name)):
            found.setdefault(question.call, set()).update(question.kept)
    return found


def trains_by_mode(plan: ClassPlan) -> bool:
    """Tells whether `train()` and `eval()` decide what a module of the class, or one below it, computes."""
    every = [s for p in (plan, *plan.bases) for s in p.submodules]
    return any(question_of(s.construction) is not None for s in every) or any(
        trains_by_mode(s.child) for s in every if s.child is not None
    )
