"""The conversion from end to end: read the table, plan every leaf, write a draft, check it, let it appear."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..catalog.automatic import concrete
from ..catalog.mapping import ClassMapping, VariableMapping
from .classify import renamed
from .errors import CheckpointError, ConversionError
from .jobs import Job, jobs_of
from .locate import Found, locate, locate_all
from .notes import notes
from .paths import checked, existing
from .plan import Plan
from .records import Layout, Move, Placement, Target
from .request import Request, planned
from .source import Checkpoint, OrbaxSource, opened
from .unchanged import unchanged
from .workplace import draft_of, publish, workplace
from .write import MEMORY, ORBAX, SAFETENSORS, Settings, Unit, units_of, write_units

if TYPE_CHECKING:
    from flax import nnx

    from .nnx_leaves import Model


class Evidence(Protocol):
    """What a verification found; its text says more."""

    @property
    def equal(self) -> bool: ...


Verify = Callable[[Mapping[str, Any], "nnx.Module"], Evidence]
"""Compares the source's Linen variables with a model that was restored from the new checkpoint."""


@dataclass(frozen=True)
class Conversion:
    """What was done, or with `dry_run` would be: the moves of each leaf; `notes` are worth a look.

    Of several steps, `moves` are those of the last; `steps` are all of them. `renamed` leaves kept their chunks,
    `decoded` ones were read and written; `nbytes` is the size of all values.
    """

    source: Path
    target: Path
    layout: Layout
    moves: tuple[Move, ...]
    notes: tuple[str, ...] = ()
    evidence: Evidence | None = None
    written: bool = False
    steps: tuple[int, ...] = ()
    renamed: int = 0
    decoded: int = 0
    nbytes: int = 0
    format: str = "orbax"


def convert_checkpoint(
    src: str | Path,
    dst: str | Path,
    *,
    mapping: Sequence[VariableMapping] | ClassMapping = (),
    model: Model | None = None,
    layout: Layout | str = Layout.STATE,
    verify: Verify | None = None,
    dry_run: bool = False,
    placement: Placement | str = Placement.COPY,
    to: str = "orbax",
    step: int | None = None,
    all_steps: bool = False,
    item: str | None = None,
    weights_only: bool = False,
    reverse: bool = False,
    like: str | Path | None = None,
    memory: int = MEMORY,
    progress: Callable[[int, int], None] | None = None,
    compare_values: bool = False,
    distributed: bool = False,
    separator: str | None = None,
) -> Conversion:
    """Writes the Linen checkpoint `src` as NNX checkpoint `dst`, which must not exist.

    `src` is an Orbax checkpoint, item, step or folder of steps (the latest, or `step`; `all_steps` converts each),
    or a file: msgpack as Flax writes it, safetensors, npz. Leaves are renamed as `mapping` says and, with
    `model` (an NNX model, or a function that builds one), are paired exactly with the model's; nothing is
    transposed or cast. A train state becomes `model` and `optimizer`, the latter as `nnx.Optimizer` is saved,
    with what else it has; `weights_only` takes the variables alone.

    `layout` is "state", what saving `nnx.state(model)` gives, "pure-dict", the same through
    `nnx.to_pure_dict`, or "split", the parts of a train state as checkpoints of their own. `to` is "orbax" or
    "safetensors", which has the names of the pure dict. `placement` says how data files come to the target
    that stay as they are: "copy" or "link". `reverse` converts back, by what was noted when `src` was written
    or by the names of the Linen checkpoint `like`.

    `separator` is what the flat names of a safetensors or npz file of Linen are split by, where its names leave
    that open. `verify` is called with the Linen variables and a model restored from what was written. With
    `compare_values`, leaves that are only renamed are decoded on both sides too, and compared. At most about
    `memory` bytes are used to read and write. `progress` is told bytes done and bytes in all. With
    `distributed`, which needs `jax.distributed` to be initialized and all processes to call this alike, Orbax
    itself reads and writes, each process its own shards, into a `dst` that all of them can reach.

    `dst` appears in one step, after it was read back and compared with `src` and `verify` found it equal; until
    then, and on any failure, there is nothing.

    Raises ConversionError or PairingError (both ValueError) if the leaves do not fit or differ in function,
    CheckpointError if `src` cannot be read or `dst` cannot be written.
    """
    if verify is not None and model is None:
        raise ValueError("verify needs model, the NNX model to restore into")
    source, target = checked(src, dst)
    shapes, targets = _abstract(model)
    settings = Settings(Placement(placement), to, memory, progress, compare_values)
    back = None if like is None else existing(like)
    rules = concrete(mapping, None if targets is None else [found.leaf for found in targets])
    asked = Request(
        rules, targets, _layout(Layout(layout), to), weights_only, reverse, back, separator, settings
    )
    found = locate_all(source, item) if all_steps else (locate(source, step, item),)
    done = Conversion(source, target, asked.layout, (), format=to, steps=_steps(found))
    if dry_run:
        with opened(found[-1].path, asked.of_source) as checkpoint:
            made, _ = planned(checkpoint, asked)
            units = units_of(_jobs(made, checkpoint, asked), made, asked.layout, found[-1], all_steps)
            return _described(done, made, units, checkpoint, shapes, asked)
    if distributed:
        return _distributed(done, found[-1], asked, shapes)
    evidence = None
    with workplace(target) as draft:
        for one in found:
            with unchanged(one.path), opened(one.path, asked.of_source) as checkpoint:
                made, manifest = planned(checkpoint, asked)
                units = units_of(_jobs(made, checkpoint, asked), made, asked.layout, one, all_steps)
                write_units(draft, checkpoint, units, settings, manifest)
                done = _described(done, made, units, checkpoint, shapes, asked)
                evidence = _evidence(draft, made, checkpoint, asked, model, verify)
        publish(draft, target)
    return replace(done, evidence=evidence, written=True)


def _distributed(done: Conversion, found: Found, asked: Request, shapes: nnx.Module | None) -> Conversion:
    from .distributed import convert_shards, is_first, leave

    with opened(found.path, asked.of_source) as checkpoint:
        if not isinstance(checkpoint, OrbaxSource):
            raise CheckpointError(
                f"{found.path} is a file, which Orbax cannot read in shards: leave out --distributed"
            )
        made, manifest = planned(checkpoint, asked)
        units = units_of(_jobs(made, checkpoint, asked), made, asked.layout, found, False)
        done = _described(done, made, units, checkpoint, shapes, asked)
    done = replace(done, renamed=0, decoded=done.renamed + done.decoded)
    with workplace(done.target) if is_first() else nullcontext(draft_of(done.target)) as draft:
        leave("ready")  # the first has cleaned up what a killed run left
        with unchanged(found.path):
            convert_shards(found.path, draft, made, asked.layout, manifest)
        if is_first():
            publish(draft, done.target)
        leave("published")
    return replace(done, written=True)


def _layout(layout: Layout, to: str) -> Layout:
    """A safetensors file has the names of the pure dict: `value` means nothing to those who read it."""
    return Layout.PURE_DICT if to == SAFETENSORS and layout is Layout.STATE else layout


def _steps(found: Sequence[Found]) -> tuple[int, ...]:
    return tuple(one.step for one in found if one.step is not None)


def _abstract(model: Model | None) -> tuple[nnx.Module | None, Sequence[Target] | None]:
    """Returns the model's shapes and its leaves; imports JAX only where there is a model."""
    if model is None:
        return None, None
    from .nnx_leaves import abstract, targets_of

    shapes = abstract(model)
    return shapes, targets_of(shapes)


def _jobs(made: Plan, checkpoint: Checkpoint, asked: Request) -> tuple[Job, ...]:
    return jobs_of(made.moves, checkpoint, asked.layout)


def _described(
    done: Conversion,
    made: Plan,
    units: Sequence[Unit],
    checkpoint: Checkpoint,
    shapes: nnx.Module | None,
    asked: Request,
) -> Conversion:
    jobs = [job for unit in units for job in unit.jobs]
    store = checkpoint.store if isinstance(checkpoint, OrbaxSource) and done.format == ORBAX else None
    kept = sum(store is not None and renamed(job, store) is not None for job in jobs)
    return replace(
        done,
        moves=made.moves,
        notes=notes(made, shapes, asked.mapping, asked.reverse),
        renamed=done.renamed + kept,
        decoded=done.decoded + len(jobs) - kept,
        nbytes=done.nbytes + sum(job.nbytes for job in jobs),
    )


def _evidence(
    draft: Path,
    made: Plan,
    checkpoint: Checkpoint,
    asked: Request,
    model: Model | None,
    verify: Verify | None,
) -> Evidence | None:
    if verify is None or model is None:
        return None
    from .restore import linen_variables, restored

    evidence = verify(
        linen_variables(made.moves, checkpoint), restored(draft, model, asked.layout, made.state)
    )
    if not evidence.equal:
        raise ConversionError(
            f"the converted model does not compute what the Linen model computes\n{evidence}"
        )
    return evidence
