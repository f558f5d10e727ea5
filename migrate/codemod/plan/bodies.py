"""Edits to one method: declarations go, uses of variables become attributes, Linen-only questions get their answer."""

import ast

from ..bindings import defines, loads, rebinds, statements, stored
from ..model import Creation, Method, Refused
from ..trees import walk
from .answers import Answers
from .borrowed_kernels import plan_borrowed
from .caches import check_made
from .carries import plan_carries
from .controls import plan_controls
from .derived_reads import DerivedReads
from .initial_values import check_read
from .leftovers import Leftovers
from .lifted_calls import LiftedCalls
from .module_uses import Modules
from .records import Body, ClassPlan, Derived, Form, Variable, spelled
from .round_calls import RoundCalls
from .setup import Setup
from .variable_reads import stands_for_array


def plan_body(plan: ClassPlan, method: Method, setup: Setup, derived: Derived | None = None) -> Body:
    """Plans `method`; with `derived`, the part of setup that computes that attribute."""
    return _BodyPlanner(plan, method, setup, derived).run()


class _BodyPlanner:
    def __init__(self, plan: ClassPlan, method: Method, setup: Setup, derived: Derived | None):
        self.plan, self.method, self.setup = plan, method, setup
        self.body = Body()
        self.order = list(statements(method.node.body))
        self.left = Leftovers(plan, method, self.body, self.order)
        self.variables = {v.creation: v for v in plan.variables}
        self.by_attribute = _by_attribute(plan, setup)
        self.computed = derived
        self.in_strings = {n for s in walk(method.node) if isinstance(s, ast.JoinedStr) for n in walk(s)}
        self.only = derived.keep if derived else frozenset()

    def run(self) -> Body:
        if self.only:
            self._keep_only()
        plan_carries(self.plan, self.method, self.body)
        self.body.remove |= {s.statement for s in self.plan.shared_scopes if s.statement in self.order}
        self.body.remove |= self.plan.thrown_away & {*self.order}
        modules = Modules(self.plan, self.method, self.body, self.order)
        modules.uses()
        self.body.replace |= {n: code for n, code in self.plan.looks.items() if n in self.method.parents}
        plan_controls(self.plan, self.method, self.body)
        plan_borrowed(self.plan, self.method, self.body)
        lifted = LiftedCalls(self.plan, self.method, self.body)
        lifted.begin(modules.places)
        rounds = RoundCalls(self.plan, self.method, self.body)
        rounds.begin()
        self._creations()
        Answers(self.plan, self.method, self.body, self.order, self.in_strings).run()
        self._attributes()
        derived = DerivedReads(self.plan, self.method, self.body, self.setup, self.computed)
        derived.run()
        self.left.run()
        modules.loops(self.left)
        modules.comprehensions(self.left)
        lifted.finish(modules.places)
        rounds.finish()
        derived.finish(self.left)
        self._draws()
        self._reads()
        return self.body

    def _keep_only(self) -> None:
        for statement in self.order:
            if statement not in self.only and not isinstance(statement, ast.If | ast.For):
                self.body.remove.add(statement)

    # Declarations and the locals bound to them

    def _creations(self) -> None:
        for creation, variable in self.variables.items():
            if creation.method is not self.method:
                continue
            statement = self.method.statement(creation.call)
            if statement in self.body.remove:
                continue
            if variable.asked:
                self.body.made[check_made(creation)] = variable
                if isinstance(creation.target, ast.Name) and self._substitutes(creation, creation.target.id):
                    self._substitute(creation, variable, creation.target.id)
            elif isinstance(creation.target, ast.Name) and self._substitutes(creation, creation.target.id):
                self._substitute(creation, variable, creation.target.id)
                self.body.remove.add(statement)
            elif isinstance(statement, ast.Expr) and statement.value is creation.node:
                self.body.remove.add(statement)
            elif creation.is_param or creation.node is not creation.call:
                self.body.replace[creation.node] = self._use(variable, creation.node)
                self._or_none(creation, variable)
            else:
                raise Refused(
                    "MN205",
                    creation.call,
                    f"the variable `{variable.linen or variable.attribute}` is handed on",
                )

    def _or_none(self, creation: Creation, variable: Variable) -> None:
        """`... if test else None` asks the attribute itself: it is None exactly where the test was false."""
        choice = self.method.parents[creation.node]
        if (
            not isinstance(choice, ast.IfExp)
            or choice.body is not creation.node
            or variable.form is not Form.BIND
        ):
            return
        if isinstance(choice.orelse, ast.Constant) and choice.orelse.value is None:
            self.body.replace[choice.test] = f"{spelled(variable, self.method.this)} is not None"

    def _substitutes(self, creation: Creation, name: str) -> bool:
        """A local that is bound once, to the parameter or the variable, can give way to the attribute."""
        once = self._bindings(name) == 1 and name not in self.method.parameters
        if any(
            isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Del)
            for n in walk(self.method.node)
        ):
            once = False
        snapshot = creation.node is not creation.call and not creation.is_param
        quoted = any(n for n in loads(self.method.node.body, name) if n in self.in_strings)
        variable = self.variables[creation]
        if not creation.is_param and creation.node is creation.call:
            if not once:
                raise Refused("MN205", creation.call, f"`{name}` is bound more than once")
            return True
        return (
            once
            and not snapshot
            and not quoted
            and variable.form in (Form.BIND, Form.SETATTR)
            and not variable.index
        )

    def _substitute(self, creation: Creation, variable: Variable, name: str) -> None:
        for load in loads(self.method.node.body, name):
            if variable.index and variable.form is not Form.SETATTR:
                self._same_round(creation, variable, load)
            if creation.is_param:
                self.body.replace[load] = self._use(variable, load)
                continue
            above = self.method.parents[load]
            if not isinstance(above, ast.Attribute) or above.attr != "value" or load in self.in_strings:
                raise Refused("MN205", load, f"the variable object `{name}` is handed on")
            self._value(variable, above)

    def _same_round(self, creation: Creation, variable: Variable, load: ast.Name) -> None:
        """`self.v[i]` is the same variable only while the counter `i` is what it was."""
        loop = next(a for a in self.method.above(creation.call) if isinstance(a, ast.For))
        above = self.method.above(load)
        scopes = [
            a for a in above if isinstance(a, ast.FunctionDef | ast.Lambda) or rebinds(a, variable.index)
        ]
        stores = [
            n
            for n in walk(self.method.node)
            if isinstance(n, ast.Name) and n.id == variable.index and isinstance(n.ctx, ast.Store)
        ]
        if loop not in above or scopes or len(stores) > 1:
            raise Refused("MN205", load, f"the variable object `{load.id}` outlives its round of the loop")

    def _bindings(self, name: str) -> int:
        blocks = ast.If | ast.For | ast.With | ast.FunctionDef
        return sum(name in (defines(s) if isinstance(s, blocks) else stored(s)) for s in self.order)

    def _use(self, variable: Variable, node: ast.AST) -> str:
        """Spells a read: bare in arithmetic, where a Variable stands for its array, `[...]` everywhere else."""
        name = spelled(variable, self.method.this)
        if stands_for_array(self.method, node):
            return name
        return f"{name}{variable.read}"

    # Attributes of setup

    def _attributes(self) -> None:
        for node in walk(self.method.node):
            if not isinstance(node, ast.Attribute) or not self.method.is_this(node):
                continue
            variable = self.by_attribute.get(node.attr)
            if variable is None or self.method.statement(node) in self.body.remove:
                continue
            if isinstance(node.ctx, ast.Store):
                if self.only:
                    continue
                raise Refused("MN205", node, f"`self.{node.attr}` is assigned outside of setup")
            self._attribute(node, variable)

    def _attribute(self, node: ast.Attribute, variable: Variable) -> None:
        if variable.creation.is_param or variable.creation.node is not variable.creation.call:
            if not variable.conditional:
                self.body.replace[node] = self._use(variable, node)
            elif variable.attribute != node.attr:
                self.body.replace[node] = spelled(variable, self.method.this)
            return
        above = self.method.parents[node]
        if not isinstance(above, ast.Attribute) or above.attr != "value":
            raise Refused("MN205", node, f"the variable object `self.{node.attr}` is handed on")
        self._value(variable, above)

    def _value(self, variable: Variable, node: ast.Attribute) -> None:
        check_read(variable, node)
        self.body.replace[node] = f"{spelled(variable, self.method.this)}{variable.read}"

    def _draws(self) -> None:
        """Keys that calls draw come from streams that the module keeps; those of declarations do not."""
        declared = {c.call for c in self.variables}
        carries = {*self.body.zeros, *self.body.carried}
        live = set(self.left.live(self.method.node)) if carries else {*walk(self.method.node)}
        for node in walk(self.method.node):
            if isinstance(node, ast.Call) and self.method.is_this(node.func, "make_rng"):
                gone = self.method.statement(node) in self.body.remove or node not in live
                if not gone and not declared & set(self.method.above(node)):
                    self.plan.draws = True

    def _reads(self) -> None:
        fields = {f.name for f in self.plan.fields}
        spelled = [v.creation.name_node for v in self.plan.variables if v.form is Form.SETATTR and v.index]
        added = [value for group in self.body.keywords.values() for _, value in group]
        moved = [n for value in added if not isinstance(value, str) for n in walk(value)]
        spelled_nodes = [n for name in spelled for n in walk(name)]
        defined = [n for d in self.body.before.values() for e in d.reads for n in walk(e)]
        for node in (*self.left.live(self.method.node), *spelled_nodes, *moved, *defined):
            if isinstance(node, ast.Attribute) and self.method.is_this(node) and node.attr in fields:
                self.body.reads.add(node.attr)
                self.body.field_reads.append((node, node.attr))


def _by_attribute(plan: ClassPlan, setup: Setup) -> dict[str, Variable]:
    """Variables by the attribute through which Linen's methods reach them."""
    by_call = {v.creation.call: v for v in plan.variables}
    found = {name: by_call[c] for name, c in setup.aliases.items()}
    for base in plan.bases:
        for variable in base.variables:
            target = variable.creation.target
            if isinstance(target, ast.Attribute):
                found.setdefault(target.attr, variable)
    return found
