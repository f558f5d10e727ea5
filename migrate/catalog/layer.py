"""One row of the catalog: a layer of `flax.linen`, its twin in `flax.nnx`, and what differs between them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

FLAX = "flax.nnx"
OURS = "migrate_norm.layers.nnx"
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Moved:
    """Where one variable lives, with paths inside the layer and `/` between their elements.

    Several Linen paths are joined along the last axis, in this order. `collection` is Linen's; the NNX
    variable type follows from it (`params` is `nnx.Param`, `batch_stats` is `nnx.BatchStat`).
    """

    linen: tuple[str, ...]
    nnx: str
    collection: str = "params"


@dataclass(frozen=True)
class Layer:
    """A Linen layer and its NNX twin; `nnx` is empty when there is none, and `refused` says why.

    `arguments` are those of Linen's constructor in their order; NNX takes most of them by keyword only. Each
    has the same name in NNX unless it is in `renamed` or `gone`. `sizes` are what NNX asks for where Linen
    looks at its first input. `added` are optional arguments that Linen does not have. `rngs` is required,
    optional or empty (not taken). `defaults` holds Linen's and NNX's where they differ, as source.
    `difference` is empty when transplanted variables give bit-equal outputs (CPU, float32).
    `placed` are arguments that NNX takes by position too, in its order, behind the sizes.
    `parity` says that `migrate_norm.layers` has a twin without that difference; `home` is where the NNX layer is
    imported from, `alias` what it is called in a file that has something else of its name.
    """

    linen: str
    nnx: str
    arguments: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    gone: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    defaults: Mapping[str, tuple[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    call_renamed: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    call_gone: tuple[str, ...] = ()
    variables: tuple[Moved, ...] = ()
    children: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    rngs: str = "required"
    difference: str = ""
    refused: str = ""
    placed: tuple[str, ...] = ()
    parity: bool = False
    home: str = FLAX
    alias: str = ""

    @property
    def spelled(self) -> str:
        """The code that names the NNX layer."""
        return f"nnx.{self.nnx}" if self.home == FLAX else self.alias or self.nnx

    @property
    def same(self) -> bool:
        """Whether the twin computes the same, bit for bit, in float32 on CPU."""
        return bool(self.nnx) and not self.difference


def names(text: str) -> tuple[str, ...]:
    """Splits a table cell at white space."""
    return tuple(text.split())


def kept(*paths: str, collection: str = "params") -> tuple[Moved, ...]:
    """Variables that have the same path on both sides."""
    return tuple(Moved((path,), path, collection) for path in paths)
