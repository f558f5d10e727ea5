"""Plans the submodules of a class: which are placed in the constructor, how they are called, with which sizes."""

import ast
from collections.abc import Iterator, Mapping
from functools import partial

from ..branches import never_reached
from ..constructions import Construction, constructions
from ..flow.found import Flow, Found
from ..flow.layers import SUPPORTED
from ..flow.lost import lost_at, unsure_axis
from ..flow.run import run
from ..flow.terms import Passed, Term
from ..flow.values import Array, Either, Items, Ranks, Use, Value
from ..model import MethodKind, Missing, Refused
from ..project import Project
from .activations import activations
from .alternatives import check_alternatives
from .asked import asked_size, is_hooked
from .automatic import is_automatic
from .called_each import Loop, check_called_each, check_hidden, loops_around
from .called_elsewhere import check_called_elsewhere, is_called_there
from .called_inside import Inside, called_inside
from .called_up import called_up
from .children import Children
from .classes_given import classes_given
from .closures import check_closures
from .definitions import lookup_in
from .done_without import check_left_out
from .einsums import check_einsum
from .elements import check_counted, check_elements
from .failing import check_unknown
from .given_modules import check_given
from .given_self import as_fields
from .handings import handings
from .held_names import check_held_scopes, held_in_scope, in_one_scope
from .iteration_rules import plan_iteration
from .kept_fields import in_time
from .layer_rules import check_layer, has_modes, moved_arguments
from .lift_rules import check_lifts
from .local_modules import check_locals
from .looked_into import check_given_looks, check_looks, handed_out, looks
from .mapped_modules import check_mapped, check_mapped_field
from .module_names import name_submodules
from .named import Named
from .one_of import check_choices, check_sizes
from .optional_arguments import behind_optional, check_optional, decides_output, left_out, where_made
from .partials import Handed, plan_partials
from .places import calls_behind, check_place, not_followed
from .ranks_told import ranks_told
from .reached import reaches
from .records import ClassPlan, Submodule
from .retold import read_retold
from .rnn import check_cell
from .scanned_methods import ranks_in_rounds
from .sequences import (
    CHILDREN,
    check_children,
    check_held,
    check_sequence,
    check_wrapper,
    is_sequence,
    is_wrapper,
    place_of,
)
from .setup_lists import place_setup_sizes
from .shared import is_used
from .traced_sizes import TracedSizes
from .uncalled import is_uncalled
from .unnamed import unnamed
from .uses import guard_of
from .values_asked import asks_values, check_values


def plan_submodules(
    plan: ClassPlan, project: Project, plans: Mapping[str, ClassPlan], linen_names: bool, size_args: bool
) -> None:
    """Adds the submodules to `plan`. Raises Refused where one cannot be followed.

    With `size_args` a size that the source does not tell is an argument instead.
    """
    made = constructions(plan.cls, project)
    plan_partials(plan, project, made)
    planner = _Planner(plan, project, plans, made, size_args)
    if made:
        planner.run(linen_names)
    else:
        planner.follow()  # what it gives is the input of others


def _is_vague(returned: Value) -> bool:
    """Tells whether an array has one number of axes or another, as a test for those of an argument says."""
    if isinstance(returned, Items):
        return any(map(_is_vague, returned.items))
    numbers = returned.root.ranks if isinstance(returned, Array) and isinstance(returned.root, Either) else ()
    return bool(numbers) and all(rank.root is None for rank in numbers)


_LONG = 60  # characters of an expression in a message


class _Planner:
    def __init__(
        self,
        plan: ClassPlan,
        project: Project,
        plans: Mapping[str, ClassPlan],
        made: list[Construction],
        size_args: bool,
    ):
        self.plan, self.cls, self.made, self.size_args = plan, plan.cls, made, size_args
        self.children = Children(project, plans)
        self.handed = Handed(plan, project)
        self.fixed: set[str] = set()
        self.traced: TracedSizes | None = None
        self.shared = handings(plan.cls, made, project)

    def run(self, linen_names: bool) -> None:
        for construction in self.made:
            self._check(construction)
        self.follow()
        idle = unnamed(self.cls, self.children.project, self.made)
        scopes = dict(held_in_scope(self.made, self.children.project))
        self.fixed = {kind for kinds in idle.values() for kind in kinds}
        self.fixed |= {
            c.counted for pair in scopes.items() for c in pair
        }  # the one has the name of the other
        names = name_submodules(self.plan, self.made, linen_names, idle, self.shared)
        names = in_one_scope(names, scopes)
        self.plan.handed |= {h.node for h in self.shared}
        self.plan.shared = {h.made for h in self.shared if not h.bare}
        for construction in self.made:
            self.plan.submodules.append(self._submodule(construction, names[construction]))
        check_held_scopes(self.plan)
        _check_order(self.plan.submodules)
        check_alternatives(self.plan)
        check_choices(self.plan)
        check_locals(self.plan)
        check_looks(self.plan)
        check_elements(self.plan)
        check_counted(self.plan)
        place_setup_sizes(self.plan)

    def follow(self) -> None:
        """Runs the class on shapes."""
        given = self.children.project.factories.instances  # a module may give another shape
        functions = activations(self.cls, self.plan.fields, self.children.project)
        fields = {name: is_one and (self.cls.name, name) not in given for name, is_one in functions.items()}
        fields |= dict.fromkeys(self.plan.unset, False)
        lookup = lookup_in(self.children.project)
        line = self.children.line_of(self.plan)
        said = partial(run, self.cls, self.made, fields, self.children.used, lookup=lookup, line=line)
        follow = partial(said, witness=as_fields(self.plan))
        self.plan.flow = follow()
        self.plan.ranks = ranks_told(self.plan, self.children)
        taken = self.plan.flow.exact
        needed = self.plan.flow.untold or any(taken.get(r, n) != n for r, n in self.plan.ranks.items())
        vague = any(map(_is_vague, self.plan.flow.returns.values()))
        told = {**(taken if vague else {}), **(self.plan.ranks if needed or vague else {})}
        known = ranks_in_rounds(self.plan) | told
        if known:
            self.plan.flow = follow(ranks=known)
        alone = self.cls.name in self.children.project.uncounted or self.children.project.traced is not None
        for guessed in _guesses(self.plan.flow) if self.plan.flow.untold and not alone else ():
            again = follow(ranks={root: count for group in guessed for root, count in group.items()} | known)
            if not again.untold:
                self.plan.flow, self.plan.guessed = again, guessed
                break
        facts = self.children.project.traced
        if facts is not None:
            self.traced = TracedSizes(self.plan, self.children.project, self.children, self.plan.flow)
            traced, static = self.traced.traced, self.plan.flow
            ranks = traced.ranks(static.found.values()) if static.untold else {}
            witness = as_fields(self.plan, traced.witness)
            self.plan.flow = said(fill=self.traced.filled, ranks={**known, **ranks}, witness=witness)
        self.plan.called_up = called_up(self.plan)
        self.plan.retold = read_retold(self.plan, size_args=self.size_args)

    def _check(self, construction: Construction) -> None:
        call, kind = construction.call, construction.kind
        layer = construction.layer
        if layer is not None and layer.linen not in SUPPORTED:
            reason = layer.refused or "this release does not place that layer in a constructor"
            raise Refused("MN109", call, f"it builds nn.{kind}: {reason}")
        if construction.odd:
            raise Refused("MN101", call, f"it builds `{kind}`, and {construction.odd}")
        if construction.method.kind not in (MethodKind.COMPACT, MethodKind.SETUP):
            place = construction.method.node.name
            raise Refused(
                "MN101", call, f"it builds `{kind}` in `{place}`, which is neither setup nor compact"
            )
        if layer is None:
            self.children.require(construction)
            check_unknown(construction, self.children.plan_of(construction))
            if any(h.made is construction for h in self.shared):
                check_given(construction, self.children.plan_of(construction))
            check_sizes(construction, self.children)
        else:
            check_layer(self.cls, construction)
        if is_sequence(construction):
            check_sequence(self.cls, construction, self.made)
        if is_wrapper(construction):
            check_wrapper(construction, self.made)
        if layer is not None and layer.linen in CHILDREN:
            check_children(construction, self.made)
        check_closures(construction)
        check_called_each(construction)
        given_to = place_of(construction, self.made)
        if given_to is not None and given_to.holder.layer is None:
            check_held(construction, given_to, self.children.project)
            above = self.children.plan_of(given_to.holder)
            if above is not None:
                check_given_looks(construction, above, given_to.within[0], self.children)
        if given_to is None:
            made = frozenset(c.call for c in self.made)
            check_place(self.cls, construction, made, self._handed(construction), self._inside(construction))

    def _submodule(self, construction: Construction, named: Named) -> Submodule:
        found = self.plan.flow.found.get(construction.call)
        if found is None or not (found.uses or found.elsewhere or self._idle(construction)):
            raise not_followed(construction)
        alone = not self._is_shared(construction)
        seen, project = self.plan.flow.seen, self.children.project
        check_called_elsewhere(self.plan, found, self.children.plan_of(construction))
        there = is_called_there(self.plan, found)
        guard = None
        if alone and not there:
            guard = guard_of(self.cls, construction, found.uses, seen, project) if found.uses else None
            if found.elsewhere and (guard is not None or not found.uses):
                reason = f"a method of its base calls the `{construction.kind}`, which makes its variables,"
                raise Refused("MN201", construction.call, f"{reason} on a condition")
        child = self.children.plan_of(construction)
        place = place_of(construction, self.made)
        inside = place is not None and is_wrapper(place.holder)  # the call is the wrapper's
        moved = () if inside or construction.applied else moved_arguments(construction, found.uses)
        if place is not None and (moved or (child is not None and child.asked)):
            holder = f"nn.{place.holder.kind}"
            reason = f"a call decides how `{construction.kind}` works, and {holder} does not hand that on"
            raise Refused("MN101", construction.call, reason)
        modes = has_modes(construction) or construction.has_merged or (child is not None and child.asked)
        held = place is not None and place.holder.layer is None  # its holder was run with it
        if place is not None and held:
            check_mapped_field(construction, child, place, self.children.project)
        if (modes and not held) or construction.lifted is not None or asks_values(child):
            self._see_every_call(
                construction, {*(use.call for use in found.uses), *(use.call.func for use in found.carries)}
            )
        check_einsum(found)
        sizes = tuple(self._size(found, named, name, size, guard) for name, size in found.sizes or ())
        check_lifts(self.cls.names, construction, child, found.uses)
        iteration = plan_iteration(self.cls, construction, child, found.uses)
        check_mapped(self.cls, construction, child, found.uses, moved)
        if child is not None:
            _check_calls(construction, child, found.uses)
            check_left_out(self.plan, child, found.uses)
            check_values(construction, child, found, classes_given(construction, self.children.project))
        if place is not None and place.holder.kind == "RNN":
            check_cell(construction, child, place.holder, self.plan.flow.found[place.holder.call].uses)
        loop = next(reversed(loops_around(construction)), None)
        # one whose number counts cells without variables is found by its name
        automatic = is_automatic(construction) and construction.counted not in self.fixed
        submodule = Submodule(
            construction, named.attribute, named.form, sizes, named.linen, named.path, moved,
            named.hoisted, named.tests, loop, named.iterated, automatic, child, named.within,
            iteration=iteration, guard=guard,
        )  # fmt: skip
        for use in (u for u in found.uses if place is None or is_sequence(place.holder)):
            given = moved if child is None else (*moved, *self.handed.of(construction, child, use))
            check_hidden(self.cls, use.call, given)
            if given:
                self.handed.asks(submodule, use, given)
            submodule.at_call[use.call] = given
        return submodule

    def _handed(self, construction: Construction) -> list[ast.expr]:
        """Where a submodule is given to others: to a field, or to callers who have to pass it no mode."""
        found = list(looks(self.cls, construction, self.children))
        self.plan.looks |= {look.node: look.code for look in found}
        self.plan.handed |= {look.start for look in found}
        given = [h.node for h in self.shared if h.made is construction]
        return [*given, *(look.start for look in found), *handed_out(self.cls, construction, self.children)]

    def _inside(self, construction: Construction) -> Inside:
        scopes = {one.mention: () for one in self.plan.shared_scopes if construction in one.made}
        return {**called_inside(self.cls, construction, self.children.project), **scopes}

    def _idle(self, construction: Construction) -> bool:
        """One that the class does not call itself, and that is made all the same."""
        return self._is_shared(construction) or is_uncalled(self.cls, construction, self.children.project)

    def _is_shared(self, construction: Construction) -> bool:
        handed = [h for h in self.shared if h.made is construction]
        uses = {call: found.uses for call, found in self.plan.flow.found.items()}
        return is_used(self.cls, handed, self.children.project, uses)

    def _see_every_call(self, construction: Construction, seen: set[ast.AST]) -> None:
        """A call that the engine did not come to would be left without its mode, and NNX would take a default."""
        place = place_of(construction, self.made)
        called = construction if place is None else place.holder
        inside = self._inside(construction)
        given = {call for m in self.cls.methods.values() for n in inside for call in [m.parents.get(n)]}
        calls = [c for c in calls_behind(self.cls, called) if c not in given]
        calls += [call for found in inside.values() for call in found]
        unseen = next((c for c in calls if c not in seen and not self._is_of_other(construction, c)), None)
        if unseen is not None:
            raise Refused("MN101", unseen, f"this call of nn.{construction.kind} is not followed")

    def _is_of_other(self, construction: Construction, call: ast.AST) -> bool:
        """Tells whether a call is one of what setup makes in its place, on the other side of the same question."""
        method = next(m for m in self.cls.methods.values() if call in m.parents)
        made = construction.method
        return made.kind is MethodKind.SETUP and never_reached(made, construction.call, method, call)

    def _size(self, found: Found, named: Named, name: str, size: Term | None, guard: Term | None) -> Term:
        size = in_time(self.plan, size, found.construction.call)
        if size is not None and any(isinstance(term.value, Passed) for term in size.walk()):
            size = None  # the constructor does not have it
        if self.traced is not None:
            size = self.traced.size(found, name, size)
        if size is None:
            size = self._asked(found, named, name)
        if size is None:
            place = found.uses[0].call if found.uses else found.construction.call
            reason = f"the size `{name}` of `{found.construction.kind}` cannot be told from the source"
            reason += self._in_the_runs(found, name)
            if (lost := lost_at(self.cls, self.plan.flow.seen, place)) is not None:
                reason += f": what `{_shortened(lost)}` gives (line {lost.lineno}) is not known"
                reason += unsure_axis(self.cls, self.plan.flow.seen, lost)
            missing = left_out(self.children.plan_of(found.construction), name, found.uses)
            raise Refused("MN108", place, reason, self._missing(place) if missing is None else {missing})
        size = where_made(self.cls, found.construction, size)
        check_optional(
            self.cls, found.construction, self.children.plan_of(found.construction), name, size, guard
        )
        return size

    def _missing(self, place: ast.expr) -> set[Missing]:
        """The arguments, here or of submodules, that some calls leave out and that decide on what sizes depend."""
        if (own := behind_optional(self.cls, place)) is not None:
            return {own}
        children = ((self.children.plan_of(f.construction), f.uses) for f in self.plan.flow.found.values())
        asked = (decides_output(child, uses) for child, uses in children if child is not None)
        return {one for one in asked if one is not None}

    def _asked(self, found: Found, named: Named, name: str) -> Term | None:
        """An argument, where that was asked for, or where a traced model or a subclass can say what to pass."""
        child = self.children.plan_of(found.construction)
        asks = self.size_args or is_hooked(self.cls, self.children.project)
        if self.traced is None:
            return asked_size(self.plan, found, named, name, child) if asks else None
        alike = self.traced.alike(found, name)
        if alike is None and not asks:
            return None
        size = asked_size(self.plan, found, named, name, child, bool(alike))
        if size is not None:
            self.traced.tell(found, name, size)
        return size

    def _in_the_runs(self, found: Found, name: str) -> str:
        if self.traced is None:
            return ""
        if self.traced.alike(found, name) is None:
            return ", and no traced model comes to it"
        return ", and is not one and the same in the traced models"


def _shortened(node: ast.expr) -> str:
    """Returns an expression for a message: a long call without its arguments."""
    text = ast.unparse(node)
    if len(text) > _LONG and isinstance(node, ast.Call):
        text = f"{ast.unparse(node.func)}(...)"
    return text if len(text) <= _LONG else text[: _LONG - 3] + "..."


def _check_order(submodules: list[Submodule]) -> None:
    """Automatic names that mix the rounds of a loop: two of one class in it, one of them not in every round."""
    groups: dict[tuple[str, Loop], list[Submodule]] = {}
    for submodule in submodules:
        if submodule.loop is not None and submodule.automatic and not submodule.hoisted:
            groups.setdefault((submodule.construction.counted, submodule.loop), []).append(submodule)
    for (kind, _), group in groups.items():
        odd = next((s for s in group if s.iterated or _some_rounds(s)), None)
        if odd is not None and len({s.attribute for s in group}) > 1:
            reason = f"the automatic names of `{kind}` in this loop depend on which rounds make one"
            raise Refused("MN204", odd.construction.call, reason)


def _some_rounds(submodule: Submodule) -> bool:
    above = submodule.construction.method.above(submodule.construction.call)
    return any(isinstance(a, ast.If | ast.IfExp) for a in above)


def _guesses(flow: Flow) -> Iterator[list[Ranks]]:
    """Yields what numbers of axes are to be taken for true: one that is enough by itself first, then all of them."""
    every = [*flow.counted]
    ranks = {root: count for group in every for root, count in group.items()}
    if len(every) > 1:
        yield from ([group] for group in every)
    if every and all(ranks[root] == count for group in every for root, count in group.items()):
        yield every


def _check_calls(construction: Construction, child: ClassPlan, uses: list[Use]) -> None:
    methods = {m for c in (child.cls, *(b.cls for b in child.bases)) for m in c.methods}
    for use in uses:
        if use.method not in methods and not reaches(child, use.method):
            reason = f"`{use.method}` is no method of `{construction.kind}` that is seen here"
            raise Refused("MN101", use.call, reason)
    if uses and not any(use.method in methods for use in uses):
        reason = f"nothing calls `{construction.kind}` itself, of which only a part would have variables"
        raise Refused("MN101", uses[0].call, reason)
