"""Plans one class: constructor, method bodies, names. Raises Refused, for the whole class, at the first obstacle."""

import ast

from ..constructions import constructions
from ..flow.run import called_methods
from ..model import Creation, Field, LinenClass, Method, MethodKind, Refused
from ..names import LINEN
from ..project import Project
from ..read import creations
from ..sizes import find_sizes
from ..slices import Atom, Slicer
from .answers import writes_variable
from .bodies import plan_body
from .helpers import Helpers, helper_calls
from .naming import stored_name
from .needs import Needs
from .records import ClassPlan
from .references import linen_names, references, rename
from .setup import Setup, read_setup
from .submodules import plan_submodules
from .variables import name_variables


def plan_class(
    cls: LinenClass, project: Project, bases: dict[str, ClassPlan], helpers: Helpers, linen_names: bool
) -> ClassPlan:
    """Returns the plan of `cls`; `bases` has the plans of the Linen classes it inherits from."""
    return _Planner(cls, project, bases, helpers, linen_names).run()


class _Planner:
    def __init__(
        self,
        cls: LinenClass,
        project: Project,
        bases: dict[str, ClassPlan],
        helpers: Helpers,
        linen_names: bool,
    ):
        self.cls, self.project, self.linen_names, self.helpers = cls, project, linen_names, helpers
        base = next(iter(project.bases(cls)), None)
        self.plans = bases
        self.plan = ClassPlan(cls, base=bases[base.name] if base else None)
        self.methods = [m for m in cls.methods.values() if m.kind is not MethodKind.STATIC]
        self.creations: list[Creation] = []

    def run(self) -> ClassPlan:
        self.plan.fields = self._fields()
        made = {c.call for c in constructions(self.cls, self.project)}
        setup = read_setup(self.cls, self.cls.methods.get("setup"), self._inherited_attributes(), made)
        self._find_creations()
        plan_submodules(self.plan, self.project, self.plans, self.linen_names)
        name_variables(self.plan, self.creations, self.helpers, setup, self.linen_names)
        self._slices(setup)
        self._bodies(setup)
        self._stores()
        self._boxes()
        self.plan.references = references(self.plan)
        self._inherited_texts()
        self._constructor(setup)
        return self.plan

    def _boxes(self) -> None:
        """Sharding that a declaration names moves onto the Variable; a box anywhere else would stay one."""
        known = {c.init.func for c in self.creations if isinstance(c.init, ast.Call)}
        for node, name in linen_names(self.cls.node, self.cls.names):
            if name.endswith("_partitioning") and node not in known:
                raise Refused("MN210", node, f"nn.{name} stands outside of a declaration")

    def _inherited_texts(self) -> None:
        """A subclass repeats the fields of its base: what they name has to mean the same in its file."""
        for field in (f for f in self.plan.fields if f.source is not self.cls.source):
            names = self.project.names[field.source.module]
            self.plan.inherited_references |= rename(field.statement, names, field.source)
            used = (n for n in ast.walk(field.statement) if isinstance(n, ast.Name))
            for node in (n for n in used if n is not field.statement.target and names.linen(n) is None):
                meaning = names.resolve(node)
                if meaning not in (LINEN, self.cls.names.resolve(node)):
                    reason = f"the inherited field `{field.name}` names `{node.id}`, which this file does not"
                    raise Refused("MN104", self.cls.node, reason)

    def _fields(self) -> list[Field]:
        inherited = list(self.plan.base.fields) if self.plan.base else []
        own = {f.name: f for f in self.cls.fields if f.init}
        merged = [own.pop(f.name, f) for f in inherited] + list(own.values())
        if any(f.name in ("rngs", "parent", "name", "nnx", "self") for f in merged):
            raise Refused("MN208", self.cls.node, "a field is called like an argument that every module has")
        return merged

    def _inherited_attributes(self) -> set[str]:
        found = {f.name for f in self.plan.fields}
        for base in self.plan.bases:
            found |= {v.attribute for v in base.variables} | set(base.cls.constants) | set(base.cls.methods)
            found |= {s.attribute for s in base.submodules}
        return found

    def _find_creations(self) -> None:
        for method in self.methods:
            found = creations(method)
            if found and method.kind not in (MethodKind.SETUP, MethodKind.COMPACT):
                raise Refused("MN201", found[0].call, f"`{method.node.name}` is neither setup nor compact")
            self._overrides(method)
            self.creations += found
            self._find_helpers(method)

    def _find_helpers(self, method: Method) -> None:
        calls = helper_calls(self.cls, method, self.project, self.helpers)
        if calls and method.kind is not MethodKind.COMPACT:
            raise Refused(
                "MN201", calls[0].call, f"`{method.node.name}` hands the module on and is not compact"
            )
        self.plan.calls += calls

    def _overrides(self, method: Method) -> None:
        """A method that replaces a creating method of its base, without calling it, would create less."""
        for base in self.plan.bases:
            other = base.cls.methods.get(method.node.name)
            creates = any(v.creation.method is other for v in base.variables)
            if other is not None and base.submodules and method.node.name in called_methods(base.cls):
                reason = f"`{method.node.name}` replaces one that `{base.cls.short}` calls to tell its sizes"
                raise Refused("MN104", method.node, reason)
            if other is not None and any(s.construction.method is other for s in base.submodules):
                reason = f"`{method.node.name}` replaces one of `{base.cls.short}` that builds submodules"
                raise Refused("MN104", method.node, reason)
            if other is not None and creates:
                calls_up = any(_is_super(n, method.node.name) for n in ast.walk(method.node))
                if not calls_up:
                    raise Refused(
                        "MN104",
                        method.node,
                        f"`{method.node.name}` replaces one of `{base.cls.short}` that creates variables",
                    )

    def _slices(self, setup: Setup) -> None:
        known = (
            self._inherited_attributes()
            | self.cls.constants
            | setup.plain
            | {v.attribute for v in self.plan.variables}
        )
        known |= setup.aliases.keys()
        taken = {f.name for f in self.plan.fields} | {"rngs"}
        post = self.cls.methods.get("__post_init__")
        changed = _assigned_attributes(post) if post else set()
        modules = [s.construction for s in self.plan.submodules if not s.hoisted]
        needs = Needs(self.plan)
        if setup.method is not None:
            mine = [c.call for c in self.creations if c.method is setup.method]
            mine += [m.call for m in modules if m.method is setup.method]
            keep = setup.plain_statements | {setup.method.statement(call) for call in mine}
            slicer = Slicer(self.cls, setup.method, self.creations, known, (), modules)
            for statement in setup.plain_statements:
                slicer.take_static(statement)
            found = slicer.run()
            self._hidden(found.globals, setup.method)
            self.plan.takeover.append((setup.method, found.keep | keep))
            self._size_free(found.atoms)
            self._shadows(found.locals)
        for method in self.methods:
            if method.kind is MethodKind.COMPACT and self._creates(method):
                slicer = Slicer(self.cls, method, self.creations, known, self.plan.calls, modules)
                for statement in needs.makers(method):
                    slicer.take_static(statement)
                found = slicer.run()
                needs.settle(found)
                self._reached(found.keep - found.parts.keys())
                sizes = find_sizes(found, self.cls.source, taken | found.globals)
                self._hidden(found.globals, method)
                self.plan.parameters += sizes.parameters
                self.plan.sizes |= sizes.replace
                self.plan.takeover.append((method, found.keep - sizes.drop))
                self._shadows(found.locals - {p.name for p in sizes.parameters})
                taken |= found.globals | found.locals
        needs.run(taken)
        for name in changed:
            self.plan.through_self[name] = name

    def _reached(self, keep: set[ast.stmt]) -> None:
        """What is made behind everything else is not made where the constructor returns early."""
        early = next((s for s in keep if isinstance(s, ast.Return)), None)
        if early is not None and any(s.hoisted for s in self.plan.submodules):
            raise Refused(
                "MN201", early, "a Dropout is made in a loop or on a condition, and this may return before"
            )

    def _creates(self, method: Method) -> bool:
        modules = any(s.construction.method is method for s in self.plan.submodules)
        own = any(c.method is method for c in self.creations)
        return own or modules or any(c.call in method.parents for c in self.plan.calls)

    def _hidden(self, names: set[str], method: Method) -> None:
        """A function that the constructor calls must not be called like one of its arguments."""
        hidden = sorted(names & {f.name for f in self.plan.fields})
        if hidden:
            raise Refused(
                "MN208",
                method.node,
                f"`{hidden[0]}` is a field, and something else that the constructor needs",
            )

    def _size_free(self, atoms: list[Atom]) -> None:
        if atoms:
            raise Refused("MN209", atoms[0].node, "setup takes the shape of something")

    def _shadows(self, names: set[str]) -> None:
        """A local of the slice that is called like a field hides the constructor's argument: read the attribute."""
        for field in self.plan.fields:
            if field.name in names:
                self.plan.through_self[field.name] = field.name

    def _bodies(self, setup: Setup) -> None:
        for method in self.methods:
            if method.kind in (MethodKind.SETUP, MethodKind.POST_INIT):
                continue
            self.plan.bodies[method.node.name] = plan_body(self.plan, method, setup)
        self._frozen_reads(setup)
        for derived in setup.derived:
            self.plan.derived.append(derived)
            assert setup.method is not None
            self.plan.bodies[derived.method] = plan_body(self.plan, setup.method, setup, derived)

    def _frozen_reads(self, setup: Setup) -> None:
        """Linen's setup reads a variable before the method writes it; a method of ours could read it after."""
        derived = [*setup.derived, *(d for b in self.plan.bases for d in b.derived)]
        state = {v.creation.method for v in self.plan.every_variable if not v.creation.is_param}
        reads = next(
            (
                s
                for d in derived
                for s in d.keep
                if any(isinstance(n, ast.Attribute) and n.attr == "value" for n in ast.walk(s))
            ),
            None,
        )
        writes = [n for m in self.methods for n in ast.walk(m.node) if writes_variable(n)]
        if reads is not None and state and writes:
            raise Refused(
                "MN209", writes[0], "setup computes an attribute from a variable that a method writes"
            )

    def _stores(self) -> None:
        """Keeps on `self` what a method reads, under a name that is free there."""
        read = {name for body in self.plan.bodies.values() for name in getattr(body, "reads", ())}
        stored_by_base = {name for base in self.plan.bases for name, _ in base.stores}
        used = (
            read
            | set(self.plan.through_self)
            | {n for _, k in self.plan.takeover for n in _property_reads(self.cls, k)}
        )
        post = self.cls.methods.get("__post_init__")
        if post:
            used |= {n.attr for n in ast.walk(post.node) if post.is_this(n) and isinstance(n, ast.Attribute)}
        made = {f.name for f in self.cls.fields if f.factory is not None}
        self.plan.through_self |= {name: name for name in made}
        used |= made
        variables = {v.attribute for v in self.plan.every_variable}
        variables |= {s.attribute for p in (self.plan, *self.plan.bases) for s in p.submodules}
        for field in self.plan.fields:
            if field.name in used and field.name not in stored_by_base:
                self.plan.stores.append((stored_name(field.name, variables), field.name))
        names = {field: attribute for attribute, field in self.plan.stores}
        for base in self.plan.bases:
            names |= {f: s for s, f in base.stores}
        for name, attribute in names.items():
            if name in self.plan.through_self:
                self.plan.through_self[name] = attribute
        for body in self.plan.bodies.values():
            for node, name in body.field_reads:
                if names.get(name, name) != name:
                    body.replace[node] = f"self.{names[name]}"
        reads_mode = {n for b in self.plan.bodies.values() for n in b.reads}
        self.plan.modes = [
            f.name
            for f in self.plan.fields
            if f.name in ("deterministic", "use_running_average") and f.name in reads_mode
        ]

    def _constructor(self, setup: Setup) -> None:
        plan = self.plan
        plan.constructor = bool(
            plan.base is None or plan.variables or plan.submodules or self.cls.fields or plan.stores
            or setup.plain_statements or "__post_init__" in self.cls.methods or plan.draws
        )  # fmt: skip
        if plan.base is not None:
            clash = {p.name for p in plan.parameters} & {p.name for p in plan.base.parameters}
            if clash:
                raise Refused(
                    "MN208", self.cls.node, f"it and its base both take `{min(clash)}` from the input"
                )


def _is_super(node: ast.AST, name: str) -> bool:
    return (
        isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name) and node.value.func.id == "super"
    )  # fmt: skip


def _assigned_attributes(method: Method) -> set[str]:
    found = set()
    for node in ast.walk(method.node):
        if method.is_this(node) and isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == "object.__setattr__"
            and len(node.args) == 3
        ):
            name = node.args[1]
            if isinstance(name, ast.Constant):
                found.add(str(name.value))
    return found


def _property_reads(cls: LinenClass, keep: set[ast.stmt]) -> set[str]:
    """Fields that a method or property reads which the constructor's own statements use."""
    used = {
        n.attr for s in keep for n in ast.walk(s) if isinstance(n, ast.Attribute) and n.attr in cls.methods
    }
    return {
        n.attr
        for name in used
        for n in ast.walk(cls.methods[name].node)
        if cls.methods[name].is_this(n) and isinstance(n, ast.Attribute)
    }
