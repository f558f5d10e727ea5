"""Names that count several loops at once, or end in a text: f"block{i + 1}{j}" is spelled anew wherever it is used."""

import ast
import re
from collections.abc import Iterable, Mapping, Sequence

from ...catalog.numbered import filled, numbers_in
from ..bindings import stored
from ..constructions import Construction
from ..model import Method, MethodKind, Refused
from .loop_names import counted, sum_of
from .named import Named
from .records import Form

_BETWEEN = ast.If | ast.While | ast.Try | ast.Match | ast.FunctionDef | ast.ClassDef
_INSIDE = ast.IfExp | ast.BoolOp | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

_OF_FIELDS = ast.Call | ast.Name | ast.Attribute | ast.Subscript | ast.Constant | ast.BinOp | ast.UnaryOp
"""What a number of fields is spelled with, or an item of one."""

_TEXT = re.compile(r"[\w.-]+")
"""What may stand in a name, which nothing spells as an attribute: `down_0.block_1`."""

_NUMBERS = ("0", "1", "10", "11")


def spelled_name(construction: Construction, node: ast.expr) -> Named | None:
    """Returns the name of a module that is made and called in loops, whose attribute is called as Linen calls it."""
    loops = [a for a in construction.method.above(construction.call) if isinstance(a, ast.For)]
    if not loops or not _is_followed(construction, loops):
        return None
    pattern = _pattern(node, {name for loop in loops if (name := _counter(loop))})
    return None if pattern is None else Named(pattern, Form.SETATTR, (pattern,), (pattern,))


def is_of_one_round(construction: Construction) -> bool:
    """Tells whether a name that counts nothing is of one round: `if i == 0` makes it, as Linen has each name once."""
    loops = [a for a in construction.method.above(construction.call) if isinstance(a, ast.For)]
    asked = any(isinstance(a, ast.If) for a in construction.method.above(construction.call))
    return asked and _is_followed(construction, loops)


def _is_followed(construction: Construction, loops: Sequence[ast.For]) -> bool:
    """Tells whether a module is made and called in loops, in rounds that a condition tells by their numbers."""
    method, call = construction.method, construction.call
    above = method.above(call)
    parent = method.parents[call]
    at_once = isinstance(parent, ast.Call) and parent.func is call
    if method.kind is not MethodKind.COMPACT or not at_once or construction.lifted is not None:
        return False
    between = [a for a in above[: above.index(loops[-1])] if isinstance(a, _BETWEEN)]
    if not all(_is_of_round(method, loops, a) for a in between):
        return False
    return not any(isinstance(a, _INSIDE) for a in above) and all(_is_plain(loop) for loop in loops)


def like_those(named: Mapping[Construction, Named]) -> dict[Construction, Named]:
    """Returns those of a list anew of which a name that is spelled in each round may be another: f"stage0{j}"."""
    spelled = [n.attribute for n in named.values() if n.form is Form.SETATTR]
    found = {}
    for construction, one in named.items():
        node, pattern = construction.name_node, one.linen[-1] if one.linen else ""
        examples = [filled(pattern, [number]) for number in _NUMBERS] if pattern.count("{") == 1 else []
        if node is None or one.form is Form.SETATTR:
            continue
        if not any(numbers_in(e, p) is not None for e in examples for p in spelled):
            continue
        again = spelled_name(construction, node) if one.form is Form.APPEND else None
        if again is None:
            raise Refused("MN208", construction.call, "other modules may be called like those of its loop")
        found[construction] = again
    return found


def check_spelled(named: Mapping[Construction, Named], taken: Iterable[str]) -> None:
    """Raises Refused where a name that is spelled anew may be that of something else which Linen calls otherwise."""
    renamed = [
        n.attribute for n in named.values() if n.form is not Form.SETATTR and n.linen != (n.attribute,)
    ]
    for construction, found in named.items():
        if found.form is Form.SETATTR:
            clash = next((a for a in (*renamed, *taken) if numbers_in(a, found.attribute) is not None), None)
            if clash is not None:
                reason = f"one of the submodules may be called `{clash}`, which is taken"
                raise Refused("MN208", construction.call, reason)


def spelling(construction: Construction) -> ast.expr:
    """Returns the expression of such a name."""
    node = construction.name_node
    assert node is not None
    return node


def read_in(method: Method, named: Iterable[Construction]) -> set[str]:
    """Returns the locals of `method` that the names of these modules are spelled with."""
    nodes = (n for c in named if c.method is method for n in ast.walk(spelling(c)))
    return {n.id for n in nodes if isinstance(n, ast.Name)}


def _is_of_round(method: Method, loops: Sequence[ast.For], condition: ast.AST) -> bool:
    """Tells whether a condition asks which round it is: `if i > 0`."""
    if not isinstance(condition, ast.If):
        return False
    counters = {name for loop in loops if (name := _counter(loop))}
    read = {n.id for n in ast.walk(condition.test) if isinstance(n, ast.Name)} - {method.this, "len"}
    named = any(isinstance(n, ast.NamedExpr) for n in ast.walk(condition))
    others = read - counters - {name for loop in loops for name in _of_element(loop)}
    return bool(read & counters) and all(_is_bound_once(method, name) for name in others) and not named


def _of_element(loop: ast.For) -> set[str]:
    """The names that a loop binds, and that nothing in it binds again: the element of a round is the same each time."""
    names = [n.id for n in ast.walk(loop) if isinstance(n, ast.Name) and not _is_read(n)]
    return {name for name in stored(loop.target) if names.count(name) == 1}


def _is_bound_once(method: Method, name: str) -> bool:
    """Tells whether a name is one and the same in all rounds: `count = len(self.widths)`, ahead of the loops."""
    bound = [n for n in ast.walk(method.node) if isinstance(n, ast.Name) and n.id == name and not _is_read(n)]
    match [method.parents[n] for n in bound]:
        case [ast.Assign(targets=[ast.Name()], value=value) as made] if method.parents[made] is method.node:
            parts = [n for n in ast.walk(value) if isinstance(n, ast.expr)]
            called = [n.func for n in parts if isinstance(n, ast.Call)]
            numbers = all(isinstance(f, ast.Name) and f.id in ("len", "int", "min", "max") for f in called)
            return name not in method.parameters and numbers and all(isinstance(n, _OF_FIELDS) for n in parts)
    return False


def _is_read(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def _is_plain(loop: ast.For) -> bool:
    return not loop.orelse and not any(isinstance(n, ast.Break | ast.Continue) for n in ast.walk(loop))


def _counter(loop: ast.For) -> str:
    """What has the number of the round, if nothing else in the loop is called so."""
    name, _ = counted(_forwards(loop)) or ("", 0)
    bound = [n for n in ast.walk(loop) if isinstance(n, ast.Name) and n.id == name and not _is_read(n)]
    return name if len(bound) == 1 else ""


def _forwards(loop: ast.For) -> ast.For:
    """The loop without what turns it round, or leaves out numbers: those that it has are natural ones, each once."""
    match loop.iter:
        case ast.Call(func=ast.Name(id="reversed" | "list" | "tuple"), args=[inner], keywords=[]):
            pass
        case ast.Call(func=ast.Name(id="range") as function, args=[start, stop, step], keywords=[]) if (
            _are_natural(start, stop, step)
        ):
            inner = ast.Call(function, [stop], [])
        case _:
            return loop
    return _forwards(ast.copy_location(ast.For(loop.target, inner, loop.body, loop.orelse), loop))


def _are_natural(start: ast.expr, stop: ast.expr, step: ast.expr) -> bool:
    """Tells whether a range has no negative number: `range(1, n, 2)`, `range(n - 1, -1, -1)`."""
    match step:
        case ast.Constant(value=int(width)):
            return width > 0 and isinstance(start, ast.Constant)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(width))) if width > 0:
            return ast.unparse(stop) == "-1" or isinstance(stop, ast.Constant)
    return False


def _pattern(node: ast.expr, counters: set[str]) -> str | None:
    """The name with `{}` for each number; it starts like an attribute."""
    if not isinstance(node, ast.JoinedStr):
        return None
    found = ""
    for part in node.values:
        match part:
            case ast.Constant(value=str(text)) if _TEXT.fullmatch(text) and (found or text[0].isidentifier()):
                found += text
            case ast.FormattedValue(value=number, conversion=-1, format_spec=None) if found:
                total = sum_of("", number)
                if total is None or total[1] not in counters:
                    return None
                found += "{}"
            case _:
                return None
    return found if "{}" in found and not found.startswith("__") else None
