"""The engine that renames arrays without reading them: same chunks, new keys, one transaction."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tensorstore as ts

from ..records import Placement
from . import ocdbt
from .open import OrbaxStore
from .place import Report, Taps, place
from .values import Index, Ref, Value

Keys = Mapping[str, str | bytes]
"""For each new key the source's key whose value it gets, or a value of its own (metadata)."""


@dataclass(frozen=True)
class Donor:
    """A database below the draft, in the folder `name`, that already holds values. In the source it is in `base`."""

    name: str
    index: Index
    base: str = ""

    def placed(self) -> Mapping[Ref, str]:
        """Returns the key of every value that is a part of a file, with the file's place below the draft."""
        return {below(f"{self.name}/", v): key for key, v in self.index.items() if isinstance(v, Ref)}


def place_databases(
    store: OrbaxStore, keys: Keys, draft: Path, how: Placement, report: Report, taps: Taps
) -> list[Donor]:
    """Places the databases that an OCDBT source's values can be entered from in the draft, and returns them.

    TensorStore copies by reference only from a database in a folder below. So the files of the source's
    processes are placed in the draft, and what they hold is entered in the draft's own tree. `taps` is told
    which values are in a file, and sees it pass.
    """
    needed = _needed(store, keys)
    donors = _donors(store, needed)
    for donor in donors:
        values = _by_file(donor, needed)
        for file in _files(store, donor, needed):
            tap = taps(values.get(f"{donor.name}/{file}", ()))
            place(store.folder / donor.base / file, draft / donor.name / file, how, report, tap)
    return donors


def _by_file(donor: Donor, needed: frozenset[Ref]) -> Mapping[str, Sequence[Ref]]:
    """Returns the values that are needed by their file in the draft."""
    found: dict[str, list[Ref]] = defaultdict(list)
    moved = needed if donor.base else {below(f"{donor.name}/", ref) for ref in needed}
    for ref in moved:
        found[ref.file].append(ref)
    return found


def wanted_values(store: OrbaxStore, keys: Keys, donors: Sequence[Donor]) -> dict[str, Value]:
    """Returns what the draft's tree has to hold under each new key."""
    return {new: _wanted(store.index, old, donors) for new, old in keys.items()}


def enter(draft: Path, wanted: Mapping[str, Value], donors: Sequence[Donor]) -> None:
    """Enters values in the draft's database in one transaction. Raises ValueError where no donor has one."""
    shared = ocdbt.context()
    root = ocdbt.open_database(draft, shared)
    where = {value: (donor.name, key) for donor in donors for value, key in donor.placed().items()}
    open_donors = {donor.name: ocdbt.open_database(draft / donor.name, shared) for donor in donors}
    transaction = ts.Transaction(atomic=True)
    new = root.with_transaction(transaction)
    for batch in _batches(sorted(wanted.items())):
        for future in [_enter(new, key, value, where, open_donors) for key, value in batch]:
            future.result()
    transaction.commit_async().result()


def _batches(items: Sequence[tuple[str, Value]], size: int = 10_000) -> Iterator[Sequence[tuple[str, Value]]]:
    yield from (items[start : start + size] for start in range(0, len(items), size))


def _enter(
    root: Any, key: str, value: Value, where: Mapping[Ref, tuple[str, str]], donors: Mapping[str, Any]
) -> Any:
    name = _bytes(key)
    if isinstance(value, bytes):
        return root.write(name, value)
    donor, old = where[value]
    start = _bytes(old)
    one = ts.KvStore.KeyRange(b"", b"\0")  # the key itself and nothing behind it
    return (donors[donor] / start).experimental_copy_range_to(root / name, one)


def _bytes(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")


def _needed(store: OrbaxStore, keys: Keys) -> frozenset[Ref]:
    values = (store.index[old] for old in keys.values() if isinstance(old, str))
    return frozenset(value for value in values if isinstance(value, Ref))


def _donors(store: OrbaxStore, needed: frozenset[Ref]) -> list[Donor]:
    """Returns the databases of the processes that wrote the source or, if these lack something, its own."""
    folders = sorted(path.parent.name for path in store.folder.glob(f"{ocdbt.PROCESS}/{ocdbt.MANIFEST}"))
    found = [Donor(name, ocdbt.read_index(store.folder / name), f"{name}/") for name in folders]
    held = [set(donor.placed()) & needed for donor in found]
    if needed <= set().union(*held):
        return [donor for donor, values in zip(found, held, strict=True) if values]
    return [Donor("ocdbt.process_0", store.index)]


def _wanted(index: Index, old: str | bytes, donors: Sequence[Donor]) -> Value:
    value = index[old] if isinstance(old, str) else old
    return value if isinstance(value, bytes) or donors[0].base else below(f"{donors[0].name}/", value)


def below(folder: str, value: Ref) -> Ref:
    """Returns a reference whose file is in a folder."""
    return replace(value, file=folder + value.file)


def _files(store: OrbaxStore, donor: Donor, needed: frozenset[Ref]) -> list[str]:
    """Returns what has to be placed: the manifest, the tree's nodes, and data that is referred to."""
    data = {ref.file.removeprefix(donor.base) for ref in needed if ref.file.startswith(donor.base)}
    return sorted({ocdbt.MANIFEST, *ocdbt.node_files(store.folder / donor.base), *data})
