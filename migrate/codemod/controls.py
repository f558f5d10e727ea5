"""`nn.cond`, `nn.switch` and `nn.while_loop`: which functions of a method they run, on which module."""

import ast
from collections.abc import Iterator, Mapping
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


@dataclass(frozen=True, eq=False)
class Control:
    """One call; `functions` are what it is given as such, whatever that is, `options` what it is given by name."""

    name: str
    call: ast.Call
    functions: tuple[ast.expr, ...]
    behind: tuple[ast.expr, ...]
    options: Mapping[str, ast.expr]

    @property
    def form(self) -> Form:
        return CONTROLS[self.name]


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
    return Control(name, node, tuple(functions), tuple(node.args[count:]), options)


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
    """Tells whether a control runs functions of the method on the module itself, and has no options.

    A loop, whose functions only read the variables of the module, runs them as closures over it.
    """
    module, loops = control.behind[:1], control.name == "while_loop"
    own = len(control.behind) == 1 if loops else [ast.unparse(n) for n in module] == [method.this]
    functions = [definition(method, f) for f in control.functions]
    alike = all(f is not None and takes(f, method.this) != loops for f in functions)
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
    inner = [a for a in method.above(node) if isinstance(a, Function)]
    run = [definition(method, f) for control in read_in(method, names) for f in control.functions]
    return len(inner) == 1 and inner[0] in run


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
