"""Keeps the variables of a model as values, where code hands them on: to an optimizer, a TrainState, other functions.

`model.init` becomes a split into the graphdef and states, `model.apply` a merge of the graphdef with the states that
it is given. Every other line stays what it is: a state is a pytree as Linen's dict of variables was one.
"""

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from types import MappingProxyType

from ..edits import Edit, Insert, Remove, Replace
from ..supplied import Supply
from .applies import Rewriter, Use, uses_of
from .calls import NotRead
from .construct import confirmed, construction
from .deferred import Deferred, deferred
from .functional import COLLECTIONS, Parts
from .hoisted import between, hoisted
from .init_keys import Key, nnx_name
from .initialised import Initialised, initialised
from .mentions import Mentions
from .records import Refused
from .references import free_name, is_rebound, references
from .scopes import Scope, direct
from .text import Text
from .unpacked import Unpacked
from .values import PARAMS, TRANSIENT, Site


@dataclass
class States:
    """The edits of one scope, the nodes that they account for, the names whose meaning changes, and the inits.

    `bridged` are the models that stay Linen modules, around the NNX class.
    """

    edits: list[Edit] = field(default_factory=list)
    understood: set[ast.AST] = field(default_factory=set)
    bound: dict[str, Site] = field(default_factory=dict)
    inits: dict[ast.AST, Site] = field(default_factory=dict)
    bridged: list[Site] = field(default_factory=list)


def keep_states(
    mentions: Mentions,
    text: Text,
    scope: Scope,
    supply: Supply,
    given: Mapping[str, Site] = MappingProxyType({}),
) -> States:
    """Plans the uses of the models of `scope`; `supply` says which code may have variables as Linen has them.

    Models that are `given` are arguments, by their names. Raises Refused.
    """
    models = list(initialised(mentions, scope, given))
    for name in sorted(given.keys() - {model.site.name for model in models}):
        message = f"`{name}` is not initialised once by `{getattr(scope, 'name', '')}`, which is given it"
        raise Refused(given[name].constructor.name, given[name].owner, message)
    own = {model.site.call.func for model in models}
    asks = bool(supply.loads)
    inside = list(deferred(mentions, text, scope, own, asks))
    several = len(models) + len(inside) > 1
    keepers: list[_Keeper | Deferred] = [*(_Keeper(mentions, text, scope, m, asks) for m in models), *inside]
    found = States(understood={keeper.model.site.call.func for keeper in keepers})
    for node in direct(scope):
        if node in mentions.found and node not in found.understood and not mentions.harmless(node):
            raise Refused(mentions.found[node], node, "it is not a model that is made and initialised once")
    for keeper in keepers:
        keeper.several = several
        site, init = keeper.model.site, keeper.model.init
        if reason := supply.by_name or supply.serialized:
            raise Refused(site.constructor.name, init.call, reason)
        found.edits += keeper.place()
        found.bound |= {site.name: site, keeper.model.name: site}
        found.inits[init.call] = site
    uses = [(use, keeper) for keeper in keepers for use in keeper.uses]
    for use, keeper in sorted(uses, key=lambda u: (u[0].node.lineno, u[0].node.col_offset), reverse=True):
        inner = [e for e in found.edits if isinstance(e, Replace)]  # arguments come before their call
        rewriter = Rewriter(mentions, text, keeper.model, keeper.parts)
        found.edits.append(rewriter.edit(use, inner, found.understood))
    return found


@dataclass(eq=False)
class _Keeper:
    """Plans one model of a scope, which has `several`; a merge `asks` for the names of its variables."""

    mentions: Mentions
    text: Text
    scope: Scope
    model: Initialised
    asks: bool
    several: bool = False

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
        names = named | ({PARAMS: self.model.name} if bare else {})
        free = partial(free_name, self.scope, model=site.name, several=self.several)
        rest = free("rest") if site.constructor.streams.kept else ""
        needed = len(collections) > 1 or rest or any(use.call is None for use in self.uses)
        return Parts(
            site,
            nnx_name(self.mentions.names),
            free("graphdef"),
            {name: names.get(name) or free(name) for name in collections},
            rest,
            bare,
            free("apply") if needed else "",
            bool(site.constructor.streams.names),
            free("abstract")
            if self.asks and not all(self._gives_own(u, names.values()) for u in self.uses)
            else "",
        )

    def _gives_own(self, use: Use, states: Collection[str]) -> bool:
        """Tells whether a model is applied to states that its own init gave; a dict of them may be given others."""
        if use.call is None or not use.call.args:
            return False
        variables = use.call.args[0]
        given = variables.values if isinstance(variables, ast.Dict) else [variables]
        return all(isinstance(n, ast.Name) and n.id in states and self._is_own(n) for n in given)

    def _is_own(self, name: ast.Name) -> bool:
        reads = (read.node for read in references(self.scope, name.id))
        return not is_rebound(self.scope, name.id) and any(node is name for node in reads)

    def place(self) -> list[Edit]:
        """Returns what becomes of the construction and the init, and of the names of variables. Raises Refused."""
        self._check()
        for statement in (self.model.site.owner, self.model.statement):
            if not self.text.has_lines_of_its_own(statement) and not (
                self.model.given and statement is self.scope
            ):
                raise self.model.refused(statement, "it shares its line with another statement")
        named = [] if self.model.target is None else self._named()
        adapter = [self.parts.adapter()] if self.parts.apply else []
        return self._split([*named, *adapter]) + self._renamed()

    def _split(self, behind: list[str]) -> list[Edit]:
        """The split stands where the module was made, if its init comes next; else where the init is."""
        model, span = self.model, self.mentions.source.span
        construction, above = model.site.owner, self.text.has_comment_above
        follows = not model.given and not between(self.scope, construction, model.statement)
        used = Replace(span(model.node), self._as_value())
        if follows and not (above(model.statement) and not above(construction)):
            done: Edit = used if model.target is None else Remove(span(model.statement))
            return [Insert(span(construction), self._bound([], behind), "instead"), done]
        before, moved = ([], []) if model.given else self._hoisted()
        put = self._bound(moved, behind)
        if model.target is None:
            return [*before, Insert(span(model.statement), put, "ahead"), used]
        return [*before, Insert(span(model.statement), put, "instead")]

    def _hoisted(self) -> tuple[list[Edit], list[Edit]]:
        return hoisted(self.mentions, self.text, self.scope, self.model.site, self.model.statement)

    def _bound(self, moved: list[Edit], behind: list[str]) -> str:
        """The assignment of the split, and what stands behind it."""
        split = f"{self.parts.targets} = {self.parts.split(self._construction(moved))}\n"
        return "".join([split, self.parts.shapes(), *behind])

    def _named(self) -> list[str]:
        """The statement that puts the variables together, where they are needed as one value."""
        renamed = self.parts.bare or self.variables.names
        return [] if renamed else [f"{self.model.name} = {self.parts.as_dict}\n"]

    def _renamed(self) -> list[Edit]:
        """What asks for one collection has it by its name."""
        if not self.variables.names or self.model.init.pick:
            return []
        span = self.mentions.source.span
        removed = [Remove(span(renaming)) for renaming in self.variables.renamings]
        return [*removed, *(Replace(span(n), self.variables.names[key]) for n, key in self.variables.reads)]

    def _as_value(self) -> str:
        """What stands for all that init returns."""
        if self.model.init.pick:
            return self.variables.names[self.model.init.pick]
        return self.model.name if self.parts.bare else self.parts.as_dict

    def _construction(self, moved: list[Edit]) -> str:
        site, init, names = self.model.site, self.model.init, self.mentions.names

        def spelled(node: ast.AST) -> str:
            given = self.model.given and node is site.call.func  # which stands nowhere
            return site.name if given else self.text.of(node, moved)

        try:
            key = Key(init.key, self.scope, sorted(site.constructor.streams.names))
            made = construction(site, init, names, spelled, key)
            self.mentions.ranked.update(confirmed(site, init, names))
        except NotRead as reason:
            raise self.model.refused(reason.node, reason.message) from reason
        return made

    def _check(self) -> None:
        site, init, refused = self.model.site, self.model.init, self.model.refused
        constructor = site.constructor
        odd = (frozenset(constructor.collections) - TRANSIENT - COLLECTIONS) | (
            {"perturbations"} & constructor.collections.keys()
        )
        inside = (self.mentions.found[n] for n in ast.walk(site.call) if n in self.mentions.found)
        if self.model.given and any(not a.template or a.along for a in constructor.arguments):
            raise refused(init.call, "its sizes depend on its fields, which the function is not given")
        if constructor.trains or any(self.mentions.classes[name].trains for name in inside):
            raise refused(site.owner, "it trains by its mode, which NNX says by `train()` and `eval()`")
        if odd:
            raise refused(site.owner, f"its collection `{min(odd)}` would have to be handed on too")
        if not constructor.streams.known:
            raise refused(site.owner, "it is not known from which random streams its calls draw")
        if init.with_output or init.method is not None or init.pick not in ("", *self.model.collections):
            raise refused(init.call, "init gives something else than the variables, or runs another method")
        if is_rebound(self.scope, site.name):
            raise refused(site.owner, f"`{site.name}` is bound in more than one place")
        if not self.uses:
            raise refused(init.call, "nothing here applies the model to its variables")
        self.variables.check()
        for use in self.uses:
            if use.call is not None and use.call.args:
                self.variables.check_given(use.call.args[0])
