"""Migrates one leaf class, and compares what it computes with what the original computes."""

import tempfile
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from flax import nnx
from migrate_norm.catalog.automatic import rules
from migrate_norm.catalog.mapping import ClassMapping
from migrate_norm.codemod import Options, Result, migrate_files
from migrate_norm.equivalence import EquivalenceError, check_equivalence
from migrate_norm.equivalence.nnx_side import keyed, leaf_of, split

from .isolate import Isolated
from .leaves import MAY_BE_REFUSED, Leaf
from .load import load


class Verdict(StrEnum):
    """What became of a leaf class."""

    EQUAL = "equal"
    REFUSED = "refused"
    FAILED = "FAILED"


class Outcome(NamedTuple):
    """One leaf class after the comparison; `detail` is the report, the refusal or the error."""

    leaf: Leaf
    verdict: Verdict
    detail: str

    @property
    def good(self) -> bool:
        """Equal, or refused as it may be."""
        known = (self.leaf.package, self.leaf.name) in MAY_BE_REFUSED
        return self.verdict is Verdict.EQUAL or (self.verdict is Verdict.REFUSED and known)


def compare(leaf: Leaf, isolated: Isolated) -> Outcome:
    """Returns whether the migrated class computes the same on random variables."""
    result = migrate_files(isolated.files, Options())
    migrated = result.mapping.find(leaf.name)
    if migrated is None:
        return Outcome(leaf, *_refusal(result))
    unknown = [name for name in migrated.arguments if name not in leaf.sizes]
    if unknown:
        return Outcome(leaf, Verdict.FAILED, f"its constructor asks for {unknown}, which the table lacks")
    try:
        return Outcome(leaf, *_compared(leaf, isolated, result, migrated))
    except EquivalenceError as error:
        return Outcome(leaf, Verdict.FAILED, str(error))


def _refusal(result: Result) -> tuple[Verdict, str]:
    found = [diagnostic for file in result.files for diagnostic in file.diagnostics]
    if not found:
        return Verdict.FAILED, "neither migrated nor refused"
    return Verdict.REFUSED, "; ".join(str(diagnostic) for diagnostic in found)


def _compared(leaf: Leaf, isolated: Isolated, result: Result, migrated: ClassMapping) -> tuple[Verdict, str]:
    after = {file.path: file.after for file in result.files}
    with tempfile.TemporaryDirectory() as folder:
        linen = getattr(load(isolated.files, isolated.module, Path(folder, "linen")), leaf.name)
        twin = getattr(load(after, isolated.module, Path(folder, "nnx")), leaf.name)
        sizes = {name: leaf.sizes[name] for name in migrated.arguments}
        parts = split(twin(**sizes, **leaf.linen, rngs=nnx.Rngs(0)))
        found = [leaf_of(path, kind, value) for path, (kind, value) in keyed(parts).items()]
        report = check_equivalence(
            linen(**leaf.linen),
            lambda: twin(**sizes, **leaf.linen, rngs=nnx.Rngs(0)),
            *leaf.inputs,
            mapping=rules(migrated, found),
            kwargs=leaf.call,
        )
    return Verdict.EQUAL if report.equal else Verdict.FAILED, str(report)
