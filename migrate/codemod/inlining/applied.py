"""What goes through a list of modules: `nn.Sequential(layers)(x)`, or a loop that calls each of them in turn."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from ..model import LinenClass
from ..source import Source
from ..trees import walk
from .text import one_line, with_code


@dataclass(frozen=True, eq=False)
class Use:
    """The expression or loop `node` goes through the list `listed`, from what the local `given` holds.

    `steps` are what a loop does with each element, which is called `each` there, one after the other; a Sequential
    calls it with its `argument`.
    """

    node: ast.expr
    listed: ast.Name
    given: str
    argument: ast.Name | None = None
    each: str = ""
    steps: Sequence[ast.expr] = ()

    @property
    def reads(self) -> set[str]:
        """The names that are read where an element is called."""
        names = (n.id for step in self.steps for n in walk(step) if isinstance(n, ast.Name))
        return ({*names} - {self.each}) | {self.given}


def in_sequence(cls: LinenClass, node: ast.AST) -> Use | None:
    """`nn.Sequential(layers)(x)`."""
    match node:
        case ast.Call(
            func=ast.Call(func=function) as made, args=[ast.Name(id=given) as argument], keywords=[]
        ):
            layers = [*made.args, *(k.value for k in made.keywords if k.arg == "layers")]
            plain = len(layers) == 1 == len(made.args) + len(made.keywords) and node.lineno == node.end_lineno
            if cls.names.linen(function) == "Sequential" and plain and isinstance(layers[0], ast.Name):
                return Use(node, layers[0], given, argument)
    return None


def run_through(node: ast.AST) -> Use | None:
    """`for layer in layers: x = layer(x)`, which may go on with `x = nn.relu(x)`."""
    match node:
        case ast.For(target=ast.Name(id=each), iter=ast.Name() as listed, body=body, orelse=[]):
            steps, names = list[ast.expr](), set[str]()
            for statement in body:
                match statement:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value) if (
                        value.lineno == value.end_lineno
                    ):
                        steps.append(value)
                        names.add(name)
                    case _:
                        return None
            if len(names) != 1 or each in names:
                return None
            (given,) = names
            again = [sum(isinstance(n, ast.Name) and n.id == given for n in walk(s)) for s in steps[1:]]
            late = any(isinstance(n, ast.Name) and n.id == each for s in steps[1:] for n in walk(s))
            late = late or any(_makes_modules(step) for step in steps)
            return (
                Use(listed, listed, given, None, each, steps)
                if all(n == 1 for n in again) and not late
                else None
            )
    return None


def _makes_modules(node: ast.expr) -> bool:
    """Tells whether something may be made and called there: read in another place, it would have another number."""
    return any(isinstance(n, ast.Call) and isinstance(n.func, ast.Call) for n in walk(node))


def applied(cls: LinenClass, item: ast.expr, use: Use, given: str) -> str | None:
    """Returns the code that calls one element of the list with what `given` holds; None where it is not followed."""
    if not use.steps:
        return _called(cls, item, given)
    first, *rest = use.steps
    code = _first(cls, item, first, use) if given == use.given else None
    for step in rest:
        code = code and _with(cls.source, step, use.given, code)
    return code


def _called(cls: LinenClass, item: ast.expr, given: str) -> str | None:
    """The call of an element with one argument; a lambda is read as what it returns."""
    code = one_line(cls.source.segment(item))
    match item:
        case ast.Name() | ast.Attribute() | ast.Subscript() | ast.Call():
            return f"{code}({given})" if code is not None else None
        case ast.Lambda(args=ast.arguments(args=[one]), body=body) if ast.unparse(item.args) == one.arg:
            inner = any(isinstance(n, ast.Lambda | ast.comprehension) for n in walk(body)) or _makes_modules(
                body
            )
            return _with(cls.source, body, one.arg, given) if given.isidentifier() and not inner else None
    return None


def _first(cls: LinenClass, item: ast.expr, step: ast.expr, use: Use) -> str | None:
    """What the first statement of a loop does with an element: which it is decides a question about its class."""
    match step:
        case ast.IfExp(
            test=ast.Call(
                func=ast.Name(id="isinstance"), args=[ast.Name(id=asked), ast.Name(id=kind)], keywords=[]
            ),
            body=yes,
            orelse=no,
        ) if asked == use.each:
            match item:
                case ast.Call(func=ast.Name(id=made)) if made == kind:
                    return _first(cls, item, yes, use)
                case ast.Lambda():
                    return _first(cls, item, no, use)
            return None
    calls = [n for n in walk(step) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == use.each]
    mentions = [n for n in walk(step) if isinstance(n, ast.Name) and n.id == use.each]
    if len(calls) != 1 or len(mentions) != 1:
        return None
    (call,) = calls
    if isinstance(item, ast.Lambda):
        alone = (
            call is step and len(call.args) == 1 and not call.keywords and isinstance(call.args[0], ast.Name)
        )
        return _called(cls, item, use.given) if alone and ast.unparse(call.args[0]) == use.given else None
    code = (
        one_line(cls.source.segment(item)) if isinstance(item, ast.Name | ast.Attribute | ast.Call) else None
    )
    return _with(cls.source, step, use.each, code) if code is not None else None


def _with(source: Source, node: ast.expr, name: str, code: str) -> str | None:
    """The code of an expression with other code in the place of a name."""
    return with_code(source, node, {n: code for n in walk(node) if isinstance(n, ast.Name) and n.id == name})
