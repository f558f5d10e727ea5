"""The conversion from end to end: read the table, plan every leaf, write a draft, check it, let it appear."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from flax import nnx

from ..catalog.mapping import VariableMapping
from .check_written import check_arrays, check_written
from .errors import ConversionError
from .nnx_leaves import Model, abstract, targets_of
from .notes import notes
from .orbax_store import Arrays, read_arrays, read_table, write
from .paths import checked
from .plan import plan
from .records import Layout, Move
from .restore import linen_variables, restored
from .workplace import publish, workplace


class Evidence(Protocol):
    """What a verification found; its text says more."""

    @property
    def equal(self) -> bool: ...


Verify = Callable[[Mapping[str, Any], nnx.Module], Evidence]
"""Compares the source's Linen variables with a model that was restored from the new checkpoint."""


@dataclass(frozen=True)
class Conversion:
    """What was done, or with `dry_run` would be: one move per leaf; `notes` are worth a look."""

    source: Path
    target: Path
    layout: Layout
    moves: tuple[Move, ...]
    notes: tuple[str, ...] = ()
    evidence: Evidence | None = None
    written: bool = False


def convert_checkpoint(
    src: str | Path,
    dst: str | Path,
    *,
    mapping: Sequence[VariableMapping] = (),
    model: Model | None = None,
    layout: Layout | str = Layout.STATE,
    verify: Verify | None = None,
    dry_run: bool = False,
) -> Conversion:
    """Writes the Orbax checkpoint of Linen variables `src` as NNX checkpoint `dst`, which must not exist.

    Leaves are renamed as `mapping` says and, with `model` (an NNX model, or a function that builds one), are
    paired exactly with the model's; nothing is transposed or cast. `layout` is "state", what saving
    `nnx.state(model)` gives, or "pure-dict", the same through `nnx.to_pure_dict`. `verify` is called with the
    Linen variables and a model restored from what was written. `dst` appears in one step, after it was
    compared with `src` byte by byte and `verify` found it equal; until then, and on any failure, there is
    nothing.

    Raises ConversionError or PairingError (both ValueError) if the leaves do not fit or differ in function,
    CheckpointError if `src` cannot be read or `dst` cannot be written.
    """
    if verify is not None and model is None:
        raise ValueError("verify needs model, the NNX model to restore into")
    layout = Layout(layout)
    source, target = checked(src, dst)
    shapes = None if model is None else abstract(model)
    table = read_table(source)
    moves = plan(table, None if shapes is None else targets_of(shapes), mapping, layout)
    remarks = notes(moves, shapes, mapping)
    if dry_run:
        return Conversion(source, target, layout, moves, remarks)
    arrays = read_arrays(source)
    check_arrays(source, table, arrays)
    with workplace(target) as draft:
        _write_checked(draft, moves, arrays, layout)
        evidence = _evidence(draft, moves, arrays, layout, model, verify)
        publish(draft, target)
    return Conversion(source, target, layout, moves, remarks, evidence, written=True)


def _write_checked(draft: Path, moves: Sequence[Move], arrays: Arrays, layout: Layout) -> None:
    stored = {move.target.disk(layout): move.source.stored for move in moves}
    kinds = {disk: source.key_impl for disk, source in stored.items() if source.key_impl is not None}
    write(draft, {disk: arrays[source.disk] for disk, source in stored.items()}, kinds)
    check_written(draft, moves, arrays, layout)


def _evidence(
    draft: Path,
    moves: Sequence[Move],
    arrays: Arrays,
    layout: Layout,
    model: Model | None,
    verify: Verify | None,
) -> Evidence | None:
    if verify is None or model is None:
        return None
    evidence = verify(linen_variables(moves, arrays), restored(draft, model, layout))
    if not evidence.equal:
        raise ConversionError(
            f"the converted model does not compute what the Linen model computes\n{evidence}"
        )
    return evidence
