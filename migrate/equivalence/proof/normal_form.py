"""The normal form of a jaxpr: what each of its results is made of, as values of one table.

Two programs with the same normal form perform the same floating-point operations, up to rewrites that are
exact: calls are inlined, common subexpressions are one term, what nothing needs is not there.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from jax.extend import core

from .arithmetic import ELEMENTWISE, Call, apply
from .constants import constant
from .keys import Count
from .parameters import canonical
from .terms import RESERVED, Shape, Table, Value

NOTHING = Value(-1, (), ())  # stands for a result that nobody wants
HARMLESS = frozenset({"DebugEffect", "OrderedDebugEffect", "NamedAxisEffect"})


class UnprovableError(Exception):
    """The computation cannot be brought to a normal form; the message says what stands in the way."""


class Step(NamedTuple):
    """Where a term comes from on one side: the primitive, the named scopes around it, and the traceback."""

    primitive: str
    scope: str
    source: Any


class Out(NamedTuple):
    """A result of an equation: its shape and dtype, and whether anything needs it."""

    shape: Shape
    dtype: str
    wanted: bool


class Equation(NamedTuple):
    """An equation of a jaxpr, as the rules see it."""

    primitive: str
    params: Mapping[str, Any]
    outs: tuple[Out, ...]
    source: Any


class NormalForm:
    """Brings jaxprs to their normal form in `table`; `steps` remembers where each term came from.

    `tokens` stands for the keys of random draws, see `draws`. `depth` counts the loops around. `stalled` are
    carries of which it is not known that each turn brings a new value, `counts` those that count. `drawn` has
    the token of every draw as the program comes to it, None for a key that needs none. With `unroll`, a scan is its
    turns one after the other.
    """

    def __init__(
        self, table: Table, tokens: Mapping[int, int] | None = None, *, unroll: bool = False
    ) -> None:
        self.table = table
        self.tokens = tokens or {}
        self.unroll = unroll
        self.depth = 0
        self.steps: dict[int, Step] = {}
        self.stalled: set[int] = set()
        self.counts: dict[int, Count] = {}
        self.updates: dict[int, tuple[Value, Any]] = {}
        self.drawn: list[int | None] = []
        self._scope: tuple[str, ...] = ()

    def run(self, jaxpr: Any, operands: Sequence[Value], wanted: Sequence[bool] | None = None) -> list[Value]:
        """Returns the results of a jaxpr, closed or without constants; NOTHING for those that are not wanted.

        Raises UnprovableError for what changes anything but its results.
        """
        consts, jaxpr = (jaxpr.consts, jaxpr.jaxpr) if hasattr(jaxpr, "consts") else ((), jaxpr)
        asked = [True] * len(jaxpr.outvars) if wanted is None else wanted
        env = dict(zip(jaxpr.invars, operands, strict=True))
        env |= {v: self._constant(c, v) for v, c in zip(jaxpr.constvars, consts, strict=True)}
        for eqn in needed(jaxpr, asked):
            results = self._results(eqn, [self._read(env, atom) for atom in eqn[0].invars])
            env.update(zip(eqn[0].outvars, results, strict=True))
        return [
            self._read(env, atom) if ask else NOTHING for atom, ask in zip(jaxpr.outvars, asked, strict=True)
        ]

    def inline(
        self, eqn: Equation, jaxpr: Any, operands: Sequence[Value], wanted: Sequence[bool] | None = None
    ) -> list[Value]:
        """Returns the results of a jaxpr that an equation calls."""
        outside, self._scope = self._scope, (*self._scope, str(eqn.source.name_stack))
        try:
            return self.run(jaxpr, operands, wanted)
        finally:
            self._scope = outside

    def function(self, jaxpr: Any) -> Any:
        """Returns the normal form of a jaxpr that stands alone, such as the update of a scatter, as a key."""
        inner = jaxpr.jaxpr if hasattr(jaxpr, "consts") else jaxpr
        self.depth += 1
        avals = [var.aval for var in inner.invars]
        names = [self.symbol("parameter", i, a.shape, str(a.dtype)) for i, a in enumerate(avals)]
        results = self.run(jaxpr, names)
        self.depth -= 1
        return ("function", tuple(results))

    def symbol(self, kind: str, name: Any, shape: Shape, dtype: str) -> Value:
        """Returns a name that the innermost loop or function binds."""
        return self.table.make(kind, (self.depth, name), (), tuple(shape), dtype)

    def opaque(self, eqn: Equation, operands: Iterable[Value], op: str = "") -> list[Value]:
        """Returns the results of a primitive of which no more is known than what goes in."""
        params, given = canonical(eqn.params, self.function), tuple(operands)
        name = f"{eqn.primitive}()" if eqn.primitive in RESERVED else eqn.primitive
        return [
            self.table.make(op or name, (eqn.primitive, i, params), given, out.shape, out.dtype)
            for i, out in enumerate(eqn.outs)
        ]

    def _results(self, found: tuple[Any, list[bool]], operands: list[Value]) -> list[Value]:
        from .rules import RULES  # they call back

        eqn = _equation(*found)
        if eqn.primitive in ELEMENTWISE:
            params, out = canonical(eqn.params, self.function), eqn.outs[0]
            results = [apply(Call(self.table, eqn.primitive, params, tuple(operands), out.shape, out.dtype))]
        else:
            results = RULES.get(eqn.primitive, NormalForm.opaque)(self, eqn, operands)
        for result in results:
            if result.term not in self.steps:
                scope = "/".join(filter(None, (*self._scope, str(eqn.source.name_stack))))
                self.steps[result.term] = Step(eqn.primitive, scope, eqn.source)
        return results

    def _constant(self, given: Any, var: Any) -> Value:
        return constant(self.table, given, str(var.aval.dtype))

    def _read(self, env: Mapping[Any, Value], atom: Any) -> Value:
        return self._constant(atom.val, atom) if isinstance(atom, core.Literal) else env[atom]


def needed(jaxpr: Any, wanted: Sequence[bool]) -> list[tuple[Any, list[bool]]]:
    """Returns the equations that the wanted results depend on, in order, with what is wanted of each."""
    needed = {
        atom
        for atom, want in zip(jaxpr.outvars, wanted, strict=True)
        if want and not isinstance(atom, core.Literal)
    }
    found = []
    for eqn in reversed(jaxpr.eqns):
        asked = [var in needed for var in eqn.outvars]
        if any(asked):
            found.append((eqn, asked))
            needed.update(atom for atom in eqn.invars if not isinstance(atom, core.Literal))
    return found[::-1]


def _equation(eqn: Any, wanted: Sequence[bool]) -> Equation:
    if any(type(effect).__name__ not in HARMLESS for effect in eqn.effects):
        kinds = ", ".join(sorted({type(effect).__name__ for effect in eqn.effects}))
        raise UnprovableError(f"`{eqn.primitive.name}` has an effect ({kinds})")
    outs = [
        Out(tuple(var.aval.shape), str(var.aval.dtype), want)
        for var, want in zip(eqn.outvars, wanted, strict=True)
    ]
    return Equation(eqn.primitive.name, eqn.params, tuple(outs), eqn.source_info)
