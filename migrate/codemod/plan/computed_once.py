"""What setup computes and the constructor reads more than once, such as a file with weights: it asks for that once."""

import ast
from collections.abc import Iterator

from ..trees import walk
from .records import ClassPlan, Derived


def computed_once(plan: ClassPlan) -> frozenset[str]:
    """Returns the attributes of setup that the constructor has in a local of that name."""
    names = {f.name for f in plan.fields} | {p.name for p in plan.every_parameter} | {"rngs"}
    names |= {name for unpacked, _ in plan.unpacked for name in unpacked}
    names |= {n.id for method, _ in plan.takeover for n in walk(method.node) if isinstance(n, ast.Name)}
    names |= {p for method, _ in plan.takeover for p in method.parameters}
    names |= {carried.name for group in plan.phis.values() for carried in group}
    return frozenset(
        d.attribute
        for d in plan.derived
        if d.early
        and d.attribute not in names
        and _is_always_there(d, plan)
        and _reads(d.attribute, plan) > 1
    )


def _is_always_there(derived: Derived, plan: ClassPlan) -> bool:
    """Tells whether setup sets it in any case."""
    if not derived.local:
        return True
    setup = plan.cls.methods["setup"]
    return any(
        setup.parents[n] is s and setup.parents[s] is setup.node
        for s in derived.keep
        for n in walk(s)
        if isinstance(s, ast.Assign) and setup.is_this(n, derived.attribute)
    )


def _reads(attribute: str, plan: ClassPlan) -> int:
    nodes = ((method, n) for method, keep in plan.takeover for s in keep for n in _evaluated(s))
    return sum(method.is_this(n, attribute) for method, n in nodes)


def _evaluated(statement: ast.stmt) -> Iterator[ast.AST]:
    """What a statement evaluates itself: those in its blocks are others."""
    match statement:
        case ast.If(test=head) | ast.While(test=head) | ast.For(iter=head):
            yield from walk(head)
        case ast.With(items=items):
            yield from (n for item in items for n in walk(item))
        case _:
            yield from walk(statement)
