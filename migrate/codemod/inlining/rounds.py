"""`for layer in [nn.Dense(n) for n in sizes]`, also by way of a local, read as the one loop `for n in sizes`."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording
from ..trees import walk
from .builders import names_module
from .left_out import left_out
from .text import one_line

_JUMPS = ast.Break | ast.Continue | ast.Return
_BESIDE = ast.For | ast.While | ast.FunctionDef | ast.Lambda | ast.comprehension


@dataclass(frozen=True, eq=False)
class _Rounds:
    """A loop whose local `each` runs through the modules of `listed`, which the statement `before` may have bound."""

    loop: ast.For
    through: ast.expr
    listed: ast.ListComp
    each: ast.Name
    counted: bool
    before: ast.Assign | None


def read_rounds(project: Project) -> list[Rewording]:
    """Returns the loops over modules that a comprehension makes in a compact method, as what they can be read as."""
    found: list[Rewording] = []
    for cls in project.classes.values():
        for method in (m for m in cls.methods.values() if m.kind is MethodKind.COMPACT):
            for node in walk(method.node):
                rounds = _rounds(method, node) if isinstance(node, ast.For) else None
                if rounds is not None and _is_alone(cls, method, rounds, project):
                    found += _reworded(cls, method, rounds)
    return found


def _rounds(method: Method, loop: ast.For) -> _Rounds | None:
    match loop.iter, loop.target:
        case (
            ast.Call(func=ast.Name(id="enumerate"), args=[through], keywords=[]),
            ast.Tuple(elts=[ast.Name(), ast.Name() as each]),
        ):
            counted = True
        case ast.Name() | ast.ListComp() as through, ast.Name() as each:
            counted = False
        case _:
            return None
    before = None
    if isinstance(through, ast.Name):
        block = method.block(loop)
        above = block[block.index(loop) - 1] if block.index(loop) else None
        match above:
            case ast.Assign(targets=[ast.Name(id=name)], value=listed) if name == through.id:
                before = above
            case _:
                return None
    else:
        listed = through
    if not isinstance(listed, ast.ListComp) or not isinstance(listed.elt, ast.Call) or loop.orelse:
        return None
    return _Rounds(loop, through, listed, each, counted, before)


def _names(node: ast.AST) -> Iterator[ast.Name]:
    return (n for n in walk(node) if isinstance(n, ast.Name))


def _is_alone(cls: LinenClass, method: Method, rounds: _Rounds, project: Project) -> bool:
    """Tells whether the loop makes the same modules, in the same order and with the same names, as the list does."""
    comprehension, *others = rounds.listed.generators
    everywhere = list(_names(method.node))
    inside = {*walk(rounds.listed)}
    own = {n.id for n in _names(comprehension.target)}
    elsewhere = {n.id for n in everywhere if n not in inside} | {*method.parameters}
    read = {n.id for n in _names(rounds.listed)} - own
    changed = {n.id for n in _names(rounds.loop) if not isinstance(n.ctx, ast.Load) and n not in inside}
    calls = (n for s in rounds.loop.body for n in walk(s) if isinstance(n, ast.Call))
    makes = any(names_module(c.func, cls.names, project) for c in calls)
    jumps = any(isinstance(n, _JUMPS) for n in walk(rounds.loop))
    if others or comprehension.ifs or own & elsewhere or read & changed or makes or jumps:
        return False
    again = [n for n in everywhere if n.id == rounds.each.id and n is not rounds.each]
    if len(again) != 1 or _list_reads(method, rounds) is None:
        return False
    call = method.parents[again[0]]
    between = method.above(again[0])
    steady = method.statement(again[0]) in rounds.loop.body
    beside = any(isinstance(a, _BESIDE) for a in between[: between.index(rounds.loop)])
    return isinstance(call, ast.Call) and call.func is again[0] and steady and not beside


def _list_reads(method: Method, rounds: _Rounds) -> list[ast.Call] | None:
    """The calls that ask how long the list is; None where something else reads it."""
    if rounds.before is None:
        return []
    own = {rounds.before.targets[0], rounds.through}
    assert isinstance(rounds.through, ast.Name)
    reads = [n for n in _names(method.node) if n.id == rounds.through.id and n not in own]
    calls = [method.parents[n] for n in reads]
    asked = [
        c for c in calls if isinstance(c, ast.Call) and isinstance(c.func, ast.Name) and c.func.id == "len"
    ]
    plain = isinstance(rounds.listed.generators[0].iter, ast.Name | ast.Attribute) or not asked
    return asked if len(asked) == len(calls) and plain else None


def _reworded(cls: LinenClass, method: Method, rounds: _Rounds) -> list[Rewording]:
    """The head of the loop, the call of each module, and how many there are, by what they are made from."""
    source, (first, *_) = cls.source, rounds.listed.generators
    target = one_line(source.segment(first.target))
    iterated, made = (one_line(source.segment(n)) for n in (first.iter, rounds.listed.elt))
    called = next(n for n in _names(rounds.loop) if n.id == rounds.each.id and n is not rounds.each)
    if target is None or iterated is None or made is None:
        return []
    if rounds.counted and isinstance(first.target, ast.Tuple):
        target = f"({target.strip('()')})"
    found = [
        Rewording(cls, rounds.each, target),
        Rewording(cls, rounds.through, iterated),
        Rewording(cls, called, made),
        *(Rewording(cls, call, f"len({iterated})") for call in _list_reads(method, rounds) or ()),
    ]
    if rounds.through.lineno != rounds.through.end_lineno:
        return []
    if rounds.before is None:
        return found
    before = left_out(cls, method, rounds.before)
    return [before, *found] if before is not None else []
