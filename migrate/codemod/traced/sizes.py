"""What the calls of one submodule were given: sizes that were seen, and shapes for what the source does not tell."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..flow.found import Child, Found, Sizes
from ..flow.layers import sizes_of
from ..flow.terms import Kind, Term, const
from ..flow.values import SOMEWHERE, Array, Items, Root, Use, Value
from ..model import LinenClass, Method, MethodKind
from .explain import Owner, explain
from .records import Dims, Facts, Place, TracedCall, TracedModule, dims_of
from .values import READ, told_by_runs


@dataclass(frozen=True, eq=False)
class Traced:
    """The facts, seen from one class: `fields` and methods are those of the class and of its bases."""

    facts: Facts
    cls: LinenClass
    fields: frozenset[str]
    methods: Mapping[str, tuple[str, ...]]

    @property
    def owner(self) -> Owner:
        return Owner(self.fields, frozenset((m, p) for m, names in self.methods.items() for p in names))

    def place(self, call: ast.Call) -> Place | None:
        """Returns the place of a call in one of the methods of the class."""
        if call.end_lineno is None or call.end_col_offset is None:
            return None
        return self.facts.recorded((self.cls.source.path, call.end_lineno, call.end_col_offset))

    def calls(self, found: Found) -> Sequence[TracedCall]:
        """Returns the traced calls of a submodule."""
        made = self.place(found.construction.call)
        calls = self.facts.made_at(made) if made is not None else ()
        return [c for c in calls if c.owner is not None]

    def ranks(self, made: Iterable[Found]) -> dict[Root, int]:
        """Returns how many axes the arguments of the class had, where that was the same in all of the runs."""
        owners = dict.fromkeys(call.owner for found in made for call in self.calls(found))
        seen: dict[Root, set[int]] = {}
        for shapes in (owner.shapes for owner in owners if owner is not None):
            for root, dims in shapes.items():
                seen.setdefault(root, set()).add(-1 if dims is None else len(dims))
        return {root: rank for root, (rank, *others) in seen.items() if rank >= 0 and not others}

    def filled(self, found: Found, use: Use) -> Use:
        """Returns the call with shapes for those of its arguments that the source does not tell."""
        at = self.place(use.call)
        calls = [c for c in self.calls(found) if c.at == at and c.method == use.method]
        if not calls:
            return use
        args = tuple(self._filled(v, calls, found, k) for k, v in enumerate(use.args))
        keywords = {name: self._filled(v, calls, found, name) for name, v in use.keywords.items()}
        return replace(use, args=args, keywords=keywords)

    def _filled(self, value: Value, calls: Sequence[TracedCall], found: Found, which: int | str) -> Value:
        shapes = [_given(call, which) for call in calls]
        known = [dims for dims in shapes if dims is not None]
        if len(known) < len(shapes) or not (value is None or isinstance(value, Array)):
            return value
        array = value if isinstance(value, Array) else Array(SOMEWHERE)
        depth = min(len(dims) for dims in known)
        depth = depth if array.axes is None else min(depth, array.axes)
        axes = [array.at(-k) or self._axis(known, calls, found, -k) for k in range(depth, 0, -1)]
        while axes and axes[0] is None:
            del axes[0]
        if not axes or all(array.at(k - len(axes)) == axis for k, axis in enumerate(axes)):
            return _of_rank(value, known)
        bare = array.spelled(len(axes)).dropped(len(axes))
        return _of_rank(bare.ending(*axes), known) if bare is not None else value

    def _axis(
        self, shapes: Sequence[Dims], calls: Sequence[TracedCall], found: Found, index: int
    ) -> Term | None:
        return self.explained([dims[index] for dims in shapes], calls, found)

    def witness(self, method: Method, node: ast.expr, found: Value, known: Mapping[ast.AST, Value]) -> Value:
        """Returns what an expression of a method gives where the source does not tell, and runs have shown it."""
        untold = found is None or (isinstance(found, Array) and found.at(-1) is None)
        mine = self.cls.methods.get(method.node.name) is method and node in method.parents
        if not untold or not mine or not isinstance(node, READ):
            return found
        span, again = self.facts.span_of(self.cls.source.path, node), in_rounds(method, node)
        return told_by_runs(node, span, self.facts, self.owner, known, again=again) or found

    def explained(
        self, seen: Sequence[Any], calls: Sequence[TracedCall], found: Found, *, alone: bool = False
    ) -> Term | None:
        """Returns the expression for numbers that were seen when the submodule was called.

        Of a loop or a list that had one round in each of the runs, nothing is known about another round. One for the
        submodule `alone` may be what the call that makes it hands on, which means nothing at another place.
        """
        if not all(type(number) is int for number in seen) or not has_rounds(found, calls):
            return None
        key = (found.construction.call, tuple(seen), tuple(calls), alone)
        if key not in self.facts.answers:
            given = found.values.values() if not alone else handed_on(found)
            self.facts.answers[key] = explain(tuple(seen), calls, self.owner, found.env, given)
        answer: Term | None = self.facts.answers[key]
        return answer


def handed_on(found: Found) -> Iterator[Value]:
    """Yields the arguments that make a submodule; a local of setup that changes stands for itself in that call."""
    setup = found.construction.method.kind is MethodKind.SETUP
    for name, value in found.values.items():
        node = found.construction.given.get(name)
        changes = not isinstance(value, Term) or value.kind is Kind.PHI
        passed = setup and changes and isinstance(node, ast.Name)
        yield Term(Kind.PASSED, node.id) if passed and isinstance(node, ast.Name) else value


def in_rounds(method: Method, node: ast.expr) -> bool:
    """Tells whether an expression stands in a loop or a comprehension."""
    rounds = ast.For | ast.While | ast.ListComp | ast.GeneratorExp | ast.DictComp | ast.SetComp
    return any(isinstance(above, rounds) for above in method.above(node))


def has_rounds(found: Found, calls: Iterable[TracedCall]) -> bool:
    """Tells whether some run has gone round twice, if the submodule is made by a loop or a list."""
    if not in_rounds(found.construction.method, found.construction.call):
        return True
    made: dict[TracedCall, set[TracedModule]] = {}
    for call in calls:
        if call.owner is not None:
            made.setdefault(call.owner, set()).add(call.module)
    return any(len(modules) > 1 for modules in made.values())


def _of_rank(value: Value, seen: Sequence[Dims]) -> Value:
    """Returns the array with as many axes as it had in all of the calls; an argument has those of its method."""
    counts = {len(dims) for dims in seen}
    if (
        not isinstance(value, Array)
        or value.axes is not None
        or value.argument is not None
        or len(counts) != 1
    ):
        return value
    (count,) = counts
    return replace(value, rank=count) if count >= value.least else value


def _given(call: TracedCall, which: int | str) -> Dims | None:
    """The shape of one argument, by its place or its name."""
    if isinstance(which, str):
        return dims_of(call.keywords.get(which))
    return dims_of(call.args[which]) if which < len(call.args) else None


def seen_sizes(call: TracedCall, found: Found, child: Child) -> Sizes:
    """Returns the sizes that the submodule takes from this call: the rules of the catalog, on what was seen."""
    use = _concrete(call, found)
    if found.construction.layer is not None:
        return sizes_of(found.construction.layer.linen, found.values, use) or ()
    return child(found.construction, found.values, use, _has)[0]


def _concrete(call: TracedCall, found: Found) -> Use:
    keywords = {name: _array(value) for name, value in call.keywords.items()}
    return Use(found.construction.call, call.method, tuple(map(_array, call.args)), keywords)


def _array(value: Any) -> Value:
    dims = dims_of(value)
    if dims is not None:
        return Array(None, 0, tuple(map(const, dims)), len(dims))
    return Items(tuple(map(_array, value))) if isinstance(value, list) else None


def _has(array: Array, count: int, *, exactly: bool = False) -> bool:
    return array.least == count if exactly else array.least >= count


def number_of(size: Term | None) -> Any:
    """Returns a size that was seen as a number, or a tuple of them."""
    if size is None:
        return None
    if size.kind is Kind.TUPLE:
        numbers = tuple(number_of(part) for part in size.parts)
        return None if None in numbers else numbers
    return size.value if size.kind is Kind.CONST else None
