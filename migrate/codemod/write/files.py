"""Puts a rewritten file together: classes, call sites, variable types, imports."""

import ast
from collections.abc import Collection, Iterable

from ...catalog.layer import FLAX, Layer
from ..api import Options
from ..decisions import Decisions
from ..edits import Ask, Edit, Insert, Remove, Replace
from ..makers.records import Heir
from ..makers.used import Changed
from ..names import Names
from ..plan.naming import variable_type
from ..plan.parity import parity_imports
from ..plan.records import ClassPlan
from ..source import Source, Span
from .classes import write_class
from .editor import Editor
from .helpers import write_helper
from .imports import fix_imports
from .layout import Layout
from .makers import write_heir, write_maker
from .units import Unit, unit_of


def write_file(
    source: Source, names: Names, plans: list[ClassPlan], decisions: Decisions, options: Options,
    taken: Collection[str] = (), chosen: Collection[ast.stmt] | None = None,
) -> str:  # fmt: skip
    """Returns the new text of a file, in which the imports of names `taken` by other files stay.

    With `chosen` it has these statements of the file alone, and its imports.
    """
    by_node: dict[ast.AST, ClassPlan] = {plan.cls.node: plan for plan in plans}
    shared = _shared(decisions.plans.values())
    helpers = {h.method.node: h for h in decisions.helpers if h.plan.cls.source is source}
    makers = {c.maker.node: c for c in decisions.makers if c.maker.source is source}
    sites = decisions.sites.get(source.path)
    edits = list(sites.edits) if sites else []
    edits += [Replace(span, code) for span, code in decisions.renamed(source, names).items()]
    lines = list(source.lines)
    layout = layout_of(source, options)
    staying = _staying(source, names, chosen) if chosen is not None else set()
    if chosen is not None and source.tree.body and source.tree.body[-1] not in staying:
        del lines[source.tree.body[-1].end_lineno :]
    for above, node in reversed([*zip([None, *source.tree.body], source.tree.body, strict=False)]):
        unit = unit_of(source, node)
        if chosen is not None and node not in staying:
            lines[
                _start(source, above, unit) : unit.last
            ] = []  # nothing, where the line goes with what is above
            continue
        if node in by_node:
            text = write_class(unit, by_node[node], layout)
            if lines[unit.last - 1].endswith(layout.newline) and not text.endswith(layout.newline):
                text += layout.newline  # libcst takes a lone carriage return for white space
            lines[unit.first - 1 : unit.last] = [_types(by_node[node], plans, shared, layout), text]
            continue
        if node in decisions.unused:
            lines[_behind(lines, unit.first - 1) : unit.last] = []
            continue
        if node in helpers:
            lines[unit.first - 1 : unit.last] = [write_helper(unit, helpers[node], layout)]
            continue
        if node in makers:
            lines[unit.first - 1 : unit.last] = [_maker(unit, makers[node], layout)]
            continue
        mine = [e for e in edits if unit.first <= e.span.line <= unit.last]
        if mine and not isinstance(node, ast.Import | ast.ImportFrom):
            lines[unit.first - 1 : unit.last] = [
                _edited(unit, mine, layout),
                *_apart(lines, unit, mine, layout),
            ]
        lines[unit.first - 1 : unit.first - 1] = _todo(source, node, unit, decisions, layout)
    inherited = {name: line for plan in plans for name, line in plan.imports.items()}
    layers = [*_ours(plans), *parity_imports(plans)]
    idle = decisions.idle.get(source.path, ())
    return fix_imports(source, "".join(lines), taken, layers, inherited, idle)


def _maker(unit: Unit, changed: Changed, layout: Layout) -> str:
    maker = changed.maker
    if isinstance(maker, Heir):
        return write_heir(unit, maker)
    return write_maker(unit, maker, changed.sizes, layout)


def _staying(source: Source, names: Names, chosen: Collection[ast.stmt]) -> set[ast.stmt]:
    """The statements of the file that a new one has: those chosen, what every file needs, what shares a line."""
    found = {node for node in source.tree.body if node in chosen or _goes_along(node, names)}
    lines = {line for node in found for line in (node.lineno, node.end_lineno)}
    return found | {node for node in source.tree.body if not lines.isdisjoint((node.lineno, node.end_lineno))}


def _goes_along(node: ast.stmt, names: Names) -> bool:
    """Tells whether every file needs a statement: imports, the docstring, settings of JAX."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=function)):
            return (names.resolve(function) or "").startswith("jax.config.")
    return False


def _start(source: Source, above: ast.stmt | None, unit: Unit) -> int:
    """The line, from 0, at which the comments in front of a statement begin; what heads the file stays."""
    if above is None:
        return unit.first - 1
    return unit_of(source, above).last


def _behind(lines: list[str], first: int) -> int:
    """Where the blank lines in front of a line start."""
    while first and not lines[first - 1].strip():
        first -= 1
    return first


def _ours(plans: Iterable[ClassPlan]) -> list[Layer]:
    """The layers of this project that a file constructs, once each."""
    found = (s.construction.layer for plan in plans for s in plan.submodules)
    return list(
        {layer.spelled: layer for layer in found if layer is not None and layer.home != FLAX}.values()
    )


def _todo(source: Source, node: ast.stmt, unit: Unit, decisions: Decisions, layout: Layout) -> list[str]:
    """A comment above a class that stays, which a second run does not repeat."""
    if source.path not in decisions.todo or not isinstance(node, ast.ClassDef):
        return []
    found = [d for d in decisions.diagnostics if d.path == source.path and unit.first <= d.line <= unit.last]
    if not found or (unit.first > 1 and "TODO(migrate-norm" in source.lines[unit.first - 2]):
        return []
    return [f"# TODO(migrate-norm: {found[0].code}): {found[0].message}{layout.newline}"]


def _edited(unit: Unit, edits: list[Edit], layout: Layout) -> str:
    replace: dict[Span, str] = {}
    for e in edits:
        if isinstance(e, Replace) and replace.setdefault(e.span, e.code) != e.code:
            raise ValueError(f"line {e.span.line} would become two things at once")
    spans = {e.span for e in edits if isinstance(e, Insert)}
    insert = {s: [e for e in edits if isinstance(e, Insert) and e.span == s] for s in spans}
    remove: set[Span] = {e.span for e in edits if isinstance(e, Remove)}
    ask = {e.span: dict(e.asked) for e in edits if isinstance(e, Ask)}
    editor = Editor(unit, replace, remove, layout, insert, ask)
    new = unit.module.visit(editor)
    if lost := (insert.keys() | replace.keys() | ask.keys()) - editor.placed:
        raise ValueError(f"what belongs to line {min(lost).line} has no place there")
    return new.code if new.body else ""


def _apart(lines: list[str], unit: Unit, edits: list[Edit], layout: Layout) -> list[str]:
    """The blank lines below a definition that is put behind the statement of a unit."""
    behind_it = (e for e in edits if isinstance(e, Insert) and e.place != "ahead" and e.span.column == 0)
    defines = any("def " in e.code for e in behind_it)
    behind = [line for line in lines[unit.last :] if line][:2]  # a statement that is gone has left nothing
    there = 0 if not behind or behind[0].strip() else 1 if len(behind) < 2 or behind[1].strip() else 2
    return [layout.newline] * (2 - there) if defines and behind else []


def layout_of(source: Source, options: Options) -> Layout:
    indent = next(
        (
            line[: len(line) - len(line.lstrip())]
            for line in source.lines
            if line[:1] in " \t" and line.strip()
        ),
        "    ",
    )
    return Layout(indent, options.line_length, source.newline)


def _types(plan: ClassPlan, plans: list[ClassPlan], shared: set[str], layout: Layout) -> str:
    """Variable types for the collections that Flax has none for, in front of the first class that needs them."""
    earlier = {c for p in plans if p.cls.node.lineno < plan.cls.node.lineno for c in p.collections}
    return "".join(_type(c, layout, c in shared) for c in sorted(plan.collections - earlier))


def _shared(plans: Iterable[ClassPlan]) -> set[str]:
    """Collections that several files use: a name can be registered once only, so they look it up."""
    files: dict[str, set[str]] = {}
    for plan in plans:
        for collection in plan.collections:
            files.setdefault(collection, set()).add(plan.cls.source.path)
    return {collection for collection, paths in files.items() if len(paths) > 1}


def _type(collection: str, layout: Layout, shared: bool) -> str:
    name, end = variable_type(collection), layout.newline
    if shared:
        return f'{name} = nnx.variable_type_from_name("{collection}", allow_register=True){end * 3}'
    rows = [f'@nnx.register_variable_name("{collection}")', f"class {name}(nnx.Variable):",
            f'{layout.indent}"""Linen\'s collection `{collection}`."""', "", "", ""]  # fmt: skip
    return end.join(rows)
