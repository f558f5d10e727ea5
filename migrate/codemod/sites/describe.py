"""Says in the reader's words what happens to a value that is not followed any further."""

import ast

from .mentions import Mentions


def fate(mentions: Mentions, node: ast.AST) -> str:
    """Returns what becomes of `node`, to be read after its name: `is passed to `f``."""
    parent = mentions.parents[node]
    if isinstance(parent, ast.keyword | ast.Starred):
        node, parent = parent, mentions.parents[parent]
    text = mentions.source.segment
    if isinstance(parent, ast.Call):
        return "is called here" if node is parent.func else f"is passed to `{text(parent.func)}`"
    if isinstance(parent, ast.Attribute) and parent.attr in ("init", "init_with_output"):
        return f"is initialised here, but what `{parent.attr}` returns is not given a name of its own"
    if isinstance(parent, ast.Attribute):
        return f"is asked for `.{parent.attr}`"
    if isinstance(parent, ast.Assign | ast.AnnAssign | ast.NamedExpr):
        target = parent.targets[0] if isinstance(parent, ast.Assign) else parent.target
        return f"is stored in `{text(target)}`"
    if isinstance(parent, ast.Subscript):
        return f"is read by an index that is not a literal name: `{text(parent)}`"
    return _FATES.get(type(parent), "is used in a way that is not followed")


_FATES: dict[type[ast.AST], str] = {
    ast.Return: "is returned",
    ast.Yield: "is yielded",
    ast.Dict: "is put into a dict",
    ast.List: "is put into a list",
    ast.Tuple: "is put into a tuple",
    ast.Set: "is put into a set",
    ast.Compare: "is compared",
    ast.For: "is iterated over",
    ast.comprehension: "is iterated over",
    ast.FormattedValue: "is printed in an f-string",
    ast.AugAssign: "is changed in place",
    ast.IfExp: "is one of two values",
    ast.BoolOp: "is one of two values",
    ast.arguments: "is the default of a parameter",
}
