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
from .asked_layers import ATOMS, Given, given_to
from .steady import is_initializer, is_steady
from .text import one_line

_BY_DEFAULT = {"kernel": "lecun_normal", "bias": "zeros_init"}
_LAYERS = frozenset({"Dense", "Conv"})
_PARAM = 3  # the name, the function, the input
_SIZES = frozenset({"features", "kernel_size", "feature_group_count", "param_dtype"})
_SEQUENCE = re.compile(r"\w+: (?:\w+\.)?([Ss]equence|[Tt]uple|[Ll]ist)\[[\w, .]*\]( = \(.*\))?")
"""A field that is no number, as far as the class says it."""
Layers = Mapping[str, tuple[str, Given]]
"""By local: what the file calls flax.linen, and the arguments of the layer."""


class Own(NamedTuple):
    """One parameter of such a layer."""

    linen: str
    name: str
    given: Given


def read_own_variables(project: Project) -> list[Rewording]:
    """Returns the parameters whose first values such layers make, and the locals that hold what makes them."""
    found: list[Rewording] = []
    for cls in project.classes.values():
        for method in (m for m in cls.methods.values() if m.kind is MethodKind.COMPACT):
            if layers := dict(_layers(cls, method)):
                found += _in_method(cls, method, layers, fields_of(cls, project))
    return found


def _layers(cls: LinenClass, method: Method) -> Iterator[tuple[str, tuple[str, Given]]]:
    for call in (n for n in walk(method.node) if isinstance(n, ast.Call) and has_no_parent(n)):
        layer = find((cls.names.linen(call.func) or "").rpartition(".")[2])
        target = bound_to(call, method.parents)
        given = given_to(call, layer) if layer is not None and layer.linen in _LAYERS else None
        if given is None or not isinstance(call.func, ast.Attribute) or not isinstance(target, ast.Name):
            continue
        if _is_bound_once(method, target.id):
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
            known = "features" in given and name in (parameters_of(given) or ())
            return Own(linen, name, given) if known else None
    return None


def _code(cls: LinenClass, method: Method, own: Own, array: ast.expr, fields: Collection[str]) -> str | None:
    """The initializer, the shape and the type of a parameter."""
    sizes = {n: v for n, v in own.given.items() if n in _SIZES}
    parts = [p for v in sizes.values() for p in (v.elts if isinstance(v, ast.Tuple | ast.List) else [v])]
    codes = {n: one_line(cls.source.segment(v)) for n, v in sizes.items()}
    made, dtype = _initializer(cls, method, own, fields), codes.get("param_dtype") or _float32(cls)
    if not all(is_steady(p, method, cls, fields) for p in parts) or None in (*codes.values(), made, dtype):
        return None
    size = f"{ast.unparse(array)}.shape[-1]"
    if (groups := sizes.get("feature_group_count")) is not None:
        code = codes["feature_group_count"]
        size += f" // {code}" if isinstance(groups, ATOMS) else f" // ({code})"
    window = _window(cls, sizes.get("kernel_size"), codes.get("kernel_size"))
    shape = [*window, size, f"{codes['features']}"] if own.name == "kernel" else [f"{codes['features']},"]
    return f"{made}, ({', '.join(shape)}), {dtype}"


def _initializer(cls: LinenClass, method: Method, own: Own, fields: Collection[str]) -> str | None:
    init = own.given.get(f"{own.name}_init")
    if init is None:
        return f"{own.linen}.initializers.{_BY_DEFAULT[own.name]}()"
    return one_line(cls.source.segment(init)) if is_initializer(init, method, cls, fields) else None


def _float32(cls: LinenClass) -> str | None:
    """The type of parameters by default, which is not that of initializers."""
    numpy = next((name for name, full in cls.names.aliases.items() if full == "jax.numpy"), None)
    return f"{numpy}.float32" if numpy is not None else None


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
