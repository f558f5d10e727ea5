"""Elements of a list that setup goes on with: where each may stand, and what Linen calls it there."""

import ast
from collections.abc import Sequence
from itertools import combinations

from ..bindings import defines, statements
from ..constructions import Construction
from ..grown import Case, Grown, grown_of
from ..model import Refused
from .alternatives import counts
from .mapping_rules import rules_below
from .named import Named
from .records import Form, Submodule

_Numbers = dict[str, int | None]


def grown_named(construction: Construction) -> Named | None:
    """Returns the name of an element: as it is, or with a number where what is there before it decides."""
    call = construction.call
    found = grown_of(construction.method, call)
    if found is None:
        return None
    places = found.places(call)
    place = str(min(places)) if len(places) == 1 else "{}"
    linen = _linen(found, construction, place)
    if linen is None:
        raise Refused(
            "MN204", construction.name_node or call, "the name does not count the elements of the list"
        )
    form = Form.ELEMENT if call in found.start.elts else Form.ADDED
    return Named(found.attribute, form, (linen,), (found.attribute, place))


def _linen(found: Grown, construction: Construction, place: str) -> str | None:
    node, call = construction.name_node, construction.call
    if node is None:
        return f"{found.attribute}_{place}"
    spelled = {
        (case.calls.index(call), *_spelled(node, _numbers(found, case, call)))
        for case in found.cases()
        if call in case.calls
    }
    prefixes = {prefix for _, prefix, _ in spelled}
    if len(prefixes) != 1 or None in prefixes:
        return None
    prefix = str(prefixes.pop())
    numbers = {number for _, _, number in spelled}
    if place != "{}":
        return f"{prefix}{'' if numbers == {None} else numbers.pop()}" if len(numbers) == 1 else None
    firsts = {number - at if number is not None else -1 for at, _, number in spelled}
    first = firsts.pop()
    return None if firsts or first < 0 else prefix + (f"{{+{first}}}" if first else "{}")


def _numbers(found: Grown, case: Case, call: ast.Call) -> _Numbers:
    """The integers that the locals of setup hold where an element is made."""
    numbers: _Numbers = {}
    _run(found.method.node.body, found, case, found.method.statement(call), numbers)
    return numbers


def _run(body: Sequence[ast.stmt], found: Grown, case: Case, until: ast.stmt, numbers: _Numbers) -> bool:
    """Returns whether `until` is not reached."""
    for statement in body:
        if statement is until:
            return False
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                numbers[name] = _number(value, numbers)
            case ast.AugAssign(target=ast.Name(id=name) as target, op=ast.Add(), value=value):
                one, two = numbers.get(name), _number(value, numbers)
                numbers[target.id] = None if one is None or two is None else one + two
            case ast.If(test=test, body=inner, orelse=[]) if ast.dump(test) in case.answers:
                if case.answers[ast.dump(test)] and not _run(inner, found, case, until, numbers):
                    return False
            case _:
                numbers.update(dict.fromkeys(n for s in statements([statement]) for n in defines(s)))
    return True


def _spelled(node: ast.expr, numbers: _Numbers) -> tuple[str | None, int | None]:
    """The text of a name, and the number at its end; no text where it is not followed."""
    prefix: str
    match node:
        case ast.Constant(value=str(prefix)):
            return prefix, None
        case ast.Call(func=ast.Name(id="str"), args=[counted], keywords=[]):
            prefix = ""
        case ast.JoinedStr(
            values=[
                ast.Constant(value=str(prefix)),
                ast.FormattedValue(counted, conversion=-1, format_spec=None),
            ]
        ):
            pass
        case ast.JoinedStr(values=[ast.FormattedValue(counted, conversion=-1, format_spec=None)]):
            prefix = ""
        case _:
            return None, None
    number = _number(counted, numbers)
    return (None if number is None or {"{", "}"} & {*prefix} else prefix), number


def _number(node: ast.expr, numbers: _Numbers) -> int | None:
    match node:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return number
        case ast.Name(id=name):
            return numbers.get(name)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, two = _number(left, numbers), _number(right, numbers)
            return None if one is None or two is None else one + two
    return None


def check_grown(group: Sequence[Submodule]) -> None:
    """Raises Refused where a checkpoint would have to know which of two elements stands at one place."""
    for one, two in combinations(group, 2):
        found = grown_of(one.construction.method, one.construction.call)
        calls = [each.construction.call for each in (one, two)]
        if found is None or not found.places(calls[0]) & found.places(calls[1]):
            continue
        rules = {rule for each in (one, two) for rule in _own(each)}
        same = one.child is not None and one.child is two.child
        if len({rule[:2] for rule in rules}) < len(rules) or not (same or not (counts(one) and counts(two))):
            reason = (
                f"`{one.construction.kind}` and `{two.construction.kind}` may stand at one place of a list"
            )
            raise Refused("MN204", calls[1], f"{reason}, with names in Linen that mean others in NNX")


def _own(element: Submodule) -> list[tuple[str, tuple[str, ...], tuple[str, ...], str]]:
    """The rules of an element, below its own names."""
    rules = rules_below(element)
    above, place = len(element.linen), len(element.path)
    return [(f"{r.collection}", r.linen[above:], r.nnx[place:], r.variable_type) for r in rules]
