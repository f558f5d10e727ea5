"""Text for people: what an error says of a module is not computed with."""

import ast

from ..model import Method


def in_message(method: Method, node: ast.AST) -> bool:
    """Tells whether `node` is written into the text of an error that is raised: `raise ValueError(f"{self} ...")`."""
    text = isinstance(method.parents[node], ast.FormattedValue)
    return text and isinstance(method.statement(node), ast.Raise)
