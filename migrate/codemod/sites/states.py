"""Keeps the variables of a model as values, where code hands them on: to an optimizer, a TrainState, other functions.

`model.init` becomes a split into the graphdef and states, `model.apply` a merge of the graphdef with the states that
it is given. Every other line stays what it is: a state is a pytree as Linen's dict of variables was one.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial

from ..edits import Edit, Insert, Remove, Replace
from .applies import Rewriter, Use, uses_of
from .calls import NotRead
from .construct import construction
from .functional import COLLECTIONS, Parts
from .hoisted import hoisted
from .initialised import Initialised, initialised
from .mentions import Mentions
from .records import Refused
from .references import is_bound, is_rebound
from .scopes import Scope, direct
from .text import Text
from .unpacked import Unpacked
from .values import PARAMS, TRANSIENT, Site


@dataclass
class States:
    """The edits of one scope, the nodes that they account for, the names whose meaning changes, and the inits."""

    edits: list[Edit] = field(default_factory=list)
    understood: set[ast.AST] = field(default_factory=set)
    bound: dict[str, Site] = field(default_factory=dict)
    inits: dict[ast.AST, Site] = field(default_factory=dict)


def keep_states(mentions: Mentions, text: Text, scope: Scope, by_path: Callable[[], str]) -> States:
    """Plans the uses of the models of `scope`; `by_path` says which code may depend on the paths of variables.

    Raises Refused.
    """
    models = list(initialised(mentions, scope))
    found = States(understood={m.site.call.func for m in models})
    for node in direct(scope):
        if node in mentions.found and node not in found.understood and not mentions.harmless(node):
            raise Refused(mentions.found[node], node, "it is not a model that is made and initialised once")
    keepers = [_Keeper(mentions, text, scope, model, len(models) > 1) for model in models]
    for keeper in keepers:
        site, init = keeper.model.site, keeper.model.init
        if by_path():
            raise Refused(site.constructor.name, init.call, by_path())
        found.edits += keeper.place()
        found.bound |= {site.name: site, keeper.model.target.id: site}
        found.inits[init.call] = site
    uses = [(use, keeper) for keeper in keepers for use in keeper.uses]
    for use, keeper in sorted(uses, key=lambda u: (u[0].node.lineno, u[0].node.col_offset), reverse=True):
        inner = [
            edit for edit in found.edits if isinstance(edit, Replace)
        ]  # arguments come before their call
        rewriter = Rewriter(mentions, text, keeper.model, keeper.parts)
        found.edits.append(rewriter.edit(use, inner, found.understood))
    return found


@dataclass(eq=False)
class _Keeper:
    """Plans one model of a scope, which has `several`."""

    mentions: Mentions
    text: Text
    scope: Scope
    model: Initialised
    several: bool

    @cached_property
    def uses(self) -> list[Use]:
        """Raises Refused."""
        return list(uses_of(self.mentions, self.scope, self.model))

    @cached_property
    def variables(self) -> Unpacked:
        return Unpacked(self.mentions, self.scope, self.model)

    @cached_property
    def parts(self) -> Parts:
        site, collections, named = self.model.site, self.model.collections, self.variables.names
        asked = self.variables.is_dict or any(use.is_literal for use in self.uses)
        bare = len(collections) == 1 and not named and not asked
        names = named | ({PARAMS: self.model.target.id} if bare else {})
        rest = self._free("rest") if site.constructor.streams.kept else ""
        needed = len(collections) > 1 or rest or any(use.call is None for use in self.uses)
        aliases = self.mentions.names.aliases.items()
        return Parts(
            site,
            next((name for name, dotted in aliases if dotted == "flax.nnx"), "nnx"),
            self._free("graphdef"),
            {name: names.get(name) or self._free(name) for name in collections},
            rest,
            bare,
            self._free("apply") if needed else "",
            bool(site.constructor.streams.names),
        )

    def place(self) -> list[Edit]:
        """Returns what becomes of the construction and the init, and of the names of variables. Raises Refused."""
        self._check()
        statement, target, span = self.model.statement, self.model.target, self.mentions.source.span
        constructing, moved = hoisted(self.mentions, self.text, self.scope, self.model.site, statement)
        edits = [
            *constructing,
            Replace(span(target), self.parts.targets),
            Replace(span(statement.value), self.parts.split(self._construction(moved))),
        ]
        named = bool(self.variables.names)
        if named and not self.model.init.pick:
            edits += [Remove(span(renaming)) for renaming in self.variables.renamings]
            edits += [Replace(span(n), self.variables.names[key]) for n, key in self.variables.reads]
        as_dict = [] if self.parts.bare or named else [f"{target.id} = {self.parts.as_dict}\n"]
        behind = [*as_dict, *([self.parts.adapter()] if self.parts.apply else [])]
        return [*edits, Insert(span(statement), "\n".join(behind))] if behind else edits

    def _construction(self, moved: list[Edit]) -> str:
        spell, streams = partial(self.text.of, inner=moved), self.model.site.constructor.streams
        try:
            return construction(
                self.model.site, self.model.init, self.mentions.names, spell, sorted(streams.names)
            )
        except NotRead as reason:
            raise self.model.refused(reason.node, reason.message) from reason

    def _check(self) -> None:
        site, init, refused = self.model.site, self.model.init, self.model.refused
        constructor = site.constructor
        odd = (frozenset(constructor.collections) - TRANSIENT - COLLECTIONS) | (
            {"perturbations"} & constructor.collections.keys()
        )
        inside = (self.mentions.found[n] for n in ast.walk(site.call) if n in self.mentions.found)
        if odd:
            raise refused(site.call, f"its collection `{min(odd)}` would have to be handed on too")
        if not constructor.streams.known:
            raise refused(site.call, "it is not known from which random streams its calls draw")
        if init.with_output or init.method is not None or init.pick not in ("", *self.model.collections):
            raise refused(init.call, "init gives something else than the variables, or runs another method")
        if any(self.mentions.classes[name].trains for name in inside):
            raise refused(site.call, "it trains by its mode, which NNX says by `train()` and `eval()`")
        if is_rebound(self.scope, site.name):
            raise refused(site.owner, f"`{site.name}` is bound in more than one place")
        if not self.uses:
            raise refused(init.call, "nothing here applies the model to its variables")
        self.variables.check()

    def _free(self, name: str) -> str:
        """A name that nothing in the scope could mean: of several models, each has its own."""
        prefixed = f"{self.model.site.name}_{name}"
        wanted = [prefixed] if self.several else [name, prefixed]
        names = [*wanted, *(f"{prefixed}_{place}" for place in range(1, 100))]
        return next(n for n in names if not is_bound(self.scope, n))
