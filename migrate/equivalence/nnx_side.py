"""The NNX module as a pure function of its state, under the names of the Linen leaves."""

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import CodeType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from ..catalog.pairing import Leaf, Pair, normal_form
from .errors import EquivalenceError
from .side import SOWN, Key, Leaves, Side, blame, element, key_of

Path = tuple[str, ...]
State = Sequence[tuple[tuple[Any, ...], Any]]  # what nnx.to_flat_state gives


class Origin(NamedTuple):
    """Where the leaves of a model that was only traced come from: a jaxpr, and which results are which leaf."""

    jaxpr: Any
    places: Mapping[tuple[Any, ...], Any]


class Split(NamedTuple):
    """An NNX model taken apart: `graph` and `state` as `nnx.split` gives them, `name` of its class.

    With an `origin` the model was traced: the state holds shapes, and `build` makes the values.
    """

    graph: Any
    state: State
    name: str
    build: Callable[[], nnx.Module]
    origin: Origin | None = None


def split(model: nnx.Module | Callable[[], nnx.Module]) -> Split:
    """Takes a model apart, or builds one first when given a function without arguments."""
    if isinstance(model, nnx.Module):
        return _split(model, lambda: model)
    with blame("the NNX model could not be built", "it takes its sizes, its fields and rngs=nnx.Rngs(0)"):
        built = model()
    return _split(built, model)


def trace(build: Callable[[], nnx.Module]) -> Split:
    """Takes apart a model that is built on shapes alone: nothing is computed or allocated.

    A constructor that cannot be traced (it looks at values, or uses random streams from outside) is run.
    """
    found: list[Split] = []

    def construct() -> Any:
        found.append(_split(build(), build))
        return nnx.from_flat_state(found[0].state)

    try:
        jaxpr, shapes = jax.make_jaxpr(construct, return_shape=True)()
    except (Exception, SystemExit):  # whatever it is, it is raised again, or is of no concern outside a trace
        return split(build)
    tree = jax.tree.structure(shapes)
    places = jax.tree.unflatten(tree, range(len(jax.tree.leaves(shapes))))
    origin = Origin(jaxpr, {path: _value(leaf) for path, leaf in nnx.to_flat_state(places)})
    return found[0]._replace(state=tuple(nnx.to_flat_state(shapes)), origin=origin)


def _split(model: Any, build: Callable[[], nnx.Module]) -> Split:
    if not isinstance(model, nnx.Module):
        raise EquivalenceError(
            f"expected an nnx.Module, or a function that builds one; got {type(model).__name__}"
        )
    with blame(f"{type(model).__name__} cannot be split into graph and state"):
        graph, state = nnx.split(model)
    return Split(graph, tuple(nnx.to_flat_state(state)), type(model).__name__, build)


def streams(parts: Split) -> list[bool]:
    """Returns which of the leaves without a counterpart in Linen are the state of a random stream."""
    return [isinstance(leaf, nnx.RngState) for _, leaf in parts.state if not _is_paired(leaf)]


def hidden_places(parts: Split) -> list[Any]:
    """Returns what the origin calls the leaves that have no counterpart in Linen, in the order of `hidden`."""
    places = parts.origin.places if parts.origin else {}
    return [places[path] for path, leaf in parts.state if not _is_paired(leaf)]


def keyed(parts: Split) -> dict[Path, tuple[str, Any]]:
    """Returns collection and value of every Variable by its path; no random streams, no plain arrays."""
    return {path: found for path, found in _variables(parts.state).items() if found[0] != SOWN}


def leaf_of(path: Path, collection: str, value: Any) -> Leaf:
    """Returns the catalog's record of an NNX leaf."""
    shaped = value if hasattr(value, "dtype") else jnp.asarray(value)
    return Leaf(path, tuple(shaped.shape), str(shaped.dtype), collection)


def nnx_side(parts: Split, pairs: Sequence[Pair], method: str) -> Side:
    """Returns a method of the model as a Side; the model is merged anew in every call, so none is changed."""
    names = {pair.nnx.path: key_of(pair.linen) for pair in pairs}
    kept = {path: _value(leaf) for path, leaf in parts.state if not _is_paired(leaf)}

    def apply(leaves: Leaves, hidden: list[Any], args: Any, kwargs: Any) -> tuple[Any, Leaves, list[Any]]:
        values = {path: leaves[key] for path, key in names.items()}
        model = nnx.merge(parts.graph, _state(parts, values, hidden))
        out, sown = _called(model, lambda module: getattr(module, method)(*args, **kwargs))
        after = dict([*nnx.to_flat_state(nnx.state(model)), *sown])
        rest = [_value(after.get(path, value)) for path, value in zip(kept, hidden, strict=True)]
        return _arrays(out), _named(tuple(after.items()), names), rest

    return Side("NNX", apply, list(kept.values()), _moved(parts), _notes(parts))


def _called(model: nnx.Module, call: Callable[[nnx.Module], Any]) -> tuple[Any, State]:
    """Returns what a call gives, and what it sows.

    Within nnx.capture each module, an nnx.List too, has an attribute more, which nnx.vmap does not take of a list: so
    only where a class has code that sows. What Flax's own layers sow is in the state of the model.
    """
    if any(map(_sows, {type(module) for _, module in nnx.iter_modules(model)})):
        out, sown = nnx.capture(call, nnx.Intermediate)(model)
        return out, tuple(nnx.to_flat_state(sown))
    with warnings.catch_warnings():  # the model is thrown away after the call
        warnings.filterwarnings("ignore", "Using 'Module.sow", DeprecationWarning)
        return call(model), ()


def _sows(kind: type) -> bool:
    own = (k for k in kind.__mro__ if not k.__module__.startswith("flax."))
    functions = (inspect.unwrap(f) for k in own for f in vars(k).values() if callable(f))
    return any(_names_sow(code) for f in functions if (code := getattr(f, "__code__", None)) is not None)


def _names_sow(code: CodeType) -> bool:
    inner = (c for c in code.co_consts if isinstance(c, CodeType))
    return "sow" in code.co_names or any(map(_names_sow, inner))


def _moved(parts: Split) -> list[Any]:
    left = [leaf for _, leaf in parts.state if not _is_paired(leaf)]
    if parts.origin or not any(isinstance(leaf, nnx.RngCount) for leaf in left):
        return []
    return [_value(v) + 12345 if isinstance(v, nnx.RngCount) else _value(v) for v in left]


def _variables(state: State) -> dict[Path, tuple[str, Any]]:
    return dict(_leaves(state))


def _leaves(state: State) -> Iterator[tuple[Path, tuple[str, Any]]]:
    for path, leaf in state:
        if _is_paired(leaf):
            collection = _collection(leaf)
            for inner, value in jax.tree_util.tree_flatten_with_path(leaf.get_value())[0]:
                yield (*map(str, path), *map(element, inner)), (collection, value)


def _is_paired(leaf: Any) -> bool:
    return isinstance(leaf, nnx.Variable) and not isinstance(leaf, nnx.RngState)


def _collection(leaf: Any) -> str:
    known = {kind: name for name, kind in nnx.variablelib.VariableTypeCache.items()}
    return known.get(type(leaf), type(leaf).__name__)


def _value(leaf: Any) -> Any:
    return leaf.get_value() if isinstance(leaf, nnx.Variable) else leaf


def _state(parts: Split, values: Mapping[Path, Any], hidden: Sequence[Any]) -> Any:
    rest = iter(hidden)
    return nnx.from_flat_state([(path, _filled(path, leaf, values, rest)) for path, leaf in parts.state])


def _filled(path: tuple[Any, ...], leaf: Any, values: Mapping[Path, Any], rest: Any) -> Any:
    if not _is_paired(leaf):
        return leaf.replace(next(rest)) if isinstance(leaf, nnx.Variable) else next(rest)
    if _collection(leaf) == SOWN:
        return leaf
    inner, tree = jax.tree_util.tree_flatten_with_path(leaf.get_value())
    new = [values[(*map(str, path), *map(element, entries))] for entries, _ in inner]
    return leaf.replace(jax.tree.unflatten(tree, new))


def _named(state: State, names: Mapping[Path, Key]) -> Leaves:
    """Returns the leaves under their names; one that is new or has another type gets a name of its own."""
    found = _variables(state).items()
    own = {path: (kind, *normal_form(path)) for path, (kind, _) in found}
    return {
        names[path] if path in names and names[path][0] == kind else own[path]: value
        for path, (kind, value) in found
    }


def _arrays(out: Any) -> Any:
    return jax.tree.map(_value, out, is_leaf=lambda leaf: isinstance(leaf, nnx.Variable))


def _notes(parts: Split) -> tuple[str, ...]:
    plain = ["/".join(map(str, path)) for path, leaf in parts.state if not isinstance(leaf, nnx.Variable)]
    return (f"NNX arrays that are no Variable were left as built: {', '.join(plain)}",) if plain else ()
