"""All runs of one model: with several sizes of its inputs, and with its fields changed one by one."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from flax import linen as nn

from ..equivalence.inputs import Arguments
from .models import ModelError, build, initialise, read_arguments
from .recorder import Recorder
from .variations import FACTORS, fields, sizes

Run = dict[str, Any]


def trace(entry: Mapping[str, Any], files: Collection[str]) -> list[Run]:
    """Returns what was recorded, the model as it was asked for first. Raises ModelError if that does not run.

    Runs with other sizes or fields are left out where the model does not take them.
    """
    return list(_Model(entry, files).runs())


class _Model:
    def __init__(self, entry: Mapping[str, Any], files: Collection[str]):
        self.entry, self.files = entry, files
        self.given = read_arguments(entry)

    def runs(self) -> Iterator[Run]:
        factor, first, arguments = self._first()
        yield first
        for other in sizes(self.given, factor):
            if other.sizes != arguments.sizes:
                yield from self._attempt(other, "")
        for path, models in fields(self._build()):
            for model in models:
                found = [*self._attempt(arguments, path, model)]
                yield from found
                if found:
                    break

    def _first(self) -> tuple[int, Run, Arguments]:
        """Returns the smallest sizes that the model takes."""
        failed = None
        for factor in FACTORS:
            arguments = next(sizes(self.given, factor))
            try:
                return factor, self._run(arguments, ""), arguments
            except ModelError as error:
                failed = failed or error
            if not self.given.sizes:
                break
        assert failed is not None
        raise failed

    def _attempt(self, given: Arguments, changed: str, model: nn.Module | None = None) -> Iterator[Run]:
        try:
            yield self._run(given, changed, model)
        except ModelError:  # a number that the model does not take says nothing about it
            return

    def _run(self, given: Arguments, changed: str, model: nn.Module | None = None) -> Run:
        recorder = Recorder(self.files)
        with recorder.recording():
            # what was changed is a clone, and would have no place where it was made
            model = model or self._build()
            initialise(model, given, self.entry["method"], tuple(self.entry["rngs"]))
        heard = {"sizes": dict(given.sizes), "changed": changed}
        return heard | {"modules": recorder.modules, "calls": recorder.calls}

    def _build(self) -> nn.Module:
        return build(self.entry["module"], self.entry["expression"])
