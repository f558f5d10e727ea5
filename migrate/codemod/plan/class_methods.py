"""Class methods that construct their class, `return cls(width=8)`: they ask for what the constructor does."""

import ast
from collections.abc import Iterator

from ..factories.program import has_family
from ..inlining.unused import mentions
from ..model import LinenClass, Method, Refused
from ..project import Project
from ..trees import walk
from .records import Body, ClassPlan

_OF_MODULES = frozenset({"name", "parent"})
_RNGS = ("rngs", "nnx.Rngs")


def check_class_method(cls: LinenClass, method: Method, project: Project) -> Iterator[Refused]:
    """Yields why a method that constructs its class cannot ask for more than it does."""
    calls = _constructions(method)
    if not calls:
        return
    (call, *_), name = calls, method.node.name
    given = [k.arg for each in calls for k in each.keywords]
    starred = any(isinstance(a, ast.Starred) for each in calls for a in each.args)
    if [*mentions(name, cls, project)]:
        yield Refused("MN301", call, f"`{name}` constructs the class, and something calls it")
    elif has_family(cls, project) or not method.takes_class or len(method.node.decorator_list) > 1:
        yield Refused("MN301", call, f"`{name}` constructs the class, or another one of its family")
    elif starred or _OF_MODULES.intersection(given):
        yield Refused("MN301", call, f"`{name}` constructs the class, and what it gives is not told by name")
    elif len(calls) < sum(
        isinstance(n, ast.Name) and n.id == method.parameters[0] for n in walk(method.node)
    ):
        yield Refused("MN301", call, f"`{name}` constructs the class, and asks what it is")


def plan_class_method(plan: ClassPlan, method: Method, body: Body) -> None:
    """Adds what the constructor asks for to the method, and to its calls of it, which name what they give."""
    asked = dict([*((p.name, p.annotation) for p in plan.every_parameter), _RNGS])
    taken = {n.id for n in walk(method.node) if isinstance(n, ast.Name)} | {
        a.arg for a in walk(method.node) if isinstance(a, ast.arg)
    }
    for call in _constructions(method):
        if clash := taken & asked.keys():
            reason = f"`{method.node.name}` constructs the class, and has a `{min(clash)}` of its own"
            raise Refused("MN301", call, reason)
        body.asked = asked
        body.named[call] = tuple(f.name for f in plan.fields)[: len(call.args)]
        body.keywords[call] = [(name, name) for name in asked]


def _constructions(method: Method) -> list[ast.Call]:
    first = method.parameters[0] if method.parameters else ""
    calls = (n for n in walk(method.node) if isinstance(n, ast.Call))
    return [c for c in calls if first and isinstance(c.func, ast.Name) and c.func.id == first]
