"""Writes a function that makes Linen modules for its callers as one that makes those of NNX."""

import ast
from collections.abc import Mapping, Sequence

from ..constructions import Construction
from ..makers.records import Heir, Leaf, Maker
from ..model import Method, MethodKind
from ..plan.records import Form, Submodule
from ..plan.references import rename
from ..source import Source, Span
from .layout import Layout
from .splice import spliced
from .submodules import IDENTITY, casts, laid
from .units import Unit


def write_maker(unit: Unit, maker: Maker, sizes: Mapping[str, str], layout: Layout) -> str:
    """Returns the text of the function: sizes come first, what was for the call is gone."""
    return _Writer(maker, sizes, layout).text(unit)


def write_heir(unit: Unit, heir: Heir) -> str:
    """Returns the text of the class above the layer of NNX."""
    source, layer = heir.source, heir.made.layer
    assert layer is not None
    edits = {**rename(heir.node, heir.names, source), source.span(heir.base): layer.spelled}
    return "".join(_edited(source.lines, edits)[unit.first - 1 : unit.last])


def _edited(lines: Sequence[str], edits: Mapping[Span, str]) -> list[str]:
    """The lines with the code in the places of what stands there; none of them moves."""
    found = list(lines)
    for span, code in sorted(edits.items(), reverse=True):
        head, tail = found[span.line - 1][: span.column], found[span.end_line - 1][span.end_column :]
        gone = [""] * (span.end_line - span.line)
        found[span.line - 1 : span.end_line] = [head + code + tail, *gone]
    return found


class _Writer:
    def __init__(self, maker: Maker, sizes: Mapping[str, str], layout: Layout):
        self.maker, self.sizes, self.layout = maker, sizes, layout
        self.source: Source = maker.source
        self.names = rename(self.maker.node, self.maker.names, self.source)

    def text(self, unit: Unit) -> str:
        edits = {self.source.span(leaf.statement): self._leaf(leaf) for leaf in self.maker.leaves}
        for span, code in self.names.items():
            if span[:2] >= self._body[:2] and not any(s[:2] <= span[:2] < s[2:] for s in edits):
                edits[span] = code
        lines = list(self.source.lines)
        if self.maker.last is not None:
            span = self.source.span(self.maker.last)
            lines[span.line - 1 : span.end_line] = [""] * (span.end_line - span.line + 1)
        lines = _edited(lines, edits)
        first = self._body.line - 1
        inner = "".join(lines[first : unit.last]).rstrip() + self.layout.newline
        header = self._header().replace("\n", self.layout.newline)
        between = lines[self._header_end : first]
        return header + self.layout.newline + "".join(between) + inner

    @property
    def _body(self) -> Span:
        return self.source.span(self.maker.node.body[0])

    @property
    def _header_end(self) -> int:
        """The line behind the header: comments may stand between it and the first statement."""
        node = self.maker.node
        parts: list[ast.expr | ast.arg] = [*node.args.args, *node.args.defaults]
        parts += [node.returns] if node.returns is not None else []
        line = max([node.lineno, *(part.end_lineno or 0 for part in parts)])
        while not self.source.lines[line - 1].split("#")[0].rstrip().endswith(":"):
            line += 1
        return line

    def _header(self) -> str:
        arguments = self.maker.node.args
        annotated = any(a.annotation is not None for a in arguments.args)
        sizes = [f"{n}: {kind}" if annotated and kind else n for n, kind in self.sizes.items()]
        order = [a.arg for a in arguments.args]
        defaults = dict(zip(reversed(order), reversed(arguments.defaults), strict=False))
        own = [
            self._parameter(a, defaults.get(a.arg)) for a in arguments.args if a.arg in self.maker.parameters
        ]
        rngs = "rngs: nnx.Rngs" if annotated else "rngs"
        code = self.layout.signature(self.maker.node.name, [*sizes, *own, "*", rngs], 0)
        return code if self.maker.node.returns is None else f"{code[:-1]} -> {self._returned()}:"

    def _returned(self) -> str:
        returns, made = self.maker.node.returns, self.maker.made
        if not self.maker.array and returns is not None:
            return self._code(returns)
        return (
            made.layer.spelled
            if made.layer is not None
            else self.source.segment(self.maker.leaves[0].call.func)
        )

    def _parameter(self, argument: ast.arg, default: ast.expr | None) -> str:
        name = argument.arg
        text = f"{name}: {self._code(argument.annotation)}" if argument.annotation is not None else name
        equals = " = " if argument.annotation is not None else "="
        return text if default is None else f"{text}{equals}{self._code(default)}"

    def _code(self, node: ast.expr) -> str:
        return spliced(self.source.segment(node), self.source.span(node), self.names)

    def _leaf(self, leaf: Leaf) -> str:
        """`return nnx.Linear(in_features, features, rngs=rngs)`."""
        function, arguments = self._made(leaf)
        column = self.source.span(leaf.statement).column
        line = self.source.lines[leaf.statement.lineno - 1]
        margin = line[: len(line) - len(line.lstrip())]
        depth = column // max(len(self.layout.indent), 1)
        code = self.layout.call(f"return {function}", arguments, "", depth)
        return code.replace("\n", self.layout.newline + margin)

    def _made(self, leaf: Leaf) -> tuple[str, list[str]]:
        call, made = leaf.call, self.maker.made
        codes = [(None, self._code(a)) for a in call.args]
        named = [
            (k.arg, self._code(k.value)) for k in call.keywords if k.arg and k.arg not in self.maker.modes
        ]
        spread = [f"**{self._code(k.value)}" for k in call.keywords if k.arg is None]
        given = dict(zip(made.arguments, call.args, strict=False))
        given |= {k.arg: k.value for k in call.keywords if k.arg and k.arg not in self.maker.modes}
        method = Method(self.maker.node, MethodKind.HELPER, "", (), {})
        submodule = Submodule(Construction(call, method, made, given, None), "", Form.BIND, ())
        function = self._code(call.func)
        function, arguments = laid(submodule, function, [*codes, *named], [*self.sizes], spread)
        if (
            made.layer is not None
            and "dtype" in leaf.keywords
            and casts(made.layer)
            and IDENTITY not in arguments
        ):
            arguments.insert(-1, IDENTITY)
        return function, arguments
