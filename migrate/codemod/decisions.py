"""What a run decided: which classes are migrated, which stay and why, and what changes in each file."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..catalog.findings import Diagnostic, Severity
from .beside.reach import Reach
from .model import LinenClass, Missing, Refused
from .names import Names
from .plan.bridges import Bridge
from .plan.helpers import Helper
from .plan.interchangeable import Agreed
from .plan.records import ClassPlan
from .plan.references import rename
from .sites import SitePlan
from .source import Source, Span

if TYPE_CHECKING:
    from .makers.used import Changed


@dataclass(eq=False)
class Decisions:
    """`plans` by class name; `refused` has the code of every class that stays; `sites` the edits by path.

    `before` has the plans of classes that an earlier run migrated, which stand as they are.
    `linen_names` are classes whose variables have to keep their paths, for the sake of a parent that stays Linen.
    `linen_models` are classes whose models a script has as Linen modules around them, and nowhere as states.
    `reach` is given where the NNX classes go into files of their own.
    `makers` are functions that make modules of NNX for their callers from now on.
    `unused` are functions that go, as nothing calls them any more; `idle` has by path what their imports bind.
    `lacking` has the sizes that classes would have to take for the sake of others, `missing` the arguments that calls
    leave out for which a class stays, `left_out` those that scripts may, and `in_vain` those without which one has
    submodules that Linen would not make.
    `waiting` are classes above a layer that stay Linen unless all that construct them migrate.
    `hints` has by path the annotations `nn.Module` that stay, for models that are Linen modules still.
    """

    plans: dict[str, ClassPlan] = field(default_factory=dict)
    before: Mapping[str, ClassPlan] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    sites: dict[str, SitePlan] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    functions: set[str] = field(default_factory=set)
    todo: set[str] = field(default_factory=set)
    bridges: list[Bridge] = field(default_factory=list)
    linen_names: set[str] = field(default_factory=set)
    linen_models: set[str] = field(default_factory=set)
    helpers: list[Helper] = field(default_factory=list)
    makers: list["Changed"] = field(default_factory=list)
    reach: Reach | None = None
    unused: set[ast.AST] = field(default_factory=set)
    idle: dict[str, set[str]] = field(default_factory=dict)
    hints: dict[str, set[Span]] = field(default_factory=dict)
    lacking: Agreed = field(default_factory=dict)
    missing: set[Missing] = field(default_factory=set)
    left_out: set[Missing] = field(default_factory=set)
    in_vain: set[Missing] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)

    def changes(self, source: Source) -> bool:
        """Tells whether anything in the file is rewritten."""
        if source.path in self.broken:
            return False
        own = any(plan.cls.source is source for plan in self.plans.values())
        return (
            own
            or source.path in self.todo
            or any(changed.maker.source is source for changed in self.makers)
            or bool(self.sites.get(source.path) and self.sites[source.path].edits)
            or source.path in self.functions
            or any(node in self.unused for node in source.tree.body)
        )

    def renamed(self, source: Source, names: Names) -> dict[Span, str]:
        """Returns the NNX spelling of each Linen name of the file that changes outside of its classes."""
        if source.path not in self.functions:
            return {}
        kept = self.hints.get(source.path, ())
        return {s: code for s, code in rename(source.tree, names, source).items() if s not in kept}

    def refuse(self, cls: LinenClass, reason: Refused) -> None:
        self.refused.setdefault(cls.name, reason.code)
        self.missing |= {*reason.missing}
        self.diagnostics.append(diagnostic(cls, reason.node, reason.code, reason.message))


def diagnostic(cls: LinenClass, node: ast.AST, code: str, message: str) -> Diagnostic:
    """Returns a refusal of `cls` at `node`."""
    span = cls.source.span(node)
    return Diagnostic(
        cls.source.path,
        span.line,
        span.column + 1,
        code,
        f"{cls.short} stays Linen: {message}",
        cls.short,
        Severity.REFUSED,
    )
