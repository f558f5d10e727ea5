"""Reads of what setup computes: calls of the methods that compute it now, once where a method reads it often."""

import ast
from collections.abc import Sequence

from ..bindings import statements
from ..model import Method, Refused
from ..trees import walk
from .derived import Setup
from .leftovers import Leftovers
from .records import Body, ClassPlan, Derived


class DerivedReads:
    """Edits the reads in one method; in the part of setup that computes an attribute, `computed` is that."""

    def __init__(self, plan: ClassPlan, method: Method, body: Body, setup: Setup, computed: Derived | None):
        self.method, self.body, self.computed = method, body, computed
        self.derived = {**_inherited(plan), **{d.attribute: d for d in setup.derived}}
        self.order = list(statements(method.node.body))
        self.hoisted: dict[str, list[ast.Attribute]] = {}

    def run(self) -> None:
        if self.computed is not None and self.computed.local:
            self._own_target(self.computed.attribute)
        reads: dict[str, list[ast.Attribute]] = {}
        for node in walk(self.method.node):
            known = (
                isinstance(node, ast.Attribute) and self.method.is_this(node) and node.attr in self.derived
            )
            if isinstance(node, ast.Attribute) and known and node not in self.body.replace:
                if isinstance(node.ctx, ast.Load) and self.method.statement(node) in self.body.remove:
                    continue
                if isinstance(node.ctx, ast.Load):
                    reads.setdefault(node.attr, []).append(node)
                elif self.computed is None:
                    raise Refused("MN209", node, f"`self.{node.attr}` is assigned outside of setup")
        names = {n.id for n in walk(self.method.node) if isinstance(n, ast.Name)} | set(
            self.method.parameters
        )
        for attribute, nodes in sorted(reads.items()):
            call = f"self.{self.derived[attribute].method}()"
            if (
                len(nodes) > 1
                and attribute not in names
                and self.computed is None
                and self._always(attribute, nodes)
            ):
                self.body.hoist.append(f"{attribute} = {call}")
                self.hoisted[attribute] = nodes
                call = attribute
            self.body.replace.update(dict.fromkeys(nodes, call))

    def finish(self, left: Leftovers) -> None:
        """What no statement reads that is left, or a single one, has no local."""
        for attribute, nodes in self.hoisted.items():
            if sum(left.stays(n) for n in nodes) < 2:
                call = f"self.{self.derived[attribute].method}()"
                self.body.hoist.remove(f"{attribute} = {call}")
                self.body.replace.update(dict.fromkeys(nodes, call))

    def _own_target(self, own: str) -> None:
        """What the method computes is a local of it; what the same statement gives besides has no name."""
        for node in walk(self.method.node):
            if isinstance(node, ast.Attribute) and self.method.is_this(node, own):
                self.body.replace[node] = own
            elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Store):
                others = (e for e in node.elts if isinstance(e, ast.Attribute) and e.attr != own)
                self.body.replace.update(dict.fromkeys(others, "_"))

    def _always(self, attribute: str, reads: Sequence[ast.AST]) -> bool:
        """Tells whether it can be computed up front: what setup sets on a condition is not there on the others."""
        return not self.derived[attribute].local or any(self._runs(node) for node in reads)

    def _runs(self, node: ast.AST) -> bool:
        """Tells whether every call of the method comes to `node`."""
        below = node
        for above in self.method.above(node):
            match above:
                case ast.If(test=first) | ast.IfExp(test=first) | ast.BoolOp(values=[first, *_]):
                    if below is not first:
                        return False
                case ast.For() | ast.While() | ast.Try() | ast.FunctionDef() | ast.Lambda():
                    return False
            below = above
        at = self.order.index(self.method.statement(node))
        return not any(isinstance(s, ast.Return | ast.Raise) for s in self.order[:at])


def _inherited(plan: ClassPlan) -> dict[str, Derived]:
    found: dict[str, Derived] = {}
    for base in plan.bases:
        found = {**{d.attribute: d for d in base.derived}, **found}
    return found
