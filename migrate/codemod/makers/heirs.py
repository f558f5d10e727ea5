"""`class Dense(nn.Dense)` whose `__init__` hands on other defaults: the same class in NNX, above the layer there."""

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from ...catalog.functions import nnx_name
from ...catalog.layer import FLAX, Layer
from ..factories.program import Program
from ..factories.records import Bound, Factory, Scope
from ..factories.twins import placed
from ..model import LinenClass
from ..trees import walk
from .alone import LAYERS, stands_alone
from .records import Heir


class _Given(NamedTuple):
    """A keyword that the layer gets, and whether nobody can give it another value."""

    name: str
    value: ast.expr
    fixed: bool = True


_SAME = frozenset({"use_bias", "use_scale", "epsilon", "momentum", "precision", "param_dtype"})
"""Arguments, beside initializers, that mean the same in both, whatever else a layer is given."""


def read_heirs(program: Program) -> dict[str, Heir]:
    """Returns these classes by dotted name."""
    heirs = (_read(cls, program) for cls in program.classes.values() if len(cls.node.bases) == 1)
    return {heir.name: heir for heir in heirs if heir is not None}


def _read(cls: LinenClass, program: Program) -> Heir | None:
    base, init = cls.node.bases[0], _only_method(cls)
    layer = placed((cls.names.linen(base) or "").rpartition(".")[2])
    if layer is None or layer.linen not in LAYERS or layer.home != FLAX or init is None:
        return None
    given = _given(init, layer)
    if given is None or not stands_alone(cls.node, cls.source, cls.names):
        return None
    if not all(_stays(node, cls, program) for node in walk(init)):
        return None
    made = Factory(layer, f"flax.linen.{layer.linen}", layer.arguments)
    bound = {one.name: Bound(one.value, Scope(cls.names), known=False) for one in given}
    fixed = frozenset(one.name for one in given if one.fixed)
    factory = replace(made, bound=bound, direct=False, heir=cls.name, fixed=fixed)
    return Heir(cls.node, cls.source, cls.names, made, factory, base)


def _only_method(cls: LinenClass) -> ast.FunctionDef | None:
    """The `__init__(self, *args, **kwargs)` of a class that has nothing else but what it says of itself."""
    body = cls.node.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    plain = cls.top_level and not cls.node.decorator_list and not cls.node.keywords
    match body:
        case [
            ast.FunctionDef(
                name="__init__",
                args=ast.arguments(
                    posonlyargs=[],
                    args=[ast.arg(arg="self")],
                    vararg=ast.arg(),
                    kwonlyargs=[],
                    kwarg=ast.arg(),
                ),
                decorator_list=[],
            ) as init
        ] if plain:
            return init
    return None


def _given(init: ast.FunctionDef, layer: Layer) -> Sequence[_Given] | None:
    """What it hands on besides what it is given; None where it does anything else."""
    assert init.args.vararg is not None
    assert init.args.kwarg is not None
    args, kwargs = init.args.vararg.arg, init.args.kwarg.arg
    told = [_told(statement, kwargs) for statement in init.body[:-1]]
    found = [one for each in (*told, _handed_on(init.body[-1], args, kwargs)) for one in each or (None,)]
    given = [one for one in found if one is not None]
    names = [one.name for one in given if one.name]
    inner = (n.id for one in given for n in walk(one.value) if isinstance(n, ast.Name))
    if len(given) < len(found) or {"self", "super", "__class__", args, kwargs} & {*inner}:
        return None
    if len({*names}) < len(names) or not all(_is_same(name, layer) for name in names):
        return None
    return [one for one in given if one.name]


def _told(statement: ast.stmt, kwargs: str) -> Sequence[_Given] | None:
    """What a statement puts among the keywords; what it binds otherwise has no name there."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=local)], value=value) if local not in (kwargs, "self"):
            return [_Given("", value)]
        case ast.Assign(
            targets=[ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key)))], value=value
        ) if name == kwargs:
            return [_Given(key, value)]
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr), args=args) as call
        ):
            return _called(attr, args, call.keywords) if name == kwargs else None
        case ast.Expr(value=ast.Constant() as text):
            return [_Given("", text)]
    return None


def _called(
    method: str, args: Sequence[ast.expr], keywords: Sequence[ast.keyword]
) -> Sequence[_Given] | None:
    """`kwargs.update({"kernel_init": init})`, or with keywords, or `kwargs.setdefault("use_bias", False)`."""
    named = [_Given(k.arg, k.value) for k in keywords if k.arg]
    match method, args:
        case "update", [ast.Dict(keys=keys, values=values)] if not keywords:
            rows = zip(keys, values, strict=True)
            found = [
                _Given(k.value, v) for k, v in rows if isinstance(k, ast.Constant) and type(k.value) is str
            ]
            return found if len(found) == len(keys) and found else None
        case "update", [] if named and len(named) == len(keywords):
            return named
        case "setdefault", [ast.Constant(value=str(key)), value] if not keywords:
            return [_Given(key, value, fixed=False)]
    return None


def _handed_on(statement: ast.stmt, args: str, kwargs: str) -> Sequence[_Given] | None:
    """The keywords of `super().__init__(*args, kernel_init=init, **kwargs)`."""
    match statement:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(
                    value=ast.Call(func=ast.Name(id="super"), args=[], keywords=[]), attr="__init__"
                ),
                args=[ast.Starred(value=ast.Name(id=name))],
                keywords=keywords,
            )
        ) if name == args:
            spread = [k.value for k in keywords if k.arg is None]
            whole = len(spread) == 1 and isinstance(spread[0], ast.Name) and spread[0].id == kwargs
            named = [_Given(k.arg, k.value) for k in keywords if k.arg is not None]
            return (named or [_Given("", ast.Constant(None))]) if whole else None
    return None


def _is_same(name: str, layer: Layer) -> bool:
    """Tells whether NNX's layer takes the argument for what Linen's takes it."""
    known = name in layer.arguments and name not in {*layer.renamed, *layer.gone, *layer.defaults}
    return known and (name.endswith("_init") or name in _SAME)


def _stays(node: ast.AST, cls: LinenClass, program: Program) -> bool:
    """Tells whether a name is none of a module, and has the same meaning in NNX."""
    if not isinstance(node, ast.Name | ast.Attribute):
        return True
    linen = cls.names.linen(node)
    if linen is not None:
        return bool(nnx_name(linen)) or linen == "initializers"
    return program.canonical(cls.names.resolve(node) or "") not in program.classes
