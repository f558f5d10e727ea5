"""Runs a loop over its body until it is known what every round starts from."""

import ast
from collections.abc import Sequence
from dataclasses import replace
from functools import partial, reduce
from typing import TYPE_CHECKING

from ..bindings import defines, stored
from ..trees import walk
from .alternatives import either
from .binding import bind_target
from .carried import carried
from .comprehended import is_configuration
from .counts import rounds_of
from .courses import Course, course_of
from .found import Env, Found
from .keyed import modules_of
from .mixed import mixed, still_a_list
from .modules import is_turned, modules
from .pushed import beside, opened
from .values import Array, Keeping, Made, Value

if TYPE_CHECKING:
    from .body import Body

_COUNTERS = ("enumerate", "zip", "range")
_ROUNDS = 6  # until what a loop changes is known


def run_loop(body: "Body", loop: ast.For) -> None:
    """Runs each round over a list that is written down, and any other until what it changes stays the same."""
    iterated = _iterated(body, loop.iter)
    if (count := rounds_of(body, loop)) is not None:
        body.runner.flow.counts[loop] = count
    rounds = _rounds(body, loop, iterated)
    if rounds:
        _one_by_one(body, loop, rounds, iterated[1])
    else:
        _until_known(body, loop, iterated)
    body.env |= {n: mixed(body.env.get(n), last) for n, last in body.of_last.pop(loop, {}).items()}
    body.open = True
    body.block(loop.orelse)


def _rounds(body: "Body", loop: ast.For, iterated: tuple[list[Value], str]) -> list[list[Value]]:
    """What each round of a loop over lists of submodules runs through; nothing for any other loop."""
    values, kind = iterated
    lists = [modules(value) for value in values]
    counts = {len(found) for found in lists if found}
    inside = {n for n in walk(loop) if isinstance(n, ast.Call)}
    jumps = any(isinstance(n, ast.Break | ast.Continue | ast.Return) for n in walk(loop))
    if len(counts) != 1 or kind == "range" or jumps or inside & body.runner.made.keys():
        return []
    through = [found or (value,) * max(counts) for found, value in zip(lists, values, strict=True)]
    return [list(each) for each in zip(*through, strict=True)]


def _one_by_one(body: "Body", loop: ast.For, rounds: list[list[Value]], kind: str) -> None:
    _in_turn(body, loop, rounds, kind, many=True)
    body.env |= dict.fromkeys(stored(loop.target))


def _in_turn(
    body: "Body",
    loop: ast.For,
    rounds: list[list[Value]],
    kind: str,
    *,
    many: bool = False,
    apart: bool = False,
) -> None:
    """Each starts from what the one before it has left; what differs between them is not known of all.

    With `apart`, each starts from what all of them do, and there is one of them.
    """
    inside = [n for s in loop.body for n in walk(s)]
    seen, after = body.evaluator.seen, []
    start, left = body.env, []
    for values in rounds:
        if apart:
            body.env, body.open = dict(start), True
        if many and any(isinstance(value, Made) and value.many for value in values):
            _until_known(body, loop, (values, kind))
        else:
            _enter(body, loop, (values, kind))
            body.block(loop.body)
        after.append({node: seen.get(node) for node in inside})
        left += [body.env] if body.open else []
    for node in inside:
        if any(found[node] != after[0][node] for found in after):
            seen[node] = None
    if apart:
        body.env, body.open = _any_of(left or [start]), bool(left)


def _any_of(environments: Sequence[Env]) -> Env:
    """What is known behind a round that is one of several."""
    names = dict.fromkeys(name for env in environments for name in env)
    return {name: reduce(partial(either, None), [env.get(name) for env in environments]) for name in names}


def _until_known(body: "Body", loop: ast.For, iterated: tuple[list[Value], str]) -> None:
    head = dict(body.env)
    inside = {n for n in walk(loop) if isinstance(n, ast.Call)}
    listed = _listed(body, [*iterated[0], *_numbered(body, loop)])
    course = course_of(body, loop)
    taken = opened(head, course)
    fresh = {f: (tuple(f.uses), f.sizes) for f in listed if not f.uses or f in body.runner.settled}
    for _ in range(_ROUNDS):
        for call in inside & body.runner.flow.found.keys():
            del body.runner.flow.found[call]  # what an earlier round saw was not yet true of every round
        for found, (uses, sizes) in fresh.items():
            found.uses, found.sizes = [*uses], sizes
        body.env = head | {name: each.start for name, each in taken.items()}
        _round(body, loop, iterated, course)
        if not body.open:
            break
        left = {name for name, each in taken.items() if body.env.get(name) != each.end}
        after = {
            name: was
            if name in taken
            else _added_to(body, loop, was, body.env.get(name))
            or carried(body.runner.flow, loop, course, name, was, body.env.get(name), body.evaluator.assumed)
            or still_a_list(was, body.env.get(name))
            for name, was in head.items()
        }
        if after == head and not left:
            break
        head, taken = after, {name: each for name, each in taken.items() if name not in left}
    else:
        head = dict.fromkeys(head)
        taken = {}
    head |= {name: each.behind for name, each in taken.items()}
    targets = stored(loop.target)
    inner = {n for s in walk(loop) if isinstance(s, ast.stmt) for n in defines(s)} - head.keys()
    body.env = head | dict.fromkeys(targets | inner)
    body.open = True


def _added_to(body: "Body", loop: ast.For, before: Value, after: Value) -> Array | None:
    """`x = x * mask + step(x)` has the features of `step` in any round: what it is added to has as many before.

    Only where a list of setup is turned round, or runs beside others: else the constructor follows the change.
    """
    if not isinstance(before, Array) or not isinstance(after, Array) or not _is_beside(body, loop):
        return None
    ends, seen = (before.at(-1), after.at(-1)), body.evaluator.seen
    sums = (n for s in loop.body for n in walk(s) if isinstance(n, ast.BinOp))
    for node in (n for n in sums if isinstance(n.op, ast.Add | ast.Sub)):
        sides = [value.at(-1) for n in (node.left, node.right) if isinstance(value := seen.get(n), Array)]
        if None not in ends and ends[0] != ends[1] and set(sides) == {*ends}:
            return before.with_last(after.at(-1))
    return None


def _is_beside(body: "Body", loop: ast.For) -> bool:
    match loop.iter:
        case ast.Call(func=ast.Name(id="reversed")):
            return True
        case ast.Subscript(slice=index) if is_turned(index):
            return True
        case ast.Call(func=ast.Name(id="zip"), args=args):
            values = [body.evaluator.seen.get(a) for a in args]
            return any(isinstance(v, Made) for v in values) and not all(isinstance(v, Made) for v in values)
    return False


def _round(body: "Body", loop: ast.For, iterated: tuple[list[Value], str], course: Course | None) -> None:
    """Runs through the elements that one round of setup has made, one after the other."""
    values, kind = iterated
    several = next((v for v in values if isinstance(v, Made) and v.then), None)
    if several is None:
        _enter(body, loop, iterated)
        body.env |= beside(body, loop, course)
        body.block(loop.body)
    else:
        elements = [replace(several, call=call, then=()) for call in (several.call, *several.then)]
        rounds = [[e if v is several else v for v in values] for e in elements]
        _in_turn(body, loop, rounds, kind, apart=several.either)


def _listed(body: "Body", values: list[Value]) -> list[Found]:
    """What is known of lists of submodules, and of those that are made for their fields."""
    found = body.runner.flow.found
    made = [call for v in values if isinstance(v, Made) and v.many for call in (v.call, *v.then)]
    return [found[inner] for call in made for inner in walk(call) if inner in found]


def _numbered(body: "Body", loop: ast.For) -> list[Value]:
    """Lists of submodules that a loop takes elements from by their number: `self.layers[i](x)`."""
    taken = (n.value for s in loop.body for n in walk(s) if isinstance(n, ast.Subscript))
    own = (n.attr for n in taken if isinstance(n, ast.Attribute) and body.method.is_this(n))
    return [body.runner.flow.attributes.get(name) for name in own]


def _iterated(body: "Body", node: ast.expr) -> tuple[list[Value], str]:
    """What a loop runs through, and the function around it that counts or joins, or does both."""
    match node:
        case ast.Call(
            func=ast.Name(id="enumerate"), args=[ast.Call(func=ast.Name(id="zip"), args=joined), *_]
        ):
            return [body.evaluator.value(a) for a in joined], "enumerate zip"
        case ast.Call(func=ast.Attribute(value=held, attr="values" | "items" as kind), args=[]):
            if (made := modules_of(body.evaluator.value(held))) is not None:
                return [made], "" if kind == "values" else kind
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _COUNTERS:
        through = node.args[:1] if node.func.id == "enumerate" else node.args  # not where it counts from
        return [body.evaluator.value(a) for a in through], node.func.id
    return [body.evaluator.value(node)], ""


def _enter(body: "Body", loop: ast.For, iterated: tuple[list[Value], str]) -> None:
    """Binds the targets: elements of configuration, submodules of a list, or something unknown."""
    values, kind = iterated
    target = loop.target
    bind_target(body, target)
    if kind == "range":
        return
    parts = list(target.elts) if kind and isinstance(target, ast.Tuple) else [target]
    if kind.startswith("enumerate") or kind == "items":
        parts = parts[1:]
    if kind == "enumerate zip" and len(parts) == 1 and isinstance(parts[0], ast.Tuple):
        parts = list(parts[0].elts)
    if len(parts) != len(values):
        body.env |= dict.fromkeys(stored(target))
        return
    for part, value in zip(parts, values, strict=True):
        if isinstance(value, Made) and isinstance(part, ast.Name):
            body.env[part.id] = Made(value.call)
        elif isinstance(value, Keeping) and isinstance(part, ast.Name):
            body.env[part.id] = value
        elif not is_configuration(value):
            body.env |= dict.fromkeys(stored(part))
