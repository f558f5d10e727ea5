"""`self.sow("intermediates", "x", x)`: in Linen it does nothing unless that collection is mutable.

In NNX that is so within `nnx.capture` alone, which gives every module its `__captures__`: elsewhere sow warns, and the
state of the module grows with each call. See
https://flax.readthedocs.io/en/latest/guides/extracting_intermediates.html.
"""

import ast
from collections.abc import Iterator

from ..bindings import stored
from ..flow.functions.table import METHODS
from ..model import Method, MethodKind, Refused
from ..names import Names, first_name
from ..trees import walk
from .records import ClassPlan

COLLECTION = "intermediates"
CAPTURED = 'hasattr({}, "__captures__")'
"""What holds within nnx.capture alone, of the module that a method calls so."""

_METHODS = (MethodKind.COMPACT, MethodKind.PLAIN)


def unsowable(call: ast.Call, method: Method, names: Names) -> Refused | None:
    """Returns why no condition may stand around what sows; None where one may."""
    statement = method.parents[call]
    if not isinstance(statement, ast.Expr):
        return Refused("MN207", call, "it sows, and asks whether it did")
    beside = {s.lineno for s in walk(method.node) if isinstance(s, ast.stmt) and s is not statement}
    if statement.lineno in beside:
        return Refused("MN207", call, "it sows on a line with other statements: give it one of its own")
    if method.kind not in _METHODS:
        return Refused("MN207", call, f"`{method.node.name}`, which sows, is neither compact nor plain")
    collection = call.args[0] if call.args else None
    if not isinstance(collection, ast.Constant) or any(isinstance(a, ast.Starred) for a in call.args):
        return Refused("MN207", call, "it sows into a collection that is not a literal")
    if collection.value != COLLECTION:
        reason = f"it sows into `{ast.unparse(collection)}`, which Linen's init makes variables of"
        return Refused("MN207", call, reason)
    for part in (*call.args[1:], *(k.value for k in call.keywords)):
        if (effect := next(_effects(part, method, names), None)) is not None:
            reason = f"`{ast.unparse(effect)}` is computed for what it sows: give it a name before"
            return Refused("MN207", effect, reason)
    return None


def _effects(node: ast.expr, method: Method, names: Names) -> Iterator[ast.AST]:
    """Yields what may do more than give a value: calls of modules, locals and their methods, and bindings."""
    for child in walk(node):
        calls = isinstance(child, ast.Call) and not _gives_value(child.func, method, names)
        if calls or isinstance(child, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom):
            yield child


def _gives_value(function: ast.expr, method: Method, names: Names) -> bool:
    """Tells whether `function` is one of a file or a package, that makes no module, or a method of arrays."""
    root = first_name(function)
    if root == method.this:
        return False
    if root and root not in stored(method.node) | {*method.parameters}:
        return not (names.linen(function) or "").rpartition(".")[2][:1].isupper()
    return isinstance(function, ast.Attribute) and function.attr in METHODS


def sows(plan: ClassPlan) -> bool:
    """Tells whether a class sows, itself or in what it is made of."""
    family = (plan, *plan.bases)
    own = any(body.sown for p in family for body in p.bodies.values())
    return own or any(s.child is not None and sows(s.child) for p in family for s in p.submodules)


def names_sown(plan: ClassPlan) -> frozenset[str]:
    """Returns the names that a class itself sows, as far as they are literals."""
    statements = (s for p in (plan, *plan.bases) for body in p.bodies.values() for s in body.sown)
    calls = (s.value for s in statements if isinstance(s, ast.Expr) and isinstance(s.value, ast.Call))
    given = (n for c in calls for n in (*c.args[1:2], *(k.value for k in c.keywords if k.arg == "name")))
    return frozenset(n.value for n in given if isinstance(n, ast.Constant) and isinstance(n.value, str))
