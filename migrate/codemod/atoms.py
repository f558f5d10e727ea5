"""Uses of shapes, ranks and dtypes in the expressions of a method."""

import ast
from collections.abc import Callable, Collection, Container, Iterator
from dataclasses import dataclass
from functools import cached_property

from .bindings import bound_below, defines, keeps_shape, statements
from .model import LinenClass, Method, MethodKind, Refused
from .names import Names
from .slices import Atom
from .trees import is_whole

_SHAPE = frozenset({"shape", "ndim", "dtype", "size"})
GIVEN = "given"
"""What an atom is of an argument that is compared with None."""

_SHAPE_FUNCTIONS = frozenset({"jax.numpy.shape", "jax.numpy.ndim", "numpy.shape", "numpy.ndim"})


@dataclass(frozen=True, eq=False)
class Atoms:
    """Reads one method, in which the names `variables` mean variables. What stands in `later` is left to the call.

    With `items`, the shape of an item of an argument counts as a use of the argument's. Fields that hold a number
    are `integers`, arguments that are shapes themselves `shapes`.
    """

    method: Method
    names: Names
    variables: Container[ast.Name]
    items: bool
    later: Collection[ast.AST]
    integers: Collection[str]
    shapes: Collection[str] = ()

    @cached_property
    def order(self) -> list[ast.stmt]:
        return list(statements(self.method.node.body))

    @cached_property
    def position(self) -> dict[ast.stmt, int]:
        return {statement: place for place, statement in enumerate(self.order)}

    def leaves(self, node: ast.AST, bound: frozenset[str]) -> Iterator[Atom | ast.Attribute | ast.Name]:
        """Yields what an expression is made of: uses of shapes, attributes of `self`, other names."""
        if node in self.later:
            return
        setup = (
            self.method.kind is MethodKind.SETUP
        )  # which has no input: what has a shape there is made of fields
        if not setup and isinstance(node, ast.expr) and (atom := self._atom(node, bound)):
            yield atom
        elif self.method.is_this(node):
            assert isinstance(node, ast.Attribute)
            yield node
        elif isinstance(node, ast.Name):
            if node.id not in bound and isinstance(node.ctx, ast.Load):
                yield node
        else:
            inner = bound | bound_below(node)
            for child in ast.iter_child_nodes(node):
                yield from self.leaves(child, inner)

    def _atom(self, node: ast.expr, bound: frozenset[str]) -> Atom | None:
        array: ast.expr | None = None
        if (found := taken_axis(node, self._is_number)) is not None and self._is_argument(found[0], bound):
            return Atom(node, found[0].id, self.version(found[0]), "shape", found[1])
        match node:
            case ast.Name(id=name) if name in self.shapes and name not in bound:
                return Atom(node, name, 0, "shape")
            case ast.Compare(
                left=ast.Name(id=name) as asked,
                ops=[ast.Is() | ast.IsNot()],
                comparators=[ast.Constant(None)],
            ) if name in self.method.optional and name not in bound:
                return Atom(asked, name, self.version(asked), GIVEN)
            case ast.Attribute(value=ast.Name() as array, attr=what) if what in _SHAPE:
                pass
            case ast.Attribute(value=ast.Subscript() as taken, attr="shape") if self.items:
                return self._item(node, taken, bound)
            case ast.Call(func=function, args=[ast.Name() as array]) if (
                self.names.resolve(function) in _SHAPE_FUNCTIONS
            ):
                what = str(self.names.resolve(function)).rpartition(".")[2]
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name() as array]) if (
                array.id in self.method.parameters
            ):
                raise Refused("MN202", node, f"`{ast.unparse(node)}` is the length of an input")
            case _:
                return None
        assert isinstance(array, ast.Name)
        if what == "size" and array.id in self.method.parameters:
            raise Refused("MN202", node, f"`{ast.unparse(node)}` counts the elements of an input")
        if not self._is_local(array, bound) or array.id == self.method.this:
            return None
        return Atom(node, array.id, self.version(array, what == "dtype"), what)

    def _is_number(self, node: ast.expr) -> bool:
        """Tells whether an index is one place: a literal, or a field that is declared as an int."""
        literal = isinstance(node, ast.Constant) and type(node.value) is int
        return literal or (
            isinstance(node, ast.Attribute) and self.method.is_this(node) and node.attr in self.integers
        )

    def _is_argument(self, array: ast.Name, bound: frozenset[str]) -> bool:
        return (
            array.id in self.method.parameters
            and self._is_local(array, bound)
            and array.id != self.method.this
        )

    def _item(self, node: ast.expr, taken: ast.Subscript, bound: frozenset[str]) -> Atom | None:
        """The shape of an item of an argument, or of what is made of one: only the size engine tells it."""
        inner: ast.expr = taken
        while isinstance(inner, ast.Subscript):
            if not isinstance(inner.slice, ast.Constant | ast.UnaryOp):
                return None
            inner = inner.value
        if not isinstance(inner, ast.Name) or not self._is_local(inner, bound):
            return None
        return Atom(node, inner.id, len(self.order), "shape")

    def _is_local(self, name: ast.Name, bound: frozenset[str]) -> bool:
        """Tells whether a name is an argument or a local, and means no variable here."""
        local = name.id in self.method.parameters or any(name.id in defines(s) for s in self.order)
        return local and name not in self.variables and name.id not in bound

    def version(self, array: ast.Name, dtype: bool = False) -> int:
        """Counts the replacements of `array` before its use, those apart that keep its shape (never its dtype)."""
        for loop in (a for a in self.method.above(array) if isinstance(a, ast.For | ast.While)):
            if any(array.id in defines(s) and not keeps_shape(s, array.id) for s in statements(loop.body)):
                if self.items and not dtype:
                    return len(self.order)  # only the size engine tells it
                raise Refused(
                    "MN202",
                    array,
                    f"the shape of `{array.id}` may change from one round of the loop to the next",
                )
        if self.method.statement(array) not in self.position:
            return self._version_inside(array, dtype)
        version = 0
        for statement in self.order[: self.position[self.method.statement(array)]]:
            if array.id in defines(statement) and (dtype or not keeps_shape(statement, array.id)):
                version = self.position[statement] + 1
        return version

    def _version_inside(self, array: ast.Name, dtype: bool) -> int:
        """A local function sees what `array` is when it is called, so it has to be the same all the way."""
        changes = [
            s for s in self.order if array.id in defines(s) and (dtype or not keeps_shape(s, array.id))
        ]
        if changes:
            raise Refused(
                "MN202", array, f"a local function takes sizes from `{array.id}`, which is assigned again"
            )
        return 0


def integers(cls: LinenClass) -> frozenset[str]:
    """Returns the fields of a class that are declared as an int."""
    return frozenset(f.name for f in cls.fields if ast.unparse(f.statement.annotation) == "int")


def taken_axis(node: ast.expr, is_number: Callable[[ast.expr], bool]) -> tuple[ast.Name, int] | None:
    """Returns the array and its axis in `x[:, 0].shape[1]`, which is `x.shape[2]`: whole axes and places alone."""
    match node:
        case ast.Subscript(
            value=ast.Attribute(
                value=ast.Subscript(value=ast.Name() as array, slice=ast.Tuple(elts=items)), attr="shape"
            ),
            slice=ast.Constant(value=int() as wanted),
        ) if all(is_whole(i) or is_number(i) for i in items):
            kept = [place for place, item in enumerate(items) if is_whole(item)]
            behind = wanted - len(kept)
            return array, kept[wanted] if behind < 0 else len(items) + behind
    return None
