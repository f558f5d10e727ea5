"""All runs of one model: with several sizes of its inputs, and with its fields changed one by one."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flax import linen as nn

from ..equivalence.inputs import Arguments
from .models import ModelError, NumberAskedError, build, initialise, read_arguments
from .recorder import Recorder
from .variations import FACTORS, as_wide, fields, sizes

Run = dict[str, Any]


def trace(entry: Mapping[str, Any], files: Collection[str], seconds: float) -> list[Run]:
    """Returns what was recorded, the model as it was asked for first. Raises ModelError if that does not run.

    Runs with other sizes or fields are left out where the model does not take them, and once `seconds` are over.
    """

    def make() -> nn.Module:
        return build(entry["module"], entry["expression"])

    given = read_arguments(entry)
    return list(Subject(make, given, entry["method"], tuple(entry["rngs"])).runs(files, seconds))


@dataclass(frozen=True, eq=False)
class Subject:
    """A model, by the function that makes it, and its call; `streams` are random streams besides the usual ones."""

    make: Callable[[], nn.Module]
    given: Arguments
    method: str = "__call__"
    streams: tuple[str, ...] = ()

    def runs(self, files: Collection[str], seconds: float) -> Iterator[Run]:
        """Yields what was recorded in each run. Raises ModelError where the first one fails."""
        until = time.monotonic() + seconds
        factor, first, arguments = self._first(files)
        yield first
        for other in sizes(self.given, factor):
            if other.sizes != arguments.sizes and time.monotonic() < until:
                yield from self._attempt(files, other, "")
        made = self.make()
        for path, models in fields(made):
            for given, model in (*((arguments, m) for m in models), *_widened(arguments, path, made, models)):
                found = [*self._attempt(files, given, path, model)] if time.monotonic() < until else []
                yield from found
                if found:
                    break

    def _first(self, files: Collection[str]) -> tuple[int, Run, Arguments]:
        """Finds the smallest sizes that the model takes."""
        failed = None
        for factor in FACTORS:
            arguments = next(sizes(self.given, factor))
            try:
                return factor, self._run(files, arguments, ""), arguments
            except ModelError as error:
                failed = failed or error
            if not self.given.sizes:
                break
        assert failed is not None
        raise failed

    def _attempt(
        self, files: Collection[str], given: Arguments, changed: str, model: nn.Module | None = None
    ) -> Iterator[Run]:
        try:
            yield self._run(files, given, changed, model)
        except ModelError:  # a number that the model does not take says nothing about it
            return

    def _run(
        self, files: Collection[str], given: Arguments, changed: str, model: nn.Module | None = None
    ) -> Run:
        try:
            recorder = self._recorded(files, given, model)
        except NumberAskedError:
            recorder = self._recorded(files, given, model, numbers=True)
        heard = {"sizes": dict(given.sizes), "changed": changed}
        values = recorder.values.described()
        return heard | {"modules": recorder.modules, "calls": recorder.calls, "values": values}

    def _recorded(
        self, files: Collection[str], given: Arguments, model: nn.Module | None, *, numbers: bool = False
    ) -> Recorder:
        recorder = Recorder(files)
        with recorder.recording():
            # made anew where nothing was changed, so that it is known where
            initialise(model or self.make(), given, self.method, self.streams, numbers=numbers)
        return recorder


def _widened(
    given: Arguments, path: str, made: nn.Module, models: Iterable[nn.Module]
) -> Iterator[tuple[Arguments, nn.Module]]:
    """Yields those models whose inputs may have to change with the field, each with such inputs."""
    for model in models if "," not in path else ():
        other = as_wide(given, path, made, model)
        if other is not None:
            yield other, model
