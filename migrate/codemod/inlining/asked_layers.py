"""`self.conv.features` of a layer that setup makes, read as what it is made with: a layer of NNX keeps other things."""

import ast
from collections.abc import Collection, Iterator, Mapping

from ...catalog.layer import Layer
from ...catalog.layers import find
from ..bindings import bound_to
from ..factories.program import fields_of, heirs
from ..model import LinenClass, Method, MethodKind
from ..plan.looked_into import KEPT
from ..project import Project
from ..rewording import Rewording
from ..trees import walk
from .steady import is_steady
from .text import one_line

ATOMS = ast.Constant | ast.Attribute
_SEVERAL = frozenset(
    {"kernel_size", "strides", "input_dilation", "kernel_dilation", "padding", "axis", "batch_dims", "shape"}
)
"""What may be a list, of which Linen makes a tuple: read as one item of it alone."""
_LISTS = frozenset({"DenseGeneral", "Sequential"})
"""Layers whose features, or whatever they are given, may be a list."""
Given = Mapping[str, ast.expr]


def read_asked(project: Project) -> list[Rewording]:
    """Returns the arguments of layers that methods ask the layers for."""
    return [one for cls in project.classes.values() for one in _in_class(cls, project)]


def _in_class(cls: LinenClass, project: Project) -> Iterator[Rewording]:
    layers, fields = dict(_layers(cls, project)), fields_of(cls, project)
    for method in cls.methods.values() if layers else ():
        for node in walk(method.node):
            if isinstance(node, ast.Attribute) and method.is_this(node.value) and not _is_store(node):
                assert isinstance(node.value, ast.Attribute)
                asked = layers.get((method.this, node.value.attr), {}).get(node.attr)
                if asked is not None and (one := _read(cls, method, node, asked, fields)) is not None:
                    yield one


def _layers(cls: LinenClass, project: Project) -> Iterator[tuple[tuple[str, str], Given]]:
    """What each layer is given that setup keeps under one name, by what setup calls the module and that name."""
    for method in (m for m in cls.methods.values() if m.kind is MethodKind.SETUP):
        for call in (n for n in walk(method.node) if isinstance(n, ast.Call)):
            layer = find((cls.names.linen(call.func) or "").rpartition(".")[2])
            name, given = _kept_as(method, call), given_to(call, layer) if layer is not None else None
            if layer is None or layer.linen in _LISTS or given is None or not name:
                continue
            if _stores(cls, name, project) == 1:
                asked = {*layer.arguments} - {*KEPT.get(layer.linen, ())}
                yield (method.this, name), {n: v for n, v in given.items() if n in asked}


def _kept_as(method: Method, call: ast.Call) -> str:
    """Returns the attribute that is bound to it, and to nothing else."""
    target = bound_to(call, method.parents)
    alone = isinstance(method.parents[call], ast.Assign | ast.AnnAssign)
    return target.attr if alone and isinstance(target, ast.Attribute) and method.is_this(target) else ""


def given_to(call: ast.Call, layer: Layer) -> Given | None:
    """Returns the arguments of a layer by their names; None where some are unpacked."""
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return None
    return dict(zip(layer.arguments, call.args, strict=False)) | {str(k.arg): k.value for k in call.keywords}


def _stores(cls: LinenClass, name: str, project: Project) -> int:
    methods = (m for one in (cls, *heirs(cls, project)) for m in one.methods.values())
    nodes = ((m, n) for m in methods for n in walk(m.node))
    return sum(isinstance(n, ast.Attribute) and m.is_this(n, name) and _is_store(n) for m, n in nodes)


def _is_store(node: ast.Attribute) -> bool:
    return not isinstance(node.ctx, ast.Load)


def _read(
    cls: LinenClass, method: Method, node: ast.Attribute, asked: ast.expr, fields: Collection[str]
) -> Rewording | None:
    place: ast.expr = node
    match method.parents[node], asked:
        case (
            ast.Subscript(slice=ast.Constant(value=int(i)), ctx=ast.Load()) as item,
            ast.Tuple(elts=items) | ast.List(elts=items),
        ) if item.value is node and -len(items) <= i < len(items):
            place, asked = item, items[i]
        case _ if node.attr in _SEVERAL:
            return None
    code = one_line(cls.source.segment(asked))
    if code is None or place.lineno != place.end_lineno or not is_steady(asked, method, cls, fields):
        return None
    return Rewording(cls, place, code if isinstance(asked, ATOMS) else f"({code})")
