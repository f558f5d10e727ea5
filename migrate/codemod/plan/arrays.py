"""Fields that hold arrays: an NNX module that keeps one has a leaf more, so only the constructor may read them."""

import ast
from collections.abc import Collection, Iterator

from ..bindings import statements, stored
from ..constructions import Construction
from ..factories.resolve import line
from ..model import Field, LinenClass, Method, MethodKind, Refused
from ..names import Names
from ..project import Project
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
    """Raises Refused where a field that holds an array would be kept, by the class itself or by what it builds."""
    arrays = array_fields(plan.cls, project)
    kept = next((arrays[name] for _, name in plan.stores if name in arrays), None)
    if kept is not None:
        raise Refused("MN105", kept.statement, f"the field `{kept.name}` holds an array")
    stored = {name for _, name in plan.stores}
    plan.left_out += [f for f in left_out(plan.cls, project) if f.name in stored]
    for method in plan.cls.methods.values() if arrays else ():
        reads = _Reads(method, arrays)
        if method.kind is MethodKind.SETUP:
            built = {s.construction.call for s in plan.submodules} | {v.creation.call for v in plan.variables}
            _check_setup(reads, built)
        if method.kind is MethodKind.POST_INIT and (read := next(reads.of(method.node), None)) is not None:
            raise Refused("MN105", read, "`__post_init__` reads a field that holds an array")
        _check_built(plan, reads)


class _Reads:
    """Where a method reads arrays of fields, also by way of locals."""

    def __init__(self, method: Method, arrays: dict[str, Field]):
        self.method, self.arrays = method, arrays
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
        """Yields the reads below `node`."""
        for part in ast.walk(node):
            own = isinstance(part, ast.Attribute) and self.method.is_this(part) and part.attr in self.arrays
            local = isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id in self.locals
            if (own or local) and isinstance(part, ast.expr):
                yield part


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
        if found is not None:
            name, read = found
            reason = f"`{submodule.construction.kind}` would keep an array that it is given as `{name}`"
            raise Refused("MN105", read, reason)


def keeps_array(construction: Construction, child: ClassPlan, cls: LinenClass, project: Project) -> bool:
    """Tells whether `child` would keep an array of a field of `cls`, which builds it."""
    arrays = array_fields(cls, project)
    return bool(arrays) and _kept(construction, child, _Reads(construction.method, arrays)) is not None


def _kept(construction: Construction, child: ClassPlan | None, reads: _Reads) -> tuple[str, ast.expr] | None:
    """A layer keeps what it is given, apart from functions that make its variables."""
    kept = {name for p in (child, *child.bases) for _, name in p.stores} if child is not None else set()
    for name, node in construction.every.items():
        read = next(reads.of(node), None)
        if read is not None and (name in kept if child is not None else not name.endswith("_init")):
            return name, read
    return None
