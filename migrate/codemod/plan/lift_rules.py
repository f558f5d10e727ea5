"""Which transforms mean the same in NNX, for the class and the calls at hand; all others are refused."""

import ast
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ..constructions import Construction
from ..flow.values import Use
from ..lifts import FUNCTIONS, Lift, Lifted, lift_of
from ..model import Method, Refused
from ..names import Names
from ..trees import is_none
from .automatic import is_automatic
from .caches import attention_in, makes_caches
from .callees import call_of, parameters
from .layer_rules import has_modes
from .records import ClassPlan

_OPTIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "remat": frozenset({"policy", "prevent_cse", "static_argnums"}),
        "jit": frozenset({"static_argnums"}),
    }
)
"""Arguments that mean the same on both sides."""


def check_lifts(
    names: Names, construction: Construction, child: ClassPlan | None, uses: Sequence[Use]
) -> None:
    """Raises Refused where a transform around the class would compute something else in NNX."""
    lifted, call = construction.lifted, construction.call
    if lifted is not None and child is not None and child.asked:
        reason = f"a call decides how `{construction.kind}` works, behind nn.{lifted.lifts[0].name}"
        raise Refused("MN102", call, reason)
    transform = next((lift.name for lift in lifted.every if lift.name != "remat"), None) if lifted else None
    if transform is not None and (makes_caches(child) or attention_in(child)):
        reason = f"nn.{transform} is around `{construction.kind}`, of which a call may make variables"
        raise Refused("MN206", call, reason)
    if lifted is not None:
        _check_locals(names, construction, lifted)
    if lifted is None or lifted.iteration is not None:
        return
    inner = next((lift for lift in lifted.every if lift.name not in FUNCTIONS), None)
    if inner is not None:
        reason = f"nn.{inner.name} inside of nn.{lifted.lifts[0].name}, or on a condition, is not followed"
        raise Refused("MN102", call, reason)
    check_name(construction, lifted)
    if has_modes(construction):
        raise Refused(
            "MN102", call, f"nn.{lifted.lifts[0].name} around nn.{construction.kind}, which has modes"
        )
    for lift in lifted.every:
        check_options(lift)
        for use in uses:
            check_lifted_use(lift, use, call_of(child))


def check_name(construction: Construction, lifted: Lifted) -> None:
    """Raises Refused where configuration would decide what Linen calls the module."""
    if lifted.sometimes and is_automatic(construction):
        reason = f"configuration decides whether `{construction.kind}` is called `{construction.counted}`"
        raise Refused("MN204", construction.call, f"{reason}: give it a name")


def _check_locals(names: Names, construction: Construction, lifted: Lifted) -> None:
    """What stood for a class stands for a function, or for nothing: it may be called and transformed, no more."""
    method = construction.method
    held = {n.id for s in lifted.statements for n in s.targets if isinstance(n, ast.Name)}
    for node in ast.walk(method.node):
        if not isinstance(node, ast.Name) or node.id not in held or not isinstance(node.ctx, ast.Load):
            continue
        above = method.parents[node]
        called = isinstance(above, ast.Call) and (above.func is node or lift_of(above, names) is not None)
        if not called and method.statement(node) not in lifted.statements:
            raise Refused("MN101", node, f"the class `{node.id}` is handed on instead of being called")


def check_options(lift: Lift) -> None:
    """Raises Refused for an argument without a counterpart."""
    odd = next((k for k in lift.given if k not in _OPTIONS[lift.name]), None)
    if odd is not None or lift.odd:
        reason = f"`{odd}` of nn.{lift.name} has no counterpart in nnx.{lift.name}" if odd else lift.odd
        raise Refused("MN102", lift.call, reason)
    static_places(lift)


def static_places(lift: Lift) -> frozenset[int]:
    """Returns the places of static arguments, the module's own 0 not among them. Raises Refused for others."""
    node = lift.given.get("static_argnums")
    if node is None:
        return frozenset()
    try:
        value = ast.literal_eval(node)
        found = frozenset([value] if isinstance(value, int) else value)
    except (ValueError, TypeError) as unknown:
        raise Refused(
            "MN102", node, f"which arguments of nn.{lift.name} are static is not literal"
        ) from unknown
    if any(not isinstance(place, int) or place < 1 for place in found):
        raise Refused(
            "MN102", node, f"nn.{lift.name} takes the module itself, or an argument from the end, as static"
        )
    return found


def check_lifted_use(lift: Lift, use: Use, method: Method | None) -> None:
    """Raises Refused for lost arguments: NNX traces defaults too, and in tree mode takes static ones by place alone."""
    given = {k.arg for k in use.call.keywords}
    if use.method != "__call__":
        raise Refused(
            "MN102", use.call, f"nn.{lift.name} is around `__call__`, and this calls `{use.method}`"
        )
    if None in given or any(isinstance(a, ast.Starred) for a in use.call.args):
        raise Refused("MN102", use.call, f"the arguments of this call behind nn.{lift.name} are unpacked")
    count = len(use.call.args)
    if any(place > count for place in static_places(lift)):
        raise Refused("MN102", use.call, f"a static argument of nn.{lift.name} is not given by its place")
    for place, (name, default) in enumerate(parameters(method) if method is not None else (), 1):
        if lift.name == "remat" and place > count and name not in given and not is_none(default):
            raise Refused("MN102", use.call, traced(name))


def traced(name: str) -> str:
    """Returns the reason for a refusal."""
    return f"nnx.remat would trace the default of `{name}`: pass it, and name its place in static_argnums"
