"""The statements that a constructor takes over from `setup`, `__post_init__` or a compact method."""

import ast
from typing import cast

import libcst as cst

from ..bindings import read_outside_of_loops, stored
from ..contexts import blocks_around, is_kept, is_left
from ..model import Method, MethodKind
from ..plan.alternatives import functions_instead
from ..plan.needs import spell
from ..plan.optional_modules import instead, instead_of_none
from ..plan.records import Carried, ClassPlan, Form
from ..plan.sequences import is_sequence
from ..plan.sharded import of_layer
from ..source import Span
from ..trees import walk
from .between import between
from .editor import Editor
from .layout import Layout
from .lifted import create
from .loops import names_in, narrowed, uncounted, without
from .made import Made
from .partials import edited, is_itself
from .rows import with_blank_line
from .sequences import Filled, Part, added, filled, given_layers, parts_of
from .splice import spliced
from .stacked import size_rows
from .units import Unit, code_of

_NEVER_TAKEN = (cst.While, cst.With, cst.Try, cst.TryStar, cst.Match, cst.ClassDef)
"""Blocks that no creation stands in: the slice refuses it."""

SizedParts = list[tuple[Part, list[Carried]]]
"""Layers of a list, and the sizes that change from one round of theirs to the next."""


class Takeover(Editor):
    """Rewrites the body of one Linen method into statements of `__init__`."""

    def __init__(self, unit: Unit, plan: ClassPlan, method: Method, keep: set[ast.stmt], layout: Layout):
        span = plan.cls.source.span
        self.plan, self.method, self.layout = plan, method, layout
        self.keep = {span(s) for s in keep}
        self.everything = method.kind is MethodKind.POST_INIT
        self.made = Made(plan, method, layout)
        self.loops: dict[Span, list[str]] = {}
        for variable in (v for v in self.made.variables.values() if v.form is Form.APPEND):
            loop = next(a for a in method.above(variable.creation.call) if isinstance(a, ast.For))
            self.loops.setdefault(span(loop), []).append(variable.attribute)
        for submodule in (
            s for s in self.made.submodules.values() if s.form is Form.APPEND and s.loop is not None
        ):
            assert submodule.loop is not None
            lists = self.loops.setdefault(span(submodule.loop), [])
            lists += [] if submodule.attribute in lists else [submodule.attribute]
        own = (loop for loop in plan.phis if loop in method.parents and loop not in plan.list_loops)
        self.carried = {span(loop): plan.phis[loop] for loop in own}
        for loop, made in plan.list_loops.items():
            if made.form is Form.APPEND and made.loop is not None:
                self.carried.setdefault(span(made.loop), []).extend(plan.phis.get(loop, ()))
        self.collected: dict[Span, SizedParts] = {}
        self.rounds: dict[Span, list[Carried]] = {}
        for loop, comprehension in plan.flow.comprehended.items():  # one for each run of its method
            self.rounds.setdefault(span(comprehension), []).extend(plan.phis.get(loop, []))
        self.as_long = {span(node) for node in plan.flow.as_long}
        self.partials = {span(call): edit for call, edit in plan.partials.items()}
        mine = [s.construction for s in plan.submodules if s.construction.method is method]
        self.sharded = {span(node) for each in mine for node in of_layer(each, plan.cls.names)}
        self.functions: set[str] = set()  # that make modules of many rounds
        found = [instead_of_none(s.construction) for s in self.made.submodules.values()]
        others = (
            s.construction for s, f in zip(self.made.submodules.values(), found, strict=True) if f is None
        )
        self.keep |= {span(statement) for made in others for statement in instead(made)}
        self.keep |= {span(statement) for made in mine for statement in functions_instead(plan.cls, made)}
        self.otherwise: dict[Span, list[str]] = {}
        for test, attribute in (f for f in found if f is not None):
            self.otherwise.setdefault(span(test), []).append(attribute)
        self.started = {s.attribute for s in self.made.submodules.values() if s.form is Form.ELEMENT}
        self.asked = {span(n) for n in walk(method.node) if isinstance(n, ast.If)}
        around = blocks_around(keep, method)
        self.asked |= {span(n) for n in around if is_kept(n, plan.cls.names)}
        self.left = {span(n) for n in around if is_left(n, plan.cls.names)}
        self.from_start = {span(n) for n in plan.from_start}
        self.leaves = {span(statement) for statement in plan.leaves}
        self.stacked = {span(statement): each for statement, each in plan.stacked.items()}
        self.read_outside = read_outside_of_loops(method)
        self.within = 0  # how deep in functions that are taken over whole
        super().__init__(unit, self.made.replace, ())
        self.depth = 0 if method.kind is MethodKind.HELPER else 1

    def hoisted(self) -> list[cst.BaseStatement]:
        """Returns what is made once, behind everything else, whatever loop or condition it stood in."""
        once = [s for s in self.plan.submodules if s.hoisted and s.construction.method is self.method]
        return [self._parse(self.made.once(submodule)) for submodule in once]

    def statements(self, block: cst.BaseSuite) -> list[cst.BaseStatement]:
        """Returns the constructor's statements."""
        new = block.visit(self)
        assert isinstance(new, cst.IndentedBlock)
        return self._set_off(self._together([_without_blank_lines(s) for s in new.body]))

    def _together(self, rows: list[cst.BaseStatement]) -> list[cst.BaseStatement]:
        """Modules that are made on one condition, one behind the other, are made in one block."""
        found: list[cst.BaseStatement] = []
        for row in rows:
            last, test = (found or [row])[-1], self._guard(row)
            if last is row or test is None or test != self._guard(last):
                found.append(row)
                continue
            assert isinstance(last, cst.If)
            assert isinstance(row, cst.If)
            (made,) = row.body.body
            block = [*last.body.body, made.with_changes(leading_lines=row.leading_lines)]
            found[-1] = last.with_changes(body=last.body.with_changes(body=block))
        return found

    def _guard(self, row: cst.BaseStatement) -> str | None:
        """The condition that calls in methods have put in front of a module which setup makes in any case."""
        guarded = {f"self.{s.attribute}" for s in self.made.submodules.values() if s.guard is not None}
        if not guarded or not isinstance(row, cst.If) or row.orelse is not None:
            return None
        made = [s for r in row.body.body if isinstance(r, cst.SimpleStatementLine) for s in r.body]
        names = {code_of(s.targets[0].target) for s in made if isinstance(s, cst.Assign)}
        return code_of(row.test) if names and names <= guarded and len(made) == len(row.body.body) else None

    def _set_off(self, rows: list[cst.BaseStatement]) -> list[cst.BaseStatement]:
        """Blank lines stand around the functions that make modules of many rounds."""
        found = []
        for i, row in enumerate(rows):
            made = [r for r in rows[max(i - 1, 0) : i + 1] if isinstance(r, cst.FunctionDef)]
            after = any(r.name.value in self.functions for r in made)
            found.append(with_blank_line(row) if after and i else row)
        return found

    def on_leave(self, original: cst.CSTNode, updated: cst.CSTNode) -> cst.CSTNode | cst.RemovalSentinel:  # type: ignore[override]
        if isinstance(original, _NEVER_TAKEN) and not self._takes(original):
            return cst.RemoveFromParent()
        if isinstance(updated, cst.With) and self.span(original) in self.left:
            return cst.FlattenSentinel(updated.body.body)  # type: ignore[return-value]
        return super().on_leave(original, updated)

    def _takes(self, block: cst.CSTNode) -> bool:
        """A `match` that was read as conditions is taken as they are."""
        return self.within > 0 or self.everything or self.span(block) in self.asked | self.left

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        kept = self.span(node) in self.keep
        self.within += kept
        return kept

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.BaseStatement | cst.RemovalSentinel:
        kept = self.span(original_node) in self.keep
        self.within -= kept
        return updated_node if kept else cst.RemoveFromParent()

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> bool:
        return any(self._wanted(s) for s in node.body)

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.RemovalSentinel | cst.FlattenSentinel[cst.BaseStatement]:
        pairs = zip(original_node.body, updated_node.body, strict=True)
        taken = [(before, each) for before, after in pairs if (each := self._statement(before, after))]
        rows = [row for _, each in taken for row in each]
        if not rows:
            return cst.RemoveFromParent()
        if not all(self._stays(s) for s, _ in taken):  # else its comments stay with it
            rows[0] = rows[0].with_changes(leading_lines=original_node.leading_lines)
            if isinstance(rows[-1], cst.SimpleStatementLine):
                rows[-1] = rows[-1].with_changes(trailing_whitespace=original_node.trailing_whitespace)
        return cst.FlattenSentinel(rows)

    def _stays(self, statement: cst.BaseSmallStatement) -> bool:
        span = self.span(statement)
        return self.made.stays(span) or (span in self.stacked and span not in self.made.statement_of.values())

    def leave_SimpleStatementSuite(
        self, original_node: cst.SimpleStatementSuite, updated_node: cst.SimpleStatementSuite
    ) -> cst.BaseSuite:
        pairs = zip(original_node.body, updated_node.body, strict=True)
        return cst.IndentedBlock([row for before, after in pairs for row in self._statement(before, after)])

    def _wanted(self, statement: cst.BaseSmallStatement) -> bool:
        return self.everything or self.within > 0 or self.span(statement) in self.keep

    def _statement(
        self, before: cst.BaseSmallStatement, after: cst.BaseSmallStatement
    ) -> list[cst.BaseStatement]:
        if not self._wanted(before):
            return []
        made = self._made_by(before)
        stacked = self.stacked.get(cast(Span, self.span(before)), ())
        if stacked:
            taken, put = size_rows(stacked, self.plan)
            return [*map(self._parse, taken), *made, *map(self._parse, put)]
        if made:
            return made
        if isinstance(before, cst.Return) and not self.within:
            return [self._parse("return")]
        if self.everything and isinstance(after, cst.Expr):
            return self._post_init(after)
        if code_of(after) != code_of(before) and is_itself(after):
            return []  # what a partial has bound goes to the call
        filling, new = (filled(before), filled(after)) if self.rounds else (None, None)
        if filling is not None and new is not None:
            parts = self._sized_parts(filling.given, new.given)
            if any(carried for _, carried in parts):
                return self._filled(new.name, parts, started=new.started)
        if code_of(after) != code_of(before) and (code := added(after, self.layout, self.depth)) is not None:
            return [self._parse(code)]
        return [cst.SimpleStatementLine([after.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])]

    def _made_by(self, statement: cst.BaseSmallStatement) -> list[cst.BaseStatement]:
        """What creates the variables and submodules of a statement."""
        span = self.span(statement)
        mine = [call for call, place in self.made.statement_of.items() if place == span]
        rows = [row for call in sorted(self.made.first_halves(mine)) for row in self._created(call)]
        return [*rows, self._parse("return")] if mine and span in self.leaves else rows

    def _post_init(self, statement: cst.Expr) -> list[cst.BaseStatement]:
        text = code_of(statement)
        if text.startswith("super(") and text.endswith(".__post_init__()"):
            return []
        call = statement.value
        if isinstance(call, cst.Call) and code_of(call.func) == "object.__setattr__":
            target = ast.literal_eval(code_of(call.args[1].value))
            return [self._parse(f"self.{target} = {code_of(call.args[2].value)}")]
        return [cst.SimpleStatementLine([statement])]

    def _parse(self, code: str) -> cst.BaseStatement:
        return cst.parse_statement(code, self.unit.module.config_for_parsing)

    def _created(self, call: Span) -> list[cst.BaseStatement]:
        """What creates the variables; modules of many rounds are made by a function of their own."""
        submodule = self.made.submodules.get(call)
        if submodule is None or submodule.iteration is None or submodule.iteration.shared:
            return self._rows(call)
        function, parts = self.made.parts[call]
        node = submodule.iteration.lift.rounds
        assert node is not None
        source = self.plan.cls.source
        rounds = spliced(source.segment(node), source.span(node), dict(self.replace))
        name = self._free(f"create_{submodule.attribute}" if self.functions else "create")
        code = create(name, function, parts, rounds, self.layout, self.depth)
        self.functions.add(name)
        return [self._parse(code), self._parse(f"self.{submodule.attribute} = {name}(rngs)")]

    def _free(self, name: str) -> str:
        taken = {p.name for p in self.plan.every_parameter} | {f.name for f in self.plan.fields}
        while name in taken | stored(self.method.node):
            name += "_"
        return name

    def _rows(self, call: Span) -> list[cst.BaseStatement]:
        """A list whose sizes change from one element to the next is filled in a loop."""
        if call in self.collected:
            return self._sequence(call)
        found = self.made.submodules.get(call)
        submodule = found if found is not None and found.form is Form.LIST else None
        loops = [loop for loop, made in self.plan.list_loops.items() if made is submodule]
        carried = [c for loop in loops for c in self.plan.phis.get(loop, ())]
        if submodule is None or not carried:
            return [self._parse(self.made.statement(call, self.depth))]
        function, parts = self.made.parts[call]
        target = f"self.{submodule.attribute}"
        append = self.layout.nested(f"{target}.append", function, parts, self.depth + 1).split("\n")
        backs = [f"{c.name} = {spell(self.plan, c.back)}" for c in carried]
        entries = [(c.name, spell(self.plan, c.entry)) for c in carried]
        before = [
            f"{target} = nnx.List()",
            *(f"{name} = {value}" for name, value in entries if name != value),
        ]
        loop = self.layout.block(self.made.generators[call], [*append, *backs])
        return [*map(self._parse, before), self._parse(loop)]

    def _sequence(self, call: Span) -> list[cst.BaseStatement]:
        """A Sequential whose sizes change from one layer to the next is given a list that a loop fills."""
        function, _ = self.made.parts[call]
        name, target = self._free("layers"), f"self.{self.made.submodules[call].attribute}"
        rows = self._filled(name, self.collected[call])
        return [*rows, self._parse(f"{target} = {function}(*{name})")]

    def _filled(self, name: str, parts: SizedParts, *, started: bool = False) -> list[cst.BaseStatement]:
        """The statements that fill the list `name` with layers, in a loop where their sizes change."""
        entries = [[(c.name, spell(self.plan, c.entry)) for c in group] for _, group in parts]
        backs = [[(c.name, spell(self.plan, c.back)) for c in group] for _, group in parts]
        layers = Filled(name, self.layout, self.depth, started=started)
        return [self._parse(row) for row in layers.rows([p for p, _ in parts], entries, backs)]

    def _sized_parts(self, before: cst.BaseExpression, after: cst.BaseExpression) -> SizedParts:
        """The layers of a list, and the sizes that change from one round to the next."""
        pairs = zip(parts_of(before), parts_of(after), strict=True)
        return [
            (new, self.rounds.get(self._spanned(old.rounds), []) if old.rounds is not None else [])
            for old, new in pairs
        ]

    def _spanned(self, node: cst.CSTNode) -> Span:
        return cast(Span, self.span(node))

    def leave_If(
        self, original_node: cst.If, updated_node: cst.If
    ) -> cst.BaseStatement | cst.RemovalSentinel | cst.FlattenSentinel[cst.BaseStatement]:
        """A module that takes the place of None on a condition is None otherwise; some are there from the start."""
        if self.span(original_node) in self.from_start and isinstance(updated_node.body, cst.IndentedBlock):
            return cst.FlattenSentinel(updated_node.body.body)
        new = super().leave_If(original_node, updated_node)
        attributes = self.otherwise.get(cast(Span, self.span(original_node)), [])
        if not attributes or not isinstance(new, cst.If):
            return new
        rows = [self._parse(f"self.{attribute} = None") for attribute in attributes]
        return new.with_changes(orelse=cst.Else(cst.IndentedBlock(rows)))

    def leave_IfExp(self, original_node: cst.IfExp, updated_node: cst.IfExp) -> cst.BaseExpression:
        span = self.span(original_node)
        if span is not None:
            self.made.tests[span] = code_of(updated_node.test)
        return super().leave_IfExp(original_node, updated_node)

    def leave_ListComp(self, original_node: cst.ListComp, updated_node: cst.ListComp) -> cst.BaseExpression:
        span = self.span(original_node.elt)
        for call in (*self.made.variables, *self.made.submodules):
            if span is not None and span[:2] <= call[:2] and call[2:] <= span[2:]:
                self.made.generators.setdefault(call, code_of(self._generator(call, updated_node.for_in)))
        return updated_node

    def _generator(self, call: Span, loop: cst.CompFor) -> cst.CompFor:
        """In a compact method a round may read more than what the module is made from."""
        if self.method.kind is not MethodKind.COMPACT or call not in self.made.parts:
            return loop
        return narrowed(loop, {n.value for p in self.made.parts[call][1] for n in names_in(p)})

    def leave_List(self, original_node: cst.List, updated_node: cst.List) -> cst.BaseExpression:
        return self._between(original_node, updated_node)

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.BaseExpression:
        return self._between(original_node, updated_node)

    def _between(self, original: cst.List | cst.Dict, updated: cst.BaseExpression) -> cst.BaseExpression:
        for value, comment in between(original):
            if (span := self.span(value)) is not None:
                self.made.comments[span] = comment
        return updated

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        span = self.span(original_node)
        read = self.made.read(span, updated_node, self.depth) if span is not None else None
        made = self.made.submodules.get(cast(Span, span))
        if made is not None and self.rounds and is_sequence(made.construction):
            layers = self._sized_parts(given_layers(original_node), given_layers(updated_node))
            if any(carried for _, carried in layers):
                self.collected[cast(Span, span)] = layers
        if read is not None:
            return read
        if span in self.sharded:
            parts = [*(code_of(a.value) for a in updated_node.args), "eager_sharding=False"]
            return cst.parse_expression(f"nnx.with_partitioning({', '.join(parts)})")
        if span in self.partials:
            assert span is not None
            return edited(updated_node, self.partials[span])
        return updated_node

    def leave_For(
        self, original_node: cst.For, updated_node: cst.For
    ) -> cst.BaseStatement | cst.RemovalSentinel | cst.FlattenSentinel[cst.BaseStatement]:
        span = cast(Span, self.span(original_node))
        updated_node = self._alone(original_node, updated_node)
        lists, carried = self.loops.get(span, []), self.carried.get(span, [])
        if not lists and not carried:
            return super().leave_For(original_node, updated_node)
        backs = [(c.name, spell(self.plan, c.back)) for c in carried]
        if carried or any(s.attribute in lists for s in self.made.submodules.values()):
            behind = {n.value for _, code in backs for n in names_in(code)}
            updated_node = uncounted(updated_node, behind | self.read_outside, original_node)
        if self._is_one(updated_node, lists) and not carried:
            return self._generated(updated_node, lists[0])
        entries = [(c.name, spell(self.plan, c.entry)) for c in carried]
        before = [f"self.{name} = nnx.List()" for name in lists if name not in self.started]
        before += [f"{name} = {value}" for name, value in entries if name != value]
        rows = [self._parse(row) for row in before]
        if rows:
            rows[0] = rows[0].with_changes(leading_lines=updated_node.leading_lines)
            updated_node = updated_node.with_changes(leading_lines=[])
        after = [self._parse(self.layout.sized(n, v, self.depth + 2)) for n, v in backs if n != v]
        assert isinstance(updated_node.body, cst.IndentedBlock)
        body = updated_node.body.with_changes(body=[*updated_node.body.body, *after])
        return cst.FlattenSentinel([*rows, updated_node.with_changes(body=body)])

    def _alone(self, before: cst.For, after: cst.For) -> cst.For:
        """Takes out of a `zip` the arrays beside which the loop runs."""
        match before.iter:
            case cst.Call(func=cst.Name("zip"), args=given):
                beside = {i for i, a in enumerate(given) if self.span(a.value) in self.as_long}
                return without(after, beside) if beside else after
        return after

    def _is_one(self, loop: cst.For, lists: list[str]) -> bool:
        """A loop that only fills one list of submodules is that list's generator."""
        mine = [s for s in self.made.submodules.values() if s.form is Form.APPEND and s.attribute in lists]
        body = loop.body.body
        simple = len(body) == 1 and isinstance(body[0], cst.SimpleStatementLine) and not body[0].leading_lines
        return simple and len(mine) == len(lists) == 1 and not self.started & {*lists}

    def _generated(
        self, loop: cst.For, name: str
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        call = next(c for c, s in self.made.submodules.items() if s.attribute == name)
        function, parts = self.made.parts[call]
        iterated, target = code_of(loop.iter), code_of(loop.target)
        used = {n.value for p in parts for n in names_in(p)}
        targets = {n.value for n in names_in(target)}
        if not used & targets and isinstance(loop.target, cst.Name):
            target = "_"
        each = f" for {target} in {iterated}"
        code = self.layout.nested(f"self.{name} = nnx.List", function, parts, self.depth, each)
        return self._parse(code).with_changes(leading_lines=loop.leading_lines)


def _without_blank_lines(statement: cst.BaseStatement) -> cst.BaseStatement:
    lines = getattr(statement, "leading_lines", ())
    return (
        statement.with_changes(leading_lines=[line for line in lines if line.comment]) if lines else statement
    )


__all__ = ["Takeover"]
