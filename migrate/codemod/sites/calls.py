"""The calls that Linen's modules offer, taken apart: init, init_with_output and apply."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..names import Names
from ..trees import is_none

_FREEZERS = frozenset({"freeze", "unfreeze"})
_OFF = (None, False)


@dataclass(frozen=True, eq=False)
class Init:
    """`receiver.init(key, *args, **keywords)`; `pick` is the collection taken from the result at once."""

    call: ast.Call
    receiver: ast.expr
    with_output: bool
    key: ast.expr
    args: Sequence[ast.expr]
    keywords: Sequence[ast.keyword]
    method: ast.expr | None
    pick: str = ""


@dataclass(frozen=True, eq=False)
class Apply:
    """`receiver.apply(variables, *args, **keywords)`; without `mutable` it returns the output alone."""

    call: ast.Call
    receiver: ast.expr
    variables: ast.expr
    args: Sequence[ast.expr]
    keywords: Sequence[ast.keyword]
    method: ast.expr | None
    mutable: ast.expr | None


class NotRead(Exception):  # noqa: N818
    """`node` is an argument that has no counterpart in a call of an NNX module."""

    def __init__(self, node: ast.AST, message: str):
        super().__init__(message)
        self.node, self.message = node, message


def read_init(node: ast.expr, names: Names, ours: Callable[[ast.expr], bool]) -> Init | None:
    """Returns the parts of an init of one of `ours`, however its result is unpacked. Raises NotRead."""
    pick = ""
    while True:
        if isinstance(node, ast.Subscript) and literal_key(node) and not pick:
            pick, node = literal_key(node), node.value
        elif isinstance(node, ast.Call) and freezes(node, names):
            node = node.args[0]
        else:
            break
    if not isinstance(node, ast.Call):
        return None
    function = _inside_jit(node.func, names)
    if not (isinstance(function, ast.Attribute) and function.attr in ("init", "init_with_output")):
        return None
    if not ours(function.value):
        return None
    keywords, options = _split(node, ("rngs", "method", "mutable", "capture_intermediates"))
    _refuse_set(options, ("mutable", "capture_intermediates"))
    args = list(node.args)
    if (args and isinstance(args[0], ast.Starred)) or not (args or "rngs" in options):
        raise NotRead(node, "the key of init is not an argument by itself")
    key = options["rngs"] if "rngs" in options else args.pop(0)
    return Init(
        node, function.value, function.attr != "init", key, args, keywords, options.get("method"), pick
    )


def read_apply(node: ast.AST, ours: Callable[[ast.expr], bool]) -> Apply | None:
    """Returns the parts of an apply of one of `ours`. Raises NotRead."""
    if not (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "apply"
    ):
        return None
    if not ours(node.func.value):
        return None
    keywords, options = _split(node, ("variables", "rngs", "method", "mutable", "capture_intermediates"))
    _refuse_set(options, ("rngs", "capture_intermediates"))
    args = list(node.args)
    if (args and isinstance(args[0], ast.Starred)) or not (args or "variables" in options):
        raise NotRead(node, "the variables of apply are not an argument by themselves")
    variables = options["variables"] if "variables" in options else args.pop(0)
    mutable = options.get("mutable")
    mutable = None if isinstance(mutable, ast.Constant) and mutable.value is False else mutable
    return Apply(node, node.func.value, variables, args, keywords, options.get("method"), mutable)


def _split(call: ast.Call, reserved: tuple[str, ...]) -> tuple[list[ast.keyword], dict[str, ast.expr]]:
    """Divides the keywords of a call into the module's own and those of `reserved`."""
    if any(keyword.arg is None for keyword in call.keywords):
        raise NotRead(call, "`**` in the call may hold mutable, method or rngs")
    own = [keyword for keyword in call.keywords if keyword.arg not in reserved]
    options = {str(keyword.arg): keyword.value for keyword in call.keywords if keyword.arg in reserved}
    unset = {name for name, value in options.items() if is_none(value) and name in ("method", "rngs")}
    return own, {name: value for name, value in options.items() if name not in unset}


def _refuse_set(options: dict[str, ast.expr], names: tuple[str, ...]) -> None:
    for name in names:
        value = options.get(name)
        if value is not None and not (isinstance(value, ast.Constant) and value.value in _OFF):
            raise NotRead(value, f"`{name}=` has no counterpart in a call of an NNX module")


def _inside_jit(function: ast.expr, names: Names) -> ast.expr:
    """`jax.jit(model.init)(key, x)` gives what `model.init(key, x)` gives."""
    if not (isinstance(function, ast.Call) and names.resolve(function.func) == "jax.jit"):
        return function
    return function.args[0] if len(function.args) == 1 and not function.keywords else function


def freezes(node: ast.Call, names: Names) -> bool:
    """Tells whether a call only turns a dict of variables into a FrozenDict or back."""
    name = names.resolve(node.func) or ""
    plain = len(node.args) == 1 and not node.keywords
    return plain and name.startswith("flax.") and name.rpartition(".")[2] in _FREEZERS


def literal_key(node: ast.Subscript) -> str:
    """Returns `params` for `variables["params"]`, or nothing."""
    index = node.slice
    return index.value if isinstance(index, ast.Constant) and isinstance(index.value, str) else ""


def collection_names(node: ast.expr) -> frozenset[str] | None:
    """Returns the collections that `mutable=` names, or None when it is no literal."""
    items = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else [node]
    values = [item.value if isinstance(item, ast.Constant) else None for item in items]
    return frozenset(map(str, values)) if all(isinstance(value, str) for value in values) else None


def trains(apply: Apply) -> bool:
    """Tells whether statistics can be written in an apply."""
    if isinstance(apply.mutable, ast.Constant) and apply.mutable.value is True:
        return True
    names = collection_names(apply.mutable) if apply.mutable is not None else None
    return names is not None and "batch_stats" in names
