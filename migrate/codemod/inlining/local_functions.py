"""`def block(x): return nn.relu(nn.Dense(3)(x))` inside of a method, read as its statements where that calls it."""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

from ..constructions import constructions
from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording, instead_of, with_codes
from ..source import Source
from ..trees import parents_of, walk
from .bodies import Caller, Template, all_read, declares, template_of, within
from .calls import bound_in

_MAKING = (MethodKind.COMPACT, MethodKind.SETUP)
_DEPTH = 3  # of functions that call such functions

_Templates = Mapping[str, Template]
_Called = list[tuple[ast.Call, Template]]


def read_local_functions(project: Project) -> list[Rewording]:
    """Returns the statements that call such functions, and the functions, which the method has no longer."""
    return [one for cls, method in project.methods for one in _read(cls, method, project)]


def _read(cls: LinenClass, method: Method, project: Project) -> list[Rewording]:
    functions = _functions(method.node) if method.kind in _MAKING else {}
    making = _making(cls, method, functions, project) if functions else set()
    found = _templates(cls, method, making, project) if making else {}
    templates = {name: one for name, one in found.items() if not _is_handed_on(name, method)}
    if not templates:
        return []
    caller = Caller(cls.source, cls.names, method, functions=templates.keys())
    read = all_read(caller, lambda within: _calls(within, templates))
    if read is None:
        return []
    calls = [instead_of(cls, *pair) for pair, _ in read]
    gone = [functions[name] for name in templates]
    return [*calls, *(without(cls, *ends) for ends in _in_a_row(method.node.body, gone))]


def _in_a_row(body: Sequence[ast.stmt], gone: Collection[ast.stmt]) -> Iterator[tuple[ast.stmt, ast.stmt]]:
    """Yields the first and the last one of those that stand next to each other."""
    for among, group in groupby(body, lambda s: s in gone):
        if among:
            row = [*group]
            yield row[0], row[-1]


def without(cls: LinenClass, node: ast.stmt, last_one: ast.stmt | None = None) -> Rewording:
    """Returns nothing in the place of a statement, from the end of the line before, and of blank lines behind it.

    The same of all up to the `last_one`.
    """
    lines, end = cls.source.lines, (last_one or node).end_lineno or node.lineno
    while not lines[end].strip():
        end += 1
    first, last = (len(lines[k - 1].rstrip("\r\n").encode()) for k in (node.lineno - 1, end))
    place = {"lineno": node.lineno - 1, "col_offset": first, "end_lineno": end, "end_col_offset": last}
    return Rewording(cls, ast.Name("", ast.Load(), **place), "")


def _functions(node: ast.FunctionDef) -> dict[str, ast.FunctionDef]:
    return {n.name: n for n in node.body if isinstance(n, ast.FunctionDef)}


def _making(
    cls: LinenClass, method: Method, functions: Mapping[str, ast.FunctionDef], project: Project
) -> set[str]:
    """The functions that make modules or variables, or call one that does."""
    made = {c.call for c in constructions(cls, project) if c.method is method}
    inside = {name: [*walk(node)] for name, node in functions.items()}
    found = {name for name, nodes in inside.items() if made & {*nodes} or declares(nodes, {method.this})}
    while more := {name for name, nodes in inside.items() if _mention(nodes, found)} - found:
        found |= more
    return found


def _mention(nodes: Collection[ast.AST], names: Collection[str]) -> bool:
    return any(isinstance(n, ast.Name) and n.id in names for n in nodes)


def _templates(cls: LinenClass, method: Method, making: Collection[str], project: Project) -> _Templates:
    """Those of these functions that can be read; what one calls of the others has been read in it."""
    source, node = cls.source, method.node
    for _ in range(_DEPTH):
        once = {
            name: n for name, n in _functions(node).items() if name in making and _is_bound_once(n, method)
        }
        found = {
            name: template
            for name, n in once.items()
            if (template := template_of(n, source, cls.names, project, local=True, makes=True)) is not None
        }
        pairs = [pair for name in once for pair in _inside(once[name], cls, source, found)]
        if not pairs:
            break
        source = with_codes(source, pairs)
        node = next(
            n for n in walk(source.tree) if isinstance(n, ast.FunctionDef) and n.lineno == node.lineno
        )
    return {name: one for name, one in found.items() if not _calls_others(one, making)}


def _calls_others(template: Template, making: Collection[str]) -> bool:
    return any(_mention([*walk(s)], making) for s in template.statements)


def _inside(
    node: ast.FunctionDef, cls: LinenClass, source: Source, templates: _Templates
) -> list[tuple[ast.stmt, str]]:
    """The statements of a function that call others, as those of the others."""
    others = {name: one for name, one in templates.items() if name != node.name}
    parameters = tuple(a.arg for a in node.args.args)
    caller = Caller(source, cls.names, Method(node, MethodKind.HELPER, "", parameters, parents_of(node)))
    return [pair for pair, _ in all_read(caller, lambda within: _calls(within, others)) or ()]


def _is_bound_once(node: ast.FunctionDef, method: Method) -> bool:
    """Tells whether nothing else in the method has the name of the function."""
    own = next(n for n in walk(method.node) if isinstance(n, ast.FunctionDef) and n.name == node.name)
    inside = {*walk(own)}
    return node.name not in bound_in(method, {own}) and not any(
        isinstance(n, ast.Name) and n.id == node.name for n in inside
    )


def _is_handed_on(name: str, method: Method) -> bool:
    """Tells whether something else is done with a function than to call it: it stays."""
    above = [(n, method.parents[n]) for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name]
    return not all(isinstance(call, ast.Call) and call.func is n for n, call in above)


def _calls(method: Method, templates: _Templates) -> _Called | None:
    """The calls of such functions behind them; None where one is mentioned otherwise, or in front."""
    inside, own = within(method, templates), _functions(method.node)
    ends = {name: own[name].end_lineno or 0 for name in templates if name in own}
    names = [
        n for n in walk(method.node) if isinstance(n, ast.Name) and n.id in templates and n not in inside
    ]
    calls = [
        (call, templates[n.id])
        for n in names
        if isinstance(call := method.parents[n], ast.Call)
        and call.func is n
        and call.lineno > ends.get(n.id, 0)
    ]
    return calls if len(calls) == len(names) else None
