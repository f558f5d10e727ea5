"""Evaluates expressions of a method to what the size engine knows of them."""

import ast
from collections.abc import Callable, Mapping

from ..model import LinenClass, Method
from . import arrays
from .functions import FUNCTIONS, METHODS, Arguments, keeps_shape
from .terms import OPERATORS, Kind, Term, const, op
from .values import SOMEWHERE, Array, Items, Keeping, Made, Opaque, Shape, Use, Value

_PURE = frozenset({"int", "max", "min", "len", "abs", "sum", "round", "tuple", "sorted"})
_ACTIVATION = ("act", "nonlin")

Apply = Callable[[Made, Use], Value]
"""What a call of a submodule gives."""


class Evaluator:
    """`env` has the locals, `attributes` what setup keeps on self; `made` tells which calls construct submodules."""

    def __init__(
        self,
        cls: LinenClass,
        method: Method,
        constructs: Callable[[ast.Call], bool],
        attributes: Mapping[str, Value],
        apply: Apply,
        inline: Callable[[Method, Use], Value],
        fields: Mapping[str, bool],
    ):
        self.cls, self.method, self.constructs = cls, method, constructs
        self.attributes, self.apply, self.inline, self.fields = attributes, apply, inline, fields
        self.env: dict[str, Value] = {}
        self.seen: dict[ast.AST, Value] = {}

    def value(self, node: ast.expr | None) -> Value:
        """Returns what `node` is worth, and has its submodules see their inputs."""
        if node is None:
            return None
        found = _READERS.get(type(node), Evaluator._other)(self, node)
        self.seen[node] = found
        return found

    def _other(self, node: ast.expr) -> Value:
        """What is not understood; what stands inside may construct and call submodules all the same."""
        if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            return None
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)
            elif isinstance(child, ast.keyword):
                self.value(child.value)
        return None

    def _constant(self, node: ast.Constant) -> Value:
        return const(node.value)

    def _name(self, node: ast.Name) -> Value:
        if node.id in self.env:
            return self.env[node.id]
        local = node.id in self.method.parameters or node.id == self.method.this
        if not local and self._keeps(node):
            return Keeping()
        return None if local or self.cls.names.linen(node) else Term(Kind.GLOBAL, node.id)

    def _attribute(self, node: ast.Attribute) -> Value:
        if self.method.is_this(node):
            if node.attr in self.attributes:
                return self.attributes[node.attr]
            return Term(Kind.FIELD, node.attr) if node.attr in self.fields else None
        if self._keeps(node):
            return Keeping()
        value = self.value(node.value)
        if isinstance(value, Array):
            return _of_array(value, node.attr)
        if isinstance(value, Made):
            return Made(value.call, value.many, node.attr) if value.method == "__call__" else None
        if isinstance(value, Term) and value.kind is not Kind.CONST:
            return Term(Kind.ATTRIBUTE, node.attr, (value,))
        return None

    def _keeps(self, node: ast.expr) -> bool:
        name = self.cls.names.resolve(node) or ""
        return name.partition(".")[0] not in self.env and name in FUNCTIONS and keeps_shape(FUNCTIONS[name])

    def _subscript(self, node: ast.Subscript) -> Value:
        value, index = self.value(node.value), node.slice
        if isinstance(value, Array):
            return indexed(value, index, self.value)
        if isinstance(value, Shape):
            return self._of_shape(value, index)
        if isinstance(value, Made) and value.many and not isinstance(index, ast.Slice):
            self.value(index)
            return Made(value.call)
        if isinstance(value, Items):
            return _item(value, index)
        if isinstance(value, Term) and isinstance(index, ast.Slice):
            return Opaque()
        at = self.value(index) if not isinstance(index, ast.Slice) else None
        if isinstance(value, Term) and isinstance(at, Term):
            return Term(Kind.ITEM, None, (value, at))
        return None

    def _of_shape(self, value: Shape, index: ast.expr) -> Value:
        if isinstance(index, ast.Slice):
            return _leading(value, index)
        at = self.value(index)
        return value.array.at(at.number) if isinstance(at, Term) and at.number is not None else None

    def _tuple(self, node: ast.Tuple | ast.List) -> Value:
        found: list[Value] = []
        lead: Array | None = None
        for position, element in enumerate(node.elts):
            if not isinstance(element, ast.Starred):
                value = self.value(element)
                found.append(value)
                continue
            value = self.value(element.value)
            if isinstance(value, Items):
                found += value.items
            elif isinstance(value, Shape) and position == 0:
                lead = value.array
            else:
                return None
        if lead is not None:
            return Shape(lead.ending(*(v if isinstance(v, Term) else None for v in found)))
        return Items(tuple(found))

    def _binary(self, node: ast.BinOp) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(left, Array) or isinstance(right, Array):
            if isinstance(node.op, ast.MatMult):
                return _matmul(left, right)
            return _elementwise(left, right)
        if isinstance(left, Term) and isinstance(right, Term) and type(node.op) in OPERATORS:
            return op(OPERATORS[type(node.op)], left, right)
        if isinstance(node.op, ast.Add) and isinstance(right, Items):
            if isinstance(left, Items):
                return Items((*left.items, *right.items))
            if isinstance(left, Shape):
                return Shape(left.array.ending(*(v if isinstance(v, Term) else None for v in right.items)))
        return None

    def _unary(self, node: ast.UnaryOp) -> Value:
        value = self.value(node.operand)
        if isinstance(value, Term):
            if isinstance(node.op, ast.USub):
                number = value.number
                return const(-number) if number is not None else Term(Kind.NOT, "-", (value,))
            return Term(Kind.NOT, "not", (value,)) if isinstance(node.op, ast.Not) else None
        return value if isinstance(value, Array) else None

    def _compare(self, node: ast.Compare) -> Value:
        values = [self.value(node.left), *(self.value(c) for c in node.comparators)]
        left, right = values[0], values[-1]
        if len(values) == 2 and isinstance(left, Term) and isinstance(right, Term):
            return Term(Kind.OP, OPERATORS[type(node.ops[0])], (left, right))
        shaped = [v for v in values if isinstance(v, Array)]
        return _elementwise(left, right) if shaped and len(values) == 2 else None

    def _boolean(self, node: ast.BoolOp) -> Value:
        values = [self.value(v) for v in node.values]
        if all(isinstance(v, Term) for v in values):
            return Term(Kind.OP, OPERATORS[type(node.op)], tuple(v for v in values if isinstance(v, Term)))
        return None

    def _choice(self, node: ast.IfExp) -> Value:
        test = self.value(node.test)
        return merged(test, self.value(node.body), self.value(node.orelse))

    def _walrus(self, node: ast.NamedExpr) -> Value:
        value = self.value(node.value)
        self.env[node.target.id] = value
        return value

    def _call(self, node: ast.Call) -> Value:
        function = node.func
        if self.constructs(node):
            return Made(node)
        own = self.cls.methods.get(function.attr) if isinstance(function, ast.Attribute) else None
        if (
            isinstance(function, ast.Name)
            and function.id == self.method.this
            and "__call__" in self.cls.methods
        ):
            return self.inline(self.cls.methods["__call__"], self._use(node, "__call__"))
        if own is not None and self.method.is_this(function) and function.attr not in self.attributes:  # type: ignore[attr-defined]
            return self.inline(own, self._use(node, "__call__"))
        if self.method.is_this(function, "param"):
            return self._param(node)
        name = self.cls.names.resolve(function) or ""
        receiver = None
        if not (isinstance(function, ast.Name | ast.Attribute) and name in FUNCTIONS):
            receiver = self.value(function.value) if isinstance(function, ast.Attribute) else None
            called = self.value(function) if not isinstance(receiver, Array) else None
            if isinstance(called, Made) and not called.many:
                return self.apply(called, self._use(node, called.method))
            if isinstance(called, Keeping):
                given = self._arguments(node)
                return given.array() if given.plain else None
        given = self._arguments(node)
        if name in FUNCTIONS:
            return FUNCTIONS[name](given)
        if isinstance(receiver, Array) and isinstance(function, ast.Attribute):
            known = METHODS.get(function.attr)
            return known(Arguments(self, node, (receiver, *given.values), given.keywords)) if known else None
        return self._unknown(node, name, given)

    def _param(self, node: ast.Call) -> Value:
        """`self.param(name, init, shape)`; what an initializer of the user's own makes is not known."""
        given = self._arguments(node)
        init = node.args[1] if len(node.args) > 1 else None
        known = init is not None and not isinstance(init, ast.Lambda) and len(given.values) in (3, 4)
        return arrays.of_shape(given.values[2]) if known and given.plain and not given.keywords else None

    def _use(self, node: ast.Call, method: str) -> Use:
        given = self._arguments(node)
        return Use(node, method, given.values, dict(given.keywords))

    def _arguments(self, node: ast.Call) -> Arguments:
        values = tuple(self.value(a.value if isinstance(a, ast.Starred) else a) for a in node.args)
        keywords = {k.arg or "**": self.value(k.value) for k in node.keywords}
        return Arguments(self, node, values, keywords)

    def _unknown(self, node: ast.Call, name: str, given: "Arguments") -> Value:
        """A pure builtin of sizes; an activation held in a field; the user's own function of configuration."""
        values = (*given.values, *given.keywords.values())
        if name in _PURE and not given.keywords and all(isinstance(v, Term) for v in values):
            return Term(Kind.CALL, name, tuple(v for v in values if isinstance(v, Term)))
        if name == "len" and len(values) == 1 and isinstance(values[0], Items):
            return const(len(values[0].items))
        field = (
            node.func.attr if isinstance(node.func, ast.Attribute) and self.method.is_this(node.func) else ""
        )
        if self.fields.get(field) and len(values) == 1 and isinstance(values[0], Array):
            return values[0]
        plain = all(isinstance(v, Term | Opaque) for v in values) and name and not name.startswith("flax.")
        local = name.split(".")[0] in self.env or name.split(".")[0] in self.method.parameters
        return Opaque() if plain and not local and not name.startswith(_ARRAYS) else None


_ARRAYS = ("jax.", "numpy.", "self.")


def _of_array(array: Array, name: str) -> Value:
    if name == "shape":
        return Shape(array)
    if name == "ndim":
        return const(array.axes) if array.axes is not None else None
    if name == "T" and array.axes is not None:
        whole = array.spelled(array.axes)
        return (
            Array(None, 0, tuple(reversed(whole.tail)), whole.axes) if len(whole.tail) == array.axes else None
        )
    return array if name in ("real", "imag", "at") else None


def _item(value: Items, index: ast.expr) -> Value:
    try:
        at = ast.literal_eval(index)
        return value.items[at] if isinstance(at, int) else None
    except (ValueError, TypeError, IndexError):
        return None


def _leading(shape: Shape, index: ast.Slice) -> Value:
    """`x.shape[:-2]`."""
    if index.lower is not None or index.step is not None or index.upper is None:
        return shape if index.upper is None and index.lower is None and index.step is None else None
    try:
        stop = ast.literal_eval(index.upper)
    except (ValueError, TypeError):
        return None
    if not isinstance(stop, int):
        return None
    if stop >= 0:
        if shape.array.axes is None:
            return None
        stop -= shape.array.axes
    rest = shape.array.dropped(-stop)
    return Shape(rest) if rest is not None else None


def _elementwise(left: Value, right: Value) -> Value:
    if isinstance(left, Array) and isinstance(right, Array):
        return arrays.broadcast(left, right)
    array, other = (left, right) if isinstance(left, Array) else (right, left)
    if isinstance(other, Term | Opaque):
        return array
    # whatever it is, it widens the last axis only where that is the literal 1
    last = array.at(-1) if isinstance(array, Array) else None
    return array if other is None and last is not None and last.number != 1 else None


def _matmul(left: Value, right: Value) -> Value:
    if not isinstance(left, Array) or not isinstance(right, Array) or right.axes in (None, 1):
        return None
    return left.with_last(right.at(-1))


def indexed(array: Array, index: ast.expr, value: Callable[[ast.expr], Value]) -> Value:
    """Returns the shape of `x[..., 0]`, `x[:, None]` and the like; None for an index that is an array."""
    items = list(index.elts) if isinstance(index, ast.Tuple) else [index]
    split = next((i for i, e in enumerate(items) if _is_ellipsis(e)), None)
    if split is None:
        taken = sum(not _is_none(e) for e in items)
        if array.axes is None or taken > array.axes:
            return _all_kept(array, items)
        items += [ast.Slice()] * (array.axes - taken)
    elif items[:split] and array.axes is None:
        if not all(_is_whole(e) or _is_none(e) for e in items[:split]):
            return None
        items = items[split + 1 :]
    else:
        known = array.axes or 0
        middle = known - sum(not _is_none(e) for e in items) + 1
        items = [*items[:split], *([ast.Slice()] * max(middle, 0)), *items[split + 1 :]]
    return _apply(array, items, value)


def _all_kept(array: Array, items: list[ast.expr]) -> Value:
    """Whole axes, or new ones, in front of an array of unknown rank leave its last axes alone."""
    return None if any(not (_is_whole(e) or _is_none(e)) for e in items) else _unranked(array, items)


def _unranked(array: Array, items: list[ast.expr]) -> Value:
    return array if not any(_is_none(e) for e in items) else None


def _apply(array: Array, items: list[ast.expr], value: Callable[[ast.expr], Value]) -> Value:
    count = sum(not _is_none(e) for e in items)
    whole = array.spelled(count)
    bare = whole.dropped(count)
    if bare is None:
        return None
    sizes = iter(whole.tail[len(whole.tail) - count :])
    tail: list[Term | None] = []
    for item in items:
        if _is_none(item):
            tail.append(const(1))
            continue
        size = next(sizes)
        if isinstance(item, ast.Slice):
            tail.append(size if _is_whole(item) else _sliced(size, item, value))
        elif not isinstance(value(item), Term):
            return None
    return bare.ending(*tail)


def _sliced(size: Term | None, item: ast.Slice, value: Callable[[ast.expr], Value]) -> Term | None:
    """`[:n]` has n elements, `[n:]` the others; other slices are not followed."""
    if item.step is not None or (item.lower is not None and item.upper is not None):
        return None
    edge = value(item.upper if item.upper is not None else item.lower)  # type: ignore[arg-type]
    if not isinstance(edge, Term):
        return None
    number = edge.number
    if edge.kind is Kind.NOT or (number is not None and number < 0):
        if number is None or size is None or item.lower is not None:
            return const(-number) if number is not None and item.lower is not None else None
        return op("-", size, const(-number))
    if item.upper is not None:
        return edge
    return None if size is None else op("-", size, edge)


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Slice) and node.lower is None and node.upper is None and node.step is None


def merged(test: Value, yes: Value, no: Value) -> Value:
    """Returns what holds after one of two paths: a choice of sizes where configuration decides."""
    if yes == no:
        return yes
    decided = test if isinstance(test, Term) else None
    if isinstance(yes, Term) and isinstance(no, Term):
        return _chosen(decided, yes, no)
    if isinstance(yes, Array) and isinstance(no, Array):
        count = max(len(yes.tail), len(no.tail))
        one, two = yes.spelled(count), no.spelled(count)
        if (one.root, one.cut, len(one.tail)) == (two.root, two.cut, len(two.tail)):
            pairs = zip(one.tail, two.tail, strict=True)
            tail = tuple(a if a == b else _chosen(decided, a, b) for a, b in pairs)
            return Array(one.root, one.cut, tail, one.rank if one.rank == two.rank else None)
        last = yes.at(-1) if yes.at(-1) == no.at(-1) else _chosen(decided, yes.at(-1), no.at(-1))
        return None if last is None else Array(SOMEWHERE, 1, (last,))
    return None


def _chosen(test: Term | None, yes: Term | None, no: Term | None) -> Term | None:
    if test is None or yes is None or no is None:
        return None
    return Term(Kind.CHOICE, None, (test, yes, no))


_READERS: dict[type[ast.AST], Callable[..., Value]] = {
    ast.Constant: Evaluator._constant,
    ast.Name: Evaluator._name,
    ast.Attribute: Evaluator._attribute,
    ast.Subscript: Evaluator._subscript,
    ast.Tuple: Evaluator._tuple,
    ast.List: Evaluator._tuple,
    ast.BinOp: Evaluator._binary,
    ast.UnaryOp: Evaluator._unary,
    ast.Compare: Evaluator._compare,
    ast.BoolOp: Evaluator._boolean,
    ast.IfExp: Evaluator._choice,
    ast.NamedExpr: Evaluator._walrus,
    ast.Call: Evaluator._call,
}
