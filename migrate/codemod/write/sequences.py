"""The layers of a Sequential: each an argument, or a list that a loop fills where their sizes change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import libcst as cst

from .layout import Layout
from .units import code_of


class Part(NamedTuple):
    """The code of some layers, and the comprehension of the source, if any, of which each round makes these."""

    layers: Sequence[str]
    rounds: cst.ListComp | None = None


class Filling(NamedTuple):
    """A statement that fills the list `name`, or goes on with it where that is `started`, and what it adds."""

    name: str
    given: cst.BaseExpression
    started: bool


def filled(statement: cst.BaseSmallStatement) -> Filling | None:
    """Returns what a statement puts into a local list, a comprehension among it."""
    match statement:
        case cst.Assign(targets=[cst.AssignTarget(cst.Name(name))], value=value):
            started = False
        case cst.AugAssign(target=cst.Name(name), operator=cst.AddAssign(), value=value):
            started = True
        case cst.Expr(
            cst.Call(func=cst.Attribute(cst.Name(name), attr=cst.Name("extend")), args=[cst.Arg(value=value)])
        ):
            started = True
        case _:
            return None
    made = any(part.rounds is not None for part in parts_of(value))
    return Filling(name, value, started) if made else None


def added(statement: cst.BaseSmallStatement, layout: Layout, depth: int) -> str | None:
    """Returns a statement that adds to a local list over several lines, where it is too long for one."""
    if layout.fits(code_of(statement), depth):
        return None
    match statement:
        case cst.Expr(cst.Call(func=cst.Attribute(cst.Name(), attr=cst.Name("append" | "extend"))) as call):
            return layout.call(code_of(call.func), [code_of(a) for a in call.args], "", depth)
        case cst.AugAssign(target=cst.Name(name), operator=cst.AddAssign(), value=cst.List(elements)):
            codes = [f"{'*' * isinstance(e, cst.StarredElement)}{code_of(e.value)}" for e in elements]
            return layout.written(f"{name} += ", codes, depth)
    return None


def given_layers(call: cst.Call) -> cst.BaseExpression:
    """Returns what a Sequential is given."""
    return next(a.value for a in call.args if a.keyword is None or a.keyword.value == "layers")


def parts_of(given: cst.BaseExpression) -> list[Part]:
    """Returns the layers of a list, part by part."""
    return list(_parts(given))


def _parts(node: cst.BaseExpression) -> Iterator[Part]:
    match node:
        case cst.List() | cst.Tuple():
            for element in node.elements:
                if isinstance(element, cst.StarredElement):
                    yield from _parts(element.value)
                else:
                    yield Part([code_of(element.value)])
        case cst.BinaryOperation():
            yield from (*_parts(node.left), *_parts(node.right))
        case cst.ListComp():
            inner = node.for_in.inner_for_in
            listed = inner.iter if inner is not None else None
            if isinstance(listed, cst.List | cst.Tuple):
                yield Part([code_of(e.value) for e in listed.elements], node)
            else:
                yield Part([code_of(node.elt)], node)
        case _:
            yield Part([f"*{code_of(node)}"])


def layers(call: cst.Call) -> list[str]:
    """Returns the arguments of `nnx.Sequential`: a list of layers becomes one for each of them."""
    parts = parts_of(given_layers(call))
    return [
        code
        for part in parts
        for code in (part.layers if part.rounds is None else [f"*{code_of(part.rounds)}"])
    ]


def head(part: Part) -> str:
    """Returns the loop that makes the layers of a part, one round after the other."""
    assert part.rounds is not None
    return code_of(part.rounds.for_in.with_changes(inner_for_in=None)).strip()


Sizes = Sequence[tuple[str, str]]
"""Names of sizes, and the code for what each of them is."""


@dataclass(frozen=True)
class Filled:
    """The list `name` of the constructor, and how its statements are laid out."""

    name: str
    layout: Layout
    depth: int
    started: bool = False

    def rows(self, parts: Sequence[Part], entries: Sequence[Sizes], backs: Sequence[Sizes]) -> Iterator[str]:
        """Yields the statements that fill the list.

        For each part, `entries` has the sizes before its first round and `backs` those after each.
        """
        started = self.started
        for _, same in groupby(zip(parts, entries, backs, strict=True), lambda row: id(row[0].rounds)):
            each = list(same)
            part, before, after = each[0]
            if part.rounds is None:
                yield self._added([code for one, *_ in each for code in one.layers], started=started)
            else:
                if not started:
                    yield f"{self.name} = []"
                yield from (f"{size} = {code}" for size, code in before if size != code)
                rows = [f"{size} = {code}" for size, code in after if size != code]
                added = self._added(part.layers, within=1)
                yield self.layout.block(head(part), [*added.split("\n"), *rows])
            started = True

    def _added(self, codes: Sequence[str], *, started: bool = True, within: int = 0) -> str:
        depth = self.depth + within
        if started and len(codes) == 1:
            return self.layout.call(f"{self.name}.append", codes, "", depth)
        return self.layout.written(f"{self.name} {'+=' if started else '='} ", codes, depth)
