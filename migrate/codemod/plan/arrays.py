"""Fields that hold arrays: an NNX module that keeps one has a leaf more, of no Variable, and no checkpoint has it."""

import ast
from collections.abc import Collection, Iterator

from ..bindings import statements, stored
from ..constructions import Construction
from ..factories.resolve import line
from ..model import Field, LinenClass, Method, MethodKind, Refused
from ..names import Names
from ..project import Project
from ..trees import is_none
from .array_functions import value_parts
from .definitions import lookup_in
from .held_arrays import Reads, asks_value
from .left_out import is_left_out
from .records import ClassPlan

_ARRAYS = frozenset(
    [
        "jax.Array",
        "jax.numpy.ndarray",
        "jax.numpy.array",
        "numpy.ndarray",
        "chex.Array",
        "chex.PRNGKey",
        "flax.typing.Array",
        "jaxtyping.Array",
    ]
)
_OF_JAX = frozenset({"jax.Array", "jax.numpy.ndarray", "chex.PRNGKey", "jaxtyping.Array"})
_NO_ARRAYS = frozenset({"dtype", "finfo", "iinfo", "shape", "ndim", "size"})


def array_fields(cls: LinenClass, project: Project) -> dict[str, Field]:
    """Returns the fields of a class, inherited ones too, that are declared as arrays or have one as default."""
    fields = ((f, above) for above in line(cls, project) for f in above.fields)
    found = {f.name: (f, above) for f, above in fields if holds_array(f, above.names)}
    return {name: f for name, (f, above) in found.items() if f not in left_out(above, project)}


def left_out(cls: LinenClass, project: Project) -> list[Field]:
    """Returns the fields that are declared as arrays or None, and that are None wherever the class is constructed."""
    return [f for f in cls.fields if holds_array(f, cls.names) and is_left_out(f, cls, project)]


def holds_array(field: Field, names: Names) -> bool:
    """Tells whether a field is annotated as an array, or has one as its default, whatever its annotation says."""
    parts = _alternatives(field.statement.annotation, names)
    return any(names.resolve(part) in _ARRAYS for part in parts) or _makes_array(field, names)


def _alternatives(annotation: ast.expr, names: Names) -> Iterator[ast.expr]:
    """Yields what an annotation says that a field may be."""
    match annotation:
        case ast.BinOp(left=left, right=right):
            inner: Collection[ast.expr] = (left, right)
        case ast.Subscript(value=union, slice=ast.Tuple(elts=inner)) if (
            names.resolve(union) == "typing.Union"
        ):
            pass
        case ast.Subscript(value=optional, slice=one) if names.resolve(optional) == "typing.Optional":
            inner = (one,)
        case ast.Subscript(value=shaped, slice=ast.Tuple(elts=[one, *_])) if (
            names.resolve(shaped) or ""
        ).startswith("jaxtyping."):
            inner = (one,)
        case _:
            yield annotation
            return
    for part in inner:
        yield from _alternatives(part, names)


def _makes_array(field: Field, names: Names) -> bool:
    made = field.factory.body if isinstance(field.factory, ast.Lambda) else field.default
    if not isinstance(made, ast.Call):
        return False
    package, _, function = (names.resolve(made.func) or "").rpartition(".")
    return package in ("jax.numpy", "jax.random") and function not in _NO_ARRAYS


def check_arrays(plan: ClassPlan, project: Project) -> None:
    """Has the class keep the arrays of fields that its methods read.

    Raises Refused where that asks for the values of one, or setup or a layer would keep it too.
    """
    arrays = array_fields(plan.cls, project)
    stored = {name for _, name in plan.stores}
    plan.held = stored & arrays.keys()
    other = next((f for name, f in arrays.items() if name in stored and not _is_of_jax(f, project)), None)
    if other is not None:
        reason = f"the field `{other.name}` may hold an array, and something else than one of JAX"
        raise Refused("MN105", other.statement, reason)
    _check_values(plan, project)
    _check_rounds(plan)
    plan.left_out += [f for f in left_out(plan.cls, project) if f.name in stored]
    for method in plan.cls.methods.values() if arrays else ():
        reads = _Reads(method, arrays, plan.cls.names)
        if method.kind is MethodKind.SETUP:
            built = {s.construction.call for s in plan.submodules} | {v.creation.call for v in plan.variables}
            _check_setup(reads, built)
        if method.kind is MethodKind.POST_INIT and (read := next(reads.of(method.node), None)) is not None:
            raise Refused("MN105", read, "`__post_init__` reads a field that holds an array")
        _check_built(plan, reads)


def _is_of_jax(field: Field, project: Project) -> bool:
    """Tells whether a field holds nothing but an array of JAX: NumPy computes with other precisions."""
    names = project.names[field.source.module]
    parts = [*_alternatives(field.statement.annotation, names)]
    known = all(names.resolve(part) in _OF_JAX or is_none(part) for part in parts)
    made = _makes_array(field, names) and [names.resolve(part) for part in parts] == ["typing.Any"]
    return made or (known and (is_none(field.default) or _makes_array(field, names)))


def holds_arrays(plan: ClassPlan) -> bool:
    """Tells whether a module of the class, or one below it, keeps an array of a field."""
    below = (s.child for p in (plan, *plan.bases) for s in p.submodules if s.child is not None)
    return any(p.held for p in (plan, *plan.bases)) or any(map(holds_arrays, below))


def _check_rounds(plan: ClassPlan) -> None:
    """A vmap would take an array apart that is one for all in Linen: draws with a key for each are others."""
    for submodule in (s for s in plan.submodules if s.iteration is not None and s.child is not None):
        mapped = submodule.iteration is not None and submodule.iteration.stacked
        carries = submodule.iteration is not None and submodule.iteration.carries
        if mapped and not carries and submodule.child is not None and holds_arrays(submodule.child):
            reason = f"nn.vmap takes `{submodule.construction.kind}` apart, which keeps an array of a field"
            raise Refused("MN105", submodule.construction.call, reason)
    if plan.scanned and holds_arrays(plan):
        reason = "nn.scan is around a method of it, and it keeps an array of a field"
        raise Refused("MN105", plan.cls.node, reason)


def _check_values(plan: ClassPlan, project: Project) -> None:
    """A transform of NNX hands tracers to the methods."""
    held = {name for p in (plan, *plan.bases) for name in p.held}
    made, modules = _modules(plan)
    methods = (m for m in plan.cls.methods.values() if m.kind is not MethodKind.STATIC)
    for method in methods if held else ():
        reads = Reads(method, plan.cls, held, made, modules, lookup_in(project))
        if method.node.name in plan.bodies and (asked := asks_value(reads)) is not None:
            reason = (
                "it may ask for the values of an array that a field holds: under nnx.jit they are not known"
            )
            raise Refused("MN105", asked, reason)


def _modules(plan: ClassPlan) -> tuple[dict[ast.AST, bool], dict[str, bool]]:
    """The calls that make submodules, and what holds these; with whether they are layers of Flax."""
    made: dict[ast.AST, bool] = {}
    held: dict[str, bool] = {}
    for submodule in (s for p in (plan, *plan.bases) for s in p.submodules):
        construction, layer = submodule.construction, submodule.child is None
        made[construction.call] = layer
        statement = construction.method.statement(construction.call)
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        for target in (t for t in targets if isinstance(t, ast.Name | ast.Attribute)):
            name = ast.unparse(target).replace(f"{construction.method.this}.", "self.", 1)
            held[name] = held.get(name, True) and layer
    return made, held


class _Reads:
    """Where a method reads arrays of fields, also by way of locals."""

    def __init__(self, method: Method, arrays: dict[str, Field], names: Names):
        self.method, self.arrays, self.names = method, arrays, names
        self.locals: set[str] = set()
        size = -1
        while len(self.locals) > size:
            size = len(self.locals)
            for statement in statements(method.node.body):
                if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign) and any(
                    self.of(statement)
                ):
                    self.locals |= stored(statement)

    def of(self, node: ast.AST) -> Iterator[ast.expr]:
        """Yields the reads of values in `node`, and below."""
        own = isinstance(node, ast.Attribute) and self.method.is_this(node) and node.attr in self.arrays
        local = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in self.locals
        if (own or local) and isinstance(node, ast.expr):
            yield node
        for part in value_parts(node, self.names):
            yield from self.of(part)


def _check_setup(reads: _Reads, built: Collection[ast.AST]) -> None:
    """What setup keeps of them would be kept by the constructor."""
    for statement in statements(reads.method.node.body):
        targets = (
            statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        )
        kept = any(isinstance(t, ast.AST) and _attributes(t, reads.method) for t in targets)
        value = getattr(statement, "value", None)
        if not kept or not isinstance(value, ast.AST) or any(n in built for n in ast.walk(value)):
            continue
        if (read := next(reads.of(value), None)) is not None:
            raise Refused("MN105", read, "setup keeps what a field holds that is an array")


def _attributes(target: ast.AST, method: Method) -> bool:
    return any(method.is_this(n) for n in ast.walk(target))


def _check_built(plan: ClassPlan, reads: _Reads) -> None:
    for submodule in (s for s in plan.submodules if s.construction.method is reads.method):
        found = _kept(submodule.construction, submodule.child, reads)
        if found is not None and found[0] not in _held(submodule.child):
            name, read = found
            reason = f"`{submodule.construction.kind}` would keep an array that it is given as `{name}`"
            raise Refused("MN105", read, reason)


def _held(child: ClassPlan | None) -> set[str]:
    return {name for p in (child, *child.bases) for name in p.held} if child is not None else set()


def keeps_array(construction: Construction, child: ClassPlan, cls: LinenClass, project: Project) -> bool:
    """Tells whether `child` would keep an array of a field of `cls`, which builds it."""
    arrays = array_fields(cls, project)
    return (
        bool(arrays)
        and _kept(construction, child, _Reads(construction.method, arrays, cls.names)) is not None
    )


def _kept(construction: Construction, child: ClassPlan | None, reads: _Reads) -> tuple[str, ast.expr] | None:
    """A layer keeps what it is given, apart from functions that make its variables."""
    kept = {name for p in (child, *child.bases) for _, name in p.stores} if child is not None else set()
    for name, node in construction.every.items():
        read = next(reads.of(node), None)
        if read is not None and (name in kept if child is not None else not name.endswith("_init")):
            return name, read
    return None
