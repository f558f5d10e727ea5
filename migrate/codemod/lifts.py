"""Lifted transforms around a class: `nn.remat(Block, policy=p)(8)` builds a Block that is called otherwise."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from .model import Method
from .names import Names
from .trees import is_none


class Transform(NamedTuple):
    """What a transform is called in NNX, and what Linen puts in front of the class name for automatic names.

    `module` tells whether static arguments are counted from the module itself, as NNX counts them.
    """

    name: str
    prefix: str
    module: bool = True


TRANSFORMS: Mapping[str, Transform] = MappingProxyType(
    {
        "remat": Transform("remat", "Checkpoint"),
        "checkpoint": Transform("remat", "Checkpoint"),
        "partitioning.remat": Transform("remat", "Core_remat_static", module=False),
        "jit": Transform("jit", "Jit"),
        "vmap": Transform("vmap", "Vmap"),
        "scan": Transform("scan", "Scan"),
    }
)
"""By their names in flax.linen."""

BROADCAST = frozenset({"flax.linen.broadcast", "flax.core.broadcast", "flax.core.lift.broadcast"})

FUNCTIONS = frozenset({"remat", "jit"})
"""Those that change how a call is computed, but neither what it computes nor the variables."""


@dataclass(frozen=True, eq=False)
class Lift:
    """One transform: `remat`, `jit`, `vmap` or `scan`, its call (the bare name in a decorator), its arguments.

    Static arguments are `given` as NNX counts them. `markers` are the uses of `nn.broadcast` in the arguments.
    """

    function: ast.expr
    call: ast.expr
    given: Mapping[str, ast.expr]
    transform: Transform
    odd: str = ""
    markers: tuple[ast.expr, ...] = ()

    @property
    def name(self) -> str:
        return self.transform.name

    @property
    def rounds(self) -> ast.expr | None:
        """How often a vmap or a scan runs the module, where that is given."""
        return self.given.get("axis_size" if self.name == "vmap" else "length")

    @property
    def stacks(self) -> bool:
        """Tells whether rounds may have variables of their own."""
        axes = self.given.get("variable_axes")
        return axes is not None and not (isinstance(axes, ast.Dict) and all(map(is_none, axes.values)))


@dataclass(frozen=True, eq=False)
class Lifted:
    """A class behind transforms, the outermost first, and every expression that names the class.

    `statements` bind the locals that it goes through; `sometimes` says that configuration decides about a transform:
    they are there `when` a test has that answer, where that is all that decides. `chosen` is the local that a vmap or a
    scan runs, where configuration decides what stands in that alone.
    """

    name: str
    nodes: tuple[ast.expr, ...]
    lifts: tuple[Lift, ...]
    every: tuple[Lift, ...] = ()
    statements: tuple[ast.Assign, ...] = ()
    sometimes: bool = False
    when: tuple[ast.expr, bool] | None = None
    chosen: ast.Name | None = None

    @property
    def iteration(self) -> Lift | None:
        """The vmap or scan that runs the module many times, where it is the outermost transform."""
        return self.lifts[0] if self.lifts[0].name not in FUNCTIONS else None

    @property
    def inner(self) -> tuple[Lift, ...]:
        """The transforms inside of the outermost one, with those that configuration decides about."""
        return tuple(lift for lift in self.every if lift is not self.lifts[0])

    @property
    def prefix(self) -> str:
        return "".join(lift.transform.prefix for lift in self.lifts)


def lift_of(node: ast.expr, names: Names) -> tuple[Lift, ast.expr] | None:
    """Returns the transform that a call of one is, and what it is put around."""
    transform = _transform(node.func, names) if isinstance(node, ast.Call) else None
    if transform is None:
        return None
    assert isinstance(node, ast.Call)
    given = {str(k.arg): k.value for k in node.keywords}
    target = node.args[0] if node.args else given.pop("target", None)
    if target is None or isinstance(target, ast.Starred):
        return None
    odd = "its arguments are not all named" if len(node.args) > 1 or "None" in given else ""
    return _lift(transform, node.func, node, given, odd, names), target


def _lift(
    transform: Transform,
    function: ast.expr,
    call: ast.expr,
    given: dict[str, ast.expr],
    odd: str,
    names: Names,
) -> Lift:
    static = given.get("static_argnums")
    if static is not None and not transform.module:
        counted = _with_module(static)
        odd = odd or ("" if counted else "which arguments are static is not literal")
        given = given | ({"static_argnums": counted} if counted else {})
    return Lift(function, call, given, transform, odd, _markers(call, names))


def _with_module(static: ast.expr) -> ast.expr | None:
    """The same places, where the module is the first argument."""
    match static:
        case ast.Tuple(elts=items) | ast.List(elts=items):
            places = [i.value for i in items if isinstance(i, ast.Constant) and type(i.value) is int]
            if len(places) == len(items) and all(place >= 0 for place in places):
                counted = ast.Tuple([ast.Constant(place + 1) for place in places], ast.Load())
                return ast.fix_missing_locations(ast.copy_location(counted, static))
    return None


def _transform(node: ast.expr, names: Names) -> Transform | None:
    return TRANSFORMS.get(names.linen(node) or "")


def _markers(node: ast.AST, names: Names) -> tuple[ast.expr, ...]:
    found = (n for n in ast.walk(node) if isinstance(n, ast.Name | ast.Attribute))
    return tuple(n for n in found if is_broadcast(n, names))


def is_broadcast(node: ast.expr, names: Names) -> bool:
    """Tells whether a scan hands an argument on as a whole."""
    return names.resolve(node) in BROADCAST


def decorating(method: Method, names: Names) -> list[tuple[ast.expr, Lift]]:
    """Returns the decorators of a method that are transforms, the outermost first."""
    found = ((d, _decorating(d, names)) for d in method.node.decorator_list)
    return [(decorator, lift) for decorator, lift in found if lift is not None]


def _decorating(node: ast.expr, names: Names) -> Lift | None:
    bare = _transform(node, names)
    if bare is not None:
        return Lift(node, node, {}, bare)
    if not isinstance(node, ast.Call) or names.resolve(node.func) != "functools.partial" or not node.args:
        return None
    transform = _transform(node.args[0], names)
    if transform is None:
        return None
    odd = "its arguments are not all named" if len(node.args) > 1 else ""
    given = {str(k.arg): k.value for k in node.keywords}
    return _lift(transform, node.args[0], node, given, odd, names)
