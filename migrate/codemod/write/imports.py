"""Imports of a rewritten file: what nothing uses any more goes, what is new comes next to flax's."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

import libcst as cst

from ...catalog.layer import Layer
from ..bindings import annotations, imported, quoted
from ..source import Source, parse
from .import_order import among_its_like, has_its_like
from .units import unit_of

_NNX = "from flax import nnx"
_SHORT = 88
_LINES = {
    "nnx": _NNX,
    "first_from": "from flax.nnx.module import first_from",
    "partial": "from functools import partial",
}


def fix_imports(
    before: Source, text: str, taken: Collection[str] = (), layers: Collection[Layer] = (),
    inherited: Mapping[str, str] = MappingProxyType({}), idle: Collection[str] = (),
) -> str:  # fmt: skip
    """Returns the file's new text with its imports in order. `text` is the file as edited.

    Other files have the names `taken` from this one. `layers` are those of ours that the file constructs. What
    the fields of a base name is imported by the lines in `inherited`. The names `idle` go where nothing reads them.
    """
    after = parse(before.path, before.encode(text), before.module)
    used = _used(after.tree)
    gone = _used(before.tree) | before.gone | _flax(before.tree) | {*idle}
    dead = gone - used - _exported(after.tree) - {*taken}
    missing = used - _bound(after.tree)
    needed = [line for name, line in _LINES.items() if name in missing]
    needed += _ours([layer for layer in layers if layer.spelled in missing])
    needed += [line for name, line in sorted(inherited.items()) if name in missing]
    lines = list(after.lines)
    place: int | None = None
    comment = ""
    last = 0
    for node in reversed(after.tree.body):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        last = max(last, node.end_lineno or 0)
        flax = _is_flax(node)
        unit = unit_of(after, node)
        kept = _without(unit.module, dead) if imported(node) & dead else None
        if kept == "" and _is_linen(node):
            comment = comment or _comment(after, node)
        if kept is not None:
            rows = kept.splitlines(keepends=True)
            lines[unit.first - 1 : unit.last] = rows
            place = _shifted(place, unit.last, len(rows) - (unit.last - unit.first + 1))
            last = _shifted(last, unit.last, len(rows) - (unit.last - unit.first + 1)) or 0
        if flax and (place is None or _is_linen(node)):
            place = (
                unit.first - 1 + (len(kept.splitlines()) if kept is not None else unit.last - unit.first + 1)
            )
    apart = {line for line in needed if has_its_like(after.tree, line, beside_flax=place is not None)}
    if beside := [line for line in needed if line not in apart]:
        at = place if place is not None else last or _after_docstring(after.tree)
        lines[at:at] = [line + after.newline for line in [beside[0] + comment, *beside[1:]]]
    text = "".join(lines)
    for line in needed:
        text = among_its_like(before, text, line) if line in apart else text
    return (
        text.lstrip("\r\n") if not before.lines[0].isspace() else text
    )  # an import that went was the first line


def without_unused(source: Source) -> str:
    """Returns a file's text without the imports that nothing in it reads; stars and those of Python itself stay."""
    used = _used(source.tree) | {"annotations"}
    lines = list(source.lines)
    for node in reversed(source.tree.body):
        if isinstance(node, ast.Import | ast.ImportFrom) and (dead := imported(node) - used - {"*"}):
            unit = unit_of(source, node)
            lines[unit.first - 1 : unit.last] = _without(unit.module, dead).splitlines(keepends=True)
    return "".join(lines)


def _ours(layers: Collection[Layer]) -> Iterator[str]:
    for home in sorted({layer.home for layer in layers}):
        names = sorted(_imported(layer) for layer in layers if layer.home == home)
        yield f"from {home} import {', '.join(names)}"


def _imported(layer: Layer) -> str:
    return f"{layer.nnx} as {layer.alias}" if layer.alias else layer.nnx


def _comment(source: Source, node: ast.stmt) -> str:
    """The comment behind an import, which stays with what takes the import's place."""
    span = source.span(node)
    behind = source.lines[span.end_line - 1][span.end_column :].rstrip()
    return behind if behind.lstrip().startswith("#") else ""


def _shifted(place: int | None, after: int, by: int) -> int | None:
    return None if place is None else place + by if place >= after else place


def _used(tree: ast.Module) -> set[str]:
    """Names that the file reads, in annotations that are strings too."""
    nodes = list(ast.walk(tree))
    found = {node.id for node in nodes if isinstance(node, ast.Name)}
    return found.union(*(quoted(part) for node in nodes for part in annotations(node)))


def _exported(tree: ast.Module) -> set[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets
        ):
            return {
                c.value
                for c in ast.walk(node.value)
                if isinstance(c, ast.Constant) and isinstance(c.value, str)
            }
    return set()


def _bound(tree: ast.Module) -> set[str]:
    return {
        name for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) for name in imported(node)
    }


def _flax(tree: ast.Module) -> set[str]:
    return {
        name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom) and _is_flax(node)
        for name in imported(node)
    }


def _is_flax(node: ast.Import | ast.ImportFrom) -> bool:
    modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
    return not getattr(node, "level", 0) and any(m == "flax" or m.startswith("flax.") for m in modules)


def _is_linen(node: ast.Import | ast.ImportFrom) -> bool:
    modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    full = [*modules, *(f"{m}.{a.name}" for m in modules for a in node.names), *(a.name for a in node.names)]
    return any(name.startswith("flax.linen") for name in full)


def _after_docstring(tree: ast.Module) -> int:
    first = tree.body[0] if tree.body else None
    docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (first.end_lineno or 0) if first is not None and docstring else 0


def _without(module: cst.Module, dead: Collection[str]) -> str:
    new = module.visit(_Drop(dead))
    return _joined(new.code) if new.body else ""


def _joined(code: str) -> str:
    """An import on one line, where it now fits and nothing is said beside it."""
    match = re.fullmatch(r"(from \S+ import )\(([^#\\()]*)\)([ \t]*\r?\n?)", code)
    if match is None:
        return code
    line = match[1] + ", ".join(name.strip() for name in match[2].split(",") if name.strip())
    return line + match[3] if len(line) <= _SHORT else code


class _Drop(cst.CSTTransformer):
    def __init__(self, dead: Collection[str]):
        super().__init__()
        self.dead = dead

    def leave_Import(
        self, original_node: cst.Import, updated_node: cst.Import
    ) -> cst.BaseSmallStatement | cst.RemovalSentinel:
        return self._filter(updated_node)

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.BaseSmallStatement | cst.RemovalSentinel:
        return updated_node if isinstance(updated_node.names, cst.ImportStar) else self._filter(updated_node)

    def _filter(self, node: cst.Import | cst.ImportFrom) -> cst.BaseSmallStatement | cst.RemovalSentinel:
        names = [n for n in node.names if isinstance(n, cst.ImportAlias) and _local(n) not in self.dead]  # type: ignore[union-attr]
        if not names:
            return cst.RemoveFromParent()
        if len(names) == len(node.names):  # type: ignore[arg-type]
            return node
        trailing = names[-1].comma if getattr(node, "rpar", None) else cst.MaybeSentinel.DEFAULT
        return node.with_changes(names=[*names[:-1], names[-1].with_changes(comma=trailing)])


def _local(alias: cst.ImportAlias) -> str:
    if alias.asname is not None:
        assert isinstance(alias.asname.name, cst.Name)
        return alias.asname.name.value
    return cst.Module([]).code_for_node(alias.name).partition(".")[0]
