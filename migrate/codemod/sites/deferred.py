"""Models that a function inside initialises: `init=lambda key: model.init(key, x)`.

The variable of the model holds what makes it, a partial with the sizes, which each init calls with its key. The
graphdef is that of an abstract model, so that nothing has to be initialised before the model can be applied.
"""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial

from ..edits import Edit, Insert, Replace
from .applies import Use, uses_of
from .calls import Init, NotRead, read_init
from .construct import arguments, confirmed, sizes_of
from .functional import NAMES_ASKED, Parts
from .given_models import partial_of
from .hoisted import hoisted
from .init_keys import Key, nnx_name, rngs
from .initialised import Initialised, block, constructed
from .mentions import Mentions
from .references import binders, free_name, is_rebound, references
from .scopes import Function, Scope, arguments_of, mentioned, stored
from .text import Text
from .values import PARAMS, TRANSIENT, Site


def deferred(
    mentions: Mentions, text: Text, scope: Scope, handled: Collection[ast.AST], asks: bool
) -> Iterator["Deferred"]:
    """Yields the models of `scope`, apart from those whose mentions are `handled`, that functions inside initialise.

    A merge `asks` for the names of their variables.
    """
    for statement in block(scope):
        site = constructed(mentions, statement)
        if site is not None and site.call.func not in handled:
            inits = list(_inits(mentions, scope, site))
            if inits:
                yield Deferred(mentions, text, scope, site, tuple(inits), asks)


def _inits(mentions: Mentions, scope: Scope, site: Site) -> Iterator[tuple[ast.expr, Init]]:
    """The calls of `model.init` in functions inside, each with the collection that it is asked for."""
    for use in references(scope, site.name):
        found: tuple[ast.expr, Init] | None = None
        node: ast.AST = use.node
        for _ in range(6):  # as many wrappers as an init may have: jit, freeze, an index
            node = mentions.parents[node]
            if isinstance(node, ast.stmt | ast.Lambda):
                break
            if isinstance(node, ast.Subscript | ast.Call):
                try:
                    init = read_init(node, mentions.names, lambda receiver, own=use.node: receiver is own)  # type: ignore[misc]
                except NotRead:
                    init = None
                found = (node, init) if init is not None else found
        if found is not None and use.deferred:
            yield found


@dataclass(eq=False)
class Deferred:
    """One such model of a scope, which has `several`."""

    mentions: Mentions
    text: Text
    scope: Scope
    site: Site
    inits: tuple[tuple[ast.expr, Init], ...]
    asks: bool
    several: bool = False

    @cached_property
    def model(self) -> Initialised:
        node, init = self.inits[0]
        return Initialised(self.site, init, node, self.site.owner, self.site.name)

    @cached_property
    def uses(self) -> list[Use]:
        """Raises Refused."""
        return list(uses_of(self.mentions, self.scope, self.model, {i.receiver for _, i in self.inits}))

    @cached_property
    def parts(self) -> Parts:
        asked = any(init.pick for _, init in self.inits) or any(use.is_literal for use in self.uses)
        free = partial(free_name, self.scope, model=self.site.name, several=self.several)
        apply = free("apply") if any(use.call is None for use in self.uses) else ""
        nnx = nnx_name(self.mentions.names)
        named = free("abstract") if self.asks else ""
        graphdef = free("graphdef")
        return Parts(self.site, nnx, graphdef, {PARAMS: PARAMS}, "", not asked, apply, abstract=named)

    def place(self) -> list[Edit]:
        """Returns what becomes of the construction and the inits. Raises Refused."""
        self._check()
        sizes, owner = self._sizes(), self.site.owner
        known = self._known_at(sizes)
        for statement in (owner, known):
            if statement is not None and not self.text.has_lines_of_its_own(statement):
                raise self.model.refused(statement, "it shares its line with another statement")
        before, moved = self._moved_behind(known) if known is not None else ([], [])
        try:
            given = [*sizes, *arguments(self.site, lambda node: self.text.of(node, moved))]
        except NotRead as reason:
            raise self.model.refused(reason.node, reason.message) from reason
        cls, nnx, name = self.text.of(self.site.call.func), self.parts.nnx, self.site.name
        made = f"{partial_of(self.mentions)}({', '.join([cls, *given])})" if given else cls
        abstract = f"{nnx}.eval_shape(lambda: {name}(rngs={nnx}.Rngs(0)))"
        graphdef, named = self.parts.graphdef, self.parts.abstract
        split = (
            f"{NAMES_ASKED}{graphdef}, {named} = {nnx}.split({abstract})\n"
            if named
            else f"{graphdef} = {nnx}.graphdef({abstract})\n"
        )
        lines = [f"{name} = {made}\n", split]
        code = "".join([*lines, *([self.parts.adapter()] if self.parts.apply else [])])
        span = self.mentions.source.span
        put = Insert(span(known or owner), code, "behind" if known else "instead")
        return [*before, put, *(Replace(span(node), self._state(init)) for node, init in self.inits)]

    def _state(self, init: Init) -> str:
        """What an init becomes."""
        key = rngs(
            Key(init.key, self.scope), self.site.constructor.streams, self.mentions.names, self.text.of
        )
        state = f"{self.parts.nnx}.state({self.site.name}(rngs={key}))"
        return state if init.pick or self.parts.bare else f'{{"params": {state}}}'

    def _sizes(self) -> list[str]:
        """The sizes that each of the inits tells. Raises Refused."""
        found = set()
        for _, init in self.inits:
            try:
                told = self._looked_up(init)
                sizes = sizes_of(self.site, told, self.mentions.names, self.text.of)
                self.mentions.ranked.update(confirmed(self.site, told, self.mentions.names))
            except NotRead as reason:
                raise self.model.refused(reason.node, reason.message) from reason
            names = mentioned(ast.parse(f"[{', '.join(sizes)}]"))
            hidden = {n for up in self._around(init.call) for n in stored(up) | arguments_of(up)}
            if names & hidden:
                what = f"`{min(names & hidden)}`, from which its size comes, is not known where it is made"
                raise self.model.refused(init.call, what)
            found.add(tuple(sizes))
        if len(found) > 1:
            raise self.model.refused(self.site.call, "its inits are given inputs of other sizes")
        return list(found.pop())

    def _looked_up(self, init: Init) -> Init:
        """The init with the samples that variables of the scope hold in the place of those."""
        return replace(init, args=[self._sample(node) for node in init.args])

    def _sample(self, node: ast.expr) -> ast.expr:
        if not isinstance(node, ast.Name) or is_rebound(self.scope, node.id):
            return node
        own = binders(self.scope, node.id)
        statements = (s for s in block(self.scope) if isinstance(s, ast.Assign))
        values = [s.value for s in statements if s.targets[0] in own]
        return values[0] if len(values) == 1 and isinstance(values[0], ast.Call) else node

    def _around(self, node: ast.AST) -> Iterator[ast.AST]:
        """The functions around `node` inside of the scope."""
        for _, up in self.mentions.above(node):
            if up is self.scope:
                return
            if isinstance(up, ast.Lambda | Function):
                yield up

    def _known_at(self, sizes: list[str]) -> ast.stmt | None:
        """The statement behind which the sizes are known, if they are not yet where the model is made."""
        statements, owner = list(block(self.scope)), self.site.owner
        last = statements.index(owner)
        for name in sorted(mentioned(ast.parse(f"[{', '.join(sizes)}]"))):
            own = [n for n in binders(self.scope, name) if not isinstance(n, ast.arg)]
            places = [i for i, s in enumerate(statements) if any(n in own for n in ast.walk(s))]
            if (places and is_rebound(self.scope, name)) or len(places) < len(own):
                raise self.model.refused(
                    owner, f"`{name}`, from which its size comes, is bound more than once"
                )
            last = max([last, *places])
        if not isinstance(statements[last], ast.Assign | ast.AnnAssign):
            raise self.model.refused(owner, "its size comes from something else than an assignment")
        return statements[last] if statements[last] is not owner else None

    def _moved_behind(self, known: ast.stmt) -> tuple[list[Edit], list[Edit]]:
        early = (use.node for use in references(self.scope, self.site.name) if not use.deferred)
        if any(node.lineno <= (known.end_lineno or 0) for node in early):
            raise self.model.refused(self.site.owner, "it is used before its size is known")
        statements = list(block(self.scope))
        following = statements[statements.index(known) + 1 :]
        return hoisted(self.mentions, self.text, self.scope, self.site, following[0] if following else known)

    def _check(self) -> None:
        constructor, refused = self.site.constructor, self.model.refused
        odd = frozenset(constructor.collections) - TRANSIENT - {PARAMS}
        if odd or constructor.streams.kept or not constructor.streams.known:
            what = f"`{min(odd)}`" if odd else "random streams"
            raise refused(
                self.site.call, f"a function inside initialises it, and it has {what} besides parameters"
            )
        if "perturbations" in constructor.collections or constructor.trains or constructor.unguarded:
            raise refused(self.site.call, "a function inside initialises it, and it has more than parameters")
        if any(init.with_output or init.method or init.pick not in ("", PARAMS) for _, init in self.inits):
            raise refused(
                self.site.call, "init gives something else than the variables, or runs another method"
            )
        if is_rebound(self.scope, self.site.name):
            raise refused(self.site.owner, f"`{self.site.name}` is bound in more than one place")
        if not self.uses:
            raise refused(self.site.call, "nothing here applies the model to its variables")
