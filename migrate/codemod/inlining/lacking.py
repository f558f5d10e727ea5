"""`if hasattr(self, "spectral_norm"): ...` of what no class here has, read as what stands behind the `else`."""

import ast
from collections.abc import Iterator, Sequence

from ..model import LinenClass, Method
from ..plan.asked_fields import asked_name, lacks
from ..project import Project
from ..rewording import Rewording, instead_of
from ..trees import walk
from .text import dedented, one_line


def read_lacking(project: Project) -> list[Rewording]:
    """Returns such conditions.

    The runs of models know calls by their places, so that then nothing may be called on the side that is kept.
    """
    found = [one for cls, method in project.methods for one in _in_method(cls, method, project)]
    return found if project.traced is None else [one for one in found if "(" not in one.code]


def _in_method(cls: LinenClass, method: Method, project: Project) -> Iterator[Rewording]:
    for node in walk(method.node):
        match node:
            case ast.If(test=test, body=body, orelse=[_, *_] as orelse) if (
                has := _answer(cls, method, test, project)
            ) is not None:
                code = _side(cls, node, body if has else orelse)
                if code is not None:
                    yield instead_of(cls, node, code)
            case ast.IfExp(test=test, body=one, orelse=two) if (
                has := _answer(cls, method, test, project)
            ) is not None:
                code = one_line(cls.source.segment(one if has else two))
                if code is not None and isinstance(method.parents[node], ast.Assign | ast.Return):
                    yield Rewording(cls, node, code)


def _answer(cls: LinenClass, method: Method, test: ast.expr, project: Project) -> bool | None:
    """What a condition comes to that asks for such an attribute, and for nothing else."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return True if _answer(cls, method, inner, project) is False else None
    name = asked_name(method, test)
    return False if name and lacks(cls, name, project) else None


def _side(cls: LinenClass, condition: ast.If, side: Sequence[ast.stmt]) -> str | None:
    """The statements of a side in the place of the condition, which is no `elif` itself."""
    source = cls.source
    rows = (
        dedented(source, side)
        if not source.behind(condition) and not source.segment(condition).startswith("elif")
        else None
    )
    if rows is None or any(
        isinstance(n, ast.JoinedStr | ast.Constant) and _is_long(n) for s in side for n in walk(s)
    ):
        return None
    first, *rest = rows
    return source.newline.join([first, *(source.ahead(condition) + row if row else "" for row in rest)])


def _is_long(text: ast.expr) -> bool:
    """Tells whether a text goes over several lines, which would be others if they were set off otherwise."""
    return text.lineno != text.end_lineno
