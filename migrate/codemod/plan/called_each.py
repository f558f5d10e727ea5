"""Submodules that a comprehension of a compact method makes and calls: `[nn.Dense(4)(x) for _ in range(self.n)]`."""

import ast
from collections.abc import Collection

from ..bindings import bound_below
from ..constructions import Construction
from ..model import LinenClass, Method, MethodKind, Refused

Loop = ast.For | ast.ListComp

_OTHERWISE = (
    ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.For | ast.While | ast.Lambda | ast.FunctionDef
    | ast.Try | ast.BoolOp
)  # fmt: skip
"""What may make the list more than once in a call, later, or not at all."""


def listed_around(method: Method, node: ast.AST) -> ast.ListComp | None:
    """Returns the innermost comprehension of a compact method around a call, whose rounds each make a submodule."""
    if method.kind is not MethodKind.COMPACT:
        return None
    return next((a for a in method.above(node) if isinstance(a, ast.ListComp)), None)


def loops_around(construction: Construction) -> list[Loop]:
    """Returns what makes a submodule many times, the innermost first."""
    method, call = construction.method, construction.call
    listed = listed_around(method, call)
    return [a for a in method.above(call) if isinstance(a, ast.For) or a is listed]


def check_called_each(construction: Construction) -> None:
    """Raises Refused for a comprehension whose rounds do not each make one, once a call, one after the other."""
    method, call = construction.method, construction.call
    listed = listed_around(method, call)
    if listed is None:
        return
    kind = construction.kind
    above = method.above(call)
    inside = above[: above.index(listed)]
    if len(listed.generators) > 1 or listed.generators[0].ifs or listed.generators[0].is_async:
        raise Refused("MN101", call, f"it makes `{kind}` in a comprehension with several parts")
    if not any(node is call for node in ast.walk(listed.elt)):
        raise Refused("MN101", call, f"it makes `{kind}` in what a comprehension runs through")
    choice = next((a for a in inside if isinstance(a, ast.IfExp | ast.BoolOp | ast.Lambda)), None)
    if choice is not None:
        raise Refused("MN101", call, f"it makes `{kind}` in some rounds of a comprehension")
    apart = next((a for a in above[above.index(listed) + 1 :] if isinstance(a, _OTHERWISE)), None)
    if apart is not None:
        raise Refused(
            "MN101", call, f"it makes `{kind}` in a comprehension inside of another loop or function"
        )


def check_hidden(cls: LinenClass, call: ast.Call, given: Collection[tuple[str, ast.expr | str]]) -> None:
    """Raises Refused where a comprehension around a call has another meaning for a name that the call is to read."""
    method = next((m for m in cls.methods.values() if call in m.parents), None)
    bound = {n for a in (method.above(call) if method is not None else ()) for n in bound_below(a)}
    values = [ast.Name(value) if isinstance(value, str) else value for _, value in given]
    read = {n.id for value in values for n in ast.walk(value) if isinstance(n, ast.Name)}
    for name in sorted(bound & read):
        reason = f"`{name}`, which this call is to read, is something else in the comprehension around it"
        raise Refused("MN101", call, reason)
