"""How many axes an argument has at every call: `b, n, c = x.shape` says it, and a submodule that is given it."""

import ast
from collections.abc import Iterator

from ..bindings import stored
from ..branches import always_reached
from ..flow.callables import is_plain, parameters
from ..flow.ranks import ranks_of
from ..flow.values import Array, Either, Rank, Root, Shape, Use, Value
from ..model import Method
from ..names import first_name
from ..trees import walk
from .children import Children
from .definitions import lookup_in
from .records import ClassPlan

_CONVOLVING = "jax.lax.conv_general_dilated"
_PADDING = ("jax.numpy.pad", "numpy.pad")


def ranks_told(plan: ClassPlan, children: Children) -> dict[Root, int]:
    """Returns the number of axes of the arguments of a class's methods that statements tell which always run."""
    told: dict[Root, set[int]] = {}
    for method in plan.cls.methods.values():
        known = (
            *_unpacked(plan, method),
            *_as_many(plan, method),
            *_taken(plan, method, children),
            *_handed(plan, method, children),
        )
        for array, count in known:
            for root, more in _of_one_argument(array):
                if root[0] == method.node.name:
                    told.setdefault(root, set()).add(count - more)
    return {root: counts.pop() for root, counts in told.items() if len(counts) == 1}


def _of_one_argument(value: Value) -> Iterator[tuple[Root, int]]:
    """The argument that has the unknown axes of an array, and how many the array has more."""
    ranks = ranks_of(value) if isinstance(value, Array) and value.axes is None else ()
    for rank in ranks if len(ranks) == 1 else ():
        if rank.root is not None:
            yield rank.root, rank.more


def _unpacked(plan: ClassPlan, method: Method) -> Iterator[tuple[Value, int]]:
    for statement in method.node.body:
        match statement:
            case ast.Assign(targets=[ast.Tuple(elts=elts)], value=value):
                shape = plan.flow.seen.get(value)
                starred = any(isinstance(e, ast.Starred) for e in elts)
                if isinstance(shape, Shape) and not starred and always_reached(method, statement):
                    yield _unless_widened(shape.array, len(elts)), len(elts)


def _as_many(plan: ClassPlan, method: Method) -> Iterator[tuple[Value, int]]:
    """What is convolved has as many axes as the kernel, and what is padded as many as there are pairs."""
    for call in (n for n in walk(method.node) if isinstance(n, ast.Call) and n.args):
        name = plan.cls.names.resolve(call.func) or ""
        other = call.args[1] if name == _CONVOLVING and len(call.args) > 1 else call
        if name not in (_CONVOLVING, *_PADDING) or not always_reached(method, call):
            continue
        array, like = plan.flow.seen.get(call.args[0]), plan.flow.seen.get(other)
        if isinstance(array, Array) and isinstance(like, Array) and like.axes is not None:
            yield _unless_widened(array, like.axes), like.axes


def _unless_widened(array: Array, count: int) -> Array:
    """An argument that is given an axis where it has too few: one that has so many is what it was."""
    others = ranks_of(array) - {Rank(None, count)}
    root = next((rank.root for rank in others if not rank.more), None)
    return Array(root) if isinstance(array.root, Either) and len(others) == 1 and root is not None else array


def _handed(plan: ClassPlan, method: Method, children: Children) -> Iterator[tuple[Value, int]]:
    """What functions of the project are given that unpack its shape."""
    lookup, cls = lookup_in(children.project), plan.cls
    own = {*method.parameters, *stored(method.node)}
    for call in (n for n in walk(method.node) if isinstance(n, ast.Call)):
        name = cls.names.resolve(call.func)
        if name is None or first_name(call.func) in own or not always_reached(method, call):
            continue
        found = lookup(name if "." in name else f"{cls.source.module}.{name}")
        if (
            found is None
            or not isinstance(found.node, ast.FunctionDef)
            or not is_plain(found.node, found.names)
        ):
            continue
        order, starred = parameters(found.node), any(isinstance(a, ast.Starred) for a in call.args)
        if order is not None and not starred:
            given = dict(zip(order[0], call.args, strict=False)) | {
                k.arg or "**": k.value for k in call.keywords
            }
            for parameter, count in _unpacked_by(found.node):
                if parameter in given:
                    yield plan.flow.seen.get(given[parameter]), count


def _unpacked_by(function: ast.FunctionDef) -> Iterator[tuple[str, int]]:
    """The parameters whose shapes a function unpacks in any case, before it binds them to something else."""
    bound: set[str] = set()
    for statement in function.body:
        match statement:
            case ast.Assign(
                targets=[ast.Tuple(elts=elts)], value=ast.Attribute(value=ast.Name(id=name), attr="shape")
            ) if name not in bound and not any(isinstance(e, ast.Starred) for e in elts):
                yield name, len(elts)
        if any(isinstance(n, ast.Return) for n in walk(statement)):
            return
        bound |= stored(statement)


def _taken(plan: ClassPlan, method: Method, children: Children) -> Iterator[tuple[Value, int]]:
    """What submodules are given whose own statements tell it."""
    for found in plan.flow.found.values():
        one = not found.construction.choice and found.construction.lifted is None
        child = children.plan_of(found.construction) if one else None
        for use in found.uses:
            if use.call in method.parents and always_reached(method, use.call):
                yield from _given(child, use) if child is not None else ()


def _given(child: ClassPlan, use: Use) -> Iterator[tuple[Value, int]]:
    """The arguments of one call, each with the axes that it has there; of a scan it is one round that tells."""
    names = child.methods[use.method].parameters if use.method in child.methods else ()
    given = dict(zip(names, use.args, strict=False)) | use.keywords
    for (method, name), count in child.ranks.items() if use.method not in child.scanned else ():
        if method == use.method:
            yield given.get(name), count
