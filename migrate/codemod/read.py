"""Reads a Linen class: its fields, its methods, the variables that it declares."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest

from .folds import fold
from .matches import as_conditions, is_property
from .mixins import hooks
from .model import Creation, Field, LinenClass, Method, MethodKind, Refused
from .names import Names
from .source import Source
from .trees import parents_of, walk

_CREATORS = {"param": 1, "variable": 2}
_NO_ARRAY = (ast.Dict, ast.DictComp, ast.List, ast.ListComp, ast.Tuple, ast.Constant)
_SEVERAL = 2  # fields, in one string
_STATIC = frozenset({"staticmethod", "classmethod"})


def read_head(node: ast.ClassDef, source: Source, names: Names, name: str, top_level: bool) -> LinenClass:
    """Reads what a class is called and what it inherits from, as one that has nothing of its own yet."""
    bases = tuple(
        names.resolve(base.value if isinstance(base, ast.Subscript) else base) or "" for base in node.bases
    )
    return LinenClass(name, node, source, names, bases, (), {}, frozenset(), top_level)


def read_body(head: LinenClass) -> LinenClass:
    """Reads the class as it stands; what cannot be migrated in it is found by `plan`, not here."""
    node, names = head.node, head.names
    apart = hooks(node, head.bases)
    functions = (f for f in node.body if isinstance(f, ast.FunctionDef) and f not in apart)
    methods = {f.name: _method(f, names) for f in functions}
    fields = tuple(_fields(node, head.source, names))
    return replace(head, fields=fields, methods=methods, constants=frozenset(_constants(node)))


def _fields(node: ast.ClassDef, source: Source, names: Names) -> Iterator[Field]:
    kw_only = any(k.arg == "kw_only" and _is_true(k.value) for k in node.keywords)
    for statement, after in zip_longest(node.body, node.body[1:]):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        if _is_class_var(statement.annotation, names):
            continue
        if names.resolve(statement.annotation) == "dataclasses.KW_ONLY":
            kw_only = True
            continue
        default, factory, alone = _default(statement.value, names)
        init = not _given(statement.value, "init", False)
        doc = after if isinstance(after, ast.Expr) and _describes(after, statement, node) else None
        yield Field(statement.target.id, statement, source, default, factory, kw_only or alone, init, doc)


def _describes(text: ast.Expr, field: ast.AnnAssign, node: ast.ClassDef) -> bool:
    """Tells whether a string is about the field in front of it, and not about the class: about all of its fields."""
    words = _literal(text.value)
    fields = [n for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)]
    if words is None or field is not fields[-1] or ast.get_docstring(node) is not None:
        return words is not None
    lines = inspect.cleandoc(words).splitlines()
    named = [f for f in fields if any(line.startswith(f"{f.target.id}:") for line in lines)]  # type: ignore[union-attr]
    return text.lineno == (field.end_lineno or field.lineno) + 1 and len(named) < min(len(fields), _SEVERAL)


def _default(value: ast.expr | None, names: Names) -> tuple[ast.expr | None, ast.expr | None, bool]:
    """Returns default, default factory and whether the field is keyword-only."""
    if not isinstance(value, ast.Call) or names.resolve(value.func) not in (
        "dataclasses.field",
        "flax.struct.field",
    ):
        return value, None, False
    given = {k.arg: k.value for k in value.keywords}
    return given.get("default"), given.get("default_factory"), _given(value, "kw_only", True)


def _given(value: ast.expr | None, name: str, answer: bool) -> bool:
    """Tells whether `dataclasses.field(name=answer)` is what stands behind the annotation."""
    keywords = value.keywords if isinstance(value, ast.Call) else []
    return any(
        k.arg == name and isinstance(k.value, ast.Constant) and k.value.value is answer for k in keywords
    )


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _is_class_var(annotation: ast.expr, names: Names) -> bool:
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    text = outer.value if isinstance(outer, ast.Constant) else None
    return names.resolve(outer) in ("typing.ClassVar", "typing_extensions.ClassVar") or (
        isinstance(text, str) and "ClassVar" in text
    )


def _constants(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        if isinstance(statement, ast.Assign):
            yield from (t.id for t in statement.targets if isinstance(t, ast.Name))


def _method(node: ast.FunctionDef, names: Names) -> Method:
    decorators = [names.resolve(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list]
    kind = MethodKind.PLAIN
    if any(d in _STATIC for d in decorators):
        kind = MethodKind.STATIC
    elif "flax.linen.compact" in decorators:
        kind = MethodKind.COMPACT
    elif node.name in ("setup", "__post_init__"):
        kind = MethodKind(node.name)
    arguments = [a.arg for a in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
    arguments += [a.arg for a in (node.args.vararg, node.args.kwarg) if a]
    this = "" if kind is MethodKind.STATIC or not arguments else arguments[0]
    node, folds = fold(node, names) if kind is MethodKind.SETUP else (node, ())
    node = as_conditions(node) if kind is MethodKind.SETUP or is_property(node) else node
    parents = parents_of(node)
    return Method(node, kind, this, tuple(arguments if not this else arguments[1:]), parents, folds)


def creations(method: Method) -> list[Creation]:
    """Returns the calls of `self.param` and `self.variable` in `method`, in source order. Raises Refused."""
    calls = (n for n in walk(method.node) if isinstance(n, ast.Call))
    found = [c for c in calls if any(method.is_this(c.func, name) for name in _CREATORS)]
    found.sort(key=lambda c: (c.lineno, c.col_offset))
    return [_creation(call, method) for call in found]


def _creation(call: ast.Call, method: Method) -> Creation:
    assert isinstance(call.func, ast.Attribute)
    leading = _CREATORS[call.func.attr]
    given = {k.arg: k.value for k in call.keywords}
    positional = list(call.args)
    heads = ("name", "init_fn") if leading == 1 else ("col", "name", "init_fn")
    head = [positional.pop(0) if positional else given.pop(key, None) for key in heads]
    if any(isinstance(a, ast.Starred) for a in call.args[: len(heads)]) or None in given:
        raise Refused("MN201", call, "the arguments of the variable are unpacked from a sequence or a dict")
    if head[-1] is None or head[-2] is None:
        raise Refused(
            "MN202", call, "the variable has no initial value of its own: it is expected to be passed in"
        )
    unbox = given.pop("unbox", None)
    if unbox is not None and not _is_true(unbox):
        raise Refused("MN210", call, "unbox=False reads the box")
    name_node, init = head[-2], head[-1]
    assert name_node is not None
    assert init is not None
    body = init.body if isinstance(init, ast.Lambda) else init
    plain = isinstance(body, ast.Name) and body.id in ("dict", "int", "float", "bool", "list")
    if leading == _CREATORS["variable"] and (plain or isinstance(body, _NO_ARRAY)):
        raise Refused("MN212", call, f"the initial value is `{ast.unparse(body)}`")
    node, target = _binding(call, method)
    collection = "params" if leading == 1 else _literal(head[0])
    if collection is None:
        raise Refused("MN204", call, "the collection is not a literal")
    keywords = tuple(k for k in call.keywords if k.arg in given)
    return Creation(
        call, node, method, collection, _literal(name_node), name_node, init, tuple(positional), keywords, target
    )  # fmt: skip


def _literal(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _binding(call: ast.Call, method: Method) -> tuple[ast.expr, ast.Name | ast.Attribute | None]:
    """Returns the call with the `.value` behind it, and what an assignment binds exactly that to."""
    node: ast.expr = call
    above = method.parents[node]
    if isinstance(above, ast.Attribute) and above.attr == "value":
        node, above = above, method.parents[above]
    target: ast.expr | None = None
    if isinstance(above, ast.Assign) and len(above.targets) == 1:
        target = above.targets[0]
    elif isinstance(above, ast.AnnAssign):
        target = above.target
    if isinstance(target, ast.Name) or (isinstance(target, ast.Attribute) and method.is_this(target)):
        return node, target
    return node, None
