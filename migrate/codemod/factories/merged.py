"""Modes that a class takes from its field or from its call, `nn.merge_param("train", self.train, train)`."""

import ast
from collections.abc import Iterator

from ..bindings import may_be_missing
from ..model import LinenClass, Method
from ..trees import is_none, walk
from .program import Program


def merged_fields(cls: LinenClass, project: Program) -> set[str]:
    """Returns the fields that are read nowhere but in such a merge, in `__call__`; both are None by default."""
    call = cls.methods.get("__call__")
    if call is None or project.bases(cls) or "__post_init__" in cls.methods:
        return set()
    if any(cls.names.linen(d) != "compact" for d in call.node.decorator_list):
        return set()  # nn.remat would trace what it is given
    fields = {f.name for f in cls.fields if f.init and f.default is not None and is_none(f.default)}
    found = {name: node for name, node in _merges(cls, call) if name in fields and may_be_missing(call, name)}
    placed = {a.arg for a in call.node.args.posonlyargs}
    return {name for name, node in found.items() if name not in placed and _is_only_read(cls, name, node)}


def _merges(cls: LinenClass, method: Method) -> Iterator[tuple[str, ast.Attribute]]:
    """Each name that is merged, and the field as it stands there."""
    for node in walk(method.node):
        match node:
            case ast.Call(func=function, args=[ast.Constant(value=str(name)), one, two], keywords=[]):
                field, other = (one, two) if isinstance(one, ast.Attribute) else (two, one)
                same = isinstance(other, ast.Name) and other.id == name and method.is_this(field, name)
                if same and cls.names.linen(function) == "merge_param":
                    assert isinstance(field, ast.Attribute)
                    yield name, field


def _is_only_read(cls: LinenClass, name: str, there: ast.Attribute) -> bool:
    """A field that decides something else as well, or is set, is more than a place to say the mode."""
    reads = [n for m in cls.methods.values() for n in walk(m.node) if m.is_this(n, name)]
    named = any(isinstance(n, ast.Constant) and n.value == name for n in _texts(cls, there))
    return reads == [there] and not named


def _texts(cls: LinenClass, there: ast.Attribute) -> Iterator[ast.AST]:
    """Everything in the methods but the merge itself, whose first argument is the name: `getattr(self, "train")`."""
    for method in cls.methods.values():
        merge = method.parents.get(there)
        yield from (n for n in walk(method.node) if merge is None or n not in walk(merge))
