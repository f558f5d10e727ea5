"""Where two computations part: the first operation of either side that the other does not have."""

import linecache
import re
import sysconfig
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jax._src import source_info_util  # no public name; `user_frame` is what JAX's own messages use

from .constants import CONSTANT, number
from .normal_form import NormalForm
from .terms import Table, Term, Value

GIVEN = frozenset({CONSTANT, "input", "cotangent", "carry", "element", "parameter", "colour", "key", "turn"})
SHOWN = 4  # operands that an operation is shown with


@dataclass(frozen=True)
class Operation:
    """One operation of one side: what it is, in which module (Linen's scopes), and the line that asks for it."""

    what: str
    scope: str = ""
    line: str = ""
    code: str = ""

    def __str__(self) -> str:
        scope = f" in {self.scope}" if self.scope else ""
        line = f"\n            {self.line}: {self.code}" if self.line else ""
        return self.what + scope + line


@dataclass(frozen=True)
class Parting:
    """The first operations, Linen's and NNX's, that the other side does not have on the way to `place`."""

    place: str
    linen: Operation
    nnx: Operation

    def __str__(self) -> str:
        return f"first operations that are not the same ({self.place})\n    Linen {self.linen}\n    NNX   {self.nnx}"


def part(place: str, sides: tuple[NormalForm, NormalForm], results: tuple[Value, Value]) -> Parting:
    """Returns where two different results part: the first operation, in the order of either program."""
    table = sides[0].table
    below = [set(table.below([value])) for value in results]
    firsts = [_first(side, mine, other) for side, mine, other in zip(sides, below, below[::-1], strict=True)]
    operations = [
        _operation(side, value.term if first is None else first, "returns" if first is None else "computes")
        for side, value, first in zip(sides, results, firsts, strict=True)
    ]
    return Parting(place, *operations)


def _first(side: NormalForm, mine: Set[int], other: Set[int]) -> int | None:
    """Returns the first own operation of a side on what both have; None if the other has all of it."""
    own = [number for number in side.steps if number in mine - other and _computes(side.table, number)]
    ready = [
        n
        for n in own
        if all(o.term in other for o in side.table.terms[n].operands if _computes(side.table, o.term))
    ]
    return next(iter(ready or own), None)


def _computes(table: Table, number: int) -> bool:
    return table.terms[number].op not in GIVEN


def _operation(side: NormalForm, number: int, verb: str) -> Operation:
    term, step = side.table.terms[number], side.steps.get(number)
    what = f"{verb} {_what(side.table, term)}"
    if step is None:
        return Operation(what)
    return Operation(what, _scope(step.scope), *_line(step.source))


def _what(table: Table, term: Term) -> str:
    if term.op == "input":
        return _input(term)
    name = term.params[0] if term.op == "draw" else term.op
    operands = [_operand(table, operand) for operand in term.operands[:SHOWN]]
    more = ["..."] if len(term.operands) > SHOWN else []
    return f"{name}({', '.join(operands + more)}) in {term.dtype}[{','.join(map(str, term.shape))}]{_details(term)}"


def _operand(table: Table, value: Value) -> str:
    constant, term = number(table, value), table.terms[value.term]
    if constant is not None:
        return str(constant)
    name = _input(term) if term.op == "input" else str(term.params[0]) if term.op == "draw" else term.op
    order = [axis for axis in value.axes if axis is not None]
    return name if order == sorted(order) else f"{name} transposed to axes {tuple(order)}"


def _input(term: Term) -> str:
    kind, *names = term.params
    return (
        names[0]
        if kind == "array"
        else f"{names[0]} {'/'.join(map(str, names[1:]))}"
        if kind == "leaf"
        else kind
    )


def _details(term: Term) -> str:
    """Returns the parameters of an opaque primitive: they may be what differs."""
    params = term.params[2] if term.op not in ("draw",) and _is_opaque(term) else ()
    shown = ", ".join(f"{name}={value}" for name, value in params if len(str(value)) <= 80)
    return f" with {shown}" if shown else ""


def _is_opaque(term: Term) -> bool:
    params = term.params
    return (
        isinstance(params, tuple)
        and len(params) == 3
        and params[0] == term.op
        and isinstance(params[2], tuple)
    )


def _scope(names: str) -> str:
    """Returns the named scopes without the marks of autodiff: `transpose(jvp(Net))/Dense_0` is `Net/Dense_0`."""
    return "/".join(
        filter(
            None,
            re.sub(r"\b(jvp|transpose|vmap|checkpoint|rematted_computation)\b|[()]", "", names).split("/"),
        )
    )


def _line(source: Any) -> tuple[str, str]:
    frame = source_info_util.user_frame(source.traceback)
    if frame is None:
        return "", ""
    code = linecache.getline(frame.file_name, frame.start_line).strip()
    return f"{_short(frame.file_name)}:{frame.start_line}", code


def _short(name: str) -> str:
    """Returns a path from the working directory, or from where packages are installed, if it is below either."""
    for root in (Path.cwd(), Path(sysconfig.get_path("purelib"))):
        if Path(name).is_relative_to(root) and "site-packages" not in Path(name).relative_to(root).parts:
            return str(Path(name).relative_to(root))
    return name
