"""The first carry of a recurrent cell: zeros where the cell is made for nothing else, else a call of NNX's cell."""

import ast
from collections.abc import Callable, Iterator

from ..bindings import loads
from ..cells import CARRY, Cell, cells
from ..model import LinenClass, Method, MethodKind, Refused
from ..trees import walk
from .records import Body, ClassPlan, Zeros

_PLAIN = (ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Slice, ast.Tuple, ast.BinOp, ast.UnaryOp)
_MARKS = (ast.expr_context, ast.operator, ast.unaryop)
_ARGUMENTS = ("rng", "input_shape")
_KEYS = ("jax.random.key", "jax.random.PRNGKey")


def plan_carries(plan: ClassPlan, method: Method, body: Body) -> None:
    """Adds to `body` what stands in the place of each first carry. Raises Refused."""
    for cell in cells(method, plan.cls.names):
        zeros = _zeros(plan.cls, method, cell)
        for call in cell.carries:
            body.zeros[call] = zeros(call)
        if cell.statement is not None:
            body.remove.add(cell.statement)
    for submodule in plan.submodules:
        for use in plan.flow.found[submodule.construction.call].carries:
            if use.call in method.parents:
                body.carried[use.call] = _given(use.call)["input_shape"]
    body.remove |= set(_keys(plan.cls, method, body))


def _keys(cls: LinenClass, method: Method, body: Body) -> Iterator[ast.stmt]:
    """Statements that make a key for first carries alone: zeros need none."""
    calls = [*body.zeros, *body.carried]
    dropped = {n for call in calls for n in ast.walk(_given(call)["rng"])}
    for name in {n.id for n in dropped if isinstance(n, ast.Name)} - {*method.parameters}:
        spelled = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name]
        bound = [n for n in spelled if not isinstance(n.ctx, ast.Load)]
        statement = method.parents[bound[0]] if len(bound) == 1 else None
        if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
            continue
        key = cls.names.resolve(statement.value.func) in _KEYS and statement.targets == bound
        if key and dropped.issuperset(loads(method.node.body, name)):
            yield statement


def _zeros(cls: LinenClass, method: Method, cell: Cell) -> Callable[[ast.Call], Zeros]:
    given = cell.given
    starred = any(isinstance(a, ast.Starred) for a in cell.call.args)
    if starred or None in {k.arg for k in cell.call.keywords} or "name" in given or "features" not in given:
        raise Refused("MN101", cell.call, "the arguments of a cell that gives a carry are not followed")
    if "carry_init" in given:
        raise Refused("MN109", given["carry_init"], "`carry_init` of a cell that is made for its carry")
    if method.kind is MethodKind.PLAIN and cell.named and not _is_nowrap(cls, method):
        raise Refused("MN101", cell.call, f"it makes a cell in `{method.node.name}`, which is not compact")
    features, dtype = given["features"], given.get("param_dtype")
    function = _function(cls, cell)
    for node in (features, *([dtype] if dtype is not None else [])):
        _check_plain(node)
        if cell.statement is not None:
            _check_once(method, node)

    def zeros(call: ast.Call) -> Zeros:
        shape = _given(call)["input_shape"]
        _check_plain(shape)
        batch, cut = _batch(shape)
        return Zeros(function, batch, cut, features, dtype, 2 if "LSTM" in cell.layer.linen else 1)

    return zeros


def _function(cls: LinenClass, cell: Cell) -> str:
    """The name of jnp.zeros in the file."""
    for name, dotted in sorted(cls.names.aliases.items()):
        if dotted == "jax.numpy":
            return f"{name}.zeros"
    if cls.names.aliases.get("jax") == "jax":
        return "jax.numpy.zeros"
    raise Refused("MN101", cell.call, "the file does not import jax.numpy, which the first carry needs")


def _given(call: ast.Call) -> dict[str, ast.expr]:
    given = dict(zip(_ARGUMENTS, call.args, strict=False)) | {str(k.arg): k.value for k in call.keywords}
    starred = any(isinstance(a, ast.Starred) for a in call.args)
    if starred or {*given} != {*_ARGUMENTS} or len(call.args) > 2:
        raise Refused("MN101", call, f"the arguments of this call of {CARRY} are not followed")
    return {name: given[name] for name in _ARGUMENTS}


def _batch(shape: ast.expr) -> tuple[tuple[ast.expr, ...], bool]:
    """The sizes in front of the last one; where they are not spelled out, the whole shape, to be cut."""
    match shape:
        case ast.Tuple(elts=[*front, last]) if not isinstance(last, ast.Starred):
            return tuple(front), False
        case ast.BinOp(left=left, op=ast.Add(), right=ast.Tuple(elts=[last])) if not isinstance(
            last, ast.Starred
        ):
            return (ast.Starred(left, ast.Load()),), False
    return (shape,), True


def _check_plain(node: ast.expr) -> None:
    """What is repeated has to be cheap, and to give the same each time."""
    for part in ast.walk(node):
        if not isinstance(part, (*_PLAIN, *_MARKS, ast.Starred)):
            raise Refused("MN101", part, "the size of a first carry is computed: give it a name first")


def _check_once(method: Method, node: ast.expr) -> None:
    """What moves from where the cell is made to where it is asked has to mean the same there."""
    for part in (n for n in ast.walk(node) if isinstance(n, ast.Name)):
        spelled = (n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == part.id)
        bound = [n for n in spelled if not isinstance(n.ctx, ast.Load)]
        if len(bound) > (part.id not in method.parameters):
            raise Refused("MN101", part, f"`{part.id}`, a size of a first carry, is bound more than once")


def _is_nowrap(cls: LinenClass, method: Method) -> bool:
    return any(cls.names.linen(d) == "nowrap" for d in method.node.decorator_list)
