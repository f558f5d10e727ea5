"""`self.param("kernel", lambda rng, x: conv.init(rng, x)["params"]["kernel"], x)`, read as what that layer does itself.

The layer has no parent: its initializer, the shape that it takes from its input and its `param_dtype` are spelled out.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from ...catalog.layers import find
from ..applied_layers import has_no_parent, parameters_of
from ..bindings import bound_to
from ..factories.program import fields_of
from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording, instead_of
from ..trees import walk
from .steady import is_initializer, is_steady
from .text import one_line

_BY_DEFAULT = {"kernel": "lecun_normal", "bias": "zeros_init"}
_LAYERS = frozenset({"Dense", "Conv"})
_PARAM = 3  # the name, the function, the input
_SIZES = frozenset({"features", "kernel_size", "feature_group_count", "param_dtype"})
_SEQUENCE = re.compile(r"\w+: (?:\w+\.)?([Ss]equence|[Tt]uple|[Ll]ist)\[[\w, .]*\]( = \(.*\))?")
"""A field that is no number, as far as the class says it."""
Layers = Mapping[str, tuple[str, Mapping[str, ast.expr]]]
"""By local: what the file calls flax.linen, and the arguments of the layer."""


class Own(NamedTuple):
    """One parameter of such a layer."""

    linen: str
    name: str
    given: Mapping[str, ast.expr]


def read_own_variables(project: Project) -> list[Rewording]:
    """Returns the parameters whose first values such layers make, and the locals that hold what makes them."""
    found: list[Rewording] = []
    for cls in project.classes.values():
        for method in (m for m in cls.methods.values() if m.kind is MethodKind.COMPACT):
            if layers := dict(_layers(cls, method)):
                found += _in_method(cls, method, layers, fields_of(cls, project))
    return found


def _layers(cls: LinenClass, method: Method) -> Iterator[tuple[str, tuple[str, Mapping[str, ast.expr]]]]:
    for call in (n for n in walk(method.node) if isinstance(n, ast.Call) and has_no_parent(n)):
        layer = find((cls.names.linen(call.func) or "").rpartition(".")[2])
        target = bound_to(call, method.parents)
        unpacked = any(isinstance(a, ast.Starred) for a in call.args) or any(
            k.arg is None for k in call.keywords
        )
        if (
            layer is None
            or layer.linen not in _LAYERS
            or unpacked
            or not isinstance(call.func, ast.Attribute)
        ):
            continue
        given = dict(zip(layer.arguments, call.args, strict=False))
        given |= {str(k.arg): k.value for k in call.keywords}
        if isinstance(target, ast.Name) and _is_bound_once(method, target.id):
            yield target.id, (ast.unparse(call.func.value), given)


def _is_bound_once(method: Method, name: str) -> bool:
    names = (n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name)
    return sum(not isinstance(n.ctx, ast.Load) for n in names) == 1 and name not in method.parameters


def _in_method(
    cls: LinenClass, method: Method, layers: Layers, fields: Collection[str]
) -> Iterator[Rewording]:
    gone: dict[ast.stmt, list[ast.Name]] = {}
    read: set[ast.AST] = set()
    for call in (n for n in walk(method.node) if isinstance(n, ast.Call)):
        if not method.is_this(call.func, "param") or len(call.args) != _PARAM or call.keywords:
            continue
        name, init, given = call.args
        function = _function(method, init)
        own = _own(function, layers) if function is not None else None
        code = _code(cls, method, own, given, fields) if own is not None else None
        if code is None or call.lineno != call.end_lineno or not isinstance(given, ast.Name):
            continue
        if isinstance(init, ast.Name) and function is not None:
            gone.setdefault(method.statement(function), _reads(method, init.id))
            read.add(init)
        yield Rewording(cls, call, f"{cls.source.segment(call.func)}({cls.source.segment(name)}, {code})")
    for statement, reads in gone.items():
        if read.issuperset(reads) and statement.lineno == statement.end_lineno:
            yield instead_of(cls, statement, f"{reads[0].id} = {reads[0].id}")


def _reads(method: Method, name: str) -> list[ast.Name]:
    names = (n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name)
    return [n for n in names if isinstance(n.ctx, ast.Load)]


def _function(method: Method, init: ast.expr) -> ast.Lambda | None:
    """The lambda that is the initializer, or that a local holds."""
    if isinstance(init, ast.Lambda):
        return init
    if not isinstance(init, ast.Name) or not _is_bound_once(method, init.id):
        return None
    held = (n for n in walk(method.node) if isinstance(n, ast.Lambda))
    for function in held:
        target = bound_to(function, method.parents)
        if isinstance(target, ast.Name) and target.id == init.id:
            return function
    return None


def _own(function: ast.Lambda, layers: Layers) -> Own | None:
    """What `lambda rng, x: layer.init(rng, x)["params"][name]` asks for, and of which layer."""
    match function:
        case ast.Lambda(
            args=ast.arguments(posonlyargs=[], args=[key, array], vararg=None, kwonlyargs=[], kwarg=None, defaults=[]),
            body=ast.Subscript(
                value=ast.Subscript(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id=local), attr="init"),
                        args=[ast.Name(id=one), ast.Name(id=two)],
                        keywords=[],
                    ),
                    slice=ast.Constant("params"),
                ),
                slice=ast.Constant(value=str(name)),
            ),
        ) if (one, two) == (key.arg, array.arg) and local in layers:  # fmt: skip
            linen, given = layers[local]
            return Own(linen, name, given) if name in (parameters_of(given) or ()) else None
    return None


def _code(cls: LinenClass, method: Method, own: Own, array: ast.expr, fields: Collection[str]) -> str | None:
    """The initializer, the shape and the type of a parameter."""
    given = {n: v for n, v in own.given.items() if n in (f"{own.name}_init", *_SIZES)}
    init = given.pop(f"{own.name}_init", None)
    codes = {n: one_line(cls.source.segment(v)) for n, v in given.items()}
    window = given.get("kernel_size")
    items = window.elts if isinstance(window, ast.Tuple | ast.List) else ()
    plain = (v for v in (*given.values(), *items) if v is not window or not items)
    known = all(is_steady(v, method, cls, fields) for v in plain)
    if not known or "features" not in given or None in codes.values():
        return None
    made = f"{own.linen}.initializers.{_BY_DEFAULT[own.name]}()"
    if init is not None:
        if not is_initializer(init, method, cls, fields):
            return None
        made = one_line(cls.source.segment(init)) or made
    size = f"{ast.unparse(array)}.shape[-1]"
    if "feature_group_count" in codes:
        size += f" // ({codes['feature_group_count']})"
    ahead = [*_window(cls, window, codes.get("kernel_size")), size] if own.name == "kernel" else []
    shape = f"({', '.join([*ahead, str(codes['features'])])}{'' if ahead else ','})"
    return ", ".join([made, shape, *([dtype] if (dtype := codes.get("param_dtype")) else [])])


def _window(cls: LinenClass, size: ast.expr | None, code: str | None) -> list[str]:
    """The first sizes of a kernel: of one axis where a number is all that is said."""
    match size:
        case None:
            return []
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return [ast.unparse(item) for item in items]
        case ast.Constant():
            return [str(code)]
    said = {f.name: ast.unparse(f.statement) for f in cls.fields}
    field = said.get(size.attr, "") if isinstance(size, ast.Attribute) else ""
    if _SEQUENCE.fullmatch(field):
        return [f"*{code}"]
    return [f"*(({code},) if isinstance({code}, int) else {code})"]
