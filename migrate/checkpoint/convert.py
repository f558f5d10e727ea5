"""The conversion from end to end: read the table, plan every leaf, write a draft, check it, let it appear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..catalog.automatic import concrete
from ..catalog.mapping import ClassMapping, VariableMapping
from .conversion import Conversion, Evidence, Verify
from .errors import CheckpointError, ConversionError
from .locate import Found, locate, locate_all
from .notes import notes
from .paths import checked, existing
from .prepare import Prepared, prepared
from .records import Layout, Placement, Target
from .request import Request
from .source import OrbaxSource
from .together import refuse_contradictions
from .unchanged import unchanged
from .workplace import draft_of, publish, workplace
from .write import MEMORY, SAFETENSORS, Settings, write_units

if TYPE_CHECKING:
    from flax import nnx

    from .nnx_leaves import Model


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
    ValueError for options that contradict each other, CheckpointError if `src` cannot be read or `dst` cannot be
    written.
    """
    if verify is not None and model is None:
        raise ValueError("verify needs model, the NNX model to restore into")
    refuse_contradictions(
        verify=verify, step=step, all_steps=all_steps, reverse=reverse, distributed=distributed,
        compare_values=compare_values, layout=layout, placement=placement, to=to,
    )  # fmt: skip
    source, target = checked(src, dst)
    shapes, targets, voids = _abstract(model)
    settings = Settings(Placement(placement), to, memory, progress, compare_values)
    back = None if like is None else existing(like)
    rules = concrete(mapping, None if targets is None else [found.leaf for found in targets])
    asked = Request(
        rules, targets, _layout(Layout(layout), to), weights_only, reverse, back, separator, voids, settings
    )
    found = locate_all(source, item) if all_steps else (locate(source, step, item),)
    start = Conversion(source, target, asked.layout, (), format=to, steps=_steps(found))
    if dry_run:
        with prepared(found[-1], asked, all_steps) as made:
            return _described(start, made, shapes, asked)
    if distributed:
        return _distributed(start, found[-1], asked, shapes)
    done = start
    with workplace(target) as draft:
        for one in found:
            with unchanged(one.path), prepared(one, asked, all_steps) as made:
                write_units(draft, made.checkpoint, made.units, settings, made.manifest)
                evidence = _evidence(draft, made, asked, model, verify)
                done = replace(_described(done, made, shapes, asked), evidence=evidence)
        publish(draft, target)
    return replace(done, written=True)


def _distributed(start: Conversion, found: Found, asked: Request, shapes: nnx.Module | None) -> Conversion:
    from .distributed import convert_shards, is_first, leave

    with prepared(found, asked, False) as made:
        if not isinstance(made.checkpoint, OrbaxSource):
            raise CheckpointError(
                f"{found.path} is a file, which Orbax cannot read in shards: leave out --distributed"
            )
        done = _described(start, made, shapes, asked)
    done = replace(done, renamed=0, decoded=done.renamed + done.decoded)
    with workplace(done.target) if is_first() else nullcontext(draft_of(done.target)) as draft:
        leave("ready")  # the first has cleaned up what a killed run left
        with unchanged(found.path):
            convert_shards(found.path, draft, made.plan, asked.layout, made.manifest)
        if is_first():
            publish(draft, done.target)
        leave("published")
    return replace(done, written=True)


def _layout(layout: Layout, to: str) -> Layout:
    """A safetensors file has the names of the pure dict: `value` means nothing to those who read it."""
    return Layout.PURE_DICT if to == SAFETENSORS and layout is Layout.STATE else layout


def _steps(found: Sequence[Found]) -> tuple[int, ...]:
    return tuple(one.step for one in found if one.step is not None)


def _abstract(
    model: Model | None,
) -> tuple[nnx.Module | None, Sequence[Target] | None, Sequence[Target]]:
    """Returns the model's shapes, its leaves and what holds None; imports JAX only where there is a model."""
    if model is None:
        return None, None, ()
    from .nnx_leaves import abstract, targets_of, voids_of

    shapes = abstract(model)
    return shapes, targets_of(shapes), voids_of(shapes)


def _described(done: Conversion, made: Prepared, shapes: nnx.Module | None, asked: Request) -> Conversion:
    jobs, decoded = made.jobs, len(made.streamed)
    return replace(
        done,
        moves=made.plan.moves,
        notes=notes(made.plan, shapes, asked.mapping, asked.reverse),
        renamed=done.renamed + len(jobs) - decoded,
        decoded=done.decoded + decoded,
        nbytes=done.nbytes + sum(job.nbytes for job in jobs),
    )


def _evidence(
    draft: Path, made: Prepared, asked: Request, model: Model | None, verify: Verify | None
) -> Evidence | None:
    if verify is None or model is None:
        return None
    from .restore import linen_variables, restored

    linen = linen_variables(made.plan.moves, made.checkpoint)
    evidence = verify(linen, restored(draft, model, asked.layout, made.plan.state))
    if not evidence.equal:
        raise ConversionError(
            f"the converted model does not compute what the Linen model computes\n{evidence}"
        )
    return evidence
