"""What was asked for, and the plan that it makes of an open checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..catalog.mapping import VariableMapping
from .errors import ConversionError
from .locate import locate
from .manifest import NAME, Manifest, read_manifest
from .plan import MODEL, Plan, plan
from .records import Layout, Target
from .reverse import reversed_plan
from .source import Checkpoint, opened
from .texts import without_texts
from .write import Settings


@dataclass(frozen=True)
class Request:
    """What was asked for; `voids` are the Variables of the model that hold None."""

    mapping: Sequence[VariableMapping]
    targets: Sequence[Target] | None
    layout: Layout
    weights_only: bool
    reverse: bool
    like: Path | None
    separator: str | None
    voids: Sequence[Target] = ()
    settings: Settings = field(default_factory=Settings)

    @property
    def of_source(self) -> str | None:
        """The separator is that of the Linen file, which with `like` is not the source."""
        return None if self.like else self.separator


def planned(checkpoint: Checkpoint, asked: Request) -> tuple[Plan, Manifest]:
    """Returns where every leaf goes, and the manifest without its digests."""
    whole = _back(checkpoint, asked) if asked.reverse else _forth(checkpoint, asked)
    made = without_texts(whole, checkpoint, asked.weights_only)
    about = Manifest(str(checkpoint.path), str(asked.layout), "", (), made.moves, tuple(checkpoint.empty))
    return made, about


def _forth(checkpoint: Checkpoint, asked: Request) -> Plan:
    made = plan(
        checkpoint.leaves, asked.targets, asked.mapping, asked.layout, checkpoint.empty, asked.weights_only
    )
    root = (MODEL,) if made.state else ()
    voids = (replace(void, root=root).disk(asked.layout) for void in asked.voids)
    return replace(made, empty=(*made.empty, *voids))


def _back(checkpoint: Checkpoint, asked: Request) -> Plan:
    if asked.like is not None:
        with opened(locate(asked.like).path, asked.separator) as template:
            forward, empty = _forth(template, asked).moves, template.empty
        return reversed_plan(checkpoint.leaves, forward, empty, asked.layout)
    manifest = read_manifest(checkpoint.path)
    if manifest is None:
        raise ConversionError(
            f"{checkpoint.path} has no {NAME}, which notes the Linen names: give a checkpoint that has them with --like"
        )
    return reversed_plan(checkpoint.leaves, manifest.moves, manifest.empty, Layout(manifest.layout))
