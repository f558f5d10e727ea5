"""Evaluates expressions of a method to what the size engine knows of them."""

import ast
from collections.abc import Callable, Mapping, Sequence, Set
from itertools import takewhile

from ..filled_fields import filled_around
from ..given_layers import given_around
from ..grown import Grown
from ..held_layers import attribute_of_held, features_of, held_kind
from ..model import LinenClass, Method
from ..names import Names
from .alternatives import either, method_of
from .callables import Lookup
from .calls import call
from .comprehended import Comprehension, comprehended
from .ends import taken
from .fields import constant_of, held_features
from .found import Found, Witness, as_it_says
from .functions.arguments import Arguments, spelled_out
from .functions.elementwise import keeps_shape
from .functions.reshaping import with_turned
from .functions.table import FUNCTIONS
from .indexing import axes_of_column, indexed, item_of, part
from .keyed import dict_of, keyed
from .kinds import is_of_kind
from .mixed import filled_in_turn
from .modules import element, goes_on, is_but_last, is_turned
from .operators import asked, binary, boolean, compare, in_front, unary
from .optional import answer, asks_for, settled
from .outputs import as_tuple, field_of
from .popped import taken_at
from .pushed import alike
from .ranks import ranks_of
from .sides import on_both_sides
from .terms import Kind, Term, const
from .truths import truth
from .values import (
    Array,
    Changed,
    Items,
    Keeping,
    Keyed,
    Leading,
    Local,
    Made,
    Many,
    Mixed,
    OneOf,
    Opaque,
    Ranks,
    Record,
    Shape,
    Stack,
    Stored,
    Use,
    Value,
)
from .widened import widened_by

Function = Callable[[ast.FunctionDef | ast.Lambda, Names, Arguments], Value]
Apply = Callable[[Made, Use], Value]
"""What a call of a submodule gives."""


def nothing_above(use: Use) -> Value:  # noqa: ARG001 - the class has no base
    return None


class Evaluator:
    """`env` has the locals, `attributes` what setup keeps on self; `made` tells which calls construct submodules.

    `kept` has the test with which setup keeps what is not there without; `getter` tells what a property gives.
    """

    def __init__(
        self,
        cls: LinenClass,
        method: Method,
        constructs: Callable[[ast.Call], bool],
        attributes: Mapping[str, Value],
        apply: Apply,
        inline: Callable[[Method, Use], Value],
        fields: Mapping[str, bool],
        function: Function,
        lookup: Lookup,
        local: Callable[[Local, Arguments], Value],
        kept: Mapping[str, Term | None],
        made: Mapping[ast.Call, Found],
        getter: Callable[[str], Value],
    ):
        self.kept, self.made, self.getter = kept, made, getter
        self.cls, self.method, self.constructs = cls, method, constructs
        self.attributes, self.apply, self.inline, self.fields = attributes, apply, inline, fields
        self.function, self.lookup, self.local = function, lookup, local
        self.decides = False
        self.there: Mapping[ast.Call, Term | None] = {}
        self.witness: Witness = as_it_says
        self.methods: Mapping[str, Method] = cls.methods
        self.theirs: Set[str] = frozenset()
        self.inherited: Callable[[Use], Value] = nothing_above
        self.env: dict[str, Value] = {}
        self.seen: dict[ast.AST, Value] = {}
        self.taken: dict[ast.AST, Value] = {}
        self.assumed: dict[tuple[str, str], int] = {}
        self.exact: dict[tuple[str, str], int] = {}
        self.counted: list[Ranks] = []
        self.instead: dict[tuple[str, str], Value] = {}

    def value(self, node: ast.expr | None) -> Value:
        """Returns what `node` is worth, and has its submodules see their inputs."""
        if node is None:
            return None
        found = _READERS.get(type(node), Evaluator._other)(self, node)
        self.seen[node] = found = self.witness(self.method, node, found, self.seen)
        return found

    def assume(self, array: Array, count: int, *, exactly: bool = False) -> bool:
        """Takes `array` to have so many axes at least, or exactly; False where that cannot be said of an argument."""
        if exactly:
            return self._assume_exactly(array, count)
        if array.least >= count:
            return True
        ranks = ranks_of(array)
        if not ranks or any(r.root is None and r.more < count for r in ranks):
            return False
        for rank in ranks:
            if rank.root is not None:
                self.assumed[rank.root] = max(self.assumed.get(rank.root, 0), count - rank.more)
        return True

    def count(self, count: int, *arrays: Array | None) -> None:
        """Writes down that arrays of one number of axes would be followed if it were this one."""
        ranks = [ranks_of(array) for array in arrays if array is not None]
        single = [next(iter(each)) for each in ranks if len(each) == 1]
        if wanted := {r.root: count - r.more for r in single if r.root is not None}:
            self.counted.append(wanted)

    def _assume_exactly(self, array: Array, count: int) -> bool:
        ranks = ranks_of(array)
        of_roots = {rank.root: count - rank.more for rank in ranks if rank.root is not None}
        known = self.exact | of_roots == of_roots | self.exact
        fits = all(rank.more == count for rank in ranks if rank.root is None)
        if (
            not ranks
            or not fits
            or not known
            or len(of_roots) + any(r.root is None for r in ranks) < len(ranks)
        ):
            return False
        self.exact |= of_roots
        self.assumed |= {root: max(n, self.assumed.get(root, 0)) for root, n in of_roots.items()}
        return True

    def _other(self, node: ast.expr) -> Value:
        """What is not understood; what stands inside may construct and call submodules all the same."""
        if isinstance(node, Comprehension):
            return comprehended(self, node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)
            elif isinstance(child, ast.keyword):
                self.value(child.value)
        return None

    def _lambda(self, node: ast.Lambda) -> Value:
        return Local(node)

    def _constant(self, node: ast.Constant) -> Value:
        return const(node.value)

    def _name(self, node: ast.Name) -> Value:
        if node.id in self.env:
            held = self.env[node.id]
            return (alike(held) or held) if isinstance(held, Stack) else held
        local = node.id in self.method.parameters or node.id == self.method.this
        if not local and self._keeps(node):
            return Keeping()
        return None if local or self.cls.names.linen(node) else Term(Kind.GLOBAL, node.id)

    def _attribute(self, node: ast.Attribute) -> Value:
        if self.method.is_this(node):
            if node.attr in self.attributes:
                return self.attributes[node.attr]
            if (given := given_around(self.method, self.cls.names, node)) is not None:
                return Made(given.built)
            held = node.attr in self.fields or constant_of(self.cls, node.attr) is not None
            return Term(Kind.FIELD, node.attr) if held else self.getter(node.attr)
        if self._keeps(node):
            return Keeping()
        if (asked := attribute_of_held(self.cls, self.method, node)) is not None:
            return self._of_held(*asked)
        value = self.value(node.value)
        if isinstance(value, Array):
            return value.attribute(node.attr) or _of_array(value, node.attr)
        if isinstance(value, Record | Changed):
            return field_of(value, node.attr)
        if isinstance(value, Stored):
            return value.value if node.attr == "value" else None
        if isinstance(value, Made | OneOf):
            return method_of(value, node.attr)
        if isinstance(value, Term) and value.kind is not Kind.CONST:
            return Term(Kind.ATTRIBUTE, node.attr, (value,))
        return None

    def _of_held(self, field: str, name: str) -> Value:
        """The features of the layer that a field holds, or something else that it was given."""
        if name in features_of(held_kind(self.cls, field)):
            return held_features(self.cls, field)
        return Term(Kind.ATTRIBUTE, name, (Term(Kind.FIELD, field),))

    def _keeps(self, node: ast.expr) -> bool:
        name = self.cls.names.resolve(node) or ""
        return name.partition(".")[0] not in self.env and name in FUNCTIONS and keeps_shape(FUNCTIONS[name])

    def _subscript(self, node: ast.Subscript) -> Value:
        whole, index = self.value(node.value), node.slice
        if isinstance(index, ast.Constant) and isinstance(index.value, str):
            return keyed(whole, index.value)
        value = as_tuple(whole)
        if isinstance(value, Array):
            found = indexed(value, index, self.value, self.assume)
            known = isinstance(found, Array) and found.at(-1) is not None
            if not known and value.axes is None and (count := axes_of_column(index)):
                self.count(count, value)
            return found
        if isinstance(value, Shape):
            return self._of_shape(value, index)
        if isinstance(value, Stack) and (placed := taken_at(self, value, node)) is not None:
            return placed
        if isinstance(value, Mixed) and value.parts and (first := item_of(_first(value), index)) is not None:
            return first
        if isinstance(value, Stack | Mixed):
            return taken(self, node, value)
        if isinstance(value, Made) and value.many and not isinstance(index, ast.Slice):
            self.value(index)
            return Made(value.call)
        if isinstance(value, Made) and value.many:
            return value if is_but_last(index) or is_turned(index) else None
        if isinstance(value, Grown):
            call = value.at(self.method, node) if node in self.method.parents else None
            return None if call is None else Made(call)
        if isinstance(value, Items) and goes_on(value):
            return element(value, index)
        if isinstance(value, Items | Leading):
            return item_of(value, index)
        if isinstance(value, Many):
            return value.item if not isinstance(index, ast.Slice) else None
        if isinstance(value, Term) and isinstance(index, ast.Slice):
            return Opaque()
        at = self.value(index) if not isinstance(index, ast.Slice) else None
        if isinstance(value, Term) and isinstance(at, Term):
            return Term(Kind.ITEM, None, (value, at))
        return None

    def _of_shape(self, value: Shape, index: ast.expr) -> Value:
        if isinstance(index, ast.Slice):
            return part(value, index, self.value, self.assume)
        at = self.value(index)
        return value.array.at(at.number) if isinstance(at, Term) and at.number is not None else None

    def _tuple(self, node: ast.Tuple | ast.List) -> Value:
        parts = [
            (self.value(e.value), True) if isinstance(e, ast.Starred) else (self.value(e), False)
            for e in node.elts
        ]
        lists = (value if starred else Items((value,)) for value, starred in parts)
        return spelled_out(parts) or self._in_front(parts) or filled_in_turn(*lists)

    def _in_front(self, parts: Sequence[tuple[Value, bool]]) -> Value:
        last, unpacked = parts[-1] if parts else (None, False)
        if not unpacked or not isinstance(last, Shape) or any(starred for _, starred in parts[:-1]):
            return None
        there = last.array.at(-1) is None or self.assume(last.array, 1)
        return in_front([value for value, _ in parts[:-1]], last) if there else None

    def _dict(self, node: ast.Dict) -> Value:
        """A dict of arrays, or one of sizes that is handed on where it is written: nothing can change it before."""
        values = [self.value(value) for value in node.values]
        keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
        handed_on = isinstance(self.method.parents.get(node), ast.keyword | ast.Call)
        if not node.keys and not handed_on:
            return Keyed((), ())  # it is filled behind that
        if (arrays := dict_of(node.keys, values)) is not None:
            return arrays
        sizes = tuple(v for v in values if isinstance(v, Term))
        told = handed_on and len({*keys}) == len(node.keys) and len(sizes) == len(values)
        return Term(Kind.DICT, tuple(keys), sizes) if told else None

    def _choice(self, node: ast.IfExp) -> Value:
        filled = filled_around(self.method, node)
        if filled is not None:
            given = self.attributes.get(filled.name)  # by who constructs the class
            return given if isinstance(given, Made) else self.value(filled.call)
        if (holds := is_of_kind(self, node.test)) is not None:
            return self.value(node.body if holds else node.orelse)
        test, compared = asked(self, node.test), asks_for(node.test)
        if self.decides and (holds := truth(test)) is not None:
            return self.value(node.body if holds else node.orelse)
        yes, no = on_both_sides(
            self.made, test, lambda: self.value(node.body), lambda: self.value(node.orelse)
        )
        if compared is None or compared[0] in self.method.optional:
            return widened_by(node, self.env, yes, no, self.assume) or either(test, yes, no)
        if (holds := answer(node.test, self.env)) is not None:
            return yes if holds else no
        return settled(self, compared, test, yes, no, self.env.get(compared[0]))

    def _walrus(self, node: ast.NamedExpr) -> Value:
        value = self.value(node.value)
        self.env[node.target.id] = value
        return value


def _first(listed: Mixed) -> Leading:
    """The arrays on a list that are in front of all that are counted."""
    return Leading(tuple(takewhile(lambda part: isinstance(part, Array), listed.parts)))  # type: ignore[arg-type]


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
    if name == "mT":
        return with_turned(array)
    return array if name in ("real", "imag", "at") else None


_READERS: dict[type[ast.AST], Callable[..., Value]] = {
    ast.Constant: Evaluator._constant,
    ast.Name: Evaluator._name,
    ast.Attribute: Evaluator._attribute,
    ast.Subscript: Evaluator._subscript,
    ast.Tuple: Evaluator._tuple,
    ast.Dict: Evaluator._dict,
    ast.List: Evaluator._tuple,
    ast.BinOp: binary,
    ast.UnaryOp: unary,
    ast.Compare: compare,
    ast.BoolOp: boolean,
    ast.IfExp: Evaluator._choice,
    ast.Lambda: Evaluator._lambda,
    ast.NamedExpr: Evaluator._walrus,
    ast.Call: call,
}
