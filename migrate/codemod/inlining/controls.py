"""`nn.cond(p, f, g, self.head, x)`, read with functions whose module is `self`, and with what they make in front.

A loop that changes no variable is read as one over functions without a module: they are closures over it.
"""

import ast
from collections.abc import Iterator, Sequence

from ..bindings import loads, stored
from ..controls import CARRYING, Control, Function, controls_in, definition, is_read
from ..model import LinenClass, Method, MethodKind, Refused
from ..project import Project
from ..rewording import Rewording
from ..trees import walk
from .control_options import check_options
from .edited import Edited
from .made_in_functions import Made, Run, called_by_itself
from .read_from_outside import check_outside
from .text import one_line

_DECLARING = frozenset({"param", "variable", "sow", "perturb", "put_variable"})
_ASKING = frozenset({"is_mutable_collection", "is_initializing", "has_variable"})
"""What Linen answers otherwise in a loop, where no variable can be written."""


def read_controls(project: Project) -> list[Rewording]:
    """Returns the statements of such calls, and the functions that they run, as the codemod follows them."""
    found: list[Rewording] = []
    for cls, method in project.methods:
        try:
            found += read_in(cls, method, project)
        except Refused:  # `why_unread` says so
            continue
    return found


def why_unread(cls: LinenClass, project: Project) -> Iterator[Refused]:
    """Yields why calls in a class are not followed."""
    for method in cls.methods.values():
        try:
            read_in(cls, method, project)
        except Refused as refused:
            yield refused


def read_in(cls: LinenClass, method: Method, project: Project) -> list[Rewording]:
    """Returns the same for one method. Raises Refused for the first call that is not followed."""
    reading = _Reading(cls, method, project)
    runs: list[Run] = []
    for control in reading.every:
        if control.name != "while_loop" or not is_read(control, method):  # that has been read already
            found = reading.control(control)
            Made(reading.edited, project, control, found).read()
            runs += found
    for node in {run.node: None for run in runs}:
        reading.function([run for run in runs if run.node is node])
    return [*reading.edited.rewordings()]


class _Reading:
    def __init__(self, cls: LinenClass, method: Method, project: Project):
        self.cls, self.method, self.project = cls, method, project
        self.edited = Edited(cls, method)
        self.every = tuple(controls_in(method, cls.names))

    def control(self, control: Control) -> list[Run]:
        """Returns what a call runs, having read the call itself."""
        call, name, (module, *operands) = control.call, f"nn.{control.name}", control.behind
        kinds = (MethodKind.COMPACT, MethodKind.PLAIN)
        if self.method.kind not in kinds or any(isinstance(a, Function) for a in self.method.above(call)):
            raise Refused("MN102", call, f"{name} stands in setup, or in a function inside of a method")
        if control.name == "while_loop" and len(operands) != 1:
            raise Refused("MN102", call, f"{name} is not given one value to begin with")
        check_options(control)
        local = isinstance(module, ast.Name) and module.id not in self.method.parameters
        if not local and not self.method.is_this(module):
            raise Refused("MN102", module, f"`{ast.unparse(module)}`, which {name} runs, is not followed")
        code = ast.unparse(module)
        runs = [self._run(control, function, code, operands) for function in control.functions]
        if control.carries:
            self._carrying(control)
        elif control.closes:
            self.edited.take_out(module, operands[0])
        else:
            self.edited.put(module, self.method.this)
        if control.options and not control.carries:
            self.edited.cut(call.args[-1], call.keywords[-1])
        return [run for run in runs if run is not None]

    def _carrying(self, control: Control) -> None:
        """The module goes round with the carry."""
        (cond, body), (_, init) = control.functions, control.behind
        if not isinstance(cond, ast.Name) or not isinstance(body, ast.Name):
            reason = "a function of nn.while_loop has no name, and variables change in the loop: define it with `def`"
            raise Refused("MN102", control.call, reason)
        called, code = ast.unparse(control.call.func), one_line(self.cls.source.segment(init))
        if code is None:
            raise Refused("MN102", init, "a comment stands in what nn.while_loop begins with")
        carry = "carry_" if "carry" in (cond.id, body.id) else "carry"
        parts = {
            "carry": carry,
            "call": called,
            "cond": cond.id,
            "body": body.id,
            "module": self.method.this,
            "init": code,
        }
        source = self.cls.source
        ahead = source.newline + source.ahead(self.method.statement(control.call))
        self.edited.put(control.call, ahead.join(CARRYING).format(**parts))

    def _run(
        self, control: Control, function: ast.expr, module: str, operands: Sequence[ast.expr]
    ) -> Run | None:
        own = self._method(function) if module == self.method.this else None
        if own is not None:
            self.edited.put(function, self._calling(control, own, operands))
            return None
        node = definition(self.method, function)
        if node is None or any(isinstance(a, Function) for a in self.method.above(node)):
            reason = f"`{ast.unparse(function)}`, which nn.{control.name} runs, is no function of the method"
            raise Refused("MN102", function, reason)
        run = Run(node, control, module, tuple(operands), self.every)
        odd = isinstance(node, ast.FunctionDef) and node.decorator_list
        if odd or not run.order or (run.control.name == "while_loop" and len(run.order) != 2):
            raise Refused("MN102", node, f"how nn.{control.name} calls this function is not followed")
        return run

    def _method(self, function: ast.expr) -> str | None:
        """A method of the class, `self.branch` or `Net.branch`, where no other class may have one in its place."""
        if not isinstance(function, ast.Attribute) or function.attr not in self.cls.methods:
            return None
        classes = self.project.classes.values()
        heirs = any(self.project.base(c, base) == self.cls.name for c in classes for base in c.bases)
        name = self.project.canonical(self.cls.names.resolve(function.value) or "")
        plain = self.cls.methods[function.attr].kind is MethodKind.PLAIN
        named = name == self.cls.name and not heirs
        return function.attr if plain and (named or self.method.is_this(function)) else None

    def _calling(self, control: Control, own: str, operands: Sequence[ast.expr]) -> str:
        """`lambda self, x: self.branch(x)`"""
        names = [a.id if isinstance(a, ast.Name) else "" for a in operands]
        if len({*names, self.method.this, ""}) < len(names) + 2:
            names = [f"a{place}" for place in range(len(operands))]
        module = [] if control.closes else [self.method.this]
        return f"lambda {', '.join([*module, *names])}: {self.method.this}.{own}({', '.join(names)})"

    def function(self, runs: Sequence[Run]) -> None:
        """Has the module of a function be `self`; a loop leaves it out."""
        run, this, edited = runs[0], self.method.this, self.edited
        if len({(each.module, each.control.closes) for each in runs}) > 1:
            raise Refused("MN102", run.node, "this function is run on several modules")
        self._check(run)
        if self.cls.name not in self.project.reworded or run.name != this:  # else it has been checked
            check_outside(self.cls, self.method, self.project, run)
        if run.control.closes:
            edited.take_out(run.order[0], run.order[1])
        else:
            edited.put(run.order[0], this)
        for read in loads(run.body, run.name):
            edited.put(read, run.module)
        for call in called_by_itself(self.method, run):
            if run.control.closes:
                edited.take_out(call.args[0], call.args[1])
            else:
                edited.put(call.args[0], this)

    def _check(self, run: Run) -> None:
        inner = [n for statement in run.body for n in walk(statement)]
        own = {n.arg for n in walk(run.node) if isinstance(n, ast.arg) and n is not run.order[0]}
        own |= {name for statement in run.body for name in stored(statement)}
        if again := own & {run.name, self.method.this, run.module}:
            raise Refused("MN102", run.node, f"the function binds `{min(again)}` again")
        odd = _DECLARING | (_ASKING if run.control.closes else frozenset())
        for read in (n for n in inner if isinstance(n, ast.Attribute) and n.attr in odd):
            if isinstance(read.value, ast.Name) and read.value.id in (run.name, self.method.this):
                reason = f"a function of nn.{run.control.name} uses `{ast.unparse(read)}`"
                raise Refused("MN102", read, reason)
