"""The calls of such functions in Linen classes, and the code that they can be read as."""

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import TypeVar

from ..model import LinenClass, Method, MethodKind
from ..names import Names
from ..project import Project
from ..rewording import Rewording
from ..source import Source
from ..trees import walk
from .borrowed import Spelled, from_elsewhere, mentioned
from .builders import Builder, read_functions
from .text import needs_none, one_line, with_code

_Function = TypeVar("_Function", bound=Spelled)
PLAIN = (
    ast.Name | ast.Constant | ast.Attribute | ast.Subscript | ast.Slice | ast.Tuple | ast.List
    | ast.BinOp | ast.UnaryOp | ast.Compare | ast.BoolOp | ast.operator | ast.unaryop | ast.cmpop | ast.boolop
    | ast.expr_context
)  # fmt: skip
"""What an argument may be made of: it is evaluated where the parameter stands, as often as that does."""

_PURE = ("jax.numpy.", "jax.nn.", "jax.lax.", "numpy.")
"""Functions that make no modules; of an argument that calls one, or chooses, there has to be one place."""


def read_inlined(project: Project) -> list[Rewording]:
    """Returns the calls that can be read as what the function builds, of classes all of whose calls can be."""
    return read_calls(project, read_functions, _calls)


def read_calls(
    project: Project,
    functions_of: Callable[[Source, Names, Project], Mapping[str, _Function]],
    calls_in: Callable[[LinenClass, Mapping[str, _Function]], Iterator[Rewording | None]],
) -> list[Rewording]:
    """Returns the calls of functions of its own file that each class has; none of a class where one is not read."""
    found: list[Rewording] = []
    by_module: dict[str, list[LinenClass]] = {}
    for cls in project.classes.values():
        by_module.setdefault(cls.source.module, []).append(cls)

    @cache
    def own(module: str) -> Mapping[str, _Function]:
        return functions_of(project.sources[module], project.names[module], project)

    for module, classes in by_module.items():
        functions = {**own(module), **from_elsewhere(module, own, project)}
        for cls in classes if functions else ():
            calls = list(calls_in(cls, functions))
            found += [one for one in calls if one is not None] if None not in calls else []
    return found


def _calls(cls: LinenClass, functions: Mapping[str, Builder]) -> Iterator[Rewording | None]:
    """Yields None for a mention that is more than a call."""
    for method in cls.methods.values():
        taken = bound_in(method)
        for node, spelling in mentioned(method, functions, taken):
            yield _call(functions[spelling], cls, method, node, taken)


def bound_in(method: Method, without: Collection[ast.AST] = ()) -> set[str]:
    """Every name that the method, or something in it, binds."""
    nodes = [n for n in walk(method.node) if n is not method.node and n not in without]
    names = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    names |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    names |= {(n.asname or n.name).partition(".")[0] for n in nodes if isinstance(n, ast.alias)}
    return names | {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}


def _call(
    builder: Builder, cls: LinenClass, method: Method, node: ast.expr, taken: Collection[str]
) -> Rewording | None:
    call = method.parents[node]
    if method.kind is MethodKind.STATIC or not isinstance(call, ast.Call) or builder.free & {*taken}:
        return None
    given = given_to(call, builder.parameters, builder.defaults) if call.func is node else None
    if given is None or not all(moves(node, builder.count(name), cls.names) for name, node in given.items()):
        return None
    code = with_arguments(builder, given, cls.source)
    if code is None:
        return None
    code = code[:-1] + cls.source.newline * ((call.end_lineno or call.lineno) - call.lineno) + ")"
    return Rewording(cls, call, code, (builder.full_name,))


def moves(argument: ast.expr, count: int, names: Names) -> bool:
    """Tells whether an argument may be evaluated at the parameter's places: there may be modules made before them."""
    nodes = [n for n in walk(argument) if not isinstance(n, PLAIN)]
    pure = all(
        isinstance(n, ast.keyword | ast.IfExp)
        or (isinstance(n, ast.Call) and (names.resolve(n.func) or "").startswith(_PURE))
        for n in nodes
    )
    return pure and (not nodes or count == 1)


def given_to(
    call: ast.Call, parameters: tuple[str, ...], defaults: Mapping[str, ast.expr]
) -> dict[str, ast.expr] | None:
    """Returns what every parameter of a function is in a call of it; None where that is not told by name."""
    names = [k.arg for k in call.keywords]
    if (
        None in names
        or len(call.args) > len(parameters)
        or any(isinstance(a, ast.Starred) for a in call.args)
    ):
        return None
    given = dict(zip(parameters, call.args, strict=False))
    if given.keys() & {*names} or not {*names} <= {*parameters}:
        return None
    given |= {str(k.arg): k.value for k in call.keywords}
    whole = {**defaults, **given}
    return whole if whole.keys() == {*parameters} else None


def with_arguments(builder: Builder, given: Mapping[str, ast.expr], source: Source) -> str | None:
    """Returns the function's expression with the arguments, of a call in `source`, in the places of its parameters."""
    instead: dict[ast.Name, str] = {}
    defaults = [*builder.defaults.values()]
    for above in walk(builder.value):
        for node in (n for n in ast.iter_child_nodes(above) if isinstance(n, ast.Name) and n.id in given):
            argument = given[node.id]
            text = one_line((builder.source if argument in defaults else source).segment(argument))
            if text is None:
                return None
            instead[node] = text if needs_none(argument, above, node) else f"({text})"
    return with_code(builder.source, builder.value, instead)
