"""Calls of a function that calls what it makes, `batch_norm(x, train)`, read as `batch_norm()(x, mode=train)`."""

import ast
from collections.abc import Iterator, Mapping

from ..factories.merged import merged_fields
from ..inlining.calls import given_to, moves
from ..inlining.text import needs_none, one_line
from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording
from ..trees import walk
from .records import Maker


def read_applied(project: Project) -> list[Rewording]:
    """Returns the calls of such functions in compact methods, with the code that makes and calls the module."""
    makers = {name: maker for name, maker in project.factories.makers.items() if maker.array}
    found: list[Rewording] = []
    for cls in project.classes.values() if makers else ():
        for method in (m for m in cls.methods.values() if m.kind is MethodKind.COMPACT):
            found += _in_method(cls, method, makers, project)
    return found


def _in_method(
    cls: LinenClass, method: Method, makers: Mapping[str, Maker], project: Project
) -> Iterator[Rewording]:
    for call in (n for n in walk(method.node) if isinstance(n, ast.Call)):
        maker = makers.get(project.canonical(cls.names.resolve(call.func) or ""))
        if maker is None or not _takes_modes(maker, project):
            continue
        arguments = maker.node.args
        order = tuple(a.arg for a in arguments.args)
        defaults = dict(zip(reversed(order), reversed(arguments.defaults), strict=False))
        given = given_to(call, order, defaults)
        modes = {n.id for mode in maker.modes.values() for n in walk(mode) if isinstance(n, ast.Name)}
        if not all(isinstance(defaults[name], ast.Constant) for name in modes & defaults.keys()):
            continue
        if given is not None and all(_stays_right(maker, *each, modes, cls) for each in given.items()):
            code = _code(maker, call, given, cls)
            if code is not None:
                yield Rewording(cls, call, code)


def _stays_right(maker: Maker, name: str, node: ast.expr, modes: set[str], cls: LinenClass) -> bool:
    """Tells whether an argument is worth the same behind the others, where it goes to the call of the module."""
    if name == maker.array or name in modes:
        return moves(node, 1, cls.names)
    return not any(isinstance(n, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom) for n in walk(node))


def _takes_modes(maker: Maker, project: Project) -> bool:
    """Tells whether a call of the module says the same as its constructor does in the function."""
    if maker.made.layer is not None or not maker.modes:
        return True
    return maker.modes.keys() <= merged_fields(project.classes[maker.made.target], project)


def _code(maker: Maker, call: ast.Call, given: Mapping[str, ast.expr], cls: LinenClass) -> str | None:
    order = [a.arg for a in maker.node.args.args]
    names = [*order[: len(call.args)], *(str(k.arg) for k in call.keywords)]
    placed = len(call.args) if not {*order[: len(call.args)]} - {*maker.parameters} else 0
    own = [n for n in names if n in maker.parameters]
    texts = {n: one_line(cls.source.segment(given[n])) for n in [*own, maker.array]}
    modes = {mode: _mode(maker, node, call, given, cls) for mode, node in maker.modes.items()}
    if None in texts.values() or None in modes.values():
        return None
    making = [str(texts[n]) if i < placed else f"{n}={texts[n]}" for i, n in enumerate(own)]
    calling = [str(texts[maker.array]), *(f"{mode}={text}" for mode, text in modes.items())]
    breaks = cls.source.newline * ((call.end_lineno or call.lineno) - call.lineno)
    function = one_line(cls.source.segment(call.func))
    return f"{function}({', '.join(making)}{breaks})({', '.join(calling)})"


def _mode(
    maker: Maker, node: ast.expr, call: ast.Call, given: Mapping[str, ast.expr], cls: LinenClass
) -> str | None:
    """The expression of a mode with what this call gives in the places of the parameters."""
    start = maker.source.span(node)
    own = {*call.args, *(k.value for k in call.keywords)}
    instead: dict[tuple[int, int], str] = {}
    for above in (None, *walk(node)):
        for name in [node] if above is None else ast.iter_child_nodes(above):
            if not isinstance(name, ast.Name) or name.id not in given:
                continue
            argument = given[name.id]
            source = cls.source if argument in own else maker.source
            text = one_line(source.segment(argument))
            if text is None:
                return None
            place = maker.source.span(name)
            column = place.column - (start.column if place.line == start.line else 0)
            bare = above is None or needs_none(argument, above, name)
            instead[place.line - start.line + 1, column] = text if bare else f"({text})"
    return one_line(maker.source.segment(node), instead)
