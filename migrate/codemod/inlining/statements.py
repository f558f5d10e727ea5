"""What runs of a function, written as statements of its caller: with the caller's arguments, and names of its own."""

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..trees import parents_of, walk
from .builders import Function
from .decided import Step
from .text import needs_none, with_code

_SIGNS: Mapping[type[ast.operator], str] = {
    ast.Add: "+=", ast.Sub: "-=", ast.Mult: "*=", ast.Div: "/=",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Body:
    """What runs of a function: steps that each bind names, and what it returns."""

    function: Function
    steps: Sequence[Step]
    value: ast.expr

    @property
    def bound(self) -> set[str]:
        return {name for step in self.steps for name in targets_of(step)}

    @property
    def nodes(self) -> list[ast.AST]:
        return [n for part in (*self.steps, self.value) for n in walk(part)]

    def count(self, name: str) -> int:
        """Returns how often a name is read."""
        return sum(isinstance(n, ast.Name) and n.id == name for n in self.nodes)


def targets_of(step: Step) -> list[str]:
    target = step.targets[0] if isinstance(step, ast.Assign) else step.target
    return [n.id for n in walk(target) if isinstance(n, ast.Name)]


def _is_same(target: str, code: str) -> bool:
    """Tells whether `target = code` binds names to themselves; `a, = a` takes something apart."""
    one, two = (ast.parse(text, mode="eval").body for text in (target, code))
    return ast.dump(one) == ast.dump(two)


@dataclass(eq=False)
class Writer:
    """Writes the statements of one call: `given` are its arguments, `text` their code.

    `spelled` are the names that mean something in the caller, `own` those that it binds. Arguments that have to be
    worked out `first` are bound to a name.
    """

    body: Body
    given: Mapping[str, ast.expr]
    text: Mapping[str, str | None]
    spelled: Collection[str]
    own: Collection[str]
    first: Sequence[str]

    @property
    def bound(self) -> set[str]:
        return {*self.body.bound, *self.first}

    def rows(self, targets: Sequence[str], end: str) -> list[str] | None:
        """Returns the statements; what the function returns is bound to `targets`, or put behind `end`."""
        names = self._names(targets)
        told = self._returned(targets)
        found = self._written({**names, **told}, end) if told else None
        return found if found is not None else self._written(names, end)

    def rows_within(self, front: str, back: str, *, bare: bool) -> list[str] | None:
        """Returns the statements; what the function returns stands between two pieces of the last.

        It is `bare` where these mean the same around whatever it is.
        """
        rows = self._written(self._names(()), "")
        if rows is None:
            return None
        value = ast.parse(rows[-1], mode="eval").body
        bare = bare or isinstance(value, ast.Name | ast.Call | ast.Attribute | ast.Subscript)
        return [*rows[:-1], f"{front}{rows[-1] if bare else f'({rows[-1]})'}{back}"]

    def _names(self, targets: Collection[str]) -> dict[str, str]:
        return {name: self._free(name, targets) for name in sorted(self.bound)}

    def _returned(self, targets: Sequence[str]) -> dict[str, str]:
        """The locals that become what is returned, by the names that this has in the caller."""
        value = self.body.value
        if isinstance(value, ast.Tuple) and len(value.elts) == len(targets):
            own = [n.id for n in value.elts if isinstance(n, ast.Name) and n.id in self.bound]
            return dict(zip(own, targets, strict=True)) if len({*own}) == len(targets) else {}
        read = {n.id for n in walk(value) if isinstance(n, ast.Name)} & self.bound
        if len(read) != 1 or len(targets) > 1:
            return {}
        (local,) = read
        given = self.given.get(local)
        last = isinstance(given, ast.Name) and given.id in self.own  # nothing reads it behind the return
        names = [*targets, *([given.id] if isinstance(given, ast.Name) and last else [])]
        return {local: names[0]} if names else {}

    def _free(self, name: str, targets: Collection[str]) -> str:
        """The local's own name, or one with a number, which means nothing in the caller."""
        names = [name, *(f"{name}_{k}" for k in range(1, len(self.spelled) + 2))]
        return next(n for n in names if n not in {*self.spelled, *targets})

    def _written(self, names: Mapping[str, str], end: str) -> list[str] | None:
        """The statements with these names; None where one would hide what an argument still reads."""
        if len({*names.values()}) < len(names):
            return None
        known, hidden, rows = dict[str, str](), set[str](), list[str]()
        for name in self.first:
            read = {n.id for n in walk(self.given[name]) if isinstance(n, ast.Name)}
            if self.text[name] is None or read & hidden:
                return None
            rows.append(f"{names[name]} = {self.text[name]}")
            known[name] = names[name]
            hidden |= {names[name]}
        for step in self.body.steps:
            code, own, sign = self._code(step.value, known, hidden), targets_of(step), "="
            if isinstance(step, ast.AugAssign):
                sign = _SIGNS.get(type(step.op), "") if {*own} <= known.keys() else ""
            if code is None or not sign:
                return None
            rows.append(f"{', '.join(names[name] for name in own)} {sign} {code}")
            known |= {name: names[name] for name in own}
            hidden |= {names[name] for name in own}
        code = self._code(self.body.value, known, hidden)
        if code is None:
            return None
        target = end.removesuffix(" = ")
        there = bool(rows) and target != end and _is_same(target, code)
        return rows if there else [*rows, f"{end}{code}"]

    def _code(self, node: ast.expr, known: Mapping[str, str], hidden: Collection[str]) -> str | None:
        """The code of an expression of the function, where its locals are `known` by these names."""
        if not hasattr(node, "lineno"):
            return self._chosen(node, known, hidden)
        instead: dict[ast.Name, str] = {}
        above = parents_of(node)
        for name in (n for n in walk(node) if isinstance(n, ast.Name)):
            if name.id in known:
                instead[name] = known[name.id]
            elif name.id in self.given:
                argument, text = self.given[name.id], self.text[name.id]
                if text is None or any(isinstance(n, ast.Name) and n.id in hidden for n in walk(argument)):
                    return None
                bare = name not in above or needs_none(argument, above[name], name)
                instead[name] = text if bare else f"({text})"
            elif name.id in self.bound:
                return None
        return with_code(self.body.function.source, node, instead)

    def _chosen(self, node: ast.expr, known: Mapping[str, str], hidden: Collection[str]) -> str | None:
        """The code of an expression that stands for both sides of a condition, one of which may be what was before."""
        if isinstance(node, ast.Name):
            return known.get(node.id, self.text.get(node.id))
        assert isinstance(node, ast.IfExp)
        sides = [self._code(each, known, hidden) for each in (node.body, node.test, node.orelse)]
        if None in sides:
            return None
        return "{} if {} else {}".format(*(_as_operand(side) for side in sides if side is not None))


def _as_operand(code: str) -> str:
    """The code in parentheses where it would mean something else beside an `if`."""
    parsed = ast.parse(code, mode="eval").body
    return f"({code})" if isinstance(parsed, ast.IfExp | ast.Lambda) else code
