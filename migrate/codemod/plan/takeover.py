"""What the constructor takes over from `setup` and the compact method, and the sizes that it asks for."""

import ast
from collections.abc import Sequence
from typing import TypeGuard

from ..copied import check_fields
from ..model import Creation, Method, MethodKind, Refused
from ..project import Project
from ..sizes import find_sizes
from ..slicer import Slicer
from ..slices import Atom
from ..static_arguments import asked
from .arrays import array_fields
from .axis_sizes import axis_sizes, has_subclasses
from .input_dtypes import left_to_input
from .kept_fields import check_kept
from .local_modules import check_taken
from .needs import Needs
from .own_locals import spell_with_locals
from .partials import unread
from .records import ClassPlan
from .setup import Setup


class TakeOver:
    """Fills `plan.takeover`, the size arguments, and what has to be read through `self`.

    `inherited` are the attributes that exist before the class's own constructor runs.
    """

    def __init__(
        self,
        plan: ClassPlan,
        project: Project,
        methods: Sequence[Method],
        creations: Sequence[Creation],
        inherited: set[str],
    ):
        self.plan, self.cls, self.project = plan, plan.cls, project
        self.methods, self.creations, self.inherited = methods, list(creations), inherited

    def run(self, setup: Setup) -> None:
        if self.creations or self.plan.submodules:
            check_fields(self.cls)
        known = self.inherited | self.cls.constants | setup.plain | {v.attribute for v in self.plan.variables}
        known |= setup.aliases.keys() | {d.attribute for d in setup.derived if d.early}
        known |= {n.attr for n in self.plan.handed if isinstance(n, ast.Attribute)}
        taken = (
            {f.name for f in self.plan.fields} | {"rngs"} | {d.attribute for d in setup.derived if d.early}
        )
        post = self.cls.methods.get("__post_init__")
        changed = _assigned_attributes(post) if post else set()
        modules = [s.construction for s in self.plan.submodules if not s.hoisted]
        given = self.plan.given_self
        needs, later = Needs(self.plan), unread(self.plan) | self.plan.flow.as_long | left_to_input(modules)
        if setup.method is not None:
            mine = [c.call for c in self.creations if c.method is setup.method]
            mine += [m.call for m in modules if m.method is setup.method]
            keep = setup.plain_statements | {setup.method.statement(call) for call in mine}
            slicer = Slicer(self.cls, setup.method, self.creations, known, (), modules, later, given)
            for statement in setup.plain_statements:
                slicer.take_static(statement)
            found = slicer.run()
            self._hidden(found.globals, setup.method)
            self.plan.takeover.append((setup.method, found.keep | keep))
            self._size_free(found.atoms)
            self._shadows(found.locals)
            taken |= found.globals | found.locals
        for method in self.methods:
            if method.kind is MethodKind.COMPACT and self._creates(method):
                calls = self.plan.calls
                slicer = Slicer(self.cls, method, self.creations, known, calls, modules, later, given)
                for statement in needs.makers(method):
                    slicer.take_static(statement)
                for statement in needs.stacked(method):
                    slicer.take_sizes(statement)
                found = slicer.run()
                self._asks(method, found.asked)
                taken |= found.asked
                check_taken(self.plan, method, found.locals)
                needs.settle(found)
                self._reached(found.keep - found.parts.keys() | found.leaves)
                along = axis_sizes(found, self.cls, self.creations, self.project, taken | found.globals)
                sizes = find_sizes(found, self.cls.source, self.cls.names, taken | found.globals)
                self._hidden(found.globals, method)
                self.plan.parameters += [*along.parameters, *sizes.parameters]
                self.plan.sizes |= along.replace | sizes.replace
                self.plan.takeover.append((method, found.keep - sizes.drop - along.drop))
                self.plan.from_start |= found.from_start
                self.plan.leaves |= found.leaves
                self._shadows(found.locals - {p.name for p in sizes.parameters})
                taken |= found.globals | found.locals
        check_kept(self.plan, needs.all(), self.project)
        needs.run(taken)
        spell_with_locals(self.plan)
        for name in changed:
            self.plan.through_self[name] = name

    def _asks(self, method: Method, names: set[str]) -> None:
        """The constructor asks for the values of arguments that are no arrays; a class that inherits would ask anew."""
        if not names:
            return
        related = self.project.bases(self.cls) or has_subclasses(self.cls, self.project)
        other = {f.name for f in self.plan.fields} | {"rngs"} | {p.name for p in self.plan.every_parameter}
        taken = sorted(names if related else names & other)
        if taken:
            reason = f"the variable is computed from the values of the argument `{taken[0]}`"
            raise Refused("MN202", method.node, reason)
        self.plan.parameters += asked(method, names)

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
            if field.name in names and not (self._is_it(field.name) or self._gives_way(field.name)):
                self.plan.through_self[field.name] = field.name

    def _is_it(self, name: str) -> bool:
        """`cfg = self.cfg`: wherever a method binds the name, it is to the field."""
        bound = [
            (m, m.parents[n])
            for m in self.methods
            for n in ast.walk(m.node)
            if isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)
        ]
        return bool(bound) and all(
            isinstance(s, ast.Assign) and len(s.targets) == 1 and m.is_this(s.value, name) for m, s in bound
        )

    def _gives_way(self, name: str) -> bool:
        """`conv = partial(self.conv, ...)`, at the top, is the one place that reads the field and binds the name first.

        Any other value than what makes modules, or an array, could be a size, which is spelled with the field where the
        local stands by then.
        """
        reads = [(m, n) for m in self.methods for n in ast.walk(m.node) if m.is_this(n, name)]
        if len(reads) != 1:
            return False
        method, read = reads[0]
        statement = method.statement(read)
        if not isinstance(statement, ast.Assign) or method.parents[statement] is not method.node:
            return False
        bound = {m: [n for n in ast.walk(m.node) if _binds(n, name)] for m in self.methods}
        first = min(bound.pop(method), key=lambda n: (n.lineno, n.col_offset), default=None)
        if statement.targets != [first]:
            return False
        if name in array_fields(self.cls, self.project):
            return method.kind is MethodKind.SETUP
        makes = self.project.factories.makes(self.cls, name) and not any(bound.values())
        return makes and (statement.value in self.plan.partials or statement.value is read)


def _binds(node: ast.AST, name: str) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)


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
