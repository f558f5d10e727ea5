"""Methods that `nn.scan` decorates: one set of variables, run over the steps of a sequence."""

import ast

from ..constructors import item_path
from ..flow.terms import Kind, Term
from ..flow.values import Root
from ..iterations import Iteration, read_iteration
from ..lifts import Lift, decorating
from ..model import LinenClass, Method, Refused
from .callees import parameters
from .iteration_rules import draws
from .mapping_rules import below
from .records import ClassPlan


def read_scanned(cls: LinenClass) -> dict[str, Iteration]:
    """Returns the methods that a scan decorates. Raises Refused for a scan that nnx.scan does not mean as well."""
    found = {}
    for method in cls.methods.values():
        lifts = decorating(method, cls.names)
        scan = next((lift for _, lift in lifts if lift.name == "scan"), None)
        if scan is not None:
            found[method.node.name] = _read(cls, method, scan, len(lifts))
    return found


def _read(cls: LinenClass, method: Method, lift: Lift, count: int) -> Iteration:
    iteration = read_iteration(lift, cls.names)
    name, arguments = method.node.name, method.node.args
    if iteration.stacked or iteration.shared != {"params"} or iteration.split.get("params", False):
        raise Refused(
            "MN102", lift.call, f"nn.scan around `{name}` does not share the params, and nothing else"
        )
    if count > 1:
        raise Refused("MN102", lift.call, f"another transform stands around `{name}`")
    odd = arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.defaults
    names = [n for n, _ in parameters(method)]
    mapped = iteration.axes if isinstance(iteration.axes, tuple) else (iteration.axes,) * (len(names) - 1)
    if odd or not names or len(mapped) != len(names) - 1:
        raise Refused("MN102", lift.call, f"the axes of nn.scan do not fit the arguments of `{name}`")
    if any(axis is None or axis < 0 for axis in mapped):
        raise Refused(
            "MN102", lift.call, f"nn.scan hands an argument of `{name}` on as a whole, or from its end"
        )
    return iteration


def check_scanned(plan: ClassPlan) -> None:
    """Raises Refused where a step would see other variables or sizes than Linen's does."""
    for name, iteration in plan.scanned.items():
        lift = iteration.lift
        others = below(plan) - {"params"}
        if others:
            raise Refused(
                "MN102", lift.call, f"nn.scan does not say what becomes of the collection `{min(others)}`"
            )
        if plan.draws or any(draws(s.construction, s.child) for s in plan.submodules):
            raise Refused("MN102", lift.call, f"`{name}` draws random numbers behind nn.scan")
        for parameter in plan.parameters:
            argument = parameter.argument
            carried = item_path(argument.parameter)[0] == plan.cls.methods[name].parameters[0]
            if argument.method == name and not carried and argument.template != "{}.shape[-1]":
                reason = f"`{name}` asks for more than the last axis of `{argument.parameter}` behind nn.scan"
                raise Refused("MN108", lift.call, reason)


def ranks_in_rounds(plan: ClassPlan) -> dict[Root, int]:
    """Returns how many axes an argument of a scanned method has whose size `x.shape[1]` a submodule asks for.

    Counted from the front, and with no second one, it is taken to be the last: `GRUCell(features=x.shape[1])(h, x)`.
    """
    asked: dict[Root, set[int]] = {}
    for found in plan.flow.found.values():
        terms = (*found.values.values(), *(size for _, size in found.sizes or ()))
        sizes = (
            t.value for term in terms if isinstance(term, Term) for t in term.walk() if t.kind is Kind.DIM
        )
        for size in sizes:
            if size.index > 0 and not size.many and size.method in plan.scanned:
                asked.setdefault((size.method, size.array), set()).add(size.index)
    return {root: index + 1 for root, places in asked.items() if len(places) == 1 for index in places}


def scan_code(method: Method, iteration: Iteration) -> str:
    """Returns the decorator: the module is the first argument, then the carry, then what is taken apart."""
    count = len([*parameters(method)]) - 1
    axes = ", ".join(["None", "nnx.Carry", *(str(iteration.axis(i)) for i in range(count))])
    given = iteration.lift.given
    passed = [
        f"{name}={ast.unparse(given[name])}" for name in ("length", "reverse", "unroll") if name in given
    ]
    return f"nnx.scan({', '.join([f'in_axes=({axes})', f'out_axes=(nnx.Carry, {iteration.out})', *passed])})"
