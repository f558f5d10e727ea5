"""What methods of a base read that only the classes below it have: `self.scale`, a field or what their setup sets."""

import ast
from collections.abc import Iterator, Mapping

from ..model import Method, Refused
from ..trees import walk
from .asked_fields import asked_name
from .called_up import calling_up
from .derived import Setup
from .records import ClassPlan, Form, Variable
from .variable_reads import stands_for_array


def running_above(plan: ClassPlan) -> Iterator[tuple[ClassPlan, Method]]:
    """Yields the methods of the bases that run: those that no nearer class replaces, or that this calls."""
    up = calling_up(plan)
    for above in plan.bases:
        for name, method in above.cls.methods.items():
            if plan.methods[name] is method or name in up:
                yield above, method


def read_above(plan: ClassPlan) -> Mapping[str, ast.AST]:
    """Returns the attributes that methods of the bases read, or ask for, and that their own classes do not have."""
    found: dict[str, ast.AST] = {}
    for above, method in running_above(plan):
        own = {*_had(above)}
        for node in walk(method.node):
            name = asked_name(method, node)
            if isinstance(node, ast.Attribute) and method.is_this(node) and isinstance(node.ctx, ast.Load):
                name = node.attr
            if name and name not in own:
                found.setdefault(name, node)
    return found


def _had(plan: ClassPlan) -> Iterator[str]:
    """What a class and those that it inherits from have by themselves."""
    for each in (plan, *plan.bases):
        yield from (*(f.name for f in each.cls.fields), *each.cls.methods, *each.cls.constants)
        named = (
            (m, n) for m in each.cls.methods.values() for n in walk(m.node) if isinstance(n, ast.Attribute)
        )
        yield from {n.attr for m, n in named if m.is_this(n) and isinstance(n.ctx, ast.Store)}


def check_read_above(plan: ClassPlan, setup: Setup) -> None:
    """Raises Refused where NNX keeps such an attribute under another name, or as something else."""
    kept = {field: attribute for p in (plan, *plan.bases) for attribute, field in p.stores}
    variables = {v.creation.call: v for v in plan.variables}
    declared = {name: variables[call] for name, call in setup.aliases.items() if call in variables}
    derived = {d.attribute for d in setup.derived}
    for name, node in read_above(plan).items():
        moved = kept.get(name, name) != name or name in derived
        if moved or (name in declared and not _is_the_same(plan, declared[name], name)):
            reason = f"a method of its base reads `self.{name}` (line {node.lineno}), which NNX has otherwise"  # type: ignore[attr-defined]
            raise Refused("MN104", plan.cls.node, reason)


def _is_the_same(plan: ClassPlan, variable: Variable, name: str) -> bool:
    """Tells whether a parameter keeps its name, and is read where it stands for its array."""
    if not variable.creation.is_param or variable.attribute != name or variable.form is not Form.BIND:
        return False
    reads = [(m, n) for _, m in running_above(plan) for n in walk(m.node) if m.is_this(n, name)]
    return all(stands_for_array(m, n) for m, n in reads)
