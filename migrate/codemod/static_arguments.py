"""Arguments that are numbers, shapes or strings, no arrays: what a call is given for `nn.Dense(features)`."""

import ast
from collections.abc import Collection, Iterable, Iterator

from .bindings import default_of
from .constructions import Construction
from .constructors import SizeArgument
from .model import Creation, Method
from .sizes import Parameter
from .trees import walk

VALUE = "{}"
"""The template of an argument that is its own value."""
_SPELLED = frozenset(
    [
        "int",
        "str",
        "tuple[int, ...]",
        "Sequence[int]",
        "Tuple[int, ...]",
        "int | tuple[int, ...]",
        "Shape",
        "Axes",
    ]
)
_COUNTS = frozenset({"features", "num_embeddings", "num_heads", "qkv_features", "out_features"})
"""The arguments of layers that are a number, or several: the axes of a kernel."""
_SHAPE = 0  # behind the name and the initializer of a parameter
_PARTS = ast.Tuple | ast.List | ast.BinOp | ast.operator | ast.expr_context


def static_arguments(
    method: Method, creations: Iterable[Creation], modules: Iterable[Construction]
) -> frozenset[str]:
    """Returns the arguments of which the kernels are made, wherever Linen's init may be told them.

    They have to be given, and to be what they are given.
    """
    shapes = (c.arguments[_SHAPE] for c in creations if c.is_param and len(c.arguments) > _SHAPE)
    counts = (
        node for m in modules if m.layer is not None for name, node in m.given.items() if name in _COUNTS
    )
    sized = {name for node in counts for name in _names(node)}
    sized |= {name for node in shapes if isinstance(node, ast.Tuple) for name in _names(node)}
    called = {
        a.arg for a in (*method.node.args.posonlyargs, *method.node.args.args, *method.node.args.kwonlyargs)
    }
    own = called & {*method.parameters}
    return frozenset(
        name
        for name in own
        if default_of(method, name) is None and (name in sized or _annotation(method, name) in _SPELLED)
    )


def _names(node: ast.expr) -> Iterator[str]:
    """The names that a shape is made of, alone or in sums and products."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, _PARTS):
        for child in ast.iter_child_nodes(node):
            yield from _names(child) if isinstance(child, ast.expr) else ()


def _annotation(method: Method, name: str) -> str:
    found = next(
        (a.annotation for a in walk(method.node.args) if isinstance(a, ast.arg) and a.arg == name), None
    )
    return ast.unparse(found) if found is not None else ""


def is_value(argument: SizeArgument) -> bool:
    """Tells whether the constructor asks for what the method is given, and for no size of it."""
    return argument.template == VALUE


def asked(method: Method, names: Collection[str]) -> list[Parameter]:
    """Returns what the constructor asks for: the values that the method is given by these names."""
    called = method.node.name
    return [
        Parameter(name, _annotation(method, name), SizeArgument(name, called, name, VALUE))
        for name in method.parameters
        if name in names
    ]
