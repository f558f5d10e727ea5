"""Arguments that may be None, and what stands in for them: `context = x if context is None else context`."""

import ast
from typing import TYPE_CHECKING

from ..model import Method
from .choices import merged
from .terms import const
from .values import Array, Value

if TYPE_CHECKING:
    from .evaluate import Evaluator


def asks_for(test: ast.expr) -> tuple[str, bool] | None:
    """Returns the name that is compared with None, and whether the test holds where it is None."""
    match test:
        case ast.Compare(
            left=ast.Name(id=name),
            ops=[ast.Is() | ast.IsNot() as sign],
            comparators=[ast.Constant(value=None)],
        ):
            return name, isinstance(sign, ast.Is)
    return None


def settled(scope: "Evaluator", node: ast.expr, test: Value, yes: Value, no: Value, given: Value) -> Value:
    """Returns what holds after the two paths of a test, for what is `given` under the name that it asks for.

    An argument of the method itself may be None at one call and an array at another: the shape is that of the array,
    and `scope.instead` keeps what stands in for it.
    """
    asked = asks_for(node)
    absent, present = (yes, no) if asked is not None and asked[1] else (no, yes)
    if asked is None or present != given:
        return merged(test, yes, no)
    if given == const(None):
        return absent
    if not isinstance(given, Array):
        return merged(test, yes, no)
    if given.root is not None and given == Array(given.root) and _may_be_none(scope.method, asked[0]):
        known = scope.instead.setdefault(given.root, absent)
        scope.instead[given.root] = absent if known == absent else None
    return given


def _may_be_none(method: Method, name: str) -> bool:
    """Tells whether an argument is None where a call does not give it."""
    spec = method.node.args
    positional = [*spec.posonlyargs, *spec.args]
    defaults = dict(zip([a.arg for a in reversed(positional)], reversed(spec.defaults), strict=False))
    defaults |= {a.arg: d for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d is not None}
    default = defaults.get(name)
    return default is None or (isinstance(default, ast.Constant) and default.value is None)
