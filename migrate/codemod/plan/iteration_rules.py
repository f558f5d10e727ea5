"""Which modules behind `nn.vmap` and `nn.scan` compute the same in NNX; all others are refused."""

import ast
from collections.abc import Sequence

from ..constructions import Construction
from ..flow.values import Use
from ..iterations import Iteration, read_iteration
from ..lifts import FUNCTIONS
from ..model import LinenClass, Method, Refused
from .callees import call_of, parameters
from .layer_rules import has_modes
from .lift_rules import check_lifted_use, check_name, check_options
from .mapping_rules import below
from .records import ClassPlan
from .sharded import of_layer, partitioned
from .shared_draws import draws_apart, rounds_of
from .training import trains_by_mode

DRAWING = frozenset({"Dropout", "MultiHeadDotProductAttention", "MultiHeadAttention", "SelfAttention"})


def plan_iteration(
    cls: LinenClass, construction: Construction, child: ClassPlan | None, uses: Sequence[Use]
) -> Iteration | None:
    """Returns what runs the module many times, if anything does. Raises Refused where NNX would do it otherwise."""
    lifted = construction.lifted
    if lifted is None or lifted.iteration is None:
        return None
    iteration = read_iteration(lifted.iteration, cls.names)
    _check_place(construction, uses)
    for lift in lifted.inner:
        if lift.name not in FUNCTIONS:
            raise Refused(
                "MN102", lift.call, f"nn.{lift.name} inside of nn.{iteration.lift.name} is not followed"
            )
        check_options(lift)
        for use in uses if lifted.chosen is not None else ():
            check_lifted_use(lift, use, call_of(child))
    if has_modes(construction):
        raise Refused("MN102", construction.call, f"nn.{iteration.lift.name} around nn.{construction.kind}")
    if child is not None and trains_by_mode(child):
        reason = (
            f"`{construction.kind}` asks whether statistics can be written inside of nn.{iteration.lift.name}"
        )
        raise Refused("MN206", construction.call, reason)
    _check_variables(iteration, construction, child, uses)
    own = construction.layer is not None and any(of_layer(construction, cls.names))
    if own or (child is not None and partitioned(child)):
        raise Refused(
            "MN210", construction.call, f"nn.{iteration.lift.name} adds an axis to sharded variables"
        )
    for use in uses:
        _check_use(cls, iteration, construction, use, call_of(child))
    return iteration


def _check_place(construction: Construction, uses: Sequence[Use]) -> None:
    lifted = construction.lifted
    assert lifted is not None
    here = all(use.call in construction.method.parents for use in uses)
    if lifted.sometimes and (lifted.chosen is None or not here):
        reason = f"configuration decides about nn.{lifted.lifts[0].name}, or about a transform inside of it"
        raise Refused("MN102", construction.call, f"{reason} that is not in a local of the compact method")
    check_name(construction, lifted)
    above = construction.method.above(construction.call)
    if any(isinstance(a, ast.For | ast.ListComp | ast.IfExp) for a in above):
        reason = f"nn.{lifted.lifts[0].name} stands in a loop or in an expression with a condition"
        raise Refused("MN102", construction.call, reason)


def _check_variables(
    iteration: Iteration, construction: Construction, child: ClassPlan | None, uses: Sequence[Use]
) -> None:
    """All variables of the module are stacked, with other initial values each, or all are the same in every round."""
    lift, name = iteration.lift, iteration.lift.name
    found = collections_of(construction, child)
    if not found:
        raise Refused("MN102", lift.call, f"nn.{name} runs a module that has no variables")
    if not found <= iteration.stacked | iteration.shared:
        missing = min(found - iteration.stacked - iteration.shared)
        raise Refused(
            "MN102", lift.call, f"nn.{name} does not say what becomes of the collection `{missing}`"
        )
    if found <= iteration.stacked:
        if lift.rounds is None:
            raise Refused("MN102", lift.call, f"nn.{name} does not say how many rounds there are")
        if not all(iteration.split.values()) or "params" not in iteration.split:
            raise Refused("MN102", lift.call, f"nn.{name} draws the same random numbers in every round")
        return
    if found & iteration.stacked or iteration.shared != {"params"}:
        raise Refused("MN102", lift.call, f"nn.{name} stacks some variables and shares others")
    if draws(construction, child) and draws_apart(iteration, child):
        for use in uses:
            rounds_of(iteration, use)


def collections_of(construction: Construction, child: ClassPlan | None) -> set[str]:
    """Returns the collections of everything that a submodule is made of."""
    if construction.layer is not None:
        return {moved.collection for moved in construction.layer.variables}
    return below(child) if child is not None else set()


def draws(construction: Construction, child: ClassPlan | None) -> bool:
    """Tells whether a submodule, or one below it, draws random numbers when it is called."""
    if child is None:
        return construction.kind in DRAWING
    plans = (child, *child.bases)
    return any(p.draws for p in plans) or any(
        draws(s.construction, s.child) for p in plans for s in p.submodules
    )


def _check_use(
    cls: LinenClass, iteration: Iteration, construction: Construction, use: Use, method: Method | None
) -> None:
    name, call = iteration.lift.name, use.call
    if use.method != "__call__":
        raise Refused("MN102", call, f"nn.{name} is around `__call__`, and this calls `{use.method}`")
    if call.keywords or (
        any(isinstance(a, ast.Starred) for a in call.args) and not hands_on(iteration, call)
    ):
        raise Refused("MN102", call, f"nn.{name} takes arguments by their place alone")
    count = len(call.args) - iteration.carries
    if count < 0 or (isinstance(iteration.axes, tuple) and len(iteration.axes) != count):
        raise Refused("MN102", call, f"the axes of nn.{name} do not fit the arguments of this call")
    if method is not None and len(call.args) > len([*parameters(method)]):
        raise Refused("MN102", call, f"the arguments of `{construction.kind}` are not followed")
    _check_statement(cls, construction, call)


def hands_on(iteration: Iteration, call: ast.Call) -> str:
    """Returns the name in `module(*args)`, where a vmap does the same with all arguments; nothing for other calls."""
    match call.args:
        case [ast.Starred(value=ast.Name(id=name))] if not iteration.carries and not isinstance(
            iteration.axes, tuple
        ):
            return name
    return ""


def _check_statement(cls: LinenClass, construction: Construction, call: ast.Call) -> None:
    """A function is defined in front of the statement, which has to have a line of its own."""
    method = next((m for m in cls.methods.values() if call in m.parents), None)
    statement = method.statement(call) if method is not None else None
    if method is None or not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr):
        raise Refused("MN102", call, f"`{construction.counted}` is called in a place that is not followed")
    above = method.parents[statement]
    inner = method.above(call)[: method.above(call).index(statement)]
    scopes = ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    if any(isinstance(a, scopes) for a in inner) or (
        isinstance(above, ast.FunctionDef) and above is not method.node
    ):
        raise Refused("MN102", call, f"`{construction.counted}` is called in a function or comprehension")
    if getattr(above, "lineno", 0) == statement.lineno:
        raise Refused("MN102", call, f"`{construction.counted}` is called behind a colon")
