"""What functions of `nn.cond`, `nn.switch` and `nn.while_loop` make, read as made in front of what runs them.

Linen counts automatic names in each function from where the call stands, and its init makes the variables of all
branches, which have to be the same: `nn.Dense(8)(x)` in two of them is one module.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from ..bindings import loads, stored
from ..constructions import Construction, constructions
from ..controls import Control, Function, definition
from ..edits import Replace
from ..model import Method, Refused
from ..plan.naming import snake
from ..project import Project
from ..trees import walk
from .edited import Edited

_STEPS = (
    ast.Assign | ast.AnnAssign | ast.Expr | ast.Return | ast.Call | ast.keyword | ast.Attribute | ast.Subscript
    | ast.BinOp | ast.UnaryOp | ast.Compare | ast.Tuple | ast.List | ast.Dict
)  # fmt: skip
"""What may stand around a module that is made: it runs once, whenever the function does."""


@dataclass(frozen=True, eq=False)
class Run:
    """A function that a control runs, one of `every` in the method, with what its module is outside of it."""

    node: Function
    control: Control
    module: str
    operands: tuple[ast.expr, ...]
    every: tuple[Control, ...]

    @property
    def order(self) -> list[ast.arg]:
        return [*self.node.args.posonlyargs, *self.node.args.args]

    @property
    def name(self) -> str:
        """What the function calls its module."""
        return self.order[0].arg

    @property
    def body(self) -> list[ast.stmt]:
        return self.node.body if isinstance(self.node, ast.FunctionDef) else [ast.Expr(self.node.body)]


def called_by_itself(method: Method, run: Run) -> list[ast.Call]:
    """Returns the calls of a function by the method, which init needs where it has to make the variables of all."""
    above = method.parents[run.node]
    target = above.targets[0] if isinstance(above, ast.Assign) else None
    bound = target.id if isinstance(target, ast.Name) else ""
    name = run.node.name if isinstance(run.node, ast.FunctionDef) else bound
    given = {f for control in run.every for f in control.functions}
    calls = []
    for read in (n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name):
        call = method.parents[read]
        if isinstance(call, ast.Call) and call.func is read and _fits(call, run):
            calls.append(call)
        elif isinstance(read.ctx, ast.Load) and read not in given:
            reason = f"`{name}`, which nn.{run.control.name} runs, is used otherwise as well"
            raise Refused("MN102", read, reason)
    return calls


def _fits(call: ast.Call, run: Run) -> bool:
    plain = not call.keywords and not any(isinstance(a, ast.Starred) for a in call.args)
    return plain and len(call.args) == len(run.operands) + 1 and ast.unparse(call.args[0]) == run.module


class Made:
    """The modules that the functions of one call make, by what Linen calls them: there each is one."""

    def __init__(self, edited: Edited, project: Project, control: Control, runs: Sequence[Run]):
        self.edited, self.method, self.control, self.runs = edited, edited.method, control, runs
        every = constructions(edited.cls, project)
        self.every = [c for c in every if c.method is self.method]
        self.inside = {run: [c for c in self.every if run.node in self.method.above(c.call)] for run in runs}
        self.found: dict[object, tuple[str, str]] = {}

    def read(self) -> None:
        """Has the method make them in front of the first statement that runs one of the functions."""
        if not any(self.inside.values()):
            return
        self._check_once()
        for run, inside in self.inside.items():
            for slot, made in _slots(inside):
                self._place(run, slot, made)
        self._check_numbers()
        self.edited.put_ahead(self._first(), [f"{local} = {code}" for local, code in self.found.values()])

    def _place(self, run: Run, slot: object, made: Construction) -> None:
        code = self._code(run, made)
        local, before = self.found.setdefault(slot, (self._free(made), code))
        if code != before:
            reason = f"functions of nn.{run.control.name} make one `{made.kind}` with different arguments"
            raise Refused("MN102", made.call, reason)
        above = self.method.parents[made.call]
        if isinstance(above, ast.Call) and above.func is made.call:
            self.edited.put(made.call, local)
        else:
            self._rename(run, made, local)

    def _rename(self, run: Run, made: Construction, local: str) -> None:
        """`head = nn.Dense(8)` in the function goes, and what reads the name there reads the local."""
        above = self.method.parents[made.call]
        target = above.targets[0] if isinstance(above, ast.Assign) and len(above.targets) == 1 else None
        name = getattr(target, "id", "")
        bound = [n for s in run.body for n in walk(s) if _stores(n, name)]
        block = self.method.block(above) if isinstance(above, ast.Assign) else []
        if bound != [target] or not isinstance(above, ast.Assign) or above is block[-1]:
            raise Refused(
                "MN101", made.call, f"it builds `{made.kind}`, and hands it on instead of calling it"
            )
        self.edited.take_out(above, block[block.index(above) + 1])
        for read in loads(run.body, name):
            self.edited.put(read, local)

    def _code(self, run: Run, made: Construction) -> str:
        """What makes a module outside of the function, where its operands have other names."""
        name, call, source = f"nn.{run.control.name}", made.call, self.edited.cls.source
        around = self.method.above(call)
        once = all(isinstance(a, _STEPS) for a in around[: around.index(run.node)])
        if not once or made.lifted is not None or (made.name_node is not None and made.name is None):
            reason = (
                f"a function of {name} makes `{made.kind}` on a condition, in a loop or behind a transform"
            )
            raise Refused("MN102", call, reason)
        if run.module != self.method.this:
            raise Refused("MN102", call, f"a function of {name} makes a module inside of `{run.module}`")
        operands = dict(zip([a.arg for a in run.order[1:]], run.operands, strict=False))
        own = {n.arg for n in walk(run.node.args) if isinstance(n, ast.arg)}
        own |= {n for s in run.body for n in stored(s)}
        edits = []
        for read in (n for n in walk(call) if isinstance(n, ast.Name) and n.id in own):
            outside = operands.get(read.id)
            if read.id == run.name:
                edits.append(Replace(source.span(read), run.module))
            elif isinstance(outside, ast.Name) and not any(_stores(n, read.id) for n in walk(run.node)):
                edits.append(Replace(source.span(read), outside.id))
            else:
                reason = f"`{made.kind}` is made of `{read.id}`, which a function of {name} alone knows"
                raise Refused("MN102", read, reason)
        return self.edited.text.of(call, edits)

    def _check_once(self) -> None:
        """A function that makes modules is run in one place, which is not in a loop."""
        nodes = {run.node for run, inside in self.inside.items() if inside}
        every = [definition(self.method, f) for c in self.runs[0].every for f in c.functions]
        loops = any(isinstance(a, ast.For | ast.While) for a in self.method.above(self.control.call))
        if loops or any(every.count(node) > 1 for node in nodes):
            reason = f"a function of nn.{self.control.name} that makes modules is run in several places"
            raise Refused("MN102", self.control.call, reason)

    def _check_numbers(self) -> None:
        """Functions that init calls one by one count on, where those of the call all begin at the same number."""
        automatic = [r for r, inside in self.inside.items() if any(c.name_node is None for c in inside)]
        calls = [call for run in automatic for call in called_by_itself(self.method, run)]
        kinds = {c.counted for run in automatic for c in self.inside[run] if c.name_node is None}
        if beside := [c for c in self._beside() if c.counted in kinds]:
            reason = (
                f"Linen makes this `{beside[0].kind}` before those of functions of nn.{self.control.name}"
            )
            raise Refused("MN102", beside[0].call, f"{reason}, in one statement: give it a name first")
        if calls and (len(calls) > 1 or len(automatic) > 1 or not self._is_guard(calls[0])):
            reason = (
                f"Linen's init numbers what functions of nn.{self.control.name} make otherwise than a call"
            )
            raise Refused("MN102", self.control.call, f"{reason}: give them names")

    def _beside(self) -> list[Construction]:
        """What Linen numbers as well, and makes from the first call of a function on to the end of the statement."""
        first, last = self._first().lineno, self.method.statement(self.control.call).end_lineno or 0
        inside = {c.call for made in self.inside.values() for c in made}
        others = (c for c in self.every if c.name_node is None and c.call not in inside)
        return [c for c in others if first <= c.call.lineno <= last]

    def _is_guard(self, call: ast.Call) -> bool:
        """`if self.is_initializing(): return body(self, x)`"""
        statement = self.method.statement(call)
        above = self.method.parents[statement]
        returned = isinstance(statement, ast.Return) and statement.value is call
        return returned and isinstance(above, ast.If) and above.body == [statement] and not above.orelse

    def _first(self) -> ast.stmt:
        """The first statement, of those among which the call stands, that runs one of the functions."""
        statement = self.method.statement(self.control.call)
        block, found = self.method.block(statement), [statement]
        for call in (call for run in self.runs for call in called_by_itself(self.method, run)):
            around = next((a for a in self.method.above(call) if a in block), None)
            if not isinstance(around, ast.stmt):
                reason = f"a function of nn.{self.control.name} is called in another block"
                raise Refused("MN102", call, reason)
            found.append(around)
        return min(found, key=lambda s: s.lineno)

    def _free(self, made: Construction) -> str:
        """A name for the local: no other of the method, and none that another module has got."""
        nodes = walk(self.method.node)
        taken = {n.id for n in nodes if isinstance(n, ast.Name)} | {
            n.arg for n in nodes if isinstance(n, ast.arg)
        }
        taken |= {n.name for n in nodes if isinstance(n, ast.FunctionDef)} | {*self.edited.cls.names.aliases}
        taken |= {row.partition(" ")[0] for rows in self.edited.ahead.values() for row in rows}
        taken |= {local for local, _ in self.found.values()}
        name = made.name if made.name is not None and made.name.isidentifier() else snake(made.counted)
        while name in taken:
            name += "_"
        return name


def _slots(inside: Sequence[Construction]) -> list[tuple[object, Construction]]:
    """Each module with its name, or with the number that it has among those that Linen numbers."""
    counted = [c.counted for c in inside if c.name_node is None]
    numbers = iter(counted[:place].count(kind) for place, kind in enumerate(counted))
    return [(c.name if c.name_node is not None else (c.counted, next(numbers)), c) for c in inside]


def _stores(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
