"""`body: nn.Module = Body()`, read as `body: nn.Module | None = None`, with a setup that makes what is not given."""

import ast
from collections.abc import Iterator, Sequence

from ..defaults.modules import DefaultModule, default_modules
from ..defaults.places import Places, places_in
from ..defaults.unfit import why_unfit
from ..model import LinenClass, MethodKind
from ..project import Project
from ..rewording import Rewording, instead_of
from .text import one_line


def read_default_modules(project: Project) -> list[Rewording]:
    """Returns the fields with such defaults, and the statements of setup, of the classes where all of them can be."""
    found: list[Rewording] = []
    for cls in project.classes.values():
        defaults = list(default_modules(cls, project))
        if defaults:
            found += _read(cls, defaults, project, places_in(project))
    return found


def _read(
    cls: LinenClass, defaults: Sequence[DefaultModule], project: Project, places: Places
) -> Iterator[Rewording]:
    where = _start(cls)
    codes = [one_line(default.code) for default in defaults]
    unfit = any(why_unfit(default, cls, project, places) for default in defaults)
    if where is None or unfit or None in codes or "__post_init__" in cls.methods:
        return
    for default in defaults:
        statement = default.field.statement
        annotation = cls.source.segment(statement.annotation)
        whatever = cls.names.resolve(statement.annotation) == "typing.Any"
        kind = annotation if whatever else f"{annotation} | None"
        yield instead_of(cls, statement, f"{default.field.name}: {kind} = None")
    rows = [
        f"self.{d.field.name} = {code} if self.{d.field.name} is None else self.{d.field.name}"
        for d, code in zip(defaults, codes, strict=True)
    ]
    yield _ahead_of(cls, where, rows)


def _start(cls: LinenClass) -> ast.stmt | None:
    """The first statement of setup, or the first method, where there is no setup."""
    setup = cls.methods.get("setup")
    if setup is None:
        return next((s for s in cls.node.body if isinstance(s, ast.FunctionDef)), None)
    first = setup.node.body[0]
    own = setup.kind is MethodKind.SETUP and setup.this == "self"
    return first if own and not cls.source.ahead(first).strip() else None


def _ahead_of(cls: LinenClass, where: ast.stmt, rows: Sequence[str]) -> Rewording:
    """The statements at the start of setup, or a setup of their own in front of a method."""
    ahead, newline = " " * where.col_offset, cls.source.newline
    if isinstance(where, ast.FunctionDef):
        step = " " * (where.body[0].col_offset - where.col_offset)
        lines = ["def setup(self):", *(f"{step}{row}" for row in rows)]
        first = min([where.lineno, *(d.lineno for d in where.decorator_list)])
        code = f"{newline}{ahead}".join(lines) + f"{newline}{newline}{ahead}"
        return Rewording(cls, _at(first, where.col_offset), code)
    line = _head(cls, where)
    code = "".join(f"{newline}{ahead}{row}" for row in rows)
    return Rewording(cls, _at(line, len(cls.source.lines[line - 1].rstrip("\r\n").encode())), code)


def _head(cls: LinenClass, first: ast.stmt) -> int:
    """The last line of the docstring of setup, or of what stands in front of its body: comments go with that."""
    if ast.get_docstring(cls.methods["setup"].node) is not None:
        return first.end_lineno or first.lineno
    line = first.lineno - 1
    while cls.source.lines[line - 1].lstrip().startswith("#") or not cls.source.lines[line - 1].strip():
        line -= 1
    return line


def _at(line: int, column: int) -> ast.expr:
    """A place between two pieces of code."""
    return ast.Name("", ast.Load(), lineno=line, col_offset=column, end_lineno=line, end_col_offset=column)
