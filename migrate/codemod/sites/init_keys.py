"""The text of `nnx.Rngs(...)`, from the key or the keys that Linen's init was given."""

import ast
from collections.abc import Callable, Collection
from dataclasses import dataclass

from ..constructors import Streams
from ..names import Names
from .calls import NotRead
from .handed import held
from .scopes import Scope, mutated
from .sizes import is_chain
from .values import PARAMS

TextOf = Callable[[ast.AST], str]
KEYS = frozenset({"jax.random.key", "jax.random.PRNGKey"})


@dataclass(frozen=True)
class Key:
    """What init is given in a `scope`; the streams that are `apart` have to be there by their names."""

    node: ast.expr
    scope: Scope
    apart: Collection[str] = ()

    @property
    def is_changed(self) -> bool:
        """Tells whether it is a name, and what it holds is a dict that gets other keys."""
        return isinstance(self.node, ast.Name) and self.node.id in mutated(ast.walk(self.scope))

    @property
    def items(self) -> list[tuple[ast.expr | None, ast.expr]] | None:
        """Returns what stands for each stream, if it is a dict or holds one; else None."""
        match self.node if self.is_changed else held(self.node, self.scope, (ast.Dict, ast.Call)):
            case ast.Dict(keys=keys, values=values):
                return list(zip(keys, values, strict=True))
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=[_, *_] as given):
                return [(ast.Constant(k.arg) if k.arg else None, k.value) for k in given]
        return None


def nnx_name(names: Names) -> str:
    """What the file calls `flax.nnx`, which is imported as `nnx` where it is not yet."""
    return next((name for name, dotted in names.aliases.items() if dotted == "flax.nnx"), "nnx")


def rngs(key: Key, streams: Streams, names: Names, text: TextOf) -> str:
    """Returns the `nnx.Rngs(...)` that draws from the key or keys that init was given. Raises NotRead.

    Streams without a key of their own have that of the parameters: by their names those that are apart, else as the
    default.
    """
    nnx, items = nnx_name(names), key.items
    if items is None and not key.apart:
        return f"{nnx}.Rngs({_seed(key.node, names, text)})"
    keys = {PARAMS: key.node} if items is None else _literal(key.node, items)
    held = isinstance(key.node, ast.Name) and items is not None
    given = {k: f'{text(key.node)}["{k}"]' if held else _seed(v, names, text) for k, v in keys.items()}
    missing = [name for name in key.apart if name not in given]
    if missing:
        _check_repeatable(key, keys.get(PARAMS), given, missing[0])
        given |= dict.fromkeys(missing, given[PARAMS])
    whole = PARAMS not in given or streams.has_all(given)
    if whole and held and not missing:
        return f"{nnx}.Rngs({text(key.node)})"
    default = [] if whole else [given.pop(PARAMS)]
    return f"{nnx}.Rngs({', '.join([*default, *(f'{name}={seed}' for name, seed in given.items())])})"


def _literal(node: ast.expr, items: list[tuple[ast.expr | None, ast.expr]]) -> dict[str, ast.expr]:
    """Returns the keys by stream. Raises NotRead."""
    keys = {}
    for name, value in items:
        if not (isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value.isidentifier()):
            raise NotRead(node, "the names of the random streams are not literal")
        keys[name.value] = value
    return keys


def _check_repeatable(key: Key, own: ast.expr | None, given: dict[str, str], missing: str) -> None:
    """The key of the parameters, `own`, is to be that of a stream that is `missing`, too. Raises NotRead."""
    if own is None:
        raise NotRead(key.node, f"init is given no key for `{missing}`, from which calls of the model draw")
    last = getattr(own, "attr", getattr(own, "id", ""))
    if own is key.node and (last.endswith("s") or key.is_changed):  # `rngs`, as a dict of them is called
        raise NotRead(own, f"`{ast.unparse(own)}` may be a dict of keys: spell it where it is given to init")
    if not (is_chain(own) or given[PARAMS].isdigit() or isinstance(key.node, ast.Name)):
        raise NotRead(own, "the key of init is needed for more than one random stream: give it a name")


def _seed(key: ast.expr, names: Names, text: TextOf) -> str:
    """`jax.random.key(0)` is what Rngs makes of 0; of a NumPy or JAX scalar it makes nothing."""
    if (
        isinstance(key, ast.Call)
        and names.resolve(key.func) in KEYS
        and len(key.args) == 1
        and not key.keywords
    ):
        seed = key.args[0]
        if isinstance(seed, ast.Call) and names.resolve(seed.func) == "int":
            return text(seed)
        if isinstance(seed, ast.Constant) and isinstance(seed.value, int):
            return text(seed)
    return text(key)
