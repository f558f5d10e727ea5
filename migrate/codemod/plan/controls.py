"""What functions of `nn.cond`, `nn.switch` and `nn.while_loop` may do with the module that NNX hands to them."""

import ast
from collections.abc import Iterator

from ..bindings import rebinds
from ..controls import Control, Function, definition, read_in
from ..model import Method, Refused
from ..trees import walk
from .caches import makes_caches
from .iteration_rules import draws
from .records import Body, ClassPlan, Submodule
from .sown import sows

_WRITES = frozenset({"sow", "perturb"})


def plan_controls(plan: ClassPlan, method: Method, body: Body) -> None:
    """Calls NNX's functions: the branches get the module first, a loop's functions read it from around them."""
    for control in read_in(method, plan.cls.names):
        body.replace[control.call.func] = f"nnx.{control.name}"


def check_controls(plan: ClassPlan) -> None:
    """Raises Refused where a branch changes which variables there are, or draws what another one draws too."""
    for method in plan.cls.methods.values():
        for control in read_in(method, plan.cls.names):
            drawing = sum(_check(plan, method, control, function) for function in control.functions)
            if drawing > 1:
                reason = (
                    f"several functions of nn.{control.name} draw random numbers: NNX draws the same in each"
                )
                raise Refused("MN102", control.call, reason)


def _check(plan: ClassPlan, method: Method, control: Control, name: ast.expr) -> bool:
    """Tells whether a function draws random numbers."""
    function = definition(method, name)
    assert function is not None
    nodes = {*_reached(plan, method, function, set())}
    for node in nodes:
        if isinstance(node, ast.Attribute) and method.is_this(node) and node.attr in _WRITES:
            raise Refused("MN102", node, f"a function of nn.{control.name} uses `self.{node.attr}`")
    drawing = any(isinstance(n, ast.Attribute) and method.is_this(n, "make_rng") for n in nodes)
    for submodule in (s for p in (plan, *plan.bases) for s in p.submodules):
        found = plan.flow.found.get(submodule.construction.call)
        uses = [u for u in found.uses if u.call in nodes] if found is not None else []
        for use in uses:
            _check_use(control, submodule, use.call)
            _check_given(function, submodule, use.call)
        drawing |= bool(uses) and draws(submodule.construction, submodule.child)
    return drawing


def _reached(plan: ClassPlan, method: Method, node: ast.AST, seen: set[str]) -> Iterator[ast.AST]:
    """What stands in a function, and in the methods of the class that it calls."""
    for each in walk(node):
        yield each
        if isinstance(each, ast.Attribute) and method.is_this(each) and each.attr not in seen:
            other = plan.cls.methods.get(each.attr)
            seen.add(each.attr)
            yield from _reached(plan, other, other.node, seen) if other is not None else ()


def _check_use(control: Control, submodule: Submodule, call: ast.Call) -> None:
    construction, child = submodule.construction, submodule.child
    makes = child is not None and (makes_caches(child) or sows(child))
    if construction.lifted is not None or makes:
        what = "sows or makes variables" if makes else "stands behind another transform"
        raise Refused("MN102", call, f"`{construction.kind}`, which nn.{control.name} runs, {what}")


def _check_given(function: Function, submodule: Submodule, call: ast.Call) -> None:
    """What a call gets from the constructor has to mean the same in the function."""
    values = (v if isinstance(v, ast.AST) else ast.Name(v) for _, v in submodule.at_call.get(call, ()))
    read = {n.id for value in values for n in ast.walk(value) if isinstance(n, ast.Name)}
    for name in sorted(n for n in read if n != "self" and rebinds(function, n)):
        raise Refused(
            "MN101", call, f"`{name}`, which this call is to read, is something else in the function"
        )
