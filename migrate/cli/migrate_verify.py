"""`migrate-verify LINEN NNX --input SPEC...`: do a Linen module and its NNX twin compute the same?"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..checkpoint.errors import CheckpointError, ConversionError
from ._mapping import class_mapping
from ._screen import show, tell, working
from ._specs import SpecError, load_builder, load_expression, parse_arguments
from ._unexpected import defect, leave_interrupted
from ._usage import UsageError, in_a_folder
from ._verify_arguments import parser
from ._write import create

if TYPE_CHECKING:
    from ..equivalence import Report

EQUAL, DIFFERENT, NO_ANSWER = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command. Returns 0 for PROVED or EQUAL, 1 for DIFFERENT, 2 if the two cannot be compared."""
    given = parser().parse_args(argv)
    try:
        return _verify(given)
    except KeyboardInterrupt:
        tell("migrate-verify: interrupted")
        return leave_interrupted(argv)
    except Exception as error:
        tell(f"migrate-verify: {defect(error)}")
        return NO_ANSWER


class Call(NamedTuple):
    """One of the calls to verify: a method, and the keyword arguments that differ from call to call."""

    method: str
    each: tuple[str, ...]

    def __str__(self) -> str:
        method = "" if self.method == "__call__" else self.method
        return " ".join(filter(None, (method, *self.each)))


def _verify(given: argparse.Namespace) -> int:
    from ..equivalence import EquivalenceError  # and with it JAX, so that help and usage errors are quick

    found: list[tuple[Call, Report]] = []
    try:
        in_a_folder("--json", given.json)
        calls = list(_calls(given))
        for call in calls:
            with working(f"comparing {call}".strip()):
                report = _compare(given, call)
            show((f"{call}: " if len(calls) > 1 else "") + f"{report}\n")
            found.append((call, report))
        if given.json:
            create(given.json, (json.dumps(_data(found), indent=2, sort_keys=True) + "\n").encode())
    except (UsageError, SpecError, EquivalenceError, CheckpointError, ConversionError, OSError) as error:
        tell(f"migrate-verify: {error}")
        return NO_ANSWER
    return EQUAL if all(report.equal for _, report in found) else DIFFERENT


def _calls(given: argparse.Namespace) -> Iterator[Call]:
    """Yields every method with every choice of the `--each` values. Raises SpecError for a list without any."""
    choices = []
    for text in given.each:
        name, _, values = text.partition("=")
        choices.append([f"{name}={value.strip()}" for value in values.split(",") if value.strip()])
        if not choices[-1]:
            raise SpecError(
                f"--each {text}: write values with commas between them, such as {name}=True,False"
            )
    for method in given.method or ["__call__"]:
        yield from (Call(method, each) for each in itertools.product(*choices))


def _data(found: Sequence[tuple[Call, Report]]) -> dict[str, Any]:
    """Returns the one report, or all of them under `calls`."""
    if len(found) == 1:
        return found[0][1].to_dict()
    calls = [report.to_dict() | {"method": call.method, "each": list(call.each)} for call, report in found]
    return {"equal": all(call["equal"] for call in calls), "calls": calls}


def _compare(given: argparse.Namespace, call: Call) -> Report:
    from ..equivalence import check_equivalence

    inputs, kwargs = parse_arguments([*given.input, *given.kwarg, *call.each])
    return check_equivalence(
        load_expression(given.linen),
        load_builder(given.nnx),
        *inputs,
        variables=None if given.checkpoint is None else _variables(Path(given.checkpoint)),
        mapping=class_mapping(given.mapping, given.name),
        kwargs=kwargs,
        method=call.method,
        samples=given.samples,
        steps=given.steps,
        seed=given.seed,
        gradients=given.gradients,
        proof=given.proof,
        unroll=given.unroll,
    )


def _variables(path: Path) -> Mapping[str, Any]:
    """Returns the Linen variables of a checkpoint. Raises CheckpointError or ConversionError."""
    from ..checkpoint.restore import read_variables

    logging.getLogger("absl").setLevel(logging.CRITICAL)  # Orbax logs tracebacks of what it also raises
    return read_variables(path)
