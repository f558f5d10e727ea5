"""Lists and dicts that setup writes down, `self.layers = [Dense(4), nn.relu, Block(2)]`, or how one starts."""

import ast
from collections.abc import Collection, MutableMapping, Sequence
from dataclasses import dataclass

from ..catalog.functions import nnx_name
from .appended import kept_lists
from .model import Method, MethodKind
from .names import Names
from .plan.naming import MODULE_NAMES
from .trees import remembered

_FUNCTIONS = ("jax.nn.", "jax.numpy.")
_OF_DICTS = frozenset(dir(MutableMapping)) | MODULE_NAMES
"""What nnx.Dict has under names of its own."""


@dataclass(frozen=True, eq=False)
class Listed:
    """The elements of the list `node`, and the attribute that keeps it: calls, and names of functions between them.

    Those of a dict have `keys`.
    """

    node: ast.List | ast.Tuple | ast.Dict
    attribute: str
    elements: Sequence[ast.expr]
    keys: tuple[str, ...] = ()

    def place(self, element: ast.expr) -> str:
        """Returns the number of an element, or its key, as Linen's names and NNX's paths have it."""
        number = self.elements.index(element)
        return self.keys[number] if self.keys else str(number)

    @property
    def in_order(self) -> bool:
        """Tells whether its elements come in this order in NNX too, which sorts the attributes of a module."""
        return list(self.keys) == sorted(self.keys)


def are_modules(elements: Sequence[ast.expr], made: Collection[ast.AST], names: Names) -> bool:
    """Tells whether every element is a module that is made there, or a function of JAX or Flax between them."""
    return any(e in made for e in elements) and all(e in made or _is_function(e, names) for e in elements)


def _is_function(node: ast.expr, names: Names) -> bool:
    """Tells whether a node names a function that is the same in NNX, such as `nn.relu` or `jnp.tanh`."""
    if not isinstance(node, ast.Name | ast.Attribute):
        return False
    linen = names.linen(node)
    return nnx_name(linen) is not None if linen else (names.resolve(node) or "").startswith(_FUNCTIONS)


@remembered
def listed(method: Method) -> list[Listed]:
    """Returns the lists of calls, and of names between them, that `setup` gives to an attribute, at its top."""
    if method.kind is not MethodKind.SETUP:
        return []
    kept = kept_lists(method)
    found = [_listed(method, statement, kept) for statement in method.node.body]
    return [one for one in found if one is not None]


def _listed(method: Method, statement: ast.stmt, kept: dict[str, str]) -> Listed | None:
    match statement:
        case ast.Assign(targets=[target], value=ast.List(elts=elements) | ast.Tuple(elts=elements) as node):
            attribute = _attribute(method, target, kept)
            calls = any(isinstance(e, ast.Call) for e in elements)
            if attribute is not None and calls and all(_may_be_element(e) for e in elements):
                return Listed(node, attribute, elements)
        case ast.Assign(
            targets=[ast.Attribute() as target], value=ast.Dict(keys=[_, *_] as keys, values=values) as node
        ):
            names = tuple(k.value for k in keys if isinstance(k, ast.Constant) and isinstance(k.value, str))
            plain = all(name.isidentifier() and name[0] != "_" for name in names) and not _OF_DICTS & {*names}
            calls = all(isinstance(value, ast.Call) for value in values)
            if method.is_this(target) and plain and calls and len({*names}) == len(keys):
                return Listed(node, target.attr, values, names)
    return None


def _may_be_element(node: ast.expr) -> bool:
    return isinstance(node, ast.Call | ast.Name | ast.Attribute)


def _attribute(method: Method, target: ast.expr, kept: dict[str, str]) -> str | None:
    """The attribute itself, or the one that keeps the local list in the end."""
    if isinstance(target, ast.Name):
        return kept.get(target.id)
    return target.attr if isinstance(target, ast.Attribute) and method.is_this(target) else None


def list_of(method: Method, call: ast.AST) -> Listed | None:
    """Returns the list that a call makes an element of."""
    return next((one for one in listed(method) if call in one.elements), None)
