"""What was recorded of the user's models (`migrate_norm.tracing`): modules, and the calls of them, by place."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Place = tuple[str, int, int]
"""A path as it is shown, and where in the file a call ends."""

Span = tuple[str, int, int, int, int]
"""A path as it is shown, and where in the file an expression begins and ends."""

Dims = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class TracedModule:
    """One instance: its class, the call that made it, its fields, and the whole numbers around that call.

    `default` are the fields that have the value of the class.
    """

    kind: str
    made: Place | None
    fields: Mapping[str, Any]
    locals: Mapping[str, Any]
    default: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """What its class is called, without the module."""
        return self.kind.rpartition(".")[2]


@dataclass(frozen=True, eq=False)
class TracedCall:
    """One call: `args` and `keywords` as recorded, `names` what the method calls the former."""

    module: TracedModule
    method: str
    at: Place | None
    above: "TracedCall | None"
    args: tuple[Any, ...]
    keywords: Mapping[str, Any]
    names: tuple[str, ...]

    @property
    def owner(self) -> "TracedCall | None":
        """The call of the user's module that this one stands in: Linen's containers are passed over."""
        above = self.above
        while above is not None and above.module.kind.startswith("flax."):
            above = above.above
        return above

    @cached_property
    def shapes(self) -> dict[tuple[str, str], Dims]:
        """Shapes of the arguments of this call, and of those of the same module that it stands in.

        Without those of a method that a subclass calls again with something else.
        """
        found: dict[tuple[str, str], Dims] = {}
        several: set[tuple[str, str]] = set()
        for call in self._same_module:
            given = {**dict(zip(call.names, call.args, strict=False)), **call.keywords}
            for name, value in given.items():
                key, dims = (call.method, name), dims_of(value)
                if found.get(key, dims) != dims:
                    several.add(key)
                if dims is not None:
                    found[key] = dims
        return {key: dims for key, dims in found.items() if key not in several}

    @property
    def _same_module(self) -> Iterator["TracedCall"]:
        """This call and those around it, as far as they are of the same module, innermost first."""
        call: TracedCall | None = self
        while call is not None and call.module is self.module:
            yield call
            call = call.above

    @property
    def outermost(self) -> str:
        """The method of the same module that was called from outside of it."""
        return [*self._same_module][-1].method


def dims_of(value: Any) -> Dims | None:
    """Returns the shape of what was recorded as an array."""
    shape = value.get("shape") if isinstance(value, Mapping) else None
    return tuple(shape) if shape is not None and all(type(size) is int for size in shape) else None


@dataclass(frozen=True, eq=False)
class TracedValue:
    """What an expression gave within the call `above`: the shape of an array, and of the arrays that it is made of."""

    above: TracedCall
    dims: Dims | None
    parts: Mapping[Span, Dims | None]


@dataclass(frozen=True, eq=False)
class Facts:
    """All calls of all runs, and what expressions gave. `answers` remembers what has been concluded from them.

    `shifts` has for lines that are read as other code than what ran where, and by how much, the rest of one moves.
    `lines` has the line that ran for each line that is read of a file, 0 for one of statements that did not run.
    """

    calls: tuple[TracedCall, ...] = ()
    values: Mapping[Span, Sequence[TracedValue]] = field(default_factory=dict, repr=False)
    answers: dict[Any, Any] = field(default_factory=dict, repr=False)
    shifts: Mapping[tuple[str, int], Sequence[tuple[int, int]]] = field(default_factory=dict)
    lines: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def line(self, path: str, line: int) -> int:
        """Returns the line of the file that ran of one of the file that is read."""
        return self.lines[path][line - 1] if path in self.lines else line

    def recorded(self, place: Place) -> Place:
        """Returns the place in the file that ran of one in the file that is read."""
        path, line, column = place[0], self.line(*place[:2]), place[2]
        moved = 0
        for end, by in self.shifts.get((path, line), ()):
            moved += by if column >= end + moved + by else 0
        return path, line, column - moved

    def span_of(self, path: str, node: ast.expr) -> Span:
        """Returns where an expression of the file that is read stands in the one that ran."""
        lines = self.line(path, node.lineno), self.line(path, node.end_lineno or node.lineno)
        return path, lines[0], node.col_offset, lines[1], node.end_col_offset or 0

    def values_at(self, span: Span) -> Sequence[TracedValue]:
        """Returns what an expression gave; nothing on a line that is read as other code."""
        path, *_, line, _ = span
        return () if (path, line) in self.shifts else self.values.get(span, ())

    @cached_property
    def _by_maker(self) -> dict[Place, list[TracedCall]]:
        found: dict[Place, list[TracedCall]] = {}
        for call in self.calls:
            if call.module.made is not None:
                found.setdefault(call.module.made, []).append(call)
        return found

    @cached_property
    def by_module(self) -> dict[TracedModule, list[TracedCall]]:
        """The calls of each instance."""
        found: dict[TracedModule, list[TracedCall]] = {}
        for call in self.calls:
            found.setdefault(call.module, []).append(call)
        return found

    def made_at(self, made: Place) -> Sequence[TracedCall]:
        """Returns the calls of the modules that are made at one place."""
        return self._by_maker.get(made, ())


def read_facts(runs: Iterable[Mapping[str, Any]], shown: Mapping[str, str]) -> Facts:
    """Returns the facts of several runs; `shown` has the path that is shown for each real one."""
    read = [(run, _calls(run, shown)) for run in runs]
    values: dict[Span, list[TracedValue]] = {}
    for run, calls in read:
        for span, value in _values(run, calls, shown):
            values.setdefault(span, []).append(value)
    return Facts(tuple(call for _, calls in read for call in _inner(calls)), values)


def _values(
    run: Mapping[str, Any], calls: Sequence[TracedCall], shown: Mapping[str, str]
) -> Iterator[tuple[Span, TracedValue]]:
    for value in run.get("values", ()):
        if (path := shown.get(value["file"])) is not None:
            parts = {(path, *span): None if dims is None else tuple(dims) for span, dims in value["parts"]}
            dims = None if value["dims"] is None else tuple(value["dims"])
            yield (path, *value["span"]), TracedValue(calls[value["above"]], dims, parts)


def _calls(run: Mapping[str, Any], shown: Mapping[str, str]) -> list[TracedCall]:
    modules = [
        TracedModule(m["class"], _place(m["made"], shown), m["fields"], m["locals"], frozenset(m["default"]))
        for m in run["modules"]
    ]
    calls: list[TracedCall] = []
    for c in run["calls"]:
        above = None if c["above"] is None else calls[c["above"]]
        given = (tuple(c["args"]), c["kwargs"], tuple(c["names"]))
        calls.append(TracedCall(modules[c["module"]], c["method"], _place(c["at"], shown), above, *given))
    return calls


def _place(place: Any, shown: Mapping[str, str]) -> Place | None:
    return None if place is None or place[0] not in shown else (shown[place[0]], place[1], place[2])


def _inner(calls: Sequence[TracedCall]) -> Iterator[TracedCall]:
    """Leaves out a call around the same one: outside of a scan or a vmap the shapes are those of all rounds."""
    outer = {
        c.above
        for c in calls
        if c.above is not None and (c.module, c.method, c.at) == (c.above.module, c.above.method, c.above.at)
    }
    yield from (c for c in calls if c not in outer)
