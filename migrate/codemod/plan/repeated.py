"""Sizes that an optional argument decides and that are asked for again and again: the constructor has them once."""

import ast
from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING

from ..bindings import stored
from ..flow.terms import Given, Kind, Term, code

if TYPE_CHECKING:
    from .needs import Needs


def name_repeated(needs: "Needs", taken: Collection[str]) -> None:
    """Adds to `plan.unpacked` and `plan.whole` the choices by an optional argument that are spelled more than once."""
    plan, names = needs.plan, {*taken}
    counts = Counter(choice for size, _ in needs.all() for choice in _choices(size))
    for choice, count in counts.items():
        if count > 1:
            name = _of_the_user(needs, choice, names) or needs.free("in_features", names)
            names.add(name)
            plan.unpacked.append(((name,), code(choice, lambda part: plan.dims[part.value])))
            plan.whole[choice] = name


def _choices(size: Term) -> list[Term]:
    """The choices in a size that arguments alone decide, and that are in no other one."""
    if size.kind is Kind.CHOICE and _is_of_arguments(size):
        return [size]
    return [choice for part in size.parts for choice in _choices(part)]


def _is_of_arguments(choice: Term) -> bool:
    leaves = [term for term in choice.walk() if not term.parts]
    asked = any(isinstance(term.value, Given) for term in choice.parts[0].walk())
    return asked and all(term.kind in (Kind.DIM, Kind.CONST) for term in leaves)


def _of_the_user(needs: "Needs", size: Term, taken: Collection[str]) -> str:
    """What the methods call the size, and nothing else that the constructor has."""
    gone = {name for statement in needs.plan.settled for name in stored(statement)}
    for method in needs.plan.cls.methods.values():
        spelled = [n for n in ast.walk(method.node) if isinstance(n, ast.Name)]
        bound = Counter(n.id for n in spelled if not isinstance(n.ctx, ast.Load))
        for node in spelled:
            alone = bound[node.id] == 1 and node.id not in {*method.parameters, *taken} - gone
            if alone and needs.plan.flow.seen.get(node) == size and needs.free(node.id, set()) == node.id:
                return node.id
    return ""
