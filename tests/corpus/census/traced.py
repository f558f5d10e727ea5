"""What runs of a class show of its sizes: built and called as the comparison does it."""

import dataclasses
import inspect
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
from flax import linen as nn
from migrate_norm.codemod.traced.records import Facts, read_facts
from migrate_norm.equivalence import InputSpec
from migrate_norm.equivalence.inputs import arguments
from migrate_norm.tracing.models import ModelError
from migrate_norm.tracing.runs import Run, Subject
from migrate_norm.tracing.watched import watching

from ..isolate import Isolated
from ..load import load
from ..older import older_names
from .attempt import STREAMS, Made, Tries
from .calls import Call
from .observed import observed
from .ways import Known, ways

WAYS = 2  # of building and calling a class
SECONDS = 20.0  # of runs with other sizes and fields, for each


class Trace(NamedTuple):
    """A class to run, and what is known of how its package does it."""

    isolated: Isolated
    known: Known


def traced(isolated: Isolated, known: Known) -> Facts:
    """Returns what is recorded of the ways to build and call the class that work; nothing where none does."""
    with tempfile.TemporaryDirectory() as name, older_names():
        folder = Path(name).resolve()
        shown = {str(folder / path): path for path in isolated.files}
        try:
            with watching(frozenset(shown)):
                kind = getattr(load(isolated.files, isolated.module, folder), isolated.name)
        except Exception:  # what does not import has nothing to show, which the report says of its sizes
            return Facts()
        working = [] if inspect.isabstract(kind) else _working(kind, isolated, known)
        return read_facts([run for made in working for run in _runs(kind, made, frozenset(shown))], shown)


def _working(kind: type[nn.Module], isolated: Isolated, known: Known) -> list[Made]:
    """Returns the ways that work: where whole models show some, no guesses, which may be another thing."""
    shown = observed(known.shown, isolated.module, isolated.name)
    found = [*itertools.islice(Tries(kind, shown, trace=True), WAYS)]
    return found or [*itertools.islice(Tries(kind, ways(kind, isolated, known), trace=True), WAYS)]


def _runs(kind: type[nn.Module], made: Made, files: frozenset[str]) -> Iterator[Run]:
    """The first mode that runs; each distinct number in the shapes may vary."""
    for call in made.calls[:1]:
        named: Call = jax.tree.map(_named, call, is_leaf=lambda leaf: isinstance(leaf, InputSpec))
        given = arguments(named.inputs, named.kwargs)
        try:
            yield from Subject(lambda: kind(**made.fields), given, streams=STREAMS).runs(files, SECONDS)
        except ModelError:
            continue


def _named(leaf: Any) -> Any:
    if not isinstance(leaf, InputSpec):
        return leaf
    return dataclasses.replace(
        leaf, shape=tuple(f"n{size}={size}" if size > 1 else size for size in leaf.shape)
    )
