"""What runs of a function, written as statements of its caller: with the caller's arguments, and names of its own."""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from ..comments import comment_behind, comments_above
from ..conditions import negated
from ..trees import parents_of, walk
from .builders import Function
from .decided import (
    Choice,
    Fork,
    Loop,
    Returned,
    Run,
    Step,
    Steps,
    bound_by,
    comprehensions,
    parts_of,
    parts_returned,
    stored_in,
    targets_in,
    targets_of,
)
from .first_values import parameters_of
from .formatted import formatted
from .text import needs_none, with_code, with_parts

_SIGNS: Mapping[type[ast.operator], str] = {
    ast.Add: "+=", ast.Sub: "-=", ast.Mult: "*=", ast.Div: "/=",
}  # fmt: skip


@dataclass(frozen=True)
class End:
    """The statement that what a function returns stands in: between `front` and `back`.

    It is `bare` where these mean the same around whatever it is.
    """

    front: str
    back: str = ""
    bare: bool = True

    @property
    def target(self) -> str:
        """What the statement binds to nothing but what is returned."""
        return self.front.removesuffix(" = ") if self.front.endswith(" = ") and not self.back else ""

    def around(self, code: str) -> str | None:
        """Returns the statement; None where it would do something with a literal, as it is never meant to."""
        value = ast.parse(code, mode="eval").body
        bare = self.bare or isinstance(value, ast.Name | ast.Call | ast.Attribute | ast.Subscript)
        text = f"{self.front}{code if bare else f'({code})'}{self.back}"
        return text if bare or not isinstance(value, ast.Constant) else None


@dataclass(frozen=True, eq=False)
class Body:
    """What runs of a function: steps that each bind names, and what it returns."""

    function: Function
    steps: Steps
    value: Returned

    @property
    def bound(self) -> set[str]:
        return {n.id for n in self.nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}

    @property
    def nodes(self) -> list[ast.AST]:
        return [n for part, _ in (*parts_of(self.steps), *parts_returned(self.value)) for n in walk(part)]

    def count(self, name: str) -> int:
        """Returns how often a name is read, at least: twice, where a loop does it."""
        parts = [*parts_of(self.steps), *parts_returned(self.value)]
        again = [part for part, repeated in parts if repeated]
        again += comprehensions(n for part, _ in parts for n in walk(part))
        nodes = (n for part in (*(part for part, _ in parts), *again) for n in walk(part))
        return sum(isinstance(n, ast.Name) and n.id == name for n in nodes)


def _values(value: Returned) -> Iterator[ast.expr]:
    """What a function may return."""
    if isinstance(value, ast.expr):
        yield value
    elif isinstance(value, Fork):
        for _, inner in (value.yes, value.no):
            yield from _values(inner)


def _is_same(target: str, code: str) -> bool:
    """Tells whether `target = code` binds names to themselves; `a, = a` takes something apart."""
    one, two = (ast.parse(text, mode="eval").body for text in (target, code))
    return ast.dump(one) == ast.dump(two)


@dataclass(eq=False)
class Writer:
    """Writes the statements of one call: `given` are its arguments, `text` their code.

    `spelled` are the names that mean something in the caller, `own` those that it binds. Arguments that have to be
    worked out `first` are bound to a name; `indent` sets off what stands in a loop. What is `read_no_more` in the
    caller may be bound anew.
    """

    body: Body
    given: Mapping[str, ast.expr]
    text: Mapping[str, str | None]
    spelled: Collection[str]
    own: Collection[str]
    first: Sequence[str]
    indent: str
    read_no_more: Collection[str] = ()

    @property
    def bound(self) -> set[str]:
        return {*self.body.bound, *self.first}

    def rows(self, targets: Sequence[str], end: str) -> list[str] | None:
        """Returns the statements; what the function returns is bound to `targets`, or put behind `end`."""
        names, told = self._names(targets), self._returned(targets)
        ways = [{**names, **self._bound_anew(), **told}, {**names, **told}, names]
        written = (self._written(way, End(end)) for way in ways)
        return next((rows for rows in written if rows is not None), None)

    def rows_within(self, front: str, back: str, *, bare: bool) -> list[str] | None:
        """Returns the statements; what the function returns stands between two pieces of the last.

        It is `bare` where these mean the same around whatever it is.
        """
        return self._written(self._names(()), End(front, back, bare))

    def _names(self, targets: Collection[str]) -> dict[str, str]:
        return {name: self._free(name, targets) for name in sorted(self.bound)}

    def _bound_anew(self) -> dict[str, str]:
        """The parameters that are given locals of their own names, which nothing reads behind the call."""
        given = ((name, self.given.get(name)) for name in self.bound)
        return {
            name: name for name, node in given
            if isinstance(node, ast.Name) and node.id == name and name in self.read_no_more
        }  # fmt: skip

    def _returned(self, targets: Sequence[str]) -> dict[str, str]:
        """The locals that become what is returned, by the names that this has in the caller."""
        value = self.body.value
        if isinstance(value, ast.Tuple) and len(value.elts) == len(targets):
            own = [n.id for n in value.elts if isinstance(n, ast.Name) and n.id in self.bound]
            return dict(zip(own, targets, strict=True)) if len({*own}) == len(targets) else {}
        values = [*_values(value)]
        read = {n.id for each in values for n in walk(each) if isinstance(n, ast.Name)} & self.bound
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

    def _written(self, names: Mapping[str, str], end: End) -> list[str] | None:
        """The statements with these names; None where one would hide what an argument still reads."""
        if len({*names.values()}) < len(names):
            return None
        state = _State(names)
        ahead: list[str] = []
        for name in self.first:
            read = {n.id for n in walk(self.given[name]) if isinstance(n, ast.Name)}
            if self.text[name] is None or read & state.hidden:
                return None
            ahead.append(f"{names[name]} = {self.text[name]}")
            state.bind([name])
        rows = self._run((self.body.steps, self.body.value), state, end)
        return [*ahead, *rows] if rows is not None else None

    def _run(self, run: Run, state: "_State", end: End, side: int = 0) -> list[str] | None:
        """The statements of a whole function, or of one `side` of the choice in this line: those may be none."""
        steps, value = self._block(run[0], state), run[1]
        if steps is None or isinstance(value, Fork):
            fork = self._fork(value, state, end) if isinstance(value, Fork) else None
            return [*steps, *fork] if steps is not None and fork is not None else None
        shown = value.exc if isinstance(value, ast.Raise) else value
        code = self._code(shown, state) if shown is not None else None
        if code is None:
            return None
        known = hasattr(value, "lineno") and value.lineno != side
        told = comments_above(self.body.function.source, value) if known else []
        if isinstance(value, ast.Raise):
            return [*steps, *told, f"raise {code}"]
        there = bool(side or steps or self.first) and end.target and _is_same(end.target, code)
        last = end.around(code)
        return steps if there else [*steps, *told, last] if last is not None else None

    def _fork(self, fork: Fork, state: "_State", end: End) -> list[str] | None:
        """A choice between two things that are returned or raised."""
        head = self._code(fork.node.test, state)
        yes, no = (self._run(run, state.copy(), end, fork.node.lineno) for run in (fork.yes, fork.no))
        if head is None or yes is None or no is None or not (yes or no):
            return None
        told = comments_above(self.body.function.source, fork.node)
        if not yes:
            head, yes, no = negated(head), no, yes
        guard = isinstance(fork.yes[1], ast.Raise) and not isinstance(fork.no[1], ast.Raise)
        return [*told, f"if {head}:", *self._below(yes), *(no if guard else self._otherwise(no))]

    def _otherwise(self, rows: Sequence[str]) -> list[str]:
        """The other side of a choice: `elif`, where it is a choice and nothing else."""
        if not rows:
            return []
        told = [*takewhile(lambda row: row.startswith("#"), rows)]
        first, *rest = rows[len(told) :]
        goes_on = (self.indent, "elif ", "else:", "#")
        chained = first.startswith("if ") and all(row.startswith(goes_on) for row in rest)
        return [*told, f"el{first}", *rest] if chained else ["else:", *self._below(rows)]

    def _block(self, steps: Steps, state: "_State") -> list[str] | None:
        rows: list[str] = []
        source = self.body.function.source
        for step in steps:
            if isinstance(step, Loop | Choice):
                node: ast.stmt = step.node
                written = self._compound(step, state)
            else:
                node, written = step, self._step(step, state)
            if written is None:
                return None
            rows += [*(comments_above(source, node) if written else ()), *written]
        return rows

    def _step(self, step: Step, state: "_State") -> list[str] | None:
        code, own, sign = self._code(step.value, state), targets_of(step) or [], "="
        if isinstance(step, ast.AugAssign):
            sign = _SIGNS.get(type(step.op), "") if {*own} <= state.known else ""
        into = self._code(step.targets[0], state) if isinstance(step, ast.Assign) and stored_in(step) else ""
        if code is None or into is None or not sign:
            return None
        if isinstance(step, ast.Assign) and self._is_told(step, code):
            state.told[own[0]] = code
            return []
        state.bind(own)
        comment = comment_behind(self.body.function.source, step)
        behind = f"  {comment}" if comment else ""
        if isinstance(step, ast.Expr):
            return [f"{code}{behind}"]
        front = into or ", ".join(state.names[name] for name in own)
        return [f"{front} {sign} {code}{behind}"]

    def _is_told(self, step: ast.Assign, code: str) -> bool:
        """Tells whether a local holds a text that the arguments tell, and nothing else: it is read as that text."""
        bound = [n.id for n in self.body.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        match step:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.JoinedStr()) if step in self.body.steps:
                return isinstance(ast.parse(code, mode="eval").body, ast.Constant) and bound.count(name) == 1
        return False

    def _compound(self, step: Loop | Choice, state: "_State") -> list[str] | None:
        """A loop or a choice: what it binds of the arguments is bound before it, as it may not come to that."""
        inside = bound_by([step.node]) or []
        rows = []
        for name in dict.fromkeys(n for n in inside if n in self.given and n not in state.known):
            text, own = self._code(ast.Name(name, ast.Load()), state), state.names[name]
            if text is None:
                return None
            rows += [f"{own} = {text}"] if text != own else []
            state.bind([name])
        head = self._code(step.node.iter if isinstance(step, Loop) else step.node.test, state)
        state.bind(inside)
        body = self._block(step.body, state)
        if head is None or not body:
            return None
        if isinstance(step, Loop):
            targets = targets_of(step.node) or []
            return [*rows, f"for {', '.join(state.names[n] for n in targets)} in {head}:", *self._below(body)]
        other = self._block(step.orelse, state)
        if other is None:
            return None
        return [*rows, f"if {head}:", *self._below(body), *self._otherwise(other)]

    def _below(self, rows: Sequence[str]) -> list[str]:
        return [f"{self.indent}{row}" for row in rows]

    def _code(self, node: ast.expr, state: "_State") -> str | None:
        """The code of an expression of the function, where its locals have the caller's names."""
        if not hasattr(node, "lineno"):  # a parameter by itself
            assert isinstance(node, ast.Name)
            read = {n.id for n in walk(self.given[node.id]) if isinstance(n, ast.Name)}
            return self.text[node.id] if not read & state.hidden else None
        instead: dict[ast.Name, str] = {}
        above, known = parents_of(node), state.known | {n.id for n in targets_in(node)}
        inner = parameters_of(node)
        for name in (n for n in walk(node) if isinstance(n, ast.Name)):
            if name.id in state.told:
                instead[name] = state.told[name.id]
            elif name.id in known:
                instead[name] = state.names[name.id]
            elif name.id in self.given:
                argument, text = self.given[name.id], self.text[name.id]
                read = {n.id for n in walk(argument) if isinstance(n, ast.Name)}
                if text is None or read & state.hidden:
                    return None
                bare = name not in above or needs_none(argument, above[name], name)
                instead[name] = text if bare else f"({text})"
            elif name.id in self.bound or name.id in state.hidden:
                return None
        if any(
            isinstance(n, ast.Name) and n.id in inner
            for code in instead.values()
            for n in walk(ast.parse(code))
        ):
            return None
        return self._spelled(node, instead)

    def _spelled(self, node: ast.expr, instead: Mapping[ast.Name, str]) -> str | None:
        """The code of an expression with other code in the places of names, those in texts among them."""
        source = self.body.function.source
        texts = [n for n in walk(node) if isinstance(n, ast.JoinedStr)]
        if not texts:
            return with_code(source, node, instead)
        within = {n for text in texts for n in walk(text)}
        parts: dict[ast.expr, str] = {name: code for name, code in instead.items() if name not in within}
        for text in texts:
            code = formatted(source, text, instead)
            if code is None:
                return None
            parts[text] = code
        return with_parts(source, node, parts)


@dataclass(eq=False)
class _State:
    """Where the statements are: the locals that are `known` there, and what these have `hidden` by their `names`.

    Those that are `told` are read as their texts.
    """

    names: Mapping[str, str]
    known: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    told: dict[str, str] = field(default_factory=dict)

    def copy(self) -> "_State":
        return _State(self.names, {*self.known}, {*self.hidden}, {**self.told})

    def bind(self, names: Sequence[str]) -> None:
        self.known |= {*names}
        self.hidden |= {self.names[name] for name in names}
