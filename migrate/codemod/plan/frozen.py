"""Fields that are compared: a list there is a tuple in Linen, and equals one, so the constructor makes it one too."""

import ast
from collections.abc import Iterator

from ..model import Field, LinenClass, Refused
from ..trees import walk
from .records import ClassPlan

_LISTS = frozenset({"list", "List", "Sequence", "Iterable"})
_ATOMS = frozenset({"int", "float", "str", "bool"})


def read_frozen(plan: ClassPlan) -> None:
    """Adds the fields that are kept as tuples. Raises Refused where what is in the list may be a list itself."""
    for node, field in _compared(plan.cls, {f.name: f for f in plan.fields}):
        if not _is_flat(field) or plan.base is not None or "tuple" in plan.cls.names.aliases:
            reason = f"it compares the field `{field.name}`, and a list there is a tuple in Linen only"
            raise Refused("MN105", node, reason)
        plan.frozen.add(field.name)
        plan.through_self[field.name] = field.name


def _compared(cls: LinenClass, fields: dict[str, Field]) -> Iterator[tuple[ast.Attribute, Field]]:
    """Yields where a field that may hold a list is compared with what may be a tuple."""
    for method in cls.methods.values():
        for node in walk(method.node):
            match node:
                case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
                    for one, other in ((left, right), (right, left)):
                        own = isinstance(one, ast.Attribute) and method.is_this(one) and one.attr in fields
                        if own and not isinstance(other, ast.Constant):
                            assert isinstance(one, ast.Attribute)
                            if may_be_list(fields[one.attr]):
                                yield one, fields[one.attr]


def may_be_list(field: Field) -> bool:
    """Tells whether a field is declared as a list, which Linen makes a tuple."""
    return _outer(field).rpartition(".")[2] in _LISTS


def _outer(field: Field) -> str:
    return ast.unparse(field.statement.annotation).partition("[")[0]


def _is_flat(field: Field) -> bool:
    """Tells whether it is always there, and has nothing but numbers or strings in it."""
    inner = ast.unparse(field.statement.annotation).partition("[")[2].removesuffix("]")
    there = field.factory is None and (
        field.default is None or isinstance(field.default, ast.Tuple | ast.List)
    )
    return inner in _ATOMS and there
