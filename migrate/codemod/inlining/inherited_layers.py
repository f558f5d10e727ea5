"""`class Positions(nn.Embed)`, read as a class of its own: with the fields of the layer, and what its call computes.

A class that makes another table in its setup cannot have nnx.Embed make one first.
"""

import ast
from collections.abc import Sequence

from ..bindings import stored
from ..factories.program import has_family
from ..model import LinenClass, Method, MethodKind
from ..names import first_name
from ..project import Project
from ..rewording import Rewording, instead_of
from ..trees import walk

_LAYER = "Embed"
_BY_DEFAULT = '{linen}.initializers.variance_scaling(1.0, "fan_in", "normal", out_axis=0)'
_FIELDS = (
    "num_embeddings: int",
    "features: int",
    "dtype: {numpy}.dtype | None = None",
    "param_dtype: {numpy}.dtype = {numpy}.float32",
    f"embedding_init: {{linen}}.initializers.Initializer = {_BY_DEFAULT}",
)  # fmt: skip
_SETUP = (
    "def setup(self):",
    "\tshape = (self.num_embeddings, self.features)",
    '\tself.embedding = self.param("embedding", self.embedding_init, shape, self.param_dtype)',
)
_CALL = (
    "{inputs} = {given}",
    "({table},) = {linen}.dtypes.promote_dtype(self.embedding, dtype=self.dtype, inexact=False)",
    "if self.num_embeddings == 1:",
    "\treturn {numpy}.broadcast_to({table}, {inputs}.shape + (self.features,))",
    "return {numpy}.take({table}, {inputs}, axis=0)",
)
_OWN = ("num_embeddings", "features", "dtype", "param_dtype", "embedding_init", "promote_dtype")
_CALLED, _NUMPY = "__call__", "jnp"


def read_inherited(project: Project) -> list[Rewording]:
    """Returns the classes that inherit from the layer and call what it computes, each with all that it needs."""
    found: list[Rewording] = []
    for cls in project.classes.values():
        base = cls.node.bases[0] if len(cls.node.bases) == 1 else None
        inherits = isinstance(base, ast.Attribute) and cls.names.linen(base) == _LAYER
        if inherits and not has_family(cls, project) and not _is_asked_for(project):
            found += _read(cls, base) or ()
    return found


def _is_asked_for(project: Project) -> bool:
    """Tells whether anybody asks what is an `nn.Embed`."""
    for module, source in project.sources.items():
        for node in walk(source.tree):
            match node:
                case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, kinds]):
                    if any(project.names[module].linen(n) == _LAYER for n in walk(kinds)):
                        return True
    return False


def _read(cls: LinenClass, base: ast.expr | None) -> list[Rewording] | None:
    assert isinstance(base, ast.Attribute)
    numpy, imports = _numpy(cls, base)
    called, first = cls.methods.get(_CALLED), cls.node.body[0]
    plain = all(m.kind is not MethodKind.COMPACT and m.this == "self" for m in cls.methods.values())
    own = {f.name for f in cls.fields} & {*_OWN}
    if not numpy or called is None or not plain or own or cls.node.decorator_list or cls.node.keywords:
        return None
    linen, returns = ast.unparse(base.value), _returns(called)
    mentioned = [n for m in cls.methods.values() for n in walk(m.node) if _is_super(n)]
    if len(returns) != 1 or len(mentioned) != 1 or _mentions_methods(cls):
        return None
    fields = [row.format(numpy=numpy, linen=linen) for row in _FIELDS]
    rows = fields if "setup" in cls.methods else [*fields, "", *_SETUP]
    found = [*imports, Rewording(cls, base, f"{linen}.Module"), _in_front(cls, first, rows)]
    statement, given = returns[0]
    names = {n.id for n in walk(called.node) if isinstance(n, ast.Name)} | {*called.parameters}
    inputs, table = (_free(name, names) for name in ("inputs", "embedding"))
    code = cls.source.segment(given)
    if "\n" in code or stored(given):
        return None
    told = [r.format(numpy=numpy, linen=linen, inputs=inputs, table=table, given=code) for r in _CALL]
    return [*found, instead_of(cls, statement, _laid(cls, statement, told))]


def _numpy(cls: LinenClass, base: ast.expr) -> tuple[str, list[Rewording]]:
    """Returns what the file calls `jax.numpy`, and the import of it above that of Linen where there is none yet."""
    if (name := next((n for n, full in cls.names.aliases.items() if full == "jax.numpy"), None)) is not None:
        return name, []
    linen = next((s for s in cls.source.tree.body if first_name(base) in _imported(s)), None)
    if linen is None or cls.source.ahead(linen) or _NUMPY in cls.source.text:
        return "", []
    code = f"import jax.numpy as {_NUMPY}{cls.source.newline}{cls.source.segment(linen)}"
    return _NUMPY, [instead_of(cls, linen, code)]


def _imported(statement: ast.stmt) -> set[str]:
    named = statement.names if isinstance(statement, ast.Import | ast.ImportFrom) else []
    return {alias.asname or alias.name.partition(".")[0] for alias in named}


def _returns(method: Method) -> list[tuple[ast.stmt, ast.expr]]:
    """The statements that are `return super().__call__(x)`, and what is given there."""
    found: list[tuple[ast.stmt, ast.expr]] = []
    for node in walk(method.node):
        match node:
            case ast.Return(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=[]), attr="__call__"),
                    args=[given],
                    keywords=[],
                )
            ) if not isinstance(given, ast.Starred):
                found.append((node, given))
    return found


def _is_super(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("super", "__class__")


def _mentions_methods(cls: LinenClass) -> bool:
    """Tells whether it uses something else of the layer: `self.attend`, or the function that promotes."""
    nodes = (n for m in cls.methods.values() for n in walk(m.node) if isinstance(n, ast.Attribute))
    return any(n.attr in ("attend", "promote_dtype") for n in nodes)


def _in_front(cls: LinenClass, first: ast.stmt, rows: Sequence[str]) -> Rewording:
    """The rows at the top of the class, behind what it says of itself."""
    ahead, text = cls.source.newline * 2 + cls.source.ahead(first), _laid(cls, first, rows)
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return instead_of(cls, first, f"{cls.source.segment(first)}{ahead}{text}")
    line, column = min(n.lineno for n in (first, *getattr(first, "decorator_list", []))), first.col_offset
    while cls.source.lines[line - 2].startswith(f"{cls.source.ahead(first)}#"):
        line -= 1
    place = {"lineno": line, "col_offset": column, "end_lineno": line, "end_col_offset": column}
    return Rewording(cls, ast.Name("", ast.Load(), **place), f"{text}{ahead}")


def _laid(cls: LinenClass, statement: ast.stmt, rows: Sequence[str]) -> str:
    ahead, step = cls.source.ahead(statement), " " * (cls.node.body[0].col_offset - cls.node.col_offset)
    first, *rest = (row.replace("\t", step) for row in rows)
    return cls.source.newline.join([first, *(ahead + row if row else "" for row in rest)])


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
