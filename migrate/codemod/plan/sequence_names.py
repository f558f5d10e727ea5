"""Names of the layers of an `nn.Sequential` in setup: Linen has each among the submodules of the class itself."""

import ast

from ..built import Built, built_of
from ..constructions import Construction
from ..last_rounds import tells_last
from ..model import Method, Refused
from .loop_names import loop_name
from .records import Form
from .sequences import Place, is_sequence


def named_in_sequence(construction: Construction, node: ast.expr, place: Place) -> tuple[str, ...]:
    """Returns the path of a layer that has a name. Raises Refused where it is not told at which place that stands."""
    kind = place.holder.kind
    if not is_sequence(place.holder):
        raise Refused("MN204", node, f"a module that is made for a field of `{kind}` has a name")
    if construction.name is not None and "{}" not in place.within:
        return (construction.name,)
    found = _counted(construction, node, place.holder)
    if found is None:
        reason = f"the name of a layer of nn.{kind} in setup does not count the layers"
        raise Refused("MN204", node, reason)
    return (found,)


def _counted(construction: Construction, node: ast.expr, sequence: Construction) -> str | None:
    """`f"dense_{i}"` of the first layer of each round, where as many layers stand in front of it in any round."""
    built = built_of(sequence)
    loop = next((a for a in construction.method.above(construction.call) if isinstance(a, ast.For)), None)
    if not isinstance(built, Built) or loop is None:
        return None
    name = loop_name(node, construction.method, construction.call, free=True)
    count = _each_round(built, loop, construction.call)
    if name is None or name.form is not Form.APPEND or name.first or not name.every or not count:
        return None
    return name.prefix + (f"{{:{count}}}" if count > 1 else "{}")


def _each_round(built: Built, loop: ast.For, call: ast.Call) -> int:
    """How many layers every round adds of which another one follows; `call` makes the first of them."""
    inside = [(s, parts) for s, parts in built.fills if loop in built.method.above(s)]
    before = [parts for s, parts in built.fills if s.lineno < loop.lineno]
    (first, parts), *others = inside
    plain = not any(isinstance(part, ast.ListComp) for _, each in inside for part in each)
    starts = built.method.parents[first] is loop and parts[0] is call and not any(before)
    if not plain or not starts or not all(_adds(built.method, s, loop) for s, _ in others):
        return 0
    return sum(len(each) for _, each in inside)


def _adds(method: Method, statement: ast.stmt, loop: ast.For) -> bool:
    """Tells whether a round runs a statement, unless it is the last one."""
    above = method.parents[statement]
    if above is loop:
        return True
    between = isinstance(above, ast.If) and statement in above.body and method.parents[above] is loop
    return between and isinstance(above, ast.If) and tells_last(above.test, loop) is False
