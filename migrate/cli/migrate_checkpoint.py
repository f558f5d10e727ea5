"""`migrate-checkpoint SRC DST`: arguments, exit codes, and what is said on the way."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..catalog.mapping import ClassMapping, VariableMapping
from ..checkpoint.errors import CheckpointError
from ..checkpoint.paths import checked
from ._checkpoint_arguments import parser, refuse_contradictions
from ._checkpoint_table import as_json, summary, table
from ._join import join
from ._mapping import class_mapping
from ._orbax_noise import hush
from ._progress import progress
from ._screen import show, tell
from ._unexpected import defect, leave_interrupted
from ._usage import UsageError

if TYPE_CHECKING:
    from ..checkpoint import Conversion
    from ..checkpoint.conversion import Verify
    from ..checkpoint.nnx_leaves import Model

REMOTE = re.compile(r"gs://|s3://|\{")
"""A place in an object store: a URL, or a TensorStore spec as JSON."""

DONE, REFUSED, FAILED = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command. Returns 0 when done, 1 when refused, 2 for wrong usage or an unusable path."""
    given = parser().parse_args(argv)
    try:
        refuse_contradictions(given)
        return _run(given)
    except (UsageError, CheckpointError, OSError) as error:
        tell(f"migrate-checkpoint: {error}")
        return FAILED
    except KeyboardInterrupt:
        state = "is complete" if given.dst and Path(given.dst).exists() else "was not written"
        tell(f"migrate-checkpoint: interrupted; {given.dst} {state}")
        return leave_interrupted(argv)
    except Exception as error:
        tell(f"migrate-checkpoint: {defect(error)}")
        return FAILED


def _run(given: argparse.Namespace) -> int:
    if given.inspect is not None:
        return _inspect(given)
    if given.check is not None:
        return _check(given)
    if any(REMOTE.match(place) for place in (given.src, given.dst)):
        from ._checkpoint_remote import local

        with local(given) as here:
            return _convert_here(here)
    return _convert_here(given)


def _convert_here(given: argparse.Namespace) -> int:
    checked(given.src, given.dst)
    rules = class_mapping(given.mapping, given.name)
    return _convert(given, rules)


def _inspect(given: argparse.Namespace) -> int:
    from ..checkpoint import inspect_checkpoint
    from . import _checkpoint_tree

    found = inspect_checkpoint(given.inspect, given.step, given.item, given.separator)
    show((_checkpoint_tree.as_json(found) if given.json else _checkpoint_tree.tree(found)) + "\n")
    return DONE


def _check(given: argparse.Namespace) -> int:
    from ..checkpoint import check_checkpoint
    from ._checkpoint_check import as_json, lines

    found = check_checkpoint(given.check)
    show((as_json(found) if given.json else lines(found)) + "\n")
    return REFUSED if any(one.faults for one in found) else DONE


def _convert(given: argparse.Namespace, rules: Sequence[VariableMapping] | ClassMapping) -> int:
    from ..checkpoint import convert_checkpoint

    if given.distributed is not None:
        join(given.distributed)
    if given.nnx or given.distributed is not None:
        hush()
    model, verify = _models(given, rules)
    try:
        with progress("converting") as meter:
            done = convert_checkpoint(
                given.src,
                given.dst,
                mapping=rules,
                model=model,
                layout=given.layout,
                verify=verify,
                dry_run=given.dry_run,
                placement="link" if given.link else "copy",
                to=given.to,
                step=given.step,
                all_steps=given.all_steps,
                item=given.item,
                weights_only=given.weights_only,
                reverse=given.reverse,
                like=given.like,
                memory=given.memory,
                progress=meter,
                compare_values=given.compare_values,
                distributed=given.distributed is not None,
                separator=given.separator,
            )
    except ValueError as error:
        return _refuse(given, error)
    _report(given, done)
    return DONE


def _refuse(given: argparse.Namespace, error: Exception) -> int:
    tell(f"migrate-checkpoint: {error}\nmigrate-checkpoint: refused; {given.dst} was not written")
    return REFUSED


def _models(
    given: argparse.Namespace, rules: Sequence[VariableMapping] | ClassMapping
) -> tuple[Model | None, Verify | None]:
    if given.nnx is None:
        return None, None
    from ._checkpoint_models import nnx_model, verification
    from ._specs import SpecError

    try:
        model = nnx_model(given.nnx)
        return model, verification(given, model, rules)
    except SpecError as error:
        raise UsageError(str(error)) from error


def _report(given: argparse.Namespace, done: Conversion) -> None:
    if given.json:
        show(as_json(done) + "\n")
        return
    if given.dry_run:
        show(table(done.moves, given.reverse) + "\n\n")
    show(summary(done) + "\n")
