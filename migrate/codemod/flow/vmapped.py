"""Functions that `jax.vmap` runs on the parts of arrays: by the decorator above them, or where they are called."""

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from ..iterations import Axis
from ..mapped_calls import Mapped, mapped_over
from ..names import Names
from .arrays import agreed
from .found import Found, Sizes
from .functions.arguments import Arguments
from .ranks import any_of, longer, ranks_of
from .rounds import taken, together
from .terms import Term
from .values import Array, Items, Use, Value


def decorated(node: ast.FunctionDef | ast.Lambda, names: Names) -> tuple[ast.expr, Mapped] | None:
    """Returns the decorator that maps a function, `@jax.vmap` or `@partial(jax.vmap, in_axes=1)`, and what it says."""
    for decorator in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
        match decorator:
            case ast.Call(func=partial, args=[vmap, *given], keywords=named) if (
                names.resolve(partial) == "functools.partial"
            ):
                found = mapped_over(given, named) if names.resolve(vmap) == "jax.vmap" and not given else None
            case _:
                found = mapped_over((), ()) if names.resolve(decorator) == "jax.vmap" else None
        if found is not None:
            return decorator, found
    return None


def of_parts(given: Arguments, over: Mapped, run: Callable[[Arguments], Value]) -> Value:
    """Returns what all parts of the arguments give together; those that have a name are taken apart along the first.

    Of an array of unknown rank that axis may be the last. As long as nothing is asked of the last axis of a part, it
    does not matter; else one argument that tells the results is taken to have another one behind, and the sizes of
    the submodules that are called.
    """
    axes = over.axes(len(given.values))
    if axes is None or not given.plain:
        return None
    every = _Parts(given, (*axes, *(0 for _ in given.keywords)))
    calls = _Calls(given.evaluator.made.values())
    found = run(every.of(None))
    first = calls.now()
    for place in every.unsure if not _is_known(found) or calls.lost else ():
        calls.put(calls.before)
        told = run(every.of(place))
        if _is_known(told) and not calls.lost and every.assume(place):
            return together(told, over.out, every.rounds)
    calls.put(first)
    return together(found, over.out, every.rounds)


_Seen = dict[Found, tuple[tuple[Use, ...], Sizes | None, dict[str, tuple[Term, ...]]]]


class _Calls:
    """What the calls in a function tell of submodules: it may be run again, as if for the first time."""

    def __init__(self, made: Iterable[Found]):
        self.made = [*made]
        self.before = self.now()

    def now(self) -> _Seen:
        return {found: (tuple(found.uses), found.sizes, dict(found.told)) for found in self.made}

    def put(self, seen: _Seen) -> None:
        for found, (uses, sizes, told) in seen.items():
            found.uses, found.sizes, found.told = [*uses], sizes, dict(told)

    @property
    def lost(self) -> bool:
        """Tells whether a size of a submodule that the function calls is not known."""
        called = (f for f in self.made if len(f.uses) > len(self.before[f][0]))
        return any(size is None or not size.spelled for f in called for _, size in f.sizes or ())


class _Parts:
    """The arguments of a function that is mapped, and what one call of it gets of each."""

    def __init__(self, given: Arguments, axes: Sequence[Axis]):
        self.given, self.axes = given, axes
        self.values = (*given.values, *given.keywords.values())
        self.unsure = [k for k, value in enumerate(self.values) if self._is_unsure(value, axes[k])]

    def _is_unsure(self, value: Value, axis: Axis) -> bool:
        """Tells whether the axis that goes may be the last one of an array."""
        unknown = isinstance(value, Array) and value.axes is None and axis is not None and axis >= 0
        return unknown and value.least < axis + 2  # type: ignore[union-attr, operator]

    @property
    def rounds(self) -> Term | None:
        """How many parts there are, by any of the arguments."""
        pairs = zip(self.values, self.axes, strict=True)
        return agreed([v.at(axis) for v, axis in pairs if isinstance(v, Array) and axis is not None])

    def of(self, told: int | None) -> Arguments:
        """Returns the arguments of one call, of which that one is taken to have an axis behind."""
        parts = [self._part(k, value, k == told) for k, value in enumerate(self.values)]
        count = len(self.given.values)
        named = dict(zip(self.given.keywords, parts[count:], strict=True))
        return replace(self.given, values=tuple(parts[:count]), keywords=named)

    def _part(self, place: int, value: Value, told: bool) -> Value:
        axis = self.axes[place]
        if isinstance(value, Array) and place in self.unsure and not told:
            ranks = ranks_of(value)
            return any_of(longer(ranks, -1)) if ranks else None
        if (
            axis is not None
            and isinstance(value, Items)
            and any(a and a.axes is None for a in _arrays(value))
        ):
            return None
        return taken(value, axis, self.given.evaluator.assume)

    def assume(self, place: int) -> bool:
        value, axis = self.values[place], self.axes[place]
        assert isinstance(value, Array)
        assert axis is not None
        return self.given.evaluator.assume(value, axis + 2)


def _is_known(value: Value) -> bool:
    """Tells whether the last axis of each array is known."""
    found = [*_arrays(value)]
    return bool(found) and all(array is not None and array.at(-1) is not None for array in found)


def _arrays(value: Value) -> Iterator[Array | None]:
    if isinstance(value, Items):
        for item in value.items:
            yield from _arrays(item)
    else:
        yield value if isinstance(value, Array) else None
