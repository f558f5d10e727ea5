"""The mapping file: where each Linen variable of a migrated class lives in its NNX twin."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1


@dataclass(frozen=True)
class VariableMapping:
    """One variable. In both paths the element part `{}` stands for a decimal number, the same on both sides.

    `{+2}` in `linen` is a number that is greater by 2 than the one it stands beside in `nnx`, `{:2}` one half of it.
    `linen` is the path inside `collection`; `nnx` the path in `nnx.state(model)`; `variable_type` the
    qualified name of the NNX variable type, such as `flax.nnx.Param`.
    """

    collection: str
    linen: tuple[str, ...]
    nnx: tuple[str, ...]
    variable_type: str


@dataclass(frozen=True)
class Slot:
    """Where submodules live: `nnx` below the NNX path `prefix`, with `{}` for a number.

    Linen calls it `linen` (nothing where its variables stand among those of the module around), or by the automatic
    name of the class `kind`, which counts those that there are in order of `group` (what a loop makes together), round
    of the loop and `place`. `A|B` is the one class or the other, the same at every place. What a wrapper keeps has the
    Linen name of the layer `beside` it and its own in one string.
    """

    prefix: tuple[str, ...]
    nnx: tuple[str, ...]
    linen: str = ""
    kind: str = ""
    group: int = 0
    place: int = 0
    beside: str = ""


@dataclass(frozen=True)
class ClassMapping:
    """One migrated class: `name` is its qualified name, `arguments` what its constructor now asks for first.

    `slots` are given where an automatic name depends on configuration: see `migrate_norm.catalog.automatic`.
    """

    name: str
    variables: tuple[VariableMapping, ...]
    arguments: tuple[str, ...] = ()
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True)
class Mapping:
    """Everything a run renamed or moved, for `migrate-checkpoint --mapping`."""

    classes: tuple[ClassMapping, ...] = ()

    def find(self, name: str) -> ClassMapping | None:
        """Returns the class called `name`, in full or by its last parts, or None; two of that name raise KeyError."""
        found = [c for c in self.classes if c.name == name or c.name.endswith("." + name)]
        if len(found) > 1:
            raise KeyError(f"{name!r} is one of {sorted(c.name for c in found)}: give the full name")
        return found[0] if found else None

    def dumps(self) -> str:
        """Returns the file's text: sorted, indented JSON that ends in a newline."""
        classes = {
            c.name: {
                "arguments": c.arguments,
                "variables": [asdict(v) for v in c.variables],
                **({"slots": [asdict(s) for s in c.slots]} if c.slots else {}),
            }
            for c in self.classes
        }
        return json.dumps({"format": FORMAT, "classes": classes}, indent=2, sort_keys=True) + "\n"


def loads(text: str) -> Mapping:
    """Reads what `Mapping.dumps` wrote. Raises ValueError that says what is wrong with the text."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']!r}, this release reads {FORMAT}")
        return Mapping(tuple(_class(name, entry) for name, entry in sorted(data["classes"].items())))
    except KeyError as error:
        raise ValueError(f"not a migrate-norm mapping: it has no {error}") from error
    except (TypeError, AttributeError) as error:
        raise ValueError(f"not a migrate-norm mapping: {error}") from error


def _class(name: str, entry: dict[str, Any]) -> ClassMapping:
    slots = tuple(
        Slot(
            tuple(s["prefix"]),
            tuple(s["nnx"]),
            str(s["linen"]),
            str(s["kind"]),
            int(s["group"]),
            int(s["place"]),
            str(s.get("beside", "")),
        )
        for s in entry.get("slots", ())
    )
    return ClassMapping(
        name, tuple(_variables(entry["variables"])), tuple(map(str, entry["arguments"])), slots
    )


def _variables(entries: Iterable[dict[str, list[str] | str]]) -> Iterable[VariableMapping]:
    for entry in entries:
        yield VariableMapping(
            str(entry["collection"]), tuple(entry["linen"]), tuple(entry["nnx"]), str(entry["variable_type"])
        )
