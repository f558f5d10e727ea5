"""New lines of code in the layout that formatters agree on: one line where it fits, else one item a line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Comments = Mapping[str, tuple[Sequence[str], str]]


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
        inner = ", ".join(arguments)
        rows = [inner] if self.fits(inner, depth + 1) else [argument + "," for argument in arguments]
        margin = self.indent
        return "\n".join([f"{prefix}(", *(margin + row for row in rows), f"){suffix}"])

    def nested(
        self, prefix: str, function: str, arguments: Sequence[str], depth: int, suffix: str = ""
    ) -> str:
        """Returns `prefix(function(arguments)suffix)`, the inner call broken too where it has to be."""
        line = f"{prefix}({function}({', '.join(arguments)}){suffix})"
        if self.fits(line, depth):
            return line
        inner = self.call(function, arguments, suffix, depth + 1).split("\n")
        return "\n".join([f"{prefix}(", *(self.indent + row for row in inner), ")"])

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
        head, _, rest = value.partition("(")
        return self.call(f"{target} = {head}", [rest[:-1]], "", depth)
