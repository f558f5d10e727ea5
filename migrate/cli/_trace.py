"""`--trace`: runs the configured models, and hands on what that shows."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..catalog.findings import Diagnostic, Severity
from ..codemod.traced.records import Facts, read_facts
from ..tracing.entries import Answer, Entry
from ..tracing.process import trace_models
from ._models import EXAMPLE, read_entry
from ._screen import working
from ._settings import Settings
from ._specs import SpecError
from ._usage import UsageError

_HEADER = re.compile(rb"^\s*\[\[\s*tool\.migrate-norm\.models\s*\]\]", re.MULTILINE)


class Traced(NamedTuple):
    """What the runs have shown, and the entries that failed."""

    facts: Facts
    failures: tuple[Diagnostic, ...]


def trace(settings: Settings, places: Mapping[str, str]) -> Traced:
    """Traces every model of the configuration; one that fails is a finding, and the others go on.

    `places` has the real path of each file. Raises UsageError where there is no model.
    """
    if not settings.models:
        file = settings.config_file or "no pyproject.toml was found; it"
        raise UsageError(f"--trace: {file} names no model; write\n\n{EXAMPLE}\n")
    entries = [_read(table) for table in settings.models]
    good = [entry for entry in entries if isinstance(entry, Entry)]
    with working(f"tracing {len(good)} models"):
        answers = trace_models(good, [*places.values()], settings.config_folder, settings.trace_limit)
        told = iter([*answers])
    problems: list[str] = []
    runs: list[dict[str, Any]] = []
    for entry in entries:
        answer = next(told) if isinstance(entry, Entry) else entry
        problems.append(answer.error or _nothing(answer))
        runs += answer.runs
    shown = {real: path for path, real in places.items()}
    return Traced(read_facts(runs, shown), tuple(_failures(settings, problems)))


def _read(table: object) -> Entry | Answer:
    try:
        return read_entry(table)
    except SpecError as error:
        return Answer(error=str(error))


def _nothing(answer: Answer) -> str:
    """What is wrong where nothing of a model stands in the files given."""
    if any(module["made"] for run in answer.runs for module in run["modules"]):
        return ""
    return f"nothing in it is made by the files given: it was imported from {answer.file}"


def _failures(settings: Settings, problems: list[str]) -> Iterator[Diagnostic]:
    with open(settings.config_file, "rb") as file:
        text = file.read()
    lines = [text.count(b"\n", 0, match.end()) + 1 for match in _HEADER.finditer(text)]
    for number, problem in enumerate(problems):
        if problem:
            line = lines[number] if len(lines) == len(problems) else 1
            named = settings.models[number]
            model = str(named.get("model", "")) if isinstance(named, dict) else ""
            message = f"{model or 'a model'} is not traced: {problem}"
            yield Diagnostic(settings.config_file, line, 1, "MN907", message, model, Severity.ERROR)
