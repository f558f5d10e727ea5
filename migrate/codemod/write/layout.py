"""New lines of code in the layout that formatters agree on: one line where it fits, else one item a line."""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Comment = tuple[Sequence[str], str]
"""The comment lines above something, and the comment behind it."""
Comments = Mapping[str, Comment]
Element = tuple[str, Sequence[str] | None, Comment]
"""An element of a list: a function and the arguments that it is called with, or None where it is not called."""
LIST = ("nnx.List", "[", "]")
DICT = ("nnx.Dict", "{", "}")
"""What holds modules, and what its elements stand between."""


@dataclass(frozen=True)
class Layout:
    """`indent` is one step of indentation, `width` the longest line.

    `depth` says how many steps in the statement will stand, for the width alone: the text that comes back starts at
    the margin, and libcst moves its further lines to where the statement ends up.
    """

    indent: str
    width: int
    newline: str = "\n"

    def call(self, prefix: str, arguments: Sequence[str], suffix: str, depth: int) -> str:
        """Returns `prefix(arguments)suffix` for a statement that stands `depth` steps in."""
        line = f"{prefix}({', '.join(arguments)}){suffix}"
        if self.fits(line, depth) or not arguments:
            return line
        rows, margin = self._rows(arguments, depth + 1), self.indent
        return "\n".join([f"{prefix}(", *(margin + row for row in rows), f"){suffix}"])

    def _rows(self, arguments: Sequence[str], depth: int) -> list[str]:
        inner = ", ".join(arguments)
        if self.fits(inner, depth):
            return [inner]
        if len(arguments) == 1:
            return self._broken(arguments[0], "", depth)
        return [row for argument in arguments for row in self._broken(argument, ",", depth)]

    def _broken(self, argument: str, suffix: str, depth: int) -> list[str]:
        """Returns the lines of an argument: a call that does not fit is broken in its turn."""
        if self.fits(argument + suffix, depth):
            return [argument + suffix]
        parts = _call(argument)
        if parts is None:
            return self._spread(argument, suffix, depth)
        function, arguments = parts
        inner = None if self.fits(f"{function}(", depth) else _call(function)
        if inner is not None:  # what is called is made by a call, and long
            parts, suffix = inner, f"({', '.join(arguments)}){suffix}"
        return self.call(*parts, suffix, depth).split("\n")

    def _spread(self, argument: str, suffix: str, depth: int) -> list[str]:
        """Returns the lines of an argument that is no call: one for each element, where it is a list of calls."""
        parts = _listed(argument)
        if parts is None:
            return [argument + suffix]
        opening, elements, closing = parts
        rows = [row for element in elements for row in self._broken(element, ",", depth + 1)]
        return [opening, *(self.indent + row for row in rows), closing + suffix]

    def nested(
        self, prefix: str, function: str, arguments: Sequence[str], depth: int, suffix: str = ""
    ) -> str:
        """Returns `prefix(function(arguments)suffix)`, the inner call broken too where it has to be."""
        line = f"{prefix}({function}({', '.join(arguments)}){suffix})"
        if self.fits(line, depth):
            return line
        inner = f"{function}({', '.join(arguments)}){suffix}"
        rows = [inner]
        if not self.fits(inner, depth + 1):
            rows = self.call(function, arguments, "", depth + 1).split("\n")
            rows += [suffix.strip()] if suffix else []
        return "\n".join([f"{prefix}(", *(self.indent + row for row in rows), ")"])

    def listed(
        self, target: str, elements: Sequence[Element], depth: int, kind: tuple[str, str, str] = LIST
    ) -> str:
        """Returns `target = nnx.List([...])`, one element a line where that is too long or has comments."""
        name, start, end = kind
        inner = ", ".join(f if a is None else f"{f}({', '.join(a)})" for f, a, _ in elements)
        line = f"{target} = {name}({start}{inner}{end})"
        if self.fits(line, depth) and not any(above or behind for *_, (above, behind) in elements):
            return line
        rows = []
        for function, arguments, (above, behind) in elements:
            called = f"{function}," if arguments is None else self.call(function, arguments, ",", depth + 2)
            rows += [*above, *called.split("\n")]
            rows[-1] += f"  {behind}" if behind else ""
        margin = self.indent
        inside = [f"{margin}{start}", *(2 * margin + row for row in rows), f"{margin}{end}"]
        return "\n".join([f"{target} = {name}(", *inside, ")"])

    def written(self, prefix: str, elements: Sequence[str], depth: int) -> str:
        """Returns `prefix[elements]`, one element a line where that is too long."""
        if self.fits(line := f"{prefix}[{', '.join(elements)}]", depth):
            return line
        rows = [row for element in elements for row in self._broken(element, ",", depth + 1)]
        return "\n".join([f"{prefix}[", *(self.indent + row for row in rows), "]"])

    def block(self, header: str, rows: Sequence[str]) -> str:
        """Returns `header:` with the lines `rows` below it."""
        return "".join([f"{header}:\n", *(f"{self.indent}{row}\n" for row in rows)])

    def expression(self, code: str, column: int, depth: int) -> str:
        """Returns `code`, which starts at `column` of a statement `depth` steps in, broken where it is a long call."""
        parts = None if column + len(code) <= self.width else _call(code)
        if parts is None:
            return code
        ahead = " " * (column - len(self.indent) * depth)
        return self.call(ahead + parts[0], parts[1], "", depth).lstrip()

    def fits(self, line: str, depth: int) -> bool:
        return "\n" not in line and len(self.indent * depth + line) <= self.width

    def signature(
        self, name: str, parameters: Sequence[str], depth: int, comments: Comments | None = None
    ) -> str:
        """Returns `def name(parameters):`; broken, each parameter has its line, as formatters do it.

        `comments` has, by parameter, the comment lines above it and the comment behind it.
        """
        line = f"def {name}({', '.join(parameters)}):"
        if self.fits(line, depth) and not comments:
            return line
        rows = []
        for parameter in parameters:
            above, behind = (comments or {}).get(parameter, ((), ""))
            rows += [*above, f"{parameter},{behind and '  '}{behind}"]
        return "\n".join([f"def {name}(", *(self.indent + row for row in rows), "):"])

    def assign(self, target: str, value: str, test: str | None, depth: int) -> str:
        """Returns `target = value`, or `target = value if test else None`; a value that is a call may be broken."""
        condition = f" if {test} else None" if test else ""
        line = f"{target} = {value}{condition}"
        if self.fits(line, depth):
            return line
        if condition:
            inner = f"{value}{condition}"
            rows = [inner] if self.fits(inner, depth + 1) else [value, condition.strip()]
            margin = self.indent
            return "\n".join([f"{target} = (", *(margin + row for row in rows), ")"])
        parts = _call(value)
        return line if parts is None else self.call(f"{target} = {parts[0]}", parts[1], "", depth)

    def choice(self, target: str, yes: str, no: str, test: str, depth: int) -> str:
        """Returns `target = yes if test else no`; one half a line where that is too long."""
        if self.fits(line := f"{target} = {yes} if {test} else {no}", depth):
            return line
        joined = f"{yes} if {test} else {no}"
        rows = [joined] if self.fits(joined, depth + 1) else [yes, f"if {test}", f"else {no}"]
        if len(rows) == 3 and no == "None":
            rows = [yes, f"if {test} else None"]
        broken = [part for row in rows for part in self._half(row, depth + 1)]
        return "\n".join([f"{target} = (", *(self.indent + row for row in broken), ")"])

    def sized(self, name: str, value: str, depth: int) -> str:
        """Returns `name = value`, in several lines where that is a choice that is too long for one."""
        node = ast.parse(value, mode="eval").body
        if not isinstance(node, ast.IfExp):
            return f"{name} = {value}"
        yes, test = (_in_brackets(value, n) for n in (node.body, node.test))
        return self.choice(name, yes, ast.get_source_segment(value, node.orelse) or "", test, depth)

    def _half(self, row: str, depth: int) -> list[str]:
        ahead = "else " if row.startswith("else ") else ""
        first, *more = self._broken(row.removeprefix(ahead), "", depth)
        return [ahead + first, *more]


def _in_brackets(code: str, node: ast.expr) -> str:
    """A part of a choice, which binds as loosely as the whole only behind `else`."""
    text = ast.get_source_segment(code, node) or ""
    return f"({text})" if isinstance(node, ast.IfExp | ast.Lambda | ast.NamedExpr) else text


def _listed(text: str) -> tuple[str, list[str], str] | None:
    """Returns brackets and elements of a list or tuple on one line in which something is called, or None.

    >>> _listed("layers=[Block(3), nnx.relu]")
    ('layers=[', ['Block(3)', 'nnx.relu'], ']')
    >>> _listed("[3, 4]") is None
    True
    """
    found = re.match(r"(?:[^\W\d]\w*=(?!=))?(?=[\[(])", text)
    head, code = found.group() if found else "", text[found.end() if found else 0 :]
    try:
        node = ast.parse(code, mode="eval").body
    except SyntaxError:
        return None
    if "\n" in code or not isinstance(node, ast.List | ast.Tuple) or code[0] not in "[(":
        return None
    line = code.encode()
    elements = [line[e.col_offset : e.end_col_offset].decode() for e in node.elts]
    called = any(isinstance(e, ast.Call) for e in node.elts)
    return (head + code[0], elements, code[-1]) if called else None


def _call(text: str) -> tuple[str, list[str]] | None:
    """Returns function and arguments of a call on one line, or None; it may follow `name=`, or be all of a lambda.

    >>> _call("kernel_init=scaled(2.0, mode='fan_in')")
    ('kernel_init=scaled', ['2.0', "mode='fan_in'"])
    >>> _call("lambda: nnx.Linear(4, 8)")
    ('lambda: nnx.Linear', ['4', '8'])
    >>> _call("features * 4") is None
    True
    """
    found = re.match(r"\*{0,2}(?:[^\W\d]\w*=(?!=))?(?:lambda: )?", text)
    head, code = found.group() if found else "", text[found.end() if found else 0 :]
    try:
        call = ast.parse(code, mode="eval").body
    except SyntaxError:
        return None
    if "\n" in code or not isinstance(call, ast.Call):
        return None
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    arguments = sorted(given, key=lambda node: node.col_offset)
    if not arguments or any(isinstance(node, ast.GeneratorExp) for node in arguments):
        return None
    line = code.encode()
    opening = line.index(b"(", call.func.end_col_offset)  # what it calls may stand in parentheses
    return head + line[:opening].decode(), [
        line[node.col_offset : node.end_col_offset].decode() for node in arguments
    ]
