"""Normalization along the last axis, as copies of Flax's BatchNorm compute it: what comes out has the input's shape.

They reduce all axes but those that a field names, and reshape what is left for the product with the input.
"""

import ast
from collections.abc import Mapping
from enum import IntEnum

from ..flow.terms import const
from ..flow.values import Array, Value
from ..model import LinenClass, Method
from ..trees import walk
from .records import ClassPlan
from .shape_tuples import GONE, LEFT, RESHAPED, tuple_of

_REDUCING = frozenset({"mean", "sum", "var"})
_ELEMENTWISE = frozenset(
    {"square", "sqrt", "rsqrt", "abs", "maximum", "minimum", "log", "exp", "add", "subtract", "multiply"}
)
_KEEPING = frozenset({"asarray", "pmean", "stop_gradient"})
_NUMPY = ("jax.numpy.", "jax.lax.")


class _Level(IntEnum):
    """What shape an expression has, next to that of the input; the greater of two is that of an operator on them."""

    NUMBER = 0
    REDUCED = 1  # the last axis of the input alone
    WITHIN = 2  # that, or with axes of size 1 in front of it
    INPUT = 3
    UNKNOWN = 4


def shape_kept(child: ClassPlan, method: str, values: Mapping[str, Value]) -> Array | None:
    """Returns the shape of the input, where the field that names the axis has its default, the last one."""
    along = [p.argument for p in child.parameters if p.argument.along is not None]
    if len(along) != 1 or len(child.every_parameter) != 1 or along[0].method != method:
        return None
    assert along[0].along is not None
    field, default = along[0].along
    if default != -1 or (field in values and values[field] != const(default)):
        return None
    keeps = _Shapes(child.cls, child.cls.methods[method], along[0].parameter).keeps()
    return Array((method, along[0].parameter), 0, ()) if keeps else None


class _Shapes:
    """Follows one method; `names` has the levels of its locals, `axes` the name of the axes of the field.

    Variables are what `axes` was found by, so it `creates` some of the shape that they leave.
    """

    def __init__(self, cls: LinenClass, method: Method, array: str):
        self.cls, self.method, self.fields = cls, method, {f.name for f in cls.fields}
        self.names = {array: _Level.INPUT}
        self.tuples: dict[str, str] = {}
        self.joined: dict[str, int] = {}
        self.axes = ""
        self.creates = False
        self.results: list[_Level] = []

    def keeps(self) -> bool:
        if any(isinstance(n, ast.NamedExpr | ast.Lambda) for n in walk(self.method.node)):
            return False
        followed = self._block(self.method.node.body)
        return (
            followed and self.creates and bool(self.results) and all(r is _Level.INPUT for r in self.results)
        )

    def _block(self, body: list[ast.stmt]) -> bool:
        return all(self._statement(statement) for statement in body)

    def _statement(self, statement: ast.stmt) -> bool:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._bind(name, value)
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
                levels = self._items(value, len(targets))
                names = [t.id for t in targets if isinstance(t, ast.Name)]
                if len(names) < len(targets):
                    return False
                self._rebound(*names)
                self.names |= dict(zip(names, levels, strict=True))
            case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
                read = ast.copy_location(ast.Name(name, ast.Load()), target)
                level = self._level(ast.BinOp(read, op, value))
                self._rebound(name)
                self.names[name] = level
            case ast.Assign(targets=[ast.Attribute()]) | ast.AugAssign(target=ast.Attribute()):
                return True
            case ast.If(body=body, orelse=orelse):
                return self._if(body, orelse)
            case ast.Return(value=ast.expr() as value):
                self.results.append(self._level(value))
            case ast.Expr() | ast.Assert() | ast.Raise() | ast.Pass():
                return True
            case _:
                return False
        return True

    def _if(self, body: list[ast.stmt], orelse: list[ast.stmt]) -> bool:
        before = dict(self.names)
        yes = self._block(body)
        one, self.names = self.names, before
        no = self._block(orelse)
        every = one.keys() | self.names.keys()
        self.names = {n: _either(one.get(n), self.names.get(n)) for n in every}
        return yes and no

    def _rebound(self, *names: str) -> None:
        """What is known of tuples that were made of an older value is known no more."""
        for name in names:
            self.tuples.pop(name, None)
            self.joined.pop(name, None)
            if name == self.axes:
                self.axes, self.tuples, self.creates = "", {}, False

    def _bind(self, name: str, value: ast.expr) -> None:
        kind, level, joined = self._tuple(value), self._level(value), self._joined(value)
        self._rebound(name)
        self.names[name] = level
        if kind and self.method.parents[self.method.statement(value)] is self.method.node:
            self.tuples[name] = kind
        if joined:
            self.joined[name] = joined

    def _tuple(self, node: ast.expr) -> str:
        arrays = [name for name, level in self.names.items() if level is _Level.INPUT]
        kind, axes = tuple_of(node, arrays)
        if {"tuple", "enumerate", "range"} & self.names.keys() or self.axes not in ("", axes):
            return ""
        self.axes = axes or self.axes
        return kind

    def _level(self, node: ast.expr) -> _Level:
        match node:
            case ast.Constant(value=int() | float()):
                return _Level.NUMBER
            case ast.Name(id=name):
                return self.names.get(name, _Level.UNKNOWN)
            case ast.Attribute(attr="value", value=ast.Name(id=name)):
                return self.names.get(name, _Level.UNKNOWN)
            case ast.Attribute(attr=name) if self.method.is_this(node) and name in self.fields:
                return _Level.NUMBER
            case ast.BinOp(left=left, op=op, right=right) if not isinstance(op, ast.MatMult):
                return max(self._level(left), self._level(right))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                return self._level(operand)
            case ast.Call(func=function, args=args, keywords=keywords):
                return self._call(function, args, {str(k.arg): k.value for k in keywords})
        return _Level.UNKNOWN

    def _call(self, function: ast.expr, args: list[ast.expr], named: Mapping[str, ast.expr]) -> _Level:
        if self.method.is_this(function) and isinstance(function, ast.Attribute):
            made = function.attr in ("param", "variable") and not named and bool(args)
            made = made and self._is(args[-1], LEFT)
            self.creates |= made
            return _Level.REDUCED if made else _Level.UNKNOWN
        full = self.cls.names.resolve(function) or ""
        if full.startswith(_NUMPY) and args:
            return self._function(full.rpartition(".")[2], args, named)
        match function:
            case ast.Attribute(attr="reshape", value=inner) if len(args) == 1 and self._is(args[0], RESHAPED):
                level = self._level(inner)
                return _Level.WITHIN if level is _Level.REDUCED else _Level.UNKNOWN
            case ast.Attribute(attr="astype", value=inner):
                return self._level(inner)
        return _Level.UNKNOWN

    def _function(self, name: str, args: list[ast.expr], named: Mapping[str, ast.expr]) -> _Level:
        if name in _REDUCING:
            gone = (
                self._is(named.get("axis"), GONE) and named.keys() <= {"axis", "keepdims"} and len(args) == 1
            )
            if not gone or self._level(args[0]) is not _Level.INPUT:
                return _Level.UNKNOWN
            keepdims = named.get("keepdims")
            alone = keepdims is None or (isinstance(keepdims, ast.Constant) and keepdims.value is False)
            return _Level.REDUCED if alone else _Level.WITHIN
        if name in _KEEPING:
            return self._level(args[0])
        if name in _ELEMENTWISE and not named:
            return max(map(self._level, args))
        return _Level.UNKNOWN

    def _is(self, node: ast.expr | None, kind: str) -> bool:
        return isinstance(node, ast.Name) and self.tuples.get(node.id) == kind

    def _joined(self, node: ast.expr) -> int:
        """How many arrays `concatenate` joins of those that have the last axis alone."""
        match node:
            case ast.Name(id=name):
                return self.joined.get(name, 0)
            case ast.Call(func=function, args=[ast.List(elts=items)], keywords=[]):
                joins = self.cls.names.resolve(function) == "jax.numpy.concatenate"
                return len(items) if joins and all(self._level(i) is _Level.REDUCED for i in items) else 0
            case ast.Call(func=function, args=[first, *_]) if (
                self.cls.names.resolve(function) == "jax.lax.pmean"
            ):
                return self._joined(first)
        return 0

    def _items(self, node: ast.expr, count: int) -> list[_Level]:
        match node:
            case ast.Tuple(elts=items) if len(items) == count:
                return [self._level(item) for item in items]
            case ast.Call(func=function, args=[first, ast.Constant(value=parts)], keywords=[]):
                splits = self.cls.names.resolve(function) == "jax.numpy.split"
                if splits and parts == count == self._joined(first):
                    return [_Level.REDUCED] * count
        return [_Level.UNKNOWN] * count


def _either(one: _Level | None, two: _Level | None) -> _Level:
    """What a name has behind a condition: anything in front of the last axis is of size 1, or all is the input's."""
    if one is None or two is None or one is two:
        return one if one is two and one is not None else _Level.UNKNOWN
    return _Level.WITHIN if max(one, two) <= _Level.WITHIN else _Level.UNKNOWN
