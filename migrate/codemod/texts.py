"""`"layer_" + str(i)`, `"layer_%d" % i` and `"layer_{}".format(i)`, as the f-string that they mean of whole numbers."""

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence

_WHOLE: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
}  # fmt: skip


def as_text(node: ast.expr) -> ast.expr:
    """Returns the literal or the f-string that an expression means; any other as it is."""
    parts = _parts(node)
    if parts is None:
        return node
    texts = [
        str(n) if isinstance(part, ast.expr) and (n := _whole(part)) is not None else part for part in parts
    ]
    known = [text for text in texts if isinstance(text, str)]
    if len(known) == len(texts):
        return ast.copy_location(ast.Constant("".join(known)), node)
    joined = ast.JoinedStr([_piece(text) for text in _together(texts)])
    return ast.fix_missing_locations(ast.copy_location(joined, node))


def _parts(node: ast.expr) -> list[str | ast.expr] | None:
    """The texts and the values of which an expression is put together."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            return _all([_parts(value) for value in values])
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            return [value]
        case ast.Call(func=ast.Name(id="str"), args=[value], keywords=[]):
            return [value]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _all([_parts(left), _parts(right)])
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod(), right=right):
            return _filled(
                re.split("%[ds]", text), right.elts if isinstance(right, ast.Tuple) else [right], "%"
            )
        case ast.Call(func=ast.Attribute(ast.Constant(value=str(text)), "format"), args=values, keywords=[]):
            return _filled(text.split("{}"), values, "{}")
    return None


def _all(found: Sequence[list[str | ast.expr] | None]) -> list[str | ast.expr] | None:
    known = [parts for parts in found if parts is not None]
    return [part for parts in known for part in parts] if len(known) == len(found) else None


def _filled(texts: Sequence[str], values: Sequence[ast.expr], signs: str) -> list[str | ast.expr] | None:
    """The texts with the values between them, where none of the texts has a sign of another meaning."""
    odd = any(sign in text for text in texts for sign in signs) or any(
        isinstance(v, ast.Starred) for v in values
    )
    if odd or len(values) != len(texts) - 1:
        return None
    return [texts[0], *(part for pair in zip(values, texts[1:], strict=True) for part in pair)]


def _together(parts: Sequence[str | ast.expr]) -> list[str | ast.expr]:
    """The parts with texts that stand side by side as one."""
    found: list[str | ast.expr] = []
    for part in parts:
        before = found[-1] if found else None
        if isinstance(part, str) and isinstance(before, str):
            found[-1] = before + part
        elif part != "":
            found.append(part)
    return found


def _piece(part: str | ast.expr) -> ast.expr:
    return ast.Constant(part) if isinstance(part, str) else ast.FormattedValue(part, -1, None)


def _whole(node: ast.expr) -> int | None:
    """The whole number that an expression is."""
    match node:
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            return value
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _WHOLE:
            one, two = _whole(left), _whole(right)
            return None if one is None or two is None else _WHOLE[type(op)](one, two)
    return None
