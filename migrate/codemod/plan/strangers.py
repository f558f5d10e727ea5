"""Classes from outside of the project whose instances are called, as modules are: they may be Linen ones."""

import ast
import builtins
import sys
from collections.abc import Iterator

from ..bindings import bound_to, stored, stores_in
from ..constructions import Construction, constructions
from ..model import LinenClass, Method, Refused
from ..names import first_name
from ..project import Project

_PLAIN = frozenset(
    [
        *sys.stdlib_module_names,
        *("jax", "jaxlib", "numpy", "scipy", "optax", "chex", "flax", "distrax", "tensorflow_probability"),
        *("einops", "jaxtyping", "ml_dtypes", "ml_collections", "orbax", "absl", "tqdm", "augmax"),
        *("h5py", "zarr", "pandas", "PIL", "yaml", "sympy", "networkx", "matplotlib", "loguru"),
    ]
)
"""Packages whose classes are no Linen modules, apart from those of `einops.layers` and of flax.linen itself."""

_AROUND = ast.List | ast.Tuple | ast.Dict | ast.ListComp | ast.IfExp | ast.BoolOp
_ROUNDS = frozenset({"zip", "enumerate", "reversed"})


def check_strangers(cls: LinenClass, project: Project) -> Iterator[Refused]:
    """Yields a refusal for each call that may make a Linen module of a class that nobody has read."""
    made = {ast.unparse(target) for c in constructions(cls, project) for target in _targets(c)}
    for method in cls.methods.values():
        local = {*method.parameters} | stored(method.node)
        for call in (n for n in ast.walk(method.node) if isinstance(n, ast.Call)):
            name = _default(cls, method, call.func) or cls.names.resolve(call.func)
            if name is None or first_name(call.func) in local - {method.this}:
                continue
            if not _is_strange(name, cls, project):
                continue
            if ast.unparse(call.func) in made:
                continue  # `self.Attention` of setup is a module, whatever it is called
            if _is_called(call, method, cls):
                reason = f"it calls what `{ast.unparse(call.func)}` makes, a class that is not among the given files"
                yield Refused("MN101", call, reason)


def _default(cls: LinenClass, method: Method, function: ast.expr) -> str | None:
    """What a field that is called holds by default: `block: Any = blocks.Block`, `self.block(3)`."""
    given = {f.name: f.default for f in cls.fields}
    return cls.names.resolve(given.get(function.attr)) if method.is_this(function) else None  # type: ignore[attr-defined]


def _targets(construction: Construction) -> Iterator[ast.expr]:
    """`self.Attention = Attention(...)`, which nothing else is assigned to."""
    method = construction.method
    target = bound_to(construction.call, method.parents)
    if isinstance(target, ast.Attribute) and len(stores_in(method, target.attr)) == 1:
        yield target


def _is_strange(name: str, cls: LinenClass, project: Project, seen: frozenset[str] = frozenset()) -> bool:
    """Tells whether a dotted name is spelled like a class, and whether that is a Linen one cannot be known."""
    short = name.rpartition(".")[2].lstrip("_")
    if not short[:1].isupper() or short.isupper() or hasattr(builtins, name):
        return False
    if name.partition(".")[0] in _PLAIN and not name.startswith("einops.layers."):
        return False
    full = project.canonical(name if "." in name else f"{cls.names.module}.{name}")
    module, _, rest = full.rpartition(".")
    if full in project.classes or full in seen:
        return False
    body = project.sources[module].tree.body if module in project.sources else []
    node = next((n for n in body if isinstance(n, ast.ClassDef) and n.name == rest), None)
    if node is None:
        return full not in project.factories.globals
    bases = (project.names[module].resolve(b) or "" for b in node.bases)
    return any(_is_strange(b, cls, project, seen | {full}) for b in bases)


def _is_called(call: ast.Call, method: Method, cls: LinenClass) -> bool:
    """`Block(3)(x)`, also by way of a local or an attribute, and of a list that is run over."""
    above = method.parents[call]
    if isinstance(above, ast.Call) and above.func is call:
        return True
    while isinstance(above, _AROUND):
        above = method.parents[above]
        if isinstance(above, ast.For | ast.comprehension):
            return True
    if not isinstance(above, ast.Assign | ast.AnnAssign | ast.NamedExpr):
        return False
    targets = above.targets if isinstance(above, ast.Assign) else [above.target]
    kept = {ast.unparse(t) for t in targets}
    methods = cls.methods.values() if any(isinstance(t, ast.Attribute) for t in targets) else [method]
    return any(
        isinstance(n, ast.Name | ast.Attribute) and isinstance(n.ctx, ast.Load) and ast.unparse(n) in kept
        and _as_module(n, m)
        for m in methods for n in ast.walk(m.node)
    )  # fmt: skip


def _as_module(node: ast.expr, method: Method) -> bool:
    match method.parents[node]:
        case ast.Call(func=func, args=args):
            rounds = isinstance(func, ast.Name) and func.id in _ROUNDS and node in args
            return func is node or rounds
        case ast.Subscript() | ast.For() | ast.comprehension():
            return True
    return False
