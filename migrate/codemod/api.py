"""What goes into the codemod and what comes out of it. No I/O: the command line reads and writes files."""

from dataclasses import dataclass, field

from ..catalog.findings import Diagnostic, Symbol
from ..catalog.mapping import Mapping


@dataclass(frozen=True)
class Options:
    """`linen_names` keeps loop names as Linen had them; `todo` leaves a comment at each refusal.

    `line_length` is where new lines are broken. With `calls_by_hand` a construction that cannot be rewritten is
    listed and left, where a TypeError finds it, instead of keeping its class Linen. With
    `size_args` a size that the source does not tell becomes an argument of the constructor, and what has to supply
    it is listed likewise.

    With `beside` the NNX classes go into files of their own, `layers_nnx.py` beside `layers.py`, and no file that is
    there changes: no call site can keep a class Linen, and no class that stays Linen its base or its submodules.

    `above` are the names of the folders that relative paths start from, by which files may import each other, too.
    """

    linen_names: bool = False
    line_length: int = 88
    todo: bool = False
    calls_by_hand: bool = False
    size_args: bool = False
    beside: bool = False
    above: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileResult:
    """One file: `after` is `before`, the same object, unless something in it was rewritten.

    One that is `new` was not among the files given, and `before` is empty.
    """

    path: str
    before: bytes
    after: bytes
    symbols: tuple[Symbol, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    new: bool = False

    @property
    def changed(self) -> bool:
        return self.after != self.before


@dataclass(frozen=True)
class Result:
    """A whole run; `files` in the order in which they were given, `traced` the classes with a size that runs told."""

    files: tuple[FileResult, ...]
    mapping: Mapping = field(default_factory=Mapping)
    traced: frozenset[str] = frozenset()
