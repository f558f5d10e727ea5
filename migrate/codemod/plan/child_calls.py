"""One call of a class of the project: what its source says, in terms of the call."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..bindings import default_of, may_be_missing
from ..class_decorators import configured
from ..constructors import GIVEN, WHOLE, SizeArgument, item_path, matched
from ..flow.arrays import Assume
from ..flow.beside import is_kept
from ..flow.choices import merged
from ..flow.chosen import chosen, is_none, sides, straight
from ..flow.counts import any_round, behind_steps, in_the_last
from ..flow.fields import constant_of
from ..flow.found import Phi
from ..flow.functions.contractions import contracted
from ..flow.outputs import with_values
from ..flow.ranks import any_of, longer, ranks_of
from ..flow.reshaping import behind
from ..flow.terms import (
    Differs,
    Given,
    Kind,
    Passed,
    Size,
    Term,
    Whole,
    Widened,
    choice,
    const,
    is_given,
    substitute,
)
from ..flow.truths import truth
from ..flow.values import (
    SOMEWHERE,
    Array,
    Changed,
    Chosen,
    Contracted,
    Either,
    Items,
    Keyed,
    Leading,
    Made,
    Rank,
    Record,
    Root,
    Shape,
    Use,
    Value,
)
from ..flow.widened import seen_from
from ..given_shapes import given_shapes
from ..model import Method, Missing
from ..static_arguments import is_value
from .called_shapes import as_shape, differ, item, plain, shape_of, tuple_of
from .classes_given import Asked
from .last_round import is_bound_by, last_by_number, last_of
from .records import ClassPlan
from .unrolled import unrolled


class Call:
    """One call of a child: its fields and arguments put in for those of its own source."""

    def __init__(self, child: ClassPlan, values: Mapping[str, Value], use: Use, classes: Asked):
        self.child, self.values, self.use, self.classes = child, values, use, classes
        self.under_way: list[Term] = []

    def fits(self, assume: Assume, whole: "Call | None" = None) -> bool:
        """Tells whether the arrays have as many axes as the child takes them to have.

        What all rounds of a scan are given, in the call `whole`, has one more.
        """
        exact = self.child.exact
        for (method, name), count in self.child.assumed.items():
            given, exactly = sides(self._argument(method, name)), (method, name) in exact
            there = [one for one in given if isinstance(one, Array)]
            absent = sum(one == const(None) for one in given) if self._works_without(method, name) else 0
            flags = 0 if count else self._flags(method, name, given)
            told = bool(there or flags) and len(there) + absent + flags == len(given)
            if method != self.use.method or (told and all(assume(a, count, exactly=exactly) for a in there)):
                continue
            if self._missing(method, name):
                continue
            around = whole._argument(method, name) if whole is not None else None
            if not isinstance(around, Array) or not assume(around, count + 1, exactly=exactly):
                return False
        return True

    def ranks(self) -> dict[Root, int]:
        """Returns how many axes arrays of this call have, as far as the child does not know it of any call."""
        own = ((self.use.method, name) for name in self._given(self.use.method) or ())
        asked = {*own, *self.child.assumed} - self.child.exact.keys()
        given = {root: self._argument(*root) for root in sorted(asked) if root[0] == self.use.method}
        known = {root: value.axes for root, value in given.items() if isinstance(value, Array)}
        return {root: count for root, count in known.items() if count is not None}

    def _flags(self, method: str, name: str, given: Sequence[Value]) -> int:
        """How many of the values that an argument may be are numbers, which have no axes, also by default."""
        owner, told = self._owner(method), self._given(method)
        if owner is not None and told is not None and name not in told:
            default = default_of(owner.cls.methods[method], name)
            return int(isinstance(default, ast.Constant) and isinstance(default.value, bool | int | float))
        return sum(isinstance(one, Term) and one != const(None) for one in given)

    def size(self, asked: SizeArgument) -> Term | None:
        array = self._argument(self.use.method, asked.parameter)
        if asked.template == GIVEN:
            return self._is_given(self.use.method, asked.parameter)
        if asked.optional and self._missing(self.use.method, asked.parameter):
            return const(None)
        if asked.other:
            return self._differs(Differs(self.use.method, asked.parameter, 0, many=True, other=asked.other))
        if is_value(asked):
            return plain(array)
        return self._or_none(asked, array) if asked.optional else self._size_of(asked, array)

    def argument(self, method: str, name: str) -> Value:
        """Returns what the call gives for an argument, None as a literal where it leaves that out."""
        given = self._given(method)
        return given.get(name, const(None)) if given is not None else None

    def leaves_out(self, asked: SizeArgument) -> Missing | None:
        """Returns the argument that a size is of, where the call does not give it, nor what stands in for it."""
        owner = self._owner(asked.method)
        if owner is None or asked.method != self.use.method:
            return None
        may_be_none = const(None) in sides(self._argument(asked.method, asked.parameter))
        if not may_be_none and not self._missing(asked.method, asked.parameter):
            return None
        return Missing(owner.cls.name, asked.method, item_path(asked.parameter)[0])

    def _is_given(self, method: str, name: str) -> Term | None:
        """Whether the call gives an argument; one that the caller hands on may be missing there too."""
        if self._missing(method, name):
            return const(False)
        value = self._argument(method, name)
        if isinstance(value, Array) and value.untouched and value.argument is not None:
            return is_given(*value.argument)
        if isinstance(value, Chosen):
            test = is_none(value)
            return None if test is None else straight(Term(Kind.NOT, "not", (test,)))
        unsure = value is None or (isinstance(value, Array) and value.skipped)
        return None if unsure else const(True)

    def _or_none(self, asked: SizeArgument, value: Value) -> Term | None:
        """A size of what is an array on some paths, and None on the others."""
        if not isinstance(value, Chosen):
            return const(None) if value == const(None) else self._size_of(asked, value)
        yes, no = self._or_none(asked, value.yes), self._or_none(asked, value.no)
        return choice(value.test, yes, no) if yes is not None and no is not None else None

    def _size_of(self, asked: SizeArgument, array: Value) -> Term | None:
        template = asked.template
        if (widened := Widened.read(template, self.use.method, asked.parameter)) is not None:
            return seen_from(widened, array)
        if not isinstance(array, Array):
            return None
        if template == WHOLE:
            return shape_of(array)
        if template.endswith(".size"):
            return behind(array, template.count("[0]"))
        if template.endswith(":]"):
            return tuple_of(
                [array.at(k) for k in range(ast.literal_eval(template[len("{}.shape[") : -2]), 0)]
            )
        try:
            index = ast.literal_eval(template.removeprefix("{}.shape[").removesuffix("]"))
        except (ValueError, SyntaxError):
            return None
        return array.at(self._from_the_end(asked, array, index)) if isinstance(index, int) else None

    def _from_the_end(self, asked: SizeArgument, array: Array, index: int) -> int:
        """Where the child takes an argument to have so many axes, which it has to fit, its axes may be counted so."""
        root = (asked.method, asked.parameter)
        known = array.axes is None and index >= 0 and root in self.child.exact
        return index - self.child.exact[root] if known else index

    def _argument(self, method: str, name: str) -> Value:
        owner, given = self._owner(method), self._given(method)
        if owner is None or given is None:
            return None
        whole, places = item_path(name)
        value = given.get(whole, const(None))
        found = self.value(owner.flow.instead.get((method, whole))) if value == const(None) else value
        for place in places:
            found = item(found, place)
        return as_shape(found) if name in given_shapes(owner.cls.methods[method]) else found

    def _differs(self, asked: Differs) -> Term | None:
        """Whether the shape of one argument is another than the argument that is a shape."""
        own, given = self._argument(asked.method, asked.array), self._given(asked.method)
        other = given.get(asked.other) if given is not None else None
        return differ(own, other)

    def _owner(self, method: str) -> ClassPlan | None:
        return next((p for p in (self.child, *self.child.bases) if method in p.cls.methods), None)

    def _given(self, method: str) -> Mapping[str, Value] | None:
        """The arguments of the call by name; None where they cannot be told.

        What is unpacked, `(x, *args, **kwargs)`, may be any of the others, which nothing is known of.
        """
        owner = self._owner(method)
        if owner is None or method != self.use.method:
            return None
        called, spelled = owner.cls.methods[method], self.use.spelled.args
        sure = next((k for k, a in enumerate(spelled) if isinstance(a, ast.Starred)), None)
        if sure is None:
            given = matched(called.order, self.use.args, lambda rest: Items(tuple(rest))) | self.use.keywords
            return {**dict.fromkeys(called.parameters), **given} if "**" in given else given
        given = dict(zip(called.order, self.use.args[:sure], strict=False)) | self.use.keywords
        return {**dict.fromkeys(called.parameters), **_unpacked(called, self.use.args[sure:], sure), **given}

    def _missing(self, method: str, name: str) -> bool:
        """Tells whether an argument is None with nothing in its place: no path that takes its shape is taken."""
        owner, given = self._owner(method), self._given(method)
        whole, _ = item_path(name)
        if owner is None or given is None or not self._works_without(method, name):
            return False
        absent = whole not in given and may_be_missing(owner.cls.methods[method], whole)
        return absent or (whole in given and given[whole] == const(None))

    def _works_without(self, method: str, name: str) -> bool:
        owner, (whole, _) = self._owner(method), item_path(name)
        return owner is not None and (method, whole) not in owner.flow.instead

    def _root(self, root: Root | Either | None) -> Value:
        """The array that an argument is, or one of as many axes as one of several."""
        if not isinstance(root, Either):
            return self._argument(*root) if root is not None else None
        found = [self._ranks(r) for r in root.ranks if r.root is None or not self._missing(*r.root)]
        return any_of(frozenset().union(*found)) if found and all(found) else None

    def _ranks(self, rank: Rank) -> frozenset[Rank]:
        if rank.root is None:
            return frozenset({rank})
        given = self._argument(*rank.root)
        return longer(ranks_of(given), rank.more) if isinstance(given, Array) else frozenset()

    def inside(self, use: Use) -> Use:
        """Returns a call that the child makes, with what it gives there in terms of this call."""
        keywords = {name: self.value(value) for name, value in use.keywords.items()}
        return replace(use, args=tuple(map(self.value, use.args)), keywords=keywords)

    def value(self, value: Value) -> Value:
        match value:
            case Term():
                return self._term(value)
            case Array(root=None, tail=tail):
                return _spread(Array(None, 0, tuple(self._axis(t) for t in tail), value.rank))
            case Array(root=tuple() as argument, untouched=True) if isinstance(
                whole := self._argument(*argument), Items | Keyed | Record | Changed
            ):
                return whole  # the caller's, as it is
            case Array(root=root, cut=cut, tail=tail):
                given = self._root(root)
                bare = given.dropped(cut) if isinstance(given, Array) else None
                found = (bare or Array(SOMEWHERE)).ending(*(self._axis(t) for t in tail))
                found = replace(found, skipped=found.skipped or value.skipped)
                if found.axes is not None:
                    return found
                return replace(found, rank=value.rank, batched=value.batched)
            case Chosen(test=test, yes=yes, no=no):
                return self._chosen(test, yes, no)
            case Items(items=items):
                return Items(tuple(self.value(item) for item in items))
            case Leading(items=items, last=last):
                return Leading(tuple(map(self.value, items)), tuple(map(self.value, last)))
            case Changed(base=base, names=names, values=values):
                return with_values(self.value(base), dict(zip(names, map(self.value, values), strict=True)))
            case Record(names=names, values=values, items=items):
                return Record(names, tuple(map(self.value, values)), tuple(map(self.value, items)))
            case Keyed(names=names, values=values):
                return Keyed(names, tuple(map(self.value, values)))
            case Shape(array=array):
                whole = self.value(array)
                return Shape(whole) if isinstance(whole, Array) else None
            case Contracted(equation=equation, operands=operands):
                return contracted(self._argument(*equation), [self.value(operand) for operand in operands])
        return None

    def _chosen(self, test: Term, yes: Value, no: Value) -> Value:
        """The value that the fields of this call's construction choose, or a choice for one further up."""
        asked = self._term(test)
        if asked is None:
            return None
        if asked.kind is Kind.CONST:
            return self.value(yes if asked.value else no)
        return chosen(asked, self.value(yes), self.value(no))

    def _axis(self, term: Term | None) -> Term | None:
        return None if term is None or is_kept(term) else self._term(term)

    def _term(self, term: Term) -> Term | None:
        found = substitute(self._settled(self._on_one_side(term)), self._leaf)
        return found if found is None or found.spelled else self._of_this_call(found)

    def _on_one_side(self, term: Term) -> Term:
        """A choice that the call decides, by what it gives or leaves out, is one of its sides."""
        if term.kind is Kind.CHOICE and any(isinstance(t.value, Given) for t in term.parts[0].walk()):
            test = substitute(term.parts[0], self._leaf)
            if test is not None and test.kind is Kind.CONST:
                return self._on_one_side(term.parts[1 if test.value else 2])
        return replace(term, parts=tuple(map(self._on_one_side, term.parts)))

    def _of_this_call(self, term: Term) -> Term:
        """Another call may have another number of rounds."""
        value = self._place(term.value) if term.kind is Kind.ROUNDS else term.value
        return Term(term.kind, value, tuple(map(self._of_this_call, term.parts)))

    def _place(self, loop: object) -> object:
        return loop, self.child.cls.name, self.use.call.lineno, self.use.call.col_offset

    def _settled(self, term: Term) -> Term:
        """After a loop over `features` whose last layer has the loop's own size, the size is `features[-1]`."""
        if (last := last_of(self.child, term) or last_by_number(self.child, term)) is not None:
            return last
        phi = self.child.flow.phis.get(term.value) if term.kind is Kind.PHI else None
        back = phi.back if phi is not None else None
        if phi is None or back is None:
            return term
        iterated, target = phi.loop.iter, phi.loop.target
        match iterated, target:
            case ast.Call(func=ast.Name(id="enumerate"), args=[inner]), ast.Tuple(
                elts=[_, ast.Name() as each]
            ):
                pass
            case inner, ast.Name() as each:
                pass
            case _:
                return term
        through = self.child.flow.seen.get(inner)
        if not is_bound_by(each, back):
            return term
        if isinstance(through, Items):  # `for f in (8, 16)`
            end = through.items[-1] if through.items else None
            return end if isinstance(end, Term) else term
        return Term(Kind.ITEM, None, (through, const(-1))) if isinstance(through, Term) else term

    def _leaf(self, term: Term) -> Term | None:
        match term.kind:
            case Kind.CONST:
                return term
            case Kind.GIVEN:
                return term.value  # type: ignore[no-any-return]
            case Kind.DIM:
                size: Size = term.value
                if isinstance(size, Differs):
                    return self._differs(size)
                if isinstance(size, Given):
                    return self._is_given(size.method, size.array)
                array = self._argument(size.method, size.array)
                if isinstance(size, Widened):
                    return seen_from(size, array)
                if isinstance(size, Passed):
                    return _number(array)
                if not isinstance(array, Array):
                    return None
                if isinstance(size, Whole):
                    return shape_of(array)
                return behind(array, size.index) if size.many else array.at(size.index)
            case Kind.FIELD:
                return self._field(term.value)
            case Kind.COMPUTED:
                return self._computed(term.value)
            case Kind.HELD:
                return self._features(term.value)
            case Kind.OP:
                return self.classes(term)
            case Kind.PHI:
                return self._kept(term)
            case Kind.ARGUMENT:
                argument = self._argument(*term.value)
                return argument if isinstance(argument, Term) else None
        return None

    def _kept(self, term: Term) -> Term | None:
        """A size behind a loop: what comes in may be for this caller, or for one further up, what each round gives."""
        phi = self.child.flow.phis.get(term.value)
        if phi is None or phi.entry is None or phi.back is None or term in self.under_way:
            return None
        self.under_way.append(term)  # of two loops, one in the other, each has a size that the other gives
        try:
            found = self._behind(term, phi, phi.entry, phi.back)
            # what one loop gives inside of another is for the rounds of that to say
            known = (found is not None and found.spelled) or len(self.under_way) > 1
            return found if known else unrolled(self.child.flow, term, self._leaf) or found
        finally:
            self.under_way.pop()

    def _behind(self, term: Term, phi: Phi, entry: Term, back: Term) -> Term | None:
        if term in (*back.walk(), *entry.walk()):
            every_round = behind_steps(term, phi, self.child.flow.counts.get(phi.loop))
            return substitute(every_round, self._leaf) if every_round is not None else None
        rounds = self.child.flow.counts.get(phi.loop)
        one, two = (substitute(size, self._leaf) for size in (entry, in_the_last(back, phi, rounds)))
        if one is None or two is None:
            return None
        count = substitute(rounds, self._leaf) if rounds is not None and one != two else None
        if count is not None:
            found = merged(any_round(count), two, one)
            return found if isinstance(found, Term) else None
        return one if one == two else Term(Kind.ROUNDS, self._place(term.value), (one, two))

    def _computed(self, name: str) -> Term | None:
        """What setup keeps under a name, on the side of a condition that this call's construction decides for."""
        kept = self.child.flow.decided.get(name)
        holds = truth(self._term(kept.test)) if kept is not None else None
        if kept is None or holds is None:
            return None
        value = kept.yes if holds else kept.no
        return self._term(value) if isinstance(value, Term) else None

    def _features(self, name: str) -> Term | None:
        """The features of the layer that this call's construction hands to a field, or hands on from its own."""
        match self.values.get(name):
            case Made(features=features):
                return features
            case Term(kind=Kind.FIELD, value=field):
                return Term(Kind.HELD, field)
        return None

    def _field(self, name: str) -> Term | None:
        if name in self.values:
            value = self.values[name]
            if isinstance(value, Items) and all(isinstance(i, Term) for i in value.items):
                return Term(Kind.TUPLE, None, tuple(i for i in value.items if isinstance(i, Term)))
            return value if isinstance(value, Term) else None
        if configured(self.child.cls):
            return None
        if (constant := constant_of(self.child.cls, name)) is not None:
            return constant
        field = next((f for f in self.child.fields if f.name == name), None)
        default = field.default if field is not None else None
        try:
            return const(ast.literal_eval(default)) if default is not None else None
        except (ValueError, TypeError):
            return None


def _unpacked(called: Method, args: Sequence[Value], place: int) -> dict[str, Value]:
    """What `*args` gives from a place on, which the caller is given itself: the parameters that have no default."""
    match args:
        case [Array(untouched=True) as packed]:
            named = called.node.args
            optional = [*named.defaults, *named.kwonlyargs, *filter(None, (named.vararg, named.kwarg))]
            needed = called.parameters[place : len(called.parameters) - len(optional)]
            return {name: packed.item(k) for k, name in enumerate(needed)}
    return {}


def _number(given: Value) -> Term | None:
    """What a call gives for a number, which may be an argument of the caller."""
    if isinstance(given, Array) and given.untouched and given.argument is not None:
        return Passed.of(*given.argument)
    return given if isinstance(given, Term) and given != const(None) else None


def _spread(array: Array) -> Array:
    """A parameter whose shape is a field has the axes of the tuple that the field is given here."""
    match array.tail:
        case (Term(kind=Kind.TUPLE, parts=axes),):
            return Array(None, 0, axes, len(axes))
    return array
