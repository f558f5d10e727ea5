"""One method of a class, statement by statement."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..bindings import defines, may_be_missing, statements, stored
from ..constructions import Construction
from ..factories.records import Bound
from ..held_layers import ANNOTATED
from ..last_rounds import tells_last
from ..model import LinenClass, Method
from ..trees import walk
from .alternatives import Attributes, bound_after, either_of, instead_of_none, on_one_side
from .asked_again import Sides, after_both, bound_below, joined, recalled, sides
from .asked_again import without as unbound
from .asserted import asserted
from .binding import bind
from .choices import narrowed
from .chosen import where
from .computed import named_after
from .evaluate import Evaluator
from .fields import is_integer, tuple_length
from .filled import filled
from .found import Env, Found, anywhere
from .functions.arguments import Arguments
from .kinds import is_of_kind
from .loops import run_loop
from .operators import asked
from .optional import answer, asks_for, ended_alike, settled, without
from .results import Result, Turn, together
from .sides import Side, decides, put_back, settle, told
from .terms import PLACED, Kind, Term, const
from .truths import truth
from .turned import turned
from .values import Array, Items, Local, Made, Use, Value
from .widened import widened

if TYPE_CHECKING:
    from .run import Runner


_LOCALS = PLACED - {Kind.PHI}
_PER_AXIS = ("kernel_size", "strides")


class Body:
    """One method, statement by statement; the `owner` is the base that it is of, where it is inherited."""

    def __init__(self, runner: "Runner", method: Method, cls: LinenClass | None = None):
        self.runner, self.method, self.owner = runner, method, runner.line.owner(method)
        self.evaluator = Evaluator(
            cls or self.owner or runner.cls,
            method,
            self._constructs,
            runner.flow.attributes,
            self._apply,
            runner.inline,
            runner.fields,
            runner.function,
            runner.lookup,
            self._local,
            runner.flow.kept,
            runner.flow.found,
            runner.getter,
        )
        self.evaluator.decides, self.evaluator.witness = runner.decides, runner.witness
        self.evaluator.methods, self.evaluator.there = runner.methods, runner.flow.there
        if runner.line.bases and self.owner is None:
            self.evaluator.theirs = runner.line.methods.keys() - runner.cls.methods.keys()
            self.evaluator.inherited = lambda use: runner.inherited(use, self.evaluator.assume)
        self.results: list[Result] = []
        self.ended: list[Side] = []
        self.of_last: dict[ast.For, Env] = {}
        """What names are behind the last round of a loop, which is something else than behind the others."""
        self.path: tuple[Turn, ...] = ()
        self.apart: Sides = {}
        self.open = True

    @property
    def env(self) -> Env:
        return self.evaluator.env

    @env.setter
    def env(self, env: Env) -> None:
        self.evaluator.env = env

    def returned(self) -> Value:
        return together(self.results)

    def _apply(self, made: Made, use: Use) -> Value:
        theirs, own = self.owner is not None, made.call in self.runner.own
        if theirs and own:
            # a local of that method means nothing in the constructor; what a loop over a list of setup changes does
            keywords = {name: anywhere(value, _LOCALS) for name, value in use.keywords.items()}
            use = replace(use, args=tuple(anywhere(a, _LOCALS) for a in use.args), keywords=keywords)
        value = self.runner.apply(made, use, self.evaluator.assume)
        return value if theirs or own or not self.runner.line.bases else anywhere(value)

    def _local(self, function: Local, given: Arguments) -> Value:
        return self.runner.local(self, function, given)

    def _constructs(self, call: ast.Call) -> bool:
        construction = self.runner.made.get(call)
        if construction is None or construction.method is not self.method:
            return False
        found = self.runner.flow.found.setdefault(call, Found(construction))
        found.values = self._all_bound(construction)
        found.bound = {one: self._all_bound(one) for one in self.runner.choices.get(call, ())}
        for name, node in construction.given.items():
            # in a dict that the method has made already
            before = name in construction.spread and node in self.evaluator.seen
            value = self.evaluator.seen.get(node) if before else self.evaluator.value(node)
            found.values[name] = self._unpacked(value) if name in _PER_AXIS else self._held(value)
        if construction.layer is not None and construction.layer.linen == "DenseGeneral":
            found.values["features"] = self._alone(found.values.get("features"))
        found.values |= self._of_each_axis(found.values)
        found.env = dict(self.env)
        lifted = construction.lifted
        rounds = self.evaluator.value(lifted.lifts[0].rounds) if lifted is not None else None
        found.rounds = rounds if isinstance(rounds, Term) else None
        return True

    def _unpacked(self, value: Value) -> Value:
        """The items of a field that is declared as a tuple of so many."""
        name = value.value if isinstance(value, Term) and value.kind is Kind.FIELD else ""
        count = tuple_length(self.runner.cls, name)
        if not isinstance(value, Term) or count is None:
            return value
        return Items(tuple(Term(Kind.ITEM, None, (value, const(k))) for k in range(count)))

    def _of_each_axis(self, values: Mapping[str, Value]) -> Env:
        """A stride that a field has as one integer, for each axis of the kernel."""
        match values.get("kernel_size"), values.get("strides"):
            case Items(items=items), Term(kind=Kind.FIELD, value=name) as one if is_integer(
                self.runner.cls, name
            ):
                return {"strides": Items((one,) * len(items))}
        return {}

    def _held(self, value: Value) -> Value:
        """A layer that is given to another module, with the features that its calls will have there."""
        if not isinstance(value, Made) or (made := self.runner.flow.found.get(value.call)) is None:
            return value
        layer, features = made.construction.layer, made.values.get("features")
        if layer is None or layer.linen not in ANNOTATED:
            return value
        return replace(value, features=features if isinstance(features, Term) else None)

    def _alone(self, value: Value) -> Value:
        """A field that holds one integer stands for one axis, and not for a tuple of them."""
        if isinstance(value, Term) and value.kind is Kind.FIELD and is_integer(self.runner.cls, value.value):
            return Items((value,))
        return value

    def _all_bound(self, construction: Construction) -> dict[str, Value]:
        return {name: self._bound(construction, name, bound) for name, bound in construction.bound.items()}

    def _bound(self, construction: Construction, name: str, bound: Bound) -> Value:
        """What a partial has bound: as it was where that stands, a literal, or what the module keeps of it."""
        if bound.scope.method is self.method and not bound.field:
            return self.evaluator.seen.get(bound.node)
        if bound.literal and not self._of_script(bound):
            return self.evaluator.value(bound.node)
        alone = construction.layer is None and construction.lifted is None and not construction.choice
        return Term(Kind.KEPT, (construction.call, name)) if alone and bound.field else None

    def _of_script(self, bound: Bound) -> bool:
        """Tells whether code outside of the classes binds it for a field, and may come to bind something else."""
        if not bound.field:
            return False
        defaults = (f.default for f in self.runner.cls.fields if f.default is not None)
        return bound.scope.method is None and not any(bound.node in walk(d) for d in defaults)

    def block(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            if not self.open:
                return
            if self.apart and not isinstance(statement, ast.If):
                self.apart = unbound(self.apart, bound_below(statement))
            self._statement(statement)

    def _statement(self, statement: ast.stmt) -> None:
        self.evaluator.taken.clear()  # what it takes from a list, it takes once
        value = self.evaluator.value
        match statement:
            case ast.Assign(targets=targets, value=node):
                found = value(node)
                self.env |= turned(node, self.evaluator.cls.names, self.evaluator.seen, self.env)
                for target in targets:
                    bind(self, target, found, node)
            case ast.AnnAssign(target=target, value=node) if node is not None:
                bind(self, target, value(node), node)
            case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=node):
                read = ast.BinOp(ast.copy_location(ast.Name(name, ast.Load()), target), op, node)
                bind(self, target, value(ast.copy_location(read, statement)), node)
            case ast.AugAssign(target=ast.Attribute()) | ast.Expr():
                value(statement.value)
                list_of_arrays = filled(self, statement)
                self._forget(statement)
                self.env |= list_of_arrays
            case ast.Return(value=node):
                self.results.append(Result(self.path, value(node)))
                self.open = False
            case ast.Raise():
                self.open = False
            case ast.If():
                self._if(statement)
            case ast.For():
                path = self.path
                run_loop(self, statement)
                self.path = path
            case ast.FunctionDef(name=name):
                shared = _shared(statement)
                self.env |= {name: None if shared else Local(statement), **dict.fromkeys(shared)}
            case ast.With(items=items, body=body):
                for item in items:
                    value(item.context_expr)
                self._forget(statement)
                self.block(body)
            case ast.Assert(test=test):
                self.env |= asserted(self.evaluator, test)
            case ast.Pass() | ast.Import() | ast.ImportFrom():
                pass
            case _:
                self._opaque(statement)

    def _opaque(self, statement: ast.stmt) -> None:
        for node in ast.walk(statement):
            if isinstance(node, ast.Return):
                self.results.append(Result(self.path, None))
            if isinstance(node, ast.stmt):
                self._forget(node)

    def _forget(self, statement: ast.stmt) -> None:
        for name in defines(statement):
            self.env[name] = None

    def _if(self, statement: ast.If) -> None:
        self.apart = unbound(self.apart, stored(statement.test))
        test = asked(self.evaluator, statement.test)
        holds = answer(statement.test, self.env)
        holds = is_of_kind(self.evaluator, statement.test) if holds is None else holds
        ruled_out = truth(test) if self.evaluator.decides else None
        holds = ruled_out if holds is None else holds
        unseen = statement.orelse if holds else statement.body
        if holds is not None and (ruled_out is not None or not self._makes(unseen)):
            self.block(statement.body if holds else statement.orelse)
            return
        start, kept, sizes = dict(self.env), dict(self.runner.flow.attributes), told(self.runner.flow.found)
        path, apart = self.path, {} if self._may_run_again(statement) else self.apart
        self.env = {**start, **narrowed(statement.test, start, ast.Eq), **where(test, start, holds=True)}
        self.env |= recalled(apart, statement.test, holds=True)
        self.path = (*path, Turn(statement, test, holds=True))
        self._side(statement.body, test, holds=True)
        yes, yes_open, yes_path, yes_apart = self.env, self.open, self.path, self.apart
        self.apart = apart
        yes_kept = self._put_back(kept)
        yes_sizes = put_back(self.runner.flow.found, sizes) if decides(test) else sizes
        self.env, self.open = {**start, **narrowed(statement.test, start, ast.NotEq)}, True
        self.env |= where(test, start, holds=False)
        self.env |= recalled(apart, statement.test, holds=False)
        self.path = (*path, Turn(statement, test, holds=False))
        self._side(statement.orelse, test, holds=False)
        no_kept = dict(self.runner.flow.attributes)
        self.runner.flow.kept |= on_one_side(test, yes_kept, no_kept, self.runner.flow.kept)
        self.runner.flow.there |= instead_of_none(test, yes_kept, no_kept, self.runner.flow.there)
        self._put_back(named_after(self, statement, test, yes_kept, no_kept))
        if decides(test):
            self._settle(Side(test, True, sizes, yes_sizes), yes_open)
        sure = truth(test)  # as `x.ndim == 2` is where the callers have told how many axes x has
        if yes_open and self.open:
            both = self._behind(statement, test, start, yes, self.env) if sure is None else {}
            self.apart = after_both(test, yes_apart, self.apart)
            if both and not self._may_run_again(statement):
                self.apart = joined(self.apart, sides(statement, yes, self.env, both))
            self.env, self.path = both or (yes if sure else self.env), path
        elif yes_open:
            self.env, self.path, self.apart = yes, yes_path, yes_apart
        self.open = self.open or yes_open

    def _behind(self, statement: ast.If, test: Value, start: Env, yes: Env, no: Env) -> Env:
        """What names are where both sides of a condition go on, which started from the same."""
        compared = asks_for(statement.test)
        if compared is not None and compared[0] in self.method.optional:
            compared = None  # what is on either side is told apart
        absent, present = (yes, no) if compared is not None and compared[1] else (no, yes)
        if compared is not None and may_be_missing(self.method, compared[0]):
            phis = self.runner.flow.phis  # of loops whose layers are there in any case
            absent |= {n: ended_alike(phis, value, present.get(n)) for n, value in absent.items()}
        names = yes.keys() | no.keys()
        after_both = either_of if self._may_run_again(statement) else bound_after
        after = {name: after_both(name, test, yes, no) for name in names}
        after |= widened(statement.test, start, yes, no, self.evaluator.assume)
        if compared is not None:
            name, _ = compared
            given = start.get(name)
            after |= {n: a for n in names if (a := without(given, absent.get(n), present.get(n))) is not None}
            after[name] = settled(self.evaluator, compared, test, yes.get(name), no.get(name), given)
        return after | self._but_in_the_last_round(statement, after, yes, no)

    def _but_in_the_last_round(self, statement: ast.If, after: Env, yes: Env, no: Env) -> Env:
        """What another round starts from, where a side that the last one comes to alone ends it with something else."""
        loop = self.method.parents.get(statement)
        if not isinstance(loop, ast.For) or loop.body[-1] is not statement:
            return {}
        last = tells_last(statement.test, loop)
        others, ending = (no, yes) if last else (yes, no)
        found = (
            {n: v for n, v in others.items() if _is_known(v) and not _is_known(after.get(n))}
            if last is not None
            else {}
        )
        self.of_last.setdefault(loop, {}).update({name: ending.get(name) for name in found})
        return found

    def _may_run_again(self, statement: ast.If) -> bool:
        """Tells whether a round before this one may have bound what is not bound here, as far as is known."""
        parents = self.method.parents
        loops = ast.For | ast.While
        return statement not in parents or any(isinstance(a, loops) for a in self.method.above(statement))

    def _settle(self, yes: Side, yes_open: bool) -> None:
        """Where one side returns, what follows is told on the other side alone."""
        made = self.runner.flow.found
        if yes_open == self.open:
            settle(made, yes)
        elif self.open:
            self.ended.append(yes)
        else:
            self.ended.append(yes._replace(holds=False, told=put_back(made, yes.told)))

    def _side(self, body: Sequence[ast.stmt], test: Value, *, holds: bool) -> None:
        self.runner.flow.attributes.update(where(test, self.runner.flow.attributes, holds=holds))
        ended, self.ended = self.ended, []
        self.block(body)
        self.end()
        self.ended = ended

    def end(self) -> None:
        """Puts together what is told on the way to each return."""
        while self.ended:
            settle(self.runner.flow.found, self.ended.pop())

    def _makes(self, body: Sequence[ast.stmt]) -> bool:
        """Tells whether submodules are constructed there, of which the sizes are asked for in any case."""
        return any(node in self.runner.made for statement in body for node in walk(statement))

    def _put_back(self, attributes: Attributes) -> Attributes:
        """Sets what self keeps, and returns what it has kept so far."""
        held = self.runner.flow.attributes
        before = dict(held)
        held.clear()
        held.update(attributes)
        return before


def _is_known(value: Value) -> bool:
    return value.at(-1) is not None if isinstance(value, Array) else value is not None


def _shared(function: ast.FunctionDef) -> set[str]:
    """Returns the names of the method around it, or of the module, that a function binds, or changes what they hold."""
    told = {name for n in walk(function) if isinstance(n, ast.Nonlocal | ast.Global) for name in n.names}
    own = {n.arg for n in walk(function.args) if isinstance(n, ast.arg)}
    own |= {n.id for n in walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    own |= {n.name for n in walk(function) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    return told | ({name for s in statements(function.body) for name in defines(s)} - own)
