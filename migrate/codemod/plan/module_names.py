"""What submodules are called: Linen's automatic names by the order of construction, and their NNX attributes."""

import ast
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from ..appended import appended
from ..constructions import Construction
from ..flow.found import holds_anywhere
from ..flow.terms import Term
from ..flow.values import Items
from ..model import Method, MethodKind, Refused
from .alternatives import instead
from .automatic import Places, attribute_target, count_automatic, is_automatic
from .called_each import Loop, listed_around, loops_around
from .called_up import check_made_behind, counted_before
from .each_round import one_each_round
from .elements import behind_others, element_named, in_one_list, is_either, is_mixed
from .handings import Handing
from .local_modules import local_of
from .loop_names import LoopName, loop_name
from .named import Named
from .naming import MODULE_NAMES, attribute_of, snake
from .one_of import called_kind
from .records import ClassPlan, Form
from .sequence_names import named_in_sequence
from .sequences import Place, holds_layers, place_of
from .shared import first_path
from .spelled_names import check_spelled, is_of_one_round, like_those, spelled_name


def name_submodules(
    plan: ClassPlan,
    made: Sequence[Construction],
    linen_names: bool,
    unnamed: Mapping[ast.Call, tuple[str, ...]],
    shared: Sequence[Handing] = (),
) -> dict[Construction, Named]:
    """Returns a name for each. Raises Refused where two collide or a name cannot be an attribute.

    `unnamed` are calls that make modules without variables, which Linen's names count too; `shared` are layers that
    submodules hold too.
    """
    return _Names(plan, made, linen_names, unnamed, shared).run()


class _Names:
    def __init__(
        self,
        plan: ClassPlan,
        made: Sequence[Construction],
        linen_names: bool,
        unnamed: Mapping[ast.Call, tuple[str, ...]],
        shared: Sequence[Handing] = (),
    ):
        self.uncalled, self.shared = unnamed, shared
        self.plan, self.made, self.linen_names = plan, made, linen_names
        self.before = counted_before(plan)
        self.named: dict[Construction, Named] = {}
        self.places: Places = {}
        self.unsure: set[str] = set()

    def run(self) -> dict[Construction, Named]:
        self.places, self.plan.counted = count_automatic(self.made, self.uncalled, self.before)
        check_made_behind(self.plan, self.places, self.before)
        self._all_sure()
        self._too_many_methods()
        for construction in self.made:
            self.named[construction] = self._name(construction)
        self.named |= like_those(self.named)
        self._free()
        self._shared_scopes()
        return self.named

    def _shared_scopes(self) -> None:
        """A submodule in the scope of the class has no name of its own in Linen, and is counted all the same."""
        for construction in (c for one in self.plan.shared_scopes for c in one.made):
            alike = [named for c, named in self.named.items() if c.counted == construction.counted]
            if not all(named.path for named in alike):
                reason = f"the names of `{construction.kind}`, one of which shares the scope, depend on configuration"
                raise Refused("MN204", construction.call, reason)
            named = self.named[construction]
            self.named[construction] = named._replace(linen=(), path=(named.attribute,))

    def _all_sure(self) -> None:
        """Names that depend on configuration are counted by the modules that have variables."""
        kinds = {kind for kinds in self.uncalled.values() for kind in kinds}
        for construction, (_, sure) in self.places.items():
            looped = bool(loops_around(construction))
            if construction.counted in kinds and (looped or not sure):
                reason = f"the name of this `{construction.kind}` depends on others that are never called"
                raise Refused("MN204", construction.call, reason)

    def _too_many_methods(self) -> None:
        methods = {c.method for c in self.made if is_automatic(c)}
        above = Counter(kind for p in self.plan.bases for kind in p.counted.count.elements())
        again = self.plan.called_up is None and any(above[c.counted] for c in self.made if is_automatic(c))
        if len(methods) > 1 or again:
            raise Refused("MN101", self.made[0].call, "two methods build submodules with automatic names")

    def _name(self, construction: Construction) -> Named:
        place = place_of(construction, self.made)
        handed = [h for h in self.shared if h.made is construction and not h.bare]
        if handed:
            return self._held(construction, handed)
        return self._alone(construction) if place is None else self._listed(construction, place)

    def _held(self, construction: Construction, handed: Sequence[Handing]) -> Named:
        """Linen names a layer by the attribute of the class that made it, and a local by the field that it went to."""
        target, path = attribute_target(construction), first_path(construction, handed)
        if target is not None:
            return self._attribute(construction, target)._replace(path=path)
        holder, field = handed[0].path
        above = self._alone(handed[0].holder)
        name = construction.name_node
        if name is not None:
            raise Refused("MN204", name, "a layer that is made for a field has a name")
        return Named(holder, Form.ITEM, (*above.linen, field), path, within=(field,))

    def _listed(self, construction: Construction, place: Place) -> Named:
        """A layer inside of another: Linen names it in setup by its place, in a compact method like any other."""
        above = self._name(place.holder)
        within = (*above.within, *place.within)
        if construction.method.kind is MethodKind.SETUP:
            path = (*above.path, *place.within)
            if construction.name_node is not None:
                linen = named_in_sequence(construction, construction.name_node, place)
                return Named(above.attribute, Form.ITEM, linen, path, within=within)
            linen = (*above.linen, place.linen)
            return Named(above.attribute, Form.ITEM, linen, path, within=within)
        alone = self._alone(construction)
        many = ("{}",) if self._outermost(place).form in (Form.APPEND, Form.LIST) else ()
        path = (above.attribute, *many, *within) if alone.linen else ()
        return Named(above.attribute, Form.ITEM, alone.linen, path, iterated=alone.iterated, within=within)

    def _outermost(self, place: Place) -> Named:
        """What is not given to another layer itself."""
        above = place_of(place.holder, self.made)
        return self._outermost(above) if above is not None else self._name(place.holder)

    def _alone(self, construction: Construction) -> Named:
        target = attribute_target(construction)
        if target is not None:
            return self._attribute(construction, target)
        if construction.applied:
            return Named(local := local_of(construction), Form.BIND, (local,), (local,))
        if construction.name_node is not None:
            return self._explicit(construction, construction.name_node)
        return self._automatic(construction)

    def _attribute(self, construction: Construction, target: str) -> Named:
        """A submodule of setup: its NNX name is the attribute, its Linen name too unless it is given another."""
        node, name = construction.name_node, construction.name
        if (element := element_named(construction)) is not None:
            return element
        listed = isinstance(construction.method.parents[construction.call], ast.ListComp)
        if listed or appended(construction.method, [construction.call]):
            form = Form.LIST if listed else Form.APPEND
            either = is_either(construction)
            if node is not None and is_mixed(construction) and not either:
                raise Refused(
                    "MN204", node, "the list has several elements from each round, and names of its own"
                )
            found = (
                LoopName(f"{target}_", "", form)
                if node is None
                else self._numbered(construction, node, each=either)
            )
            found = behind_others(construction, found) if found is not None and node is not None else found
            if found is None or not found.every:
                raise Refused("MN204", node or construction.call, "the name does not count the elements")
            return Named(target, form, (found.pattern,), (target, "{}"))
        if node is not None and name is None:
            raise Refused("MN204", node, "the name of a submodule of setup is no literal")
        return Named(target, Form.BIND, (name or target,), (target,))

    def _numbered(self, construction: Construction, node: ast.expr, each: bool = False) -> LoopName | None:
        listed = listed_around(construction.method, construction.call)
        whole = None if listed is None else listed.elt
        return loop_name(node, construction.method, construction.call, whole, each=each, free=True)

    def _explicit(self, construction: Construction, node: ast.expr) -> Named:
        name = construction.name
        loops = loops_around(construction)
        if name is not None and (not loops or is_of_one_round(construction)):
            attribute = self._spelled(construction, name)
            return Named(attribute, Form.BIND, (name,), (attribute,))
        each = bool(loops) and self._named_each_round(node, loops)
        found = self._numbered(construction, node, each)
        if found is None or found.form is not _form(loops):
            if (spelled := spelled_name(construction, node)) is not None:
                return spelled
            raise Refused(
                "MN204", node, "the name is neither a literal nor a prefix with the counter of its loop"
            )
        iterated = self._in_loop(construction, loops, each)
        if iterated and found.every:
            if (spelled := spelled_name(construction, node)) is not None:
                return spelled
            raise Refused("MN204", node, "the name counts only some rounds of the loops")
        attribute = self._spelled(construction, re.sub(r"\W*$", "", found.prefix).rstrip("_"))
        return Named(attribute, found.form, (found.pattern,), (attribute, "{}"), iterated=iterated)

    def _spelled(self, construction: Construction, name: str) -> str:
        """The attribute for a name: what is no letter in it becomes an underscore."""
        text = re.sub(r"\W", "_", name)
        if not text or text[0].isdecimal() or text.startswith("__"):
            text = f"{snake(construction.kind)}{text and '_'}{text.lstrip('_')}"
        return attribute_of(text)

    def _named_each_round(self, node: ast.expr, loops: Sequence[Loop]) -> bool:
        """Tells whether every round makes exactly one of that name."""
        same = [c for c in self.made if c.name_node is not None and ast.dump(c.name_node) == ast.dump(node)]
        calls = [c.call for c in same if loops[0] in c.method.above(c.call)]
        return len(calls) > 1 and _one_each_round(loops[0], calls)

    def _automatic(self, construction: Construction) -> Named:
        number, sure = self.places[construction]
        loops = loops_around(construction)
        kind = called_kind(construction, self.made, self.linen_names)
        if construction.counted == "Dropout" and (loops or self._asks_call(construction)):
            return self._hoisted(construction, kind, number)
        if loops:
            alike = [c for c in self.places if c.counted == construction.counted]
            same = [c for c in alike if loops[-1] in c.method.above(c.call)]
            each = len(same) > 1 and len(loops) == 1 and _one_each_round(loops[0], [c.call for c in same])
            iterated = self._in_loop(construction, loops, each)
            alone = len(same) == 1 or each
            follows = _follows(alike, same, loops[-1], lists=alone)
            follows = follows or (alone and self.before.count[construction.counted] > 0)
            attribute = f"{kind}_{number}" if follows else kind
            if attribute == kind and not alone:
                attribute = f"{kind}_{same.index(construction)}"
            exact = sure and number == 0 and alone
            linen = (f"{construction.counted}_{{}}",) if exact else ()
            path = (attribute, "{}") if exact else ()
            return Named(attribute, _form(loops), linen, path, iterated=iterated)
        if holds_layers(construction.layer):  # it has no variables: two of them in two branches stay apart
            alike = [c for c in self.places if c.counted == construction.counted]
            number = alike.index(construction)
        attribute = f"{kind}_{number}"
        linen = (f"{construction.counted}_{number}",) if sure else ()
        return Named(attribute, Form.BIND, linen, (attribute,) if sure else ())

    def _in_loop(self, construction: Construction, loops: Sequence[Loop], each: bool = False) -> bool:
        """Tells whether the list is no one-to-one companion of the loop's rounds, and is run through by itself.

        `each` says that another branch makes one where this one does not.
        """
        if any(isinstance(loop, ast.For) and loop.orelse for loop in loops):
            raise Refused("MN201", construction.call, "the loop has an else")
        for above in construction.method.above(construction.call):
            if isinstance(above, ast.IfExp):
                raise Refused("MN201", above, "a submodule is made in one half of an expression in a loop")
            if isinstance(above, ast.If) and loops[0] in construction.method.above(above):
                test = self.plan.flow.seen.get(above.test)
                if not each and not (isinstance(test, Term) and holds_anywhere(test)):
                    return True
        return len(loops) > 1

    def _asks_call(self, construction: Construction) -> bool:
        tests = _tests(construction)
        return any(not isinstance(self.plan.flow.seen.get(t), Term) for t in tests)

    def _hoisted(self, construction: Construction, kind: str, number: int) -> Named:
        """A Dropout has no variables: one serves every round of a loop, whatever the call decides."""
        called = construction.call.func
        if not construction.factory.direct and not construction.method.is_this(called):
            reason = f"`{ast.unparse(called)}` may be something else where it is made once"
            raise Refused("MN201", construction.call, reason)
        for name, node in construction.given.items():
            if name == "deterministic":
                continue
            value = self.plan.flow.seen.get(node)
            parts = value.items if isinstance(value, Items) else (value,)
            known = all(isinstance(part, Term) and holds_anywhere(part) for part in parts)
            if not known or _is_bound_anew(node, construction.method):
                reason = f"`{name}` of nn.Dropout changes from one call or round to the next"
                raise Refused("MN201", node, reason)
        tests = [self.plan.flow.seen.get(t) for t in _tests(construction, direct=True)]
        kept = tuple(t for t in reversed(tests) if isinstance(t, Term) and holds_anywhere(t))
        return Named(f"{kind}_{number}", Form.BIND, (), (), hoisted=True, tests=kept)

    def _free(self) -> None:
        """Two submodules of one name are one and the same only where they exclude each other."""
        taken = {m for c in (self.plan.cls, *(b.cls for b in self.plan.bases)) for m in c.methods}
        taken |= self.plan.cls.constants | {v.attribute for v in self.plan.every_variable}
        taken |= {s.attribute for b in self.plan.bases for s in b.submodules}
        check_spelled(self.named, {*taken, *MODULE_NAMES, *(f.name for f in self.plan.fields)})
        seen: dict[str, list[Construction]] = {}
        for construction, named in self.named.items():
            if named.form is Form.ITEM:
                continue
            if named.attribute in MODULE_NAMES or named.attribute in taken:
                reason = f"the submodule would be called `{named.attribute}`, which is taken"
                raise Refused("MN208", construction.call, reason)
            others = seen.setdefault(named.attribute, [])
            other = next(
                (
                    c
                    for c in others
                    if not self._instead(c, construction) and not in_one_list(c, construction)
                ),
                None,
            )
            others.append(construction)
            if other is not None:
                reason = f"two submodules would be called `{named.attribute}` (line {other.call.lineno})"
                raise Refused("MN208", construction.call, reason)

    def _instead(self, one: Construction, two: Construction) -> bool:
        """Two lists are one only where the numbers in their names are those of the same elements."""
        named, other = self.named[one], self.named[two]
        lists = {named.form, other.form} <= {Form.APPEND, Form.LIST}
        apart = one.call is not two.call and named.linen != other.linen
        renumbered = lists and named.linen and other.linen and apart
        return instead(one, two) and not renumbered


def _is_bound_anew(node: ast.expr, method: Method) -> bool:
    """Tells whether a local that an expression reads is another behind everything else than it may be there."""
    read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    stores = (n for n in ast.walk(method.node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load))
    bound = Counter(n.id for n in stores)
    return any(bound[name] > 1 for name in read)


def _follows(alike: Sequence[Construction], same: Sequence[Construction], loop: Loop, *, lists: bool) -> bool:
    """Tells whether submodules of that class are made before the loop; with `lists`, in a loop of their own."""
    start = (loop.lineno, loop.col_offset)
    before = [c for c in alike if c not in same and (c.call.lineno, c.call.col_offset) < start]
    return any(not lists or loops_around(c) for c in before)


def _form(loops: Sequence[Loop]) -> Form:
    return Form.LIST if loops and isinstance(loops[0], ast.ListComp) else Form.APPEND


def _one_each_round(loop: Loop, calls: Collection[ast.Call]) -> bool:
    return isinstance(loop, ast.For) and one_each_round(loop, calls)


def _tests(construction: Construction, direct: bool = False) -> list[ast.expr]:
    """Conditions above a construction; with `direct`, those that it stands in the first branch of."""
    found = []
    below: ast.AST = construction.call
    for above in construction.method.above(construction.call):
        if isinstance(above, ast.If | ast.IfExp) and below is not above.test:
            body = above.body if isinstance(above.body, list) else [above.body]
            if not direct or below in body:
                found.append(above.test)
        below = above
    return found
