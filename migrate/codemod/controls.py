"""`nn.cond`, `nn.switch` and `nn.while_loop`: which functions of a method they run, on which module."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from .model import Method
from .names import Names
from .trees import walk

Function = ast.FunctionDef | ast.Lambda


class Form(NamedTuple):
    """The arguments of a control in front of the module, those that are functions, and the options behind."""

    ahead: tuple[str, ...]
    functions: tuple[str, ...]
    options: tuple[str, ...]


_BRANCHING = ("variables", "rngs")

CONTROLS: Mapping[str, Form] = MappingProxyType(
    {
        "cond": Form(("pred", "true_fun", "false_fun"), ("true_fun", "false_fun"), _BRANCHING),
        "switch": Form(("index", "branches"), ("branches",), _BRANCHING),
        "while_loop": Form(
            ("cond_fn", "body_fn"),
            ("cond_fn", "body_fn"),
            ("carry_variables", "broadcast_variables", "split_rngs"),
        ),
    }
)
"""By their names in flax.linen. A module stands behind these arguments, then come the operands."""

CARRYING = (
    "{call}(",
    "    lambda {carry}: {cond}(*{carry}),",
    "    lambda {carry}: ({carry}[0], {body}(*{carry})),",
    "    ({module}, {init}),",
    ")[1]",
)
"""A loop that carries the module: NNX has what its functions change in the module behind it."""


@dataclass(frozen=True, eq=False)
class Control:
    """One call; `functions` are what it is given as such, whatever that is, `options` what it is given by name.

    A loop that `carries` the module may change variables. Any other reads them alone, so that its functions need no
    module: they are closures over it.
    """

    name: str
    call: ast.Call
    functions: tuple[ast.expr, ...]
    behind: tuple[ast.expr, ...]
    options: Mapping[str, ast.expr]
    carries: bool = False

    @property
    def closes(self) -> bool:
        return self.name == "while_loop" and not self.carries


def control_of(node: ast.AST, names: Names) -> Control | None:
    """Reads a call of one, if all of its arguments have a place or are options."""
    name = names.linen(node.func) if isinstance(node, ast.Call) else None
    form = CONTROLS.get(name or "")
    if form is None or not isinstance(node, ast.Call) or name is None:
        return None
    options = {k.arg or "": k.value for k in node.keywords}
    count = len(form.ahead)
    starred = any(isinstance(a, ast.Starred) for a in node.args[: count + 1])
    if starred or len(node.args) <= count or not options.keys() <= {*form.options}:
        return None
    ahead = dict(zip(form.ahead, node.args, strict=False))
    given = [ahead[function] for function in form.functions]
    functions = [f for g in given for f in (g.elts if isinstance(g, ast.List | ast.Tuple) else [g])]
    if (carried := _carried(node.args)) is not None:
        return Control(name, node, *carried, options, carries=True)
    carries = ast.unparse(options.get("carry_variables", ast.Constant(False))) != "False"
    return Control(name, node, tuple(functions), tuple(node.args[count:]), options, carries)


def _carried(given: Sequence[ast.expr]) -> tuple[tuple[ast.expr, ...], tuple[ast.expr, ...]] | None:
    """Reads what `CARRYING` writes: the functions, the module and what it is carried with."""
    match given:
        case [
            ast.Lambda(body=ast.Call(func=cond, args=[ast.Starred()])),
            ast.Lambda(body=ast.Tuple(elts=[_, ast.Call(func=body, args=[ast.Starred()])])),
            ast.Tuple(elts=[module, init]),
        ]:
            return (cond, body), (module, init)
    return None


def controls_in(method: Method, names: Names) -> Iterator[Control]:
    """Yields the calls in a method, in source order."""
    calls = [n for n in walk(method.node) if isinstance(n, ast.Call)] if names.spells_linen else []
    for call in sorted(calls, key=lambda c: (c.lineno, c.col_offset)):
        if (found := control_of(call, names)) is not None:
            yield found


def definition(method: Method, function: ast.expr) -> Function | None:
    """Returns the function of the method that an expression stands for: itself, or what its name is bound to once."""
    if isinstance(function, ast.Lambda):
        return function
    if not isinstance(function, ast.Name) or function.id in method.parameters:
        return None
    found: list[Function | None] = []
    for node in walk(method.node):
        if isinstance(node, ast.FunctionDef) and node.name == function.id and node is not method.node:
            found.append(node)
        elif isinstance(node, ast.Name) and node.id == function.id and not isinstance(node.ctx, ast.Load):
            above = method.parents[node]
            alone = isinstance(above, ast.Assign) and len(above.targets) == 1
            value = above.value if alone and isinstance(above, ast.Assign) else None
            found.append(value if isinstance(value, ast.Lambda) else None)
    return found[0] if len(found) == 1 else None


def is_read(control: Control, method: Method) -> bool:
    """Tells whether a control runs functions of the method on the module itself, if on any, and has no options."""
    own = len(control.behind) == 1 if control.closes else ast.unparse(control.behind[0]) == method.this
    functions = [definition(method, f) for f in control.functions]
    alike = all(f is not None and takes(f, method.this) != control.closes for f in functions)
    return own and alike and bool(functions) and not control.options


def takes(function: Function, name: str) -> bool:
    """Tells whether the first argument of a function has this name."""
    first = next(iter([*function.args.posonlyargs, *function.args.args]), None)
    return first is not None and first.arg == name


def read_in(method: Method, names: Names) -> list[Control]:
    """Returns the calls in a method that are followed."""
    return [control for control in controls_in(method, names) if is_read(control, method)]


def is_run(method: Method, node: ast.AST, names: Names) -> bool:
    """Tells whether one of them runs the only function around `node`, as a part of the method."""
    controls = read_in(method, names)
    carrying = {argument for control in controls if control.carries for argument in control.call.args}
    inner = [a for a in method.above(node) if isinstance(a, Function) and a not in carrying]
    return len(inner) == 1 and inner[0] in [definition(method, f) for c in controls for f in c.functions]


def module_given(method: Method, names: Names) -> set[ast.expr]:
    """Returns where a method hands itself to them, or to the functions that they run."""
    found = set[ast.expr]()
    for control in controls_in(method, names):
        found.update(control.behind[:1])
        called = {f.id for f in control.functions if isinstance(f, ast.Name)}
        for node in walk(method.node):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in called:
                    found.add(first)
    return found
