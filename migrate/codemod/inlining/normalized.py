"""`_normalize(self, x, mean, var, ...)` of Flax's own norms, read with the parameters that it creates spelled out."""

import ast
from collections.abc import Iterator, Mapping

from ...catalog.private_norms import LINEN_ARGUMENTS, NNX_ARGUMENTS, NORMALIZE
from ..bindings import defines
from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording
from ..trees import walk
from .text import one_line

_PLAIN = (
    ast.Name
    | ast.Constant
    | ast.Attribute
    | ast.Tuple
    | ast.List
    | ast.UnaryOp
    | ast.unaryop
    | ast.expr_context
)
"""What an argument may be made of: some are evaluated at another place, or twice."""


def read_normalized(project: Project) -> list[Rewording]:
    """Returns the calls that can be read as one that is given scale and bias, which `self.param` creates."""
    found: list[Rewording] = []
    for cls in project.classes.values():
        for method in (m for m in cls.methods.values() if m.kind is MethodKind.COMPACT):
            found += _in_method(cls, method)
    return found


def _in_method(cls: LinenClass, method: Method) -> Iterator[Rewording]:
    for call in (n for n in walk(method.node) if isinstance(n, ast.Call)):
        if cls.names.linen(call.func) == NORMALIZE and (given := _given(call, method)) is not None:
            pieces = _pieces(cls, method, given)
            code = _laid_out(cls, call, pieces) if pieces is not None else None
            if code is not None:
                yield Rewording(cls, call, code)


def _given(call: ast.Call, method: Method) -> dict[str, ast.expr] | None:
    if len(call.args) > len(LINEN_ARGUMENTS):
        return None
    given = dict(zip(LINEN_ARGUMENTS, call.args, strict=False)) | {str(k.arg): k.value for k in call.keywords}
    twice = len(given) != len(call.args) + len(call.keywords)
    plain = all(isinstance(n, _PLAIN) for node in given.values() for n in walk(node))
    if twice or not plain or given.keys() != {*LINEN_ARGUMENTS}:
        return None
    module, array = given["mdl"], given["x"]
    mine = isinstance(module, ast.Name) and module.id == method.this
    return given if mine and isinstance(array, ast.Name) and array.id != method.this else None


def _pieces(cls: LinenClass, method: Method, given: Mapping[str, ast.expr]) -> list[str] | None:
    """The arguments of the call, an argument on a condition in three pieces."""
    text = {name: one_line(cls.source.segment(node)) for name, node in given.items()}
    shape = _shape(cls, method, given)
    if shape is None or None in text.values():
        return None
    pieces: list[str] = []
    for name in NNX_ARGUMENTS:
        if name not in ("scale", "bias"):
            pieces.append(f"{text[name]},")
            continue
        made = f'{method.this}.param("{name}", {text[f"{name}_init"]}, {shape}, {text["param_dtype"]})'
        asked = given[f"use_{name}"]
        if isinstance(asked, ast.Constant):
            pieces.append(f"{made if asked.value else None},")
        else:
            pieces += [made, f"if {text[f'use_{name}']}", "else None,"]
    return pieces


def _shape(cls: LinenClass, method: Method, given: Mapping[str, ast.expr]) -> str | None:
    """The shape of scale and bias: axes that are counted from the front already stand in the order of the shape."""
    array, axes = given["x"], given["feature_axes"]
    assert isinstance(array, ast.Name)
    if ast.unparse(axes) in ("-1", "(-1,)", "[-1]"):
        return f"({array.id}.shape[-1],)"
    if not isinstance(axes, ast.Name) or axes.id in method.parameters:
        return None
    made = [n for n in walk(method.node) if isinstance(n, ast.stmt) and axes.id in defines(n)]
    match made:
        case [ast.Assign(targets=[ast.Name()], value=ast.Call(func=function))]:
            counted = cls.names.linen(function) == "_canonicalize_axes"
            name = "ax" if array.id != "ax" else "axis"
            return f"[{array.id}.shape[{name}] for {name} in {axes.id}]" if counted else None
    return None


def _laid_out(cls: LinenClass, call: ast.Call, pieces: list[str]) -> str | None:
    """The code over as many lines as the call, which begin where those of its arguments begin."""
    source = cls.source
    function, arguments = source.segment(call.func), [*call.args, *(k.value for k in call.keywords)]
    breaks = (call.end_lineno or call.lineno) - call.lineno
    if one_line(source.segment(call)) is None or call.func.end_lineno != call.lineno:
        return None  # a comment stands in it
    hanging = arguments[0].lineno == call.lineno
    rows = _rows(pieces, breaks + 1 if hanging else breaks - 1)
    if rows is None:
        return None
    apart = source.newline + " " * min(
        n.col_offset for n in arguments if n.lineno > call.lineno or not breaks
    )
    closing = "" if hanging else source.newline + " " * ((call.end_col_offset or 1) - 1)
    text = apart.join(rows) if hanging else apart + apart.join(rows)
    return f"{function}({text.removesuffix(',') if hanging else text}{closing})"


def _rows(pieces: list[str], count: int) -> list[str] | None:
    """The pieces on so many lines: a long one on several, or else several on one."""
    found: list[str] = []
    for index, piece in enumerate(pieces):
        missing = count - len(found) - (len(pieces) - index)
        head, opening, inner = piece.partition(".param(")
        if missing > 0 and opening:
            ending = ")," if inner.endswith("),") else ")"
            inside = inner.removesuffix(ending)
            name, _, rest = inside.partition(", ")
            parts = (
                [head + opening, inside, ending]
                if missing > 1
                else [f"{head}{opening}{name},", rest + ending]
            )
            found += parts
        else:
            found.append(piece)
    return _joined(found, count) if len(found) >= count > 0 else None


def _joined(pieces: list[str], count: int) -> list[str]:
    """As many lines as asked for, of about one length."""
    rows: list[str] = []
    share = sum(map(_width, pieces)) / count
    width = 0.0
    for index, piece in enumerate(pieces):
        left, lines = len(pieces) - index, count - len(rows)
        full = width + _width(piece) / 2 > share * len(rows)
        if not rows or left == lines or (full and lines > 0):
            rows.append(piece)
        else:
            rows[-1] += f" {piece}"
        width += _width(piece)
    return rows


def _width(piece: str) -> int:
    """How long a piece is in the end: what creates a variable becomes a mention of it."""
    return len(piece) if ".param(" not in piece else len("self.scale[...]")
