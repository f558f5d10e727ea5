"""Names that a loop numbers, such as `f"layer_{i}"`: in front of the number, what counts, and from where."""

import ast
import re
from typing import NamedTuple

from ..model import Method
from .records import Form
from .rounds_made import made_from_the_first


class LoopName(NamedTuple):
    """`prefix` and the number of the round; `first` is that of the first round, `counter` the local that has it.

    Where not `every` round makes one, those do that come before the first that does not.
    """

    prefix: str
    counter: str
    form: Form
    first: int = 0
    every: bool = True

    @property
    def pattern(self) -> str:
        """The name as a mapping spells it, beside a place in a list."""
        return self.prefix + (f"{{+{self.first}}}" if self.first else "{}")


def loop_name(
    node: ast.expr,
    method: Method,
    call: ast.expr,
    whole: ast.expr | None = None,
    each: bool = False,
    free: bool = False,
) -> LoopName | None:
    """Recognises `f"name_{i}"` where `i` counts the rounds of a loop.

    `each` says that every round makes one, whatever branch it takes, `free` that the prefix may be any text.
    """
    parts = numbered(node)
    if parts is None or not (free or re.fullmatch(r"[A-Za-z_]\w*", parts[0])):
        return None
    prefix, counter, added = parts
    loop = next((a for a in method.above(call) if isinstance(a, ast.For | ast.ListComp)), None)
    if isinstance(loop, ast.For):
        start = _start(loop.target, loop.iter, counter) if _is_plain(loop, method) else None
        every = each or _block(method, call) is loop
        if start is None or not (every or (free and made_from_the_first(method, call, loop, counter))):
            return None
        return LoopName(prefix, counter, Form.APPEND, start + added, every)
    if (
        isinstance(loop, ast.ListComp)
        and len(loop.generators) == 1
        and not loop.generators[0].ifs
        and loop.elt is (whole or call)
    ):
        start = _start(loop.generators[0].target, loop.generators[0].iter, counter)
        return None if start is None else LoopName(prefix, counter, Form.LIST, start + added)
    return None


def _block(method: Method, call: ast.expr) -> ast.AST:
    """What runs the statement of a call: what a `with` has in it runs whenever that does."""
    above = method.parents[method.statement(call)]
    while isinstance(above, ast.With):
        above = method.parents[above]
    return above


def _is_plain(loop: ast.For, method: Method) -> bool:
    nested = any(isinstance(a, ast.For) for a in method.above(loop))
    jumps = any(isinstance(n, ast.Break | ast.Continue) for n in ast.walk(loop))
    return not nested and not loop.orelse and not jumps


def numbered(node: ast.expr) -> tuple[str, str, int] | None:
    """Takes `f"name_{i + 1}"`, `"name_%d" % i` or `str(i)` apart: what stands in front, what counts, what is added."""
    match node:
        case ast.JoinedStr(
            values=[
                ast.Constant(value=str(prefix)),
                ast.FormattedValue(value=number, conversion=-1, format_spec=None),
            ]
        ):
            return None if {"{", "}"} & {*prefix} else sum_of(prefix, number)
        case (
            ast.JoinedStr(values=[ast.FormattedValue(value=number, conversion=-1, format_spec=None)])
            | ast.Call(func=ast.Name(id="str"), args=[number], keywords=[])
        ):
            return sum_of("", number)
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod(), right=number):
            prefix, sign, behind = text.partition("%")
            alone = number.elts[0] if isinstance(number, ast.Tuple) and len(number.elts) == 1 else number
            return sum_of(prefix, alone) if sign and behind in ("d", "i", "s") else None
        case ast.BinOp(
            left=ast.Constant(value=str(prefix)),
            op=ast.Add(),
            right=ast.Call(func=ast.Name(id="str"), args=[number], keywords=[]),
        ):
            return sum_of(prefix, number)
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format"), args=[number], keywords=[]
        ):
            prefix, sign, behind = text.partition("{")
            return sum_of(prefix, number) if sign and behind in ("}", "0}") and "}" not in prefix else None
    return None


def sum_of(prefix: str, number: ast.expr) -> tuple[str, str, int] | None:
    """Returns `prefix`, the local that counts, and what is added to it."""
    match number:
        case ast.Name(id=counter):
            return prefix, counter, 0
        case ast.BinOp(left=ast.Name(id=counter), op=ast.Add(), right=added):
            natural = _natural(added)
            return None if natural is None else (prefix, counter, natural)
    return None


def counted(loop: ast.For) -> tuple[str, int] | None:
    """The name that has the number of the round, and the number of the first one."""
    match loop.target:
        case ast.Name(id=name) | ast.Tuple(elts=[ast.Name(id=name), _]):
            start = _start(loop.target, loop.iter, name)
            return None if start is None else (name, start)
    return None


def _start(target: ast.expr, iterated: ast.expr, name: str) -> int | None:
    """The number of the first round, where `name` counts them."""
    match target, iterated:
        case ast.Name(id=own), ast.Call(func=ast.Name(id="range"), args=[*start, _], keywords=[]):
            pass
        case ast.Tuple(elts=[ast.Name(id=own), *_]), ast.Call(
            func=ast.Name(id="enumerate"), args=[_, *start], keywords=[]
        ):
            pass
        case ast.Tuple(elts=[ast.Name(id=own), *_]), ast.Call(
            func=ast.Name(id="enumerate"), args=[_], keywords=[ast.keyword(arg="start", value=given)]
        ):
            start = [given]
        case _:
            return None
    if own != name or len(start) > 1:
        return None
    return _natural(start[0]) if start else 0


def _natural(node: ast.expr) -> int | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
