"""Constructions and calls with which a Linen class initialises: tried on shapes, nothing is computed."""

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import jax
from flax import linen as nn
from migrate_norm.equivalence.inputs import arguments
from migrate_norm.equivalence.linen_side import keyed, plain

from .calls import Call, modes
from .fields import Fields

STREAMS = ("params", "dropout", "noise", "latent", "droppath", "carry", "default")
PATIENCE = 25.0  # seconds of trying
CALLS = 90  # at most, for one construction
ENOUGH = 4  # ways that work


class Way(NamedTuple):
    """A construction, and calls to try on it, most likely first; where it works, it may be `enough`."""

    fields: Fields
    calls: Iterable[Call]
    enough: bool = True


class Made(NamedTuple):
    """A class that initialises: how it was built, its variables as shapes, and the calls that run."""

    fields: Fields
    variables: Mapping[str, Any]
    calls: tuple[Call, ...]


class Tries:
    """Goes through the ways to build and call a class; `error` is why the last one did not work.

    To `trace` it, one does that asks for values that it computes itself, or gives what is no array.
    """

    def __init__(self, kind: type[nn.Module], ways: Iterable[Way], *, trace: bool = False) -> None:
        self._kind, self._ways, self._trace = kind, ways, trace
        self.error = "it has no __call__"

    def __iter__(self) -> Iterator[Made]:
        """Yields the ways that work and have not the same variables, a few of the first that is enough."""
        until, found = time.monotonic() + PATIENCE, set[Any]()
        for fields, calls, enough in self._ways:
            for call in itertools.islice(calls, CALLS):
                if time.monotonic() > until or len(found) == ENOUGH:
                    return
                made = attempt(self._kind, fields, call, trace=self._trace)
                if isinstance(made, str):
                    self.error = made
                elif (shapes := _ranks(made)) not in found:
                    found.add(shapes)
                    yield made
            if found and enough:
                return


def _ranks(made: Made) -> Any:
    leaves = tuple(sorted((key, len(leaf.shape)) for key, leaf in keyed(made.variables).items()))
    return leaves, tuple(len(leaf.shape) for leaf in jax.tree.leaves(made.calls[0]) if hasattr(leaf, "shape"))


def attempt(kind: type[nn.Module], fields: Fields, call: Call, *, trace: bool = False) -> Made | str:
    """Returns the class built and called in this way, in every mode that runs, or why that does not work.

    To `trace` it, its init has to run in the first of the modes.
    """
    try:
        module = kind(**fields)
        variables = _init(module, call, trace)
    except (Exception, SystemExit) as error:  # whatever it is, the next way may do
        return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}"[:200]
    if trace:
        return Made(fields, variables, (call,))
    running = tuple(mode for mode in (call, *modes(kind, call)) if _runs(module, variables, mode))
    return Made(fields, variables, running) if running else "init runs, apply does not"


def _init(module: nn.Module, call: Call, numbers: bool) -> Mapping[str, Any]:
    known = arguments(call.inputs, call.kwargs)

    def init(arrays: list[Any], keys: Any) -> Any:
        args, kwargs = known.rebuild(arrays)
        return module.init(keys, *args, **kwargs)

    try:
        return plain(jax.eval_shape(init, known.abstract(), _keys()))
    except jax.errors.ConcretizationTypeError:
        if not numbers:
            raise
        with jax.ensure_compile_time_eval():  # what it computes of no input has a value
            return plain(jax.eval_shape(init, known.abstract(), _keys()))


def _runs(module: nn.Module, variables: Mapping[str, Any], call: Call) -> bool:
    known = arguments(call.inputs, call.kwargs)

    def apply(tree: Any, arrays: list[Any]) -> Any:
        args, kwargs = known.rebuild(arrays)
        return module.apply(tree, *args, rngs=_keys(), mutable=nn.DenyList("params"), **kwargs)

    try:
        jax.eval_shape(apply, dict(variables), known.abstract())
    except (Exception, SystemExit):  # the class has no such mode: only what Linen runs is compared
        return False
    return True


def _keys() -> dict[str, jax.Array]:
    return {name: jax.random.key(number) for number, name in enumerate(STREAMS)}
