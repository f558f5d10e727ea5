"""Classes that wrap a layer in a field: what they ask it for is called as in NNX, and setup shares its scope."""

import ast
from collections.abc import Iterator

from ..held_layers import ATTRIBUTES, attribute_of_held, held_kind, held_layers
from ..model import LinenClass, Method
from ..project import Project
from ..rewording import Rewording, instead_of
from ..trees import after_docstring, walk


def read_held(project: Project) -> list[Rewording]:
    """Returns the attributes of such layers that NNX calls otherwise, and `__post_init__` where it does no more."""
    return [one for cls in project.classes.values() if held_layers(cls) for one in _of_class(cls)]


def _of_class(cls: LinenClass) -> Iterator[Rewording]:
    for method in cls.methods.values():
        for node in walk(method.node):
            asked = attribute_of_held(cls, method, node)
            name = ATTRIBUTES[held_kind(cls, asked[0])].get(asked[1]) if asked is not None else None
            if (
                name is not None
                and asked is not None
                and name != asked[1]
                and isinstance(node, ast.Attribute)
            ):
                yield Rewording(cls, node, f"{cls.source.segment(node.value)}.{name}")
    post = cls.methods.get("__post_init__")
    if post is not None and "setup" not in cls.methods and (shared := _shared(cls, post)) is not None:
        ahead = cls.source.newline + cls.source.ahead(post.node.body[0])
        yield instead_of(cls, post.node, f"def setup({post.this}):{ahead}{shared}")


def _shared(cls: LinenClass, post: Method) -> str | None:
    """The statement that shares a scope, where all else is done for there to be one."""
    body = after_docstring(post.node)
    match body:
        case [
            ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(
                        value=ast.Call(func=ast.Name(id="super"), args=[]), attr="__post_init__"
                    ),
                    args=[],
                    keywords=[],
                )
            ),
            ast.If(
                test=ast.Compare(left=scope, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]),
                body=[ast.Expr(value=ast.Call(func=function)) as shared],
                orelse=[],
            ),
        ] if post.is_this(scope, "scope") and cls.names.linen(function) == "share_scope":
            alone = (
                not post.parameters and not post.node.decorator_list and shared.lineno == shared.end_lineno
            )
            return cls.source.segment(shared) if alone else None
    return None
