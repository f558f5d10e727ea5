"""Transforms that decorate methods: what they are in NNX, where they are the same there."""

import ast

from ..lifts import FUNCTIONS, Lift, decorating
from ..model import Method, Refused
from ..source import Span
from ..trees import is_none
from .callees import parameters
from .lift_rules import check_options, static_places, traced
from .records import ClassPlan
from .scanned_methods import check_scanned, scan_code


def decorators(plan: ClassPlan) -> dict[Span, str]:
    """Returns what the transforms that decorate methods are in NNX. Raises Refused where they are something else."""
    found: dict[Span, str] = {}
    cls = plan.cls
    check_scanned(plan)
    for method in cls.methods.values():
        for node, lift in decorating(method, cls.names):
            if method.node.name in plan.scanned:
                found[cls.source.span(node)] = scan_code(method, plan.scanned[method.node.name])
                continue
            _check_decorator(lift, method)
            options = ", ".join(f"{name}={ast.unparse(value)}" for name, value in lift.given.items())
            found[cls.source.span(node)] = f"nnx.{lift.name}({options})" if options else f"nnx.{lift.name}"
    return found


def _check_decorator(lift: Lift, method: Method) -> None:
    """NNX traces the defaults of what is not given."""
    if lift.name not in FUNCTIONS:
        raise Refused("MN102", lift.call, f"nn.{lift.name} around `{method.node.name}` is not followed")
    check_options(lift)
    static = static_places(lift)
    for place, (name, default) in enumerate(parameters(method), 1):
        if lift.name == "remat" and place not in static and not is_none(default):
            raise Refused("MN102", default or lift.call, traced(name))
