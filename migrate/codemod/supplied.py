"""Where variables may come from that no init of the project has made: files, names spelled, packages from elsewhere.

nnx.merge goes by the order of the leaves that it is given, whatever their names are: it takes Linen's without a word,
unless `nnx.merge_state` puts them over an abstract state that has the names. nnx.bridge goes by the names.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import PurePath

from ..catalog.neutral import NEUTRAL

# What gives the paths of a pytree or its leaves in a row, and Linen's names: not `def tree_unflatten`, which makes a
# class a pytree, nor the name of a class's `own` variable or of what it builds through a bridge.
_BY_PATH = re.compile(
    rb"(?P<own>\.param\(\s*[\"']\w+[\"']"
    rb"|\bto_linen\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*?\bname=[\"']\w+[\"'])"
    rb"|\b(?:traverse_util|(?:\w+_)?with_path|keystr|path_aware_map|ravel_pytree|(?<!def )(?:tree_)?unflatten)\b"
    rb"|\bmap\([^\n]*\bnext\("
    rb"|[\"'](?:kernel|[A-Z]\w*_(?:\d+|\{[^\"'\n]*))[\"']"
)
_SERIALIZED = re.compile(rb"\b(?:from )?flax(?:\.| import [^\n]*\b)serialization\b")
# What loads variables, or reads a file that may hold some.
_LOADS = re.compile(
    rb"\bflax\.training(?:\.| import [^\n]*\b)checkpoints\b"
    rb"|\b(?:orbax|pickle|cloudpickle|dill|joblib|safetensors|msgpack\w*|h5py|tensorstore|zarr|from_pretrained|restore\w*)\b"
    rb"|\b(?:boto3|fsspec|gcsfs|gdown|huggingface_hub|pooch|requests|s3fs)\b"
    rb"|\bload_(?:params|weights|variables|model|state|checkpoint|ckpt)\w*|\b(?:np|numpy|jnp|torch)\.load\b"
    rb"|\bopen\(|\bjson\.loads?\b|\.read_(?:bytes|text)\b|\b(?:urlopen|frombuffer|fromfile|memmap|loadtxt|genfromtxt)\b"
)
_MODULE = rb"\w+(?:\.\w+)*(?:[ \t]+as[ \t]+\w+)?"
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(?P<package>[\w.]+)[ \t]+import[ \t]+\(?(?P<names>[\w, \t]*)"
    rb"|import[ \t]+(?P<modules>%b(?:[ \t]*,[ \t]*%b)*)(?=[ \t]*(?:[#;\r]|$)))" % (_MODULE, _MODULE),
    re.MULTILINE,
)
_KNOWN = NEUTRAL | sys.stdlib_module_names


@dataclass(frozen=True)
class Supply:
    """Which code of these files, if any, may take or give variables as Linen has them; empty where none does."""

    files: Mapping[str, bytes]

    @cached_property
    def by_name(self) -> str:
        """What may go by Linen's names or their order, whatever the merge of a model asks for.

        Such code spells them, or has something from a package that may: one which is neither among the files nor known
        to hand out no variables.
        """
        if spelled := self._first(_BY_PATH):
            return f"{spelled} may take or give variables by the names, in the order or of the type that Linen has"
        unknown = "may hand out variables by the names that Linen has; if it is your own, give its file to the run too"
        own = {part for path in self.files for part in PurePath(path).with_suffix("").parts}
        for path, data in self.files.items():
            for found in _IMPORT.finditer(data):
                if not all(_is_known(name, own) for name in _imported(found)):
                    return f"{_shown(found, path)} {unknown}"
        return ""

    @cached_property
    def serialized(self) -> str:
        """What takes dicts of variables, and no states of NNX."""
        found = self._first(_SERIALIZED)
        return f"{found} does not take the states of NNX" if found else ""

    @cached_property
    def loads(self) -> str:
        """What may load variables that were stored by Linen's names: a merge has to ask for those of the model."""
        return self._first(_LOADS) or self._first(_SERIALIZED)

    def _first(self, pattern: re.Pattern[bytes]) -> str:
        every = ((found, path) for path, data in self.files.items() for found in pattern.finditer(data))
        return next((_shown(found, path) for found, path in every if found.lastgroup != "own"), "")


NONE = Supply({})


def _shown(found: re.Match[bytes], path: str) -> str:
    line = 1 + found.string.count(b"\n", 0, found.start())
    return f"`{' '.join(found[0].decode().split())}` ({path}:{line})"


def _imported(found: re.Match[bytes]) -> Iterator[str]:
    """Yields the dotted names that a statement imports; those of a relative import begin with its dots."""
    package = (found["package"] or b"").decode()
    between = "." if package.strip(".") else ""
    names = [
        part.split()[0]
        for part in (found["names"] or found["modules"] or b"").decode().split(",")
        if part.strip()
    ]
    yield from (f"{package}{between}{name}" for name in names or [""])


def _is_known(name: str, own: set[str]) -> bool:
    """Tells whether a dotted name is of the project or of a package that hands out no variables."""
    parts = name.lstrip(".").split(".")
    if parts[0] in own or (name.startswith(".") and len(parts) == 1 and "__init__" in own):
        return True
    return not name.startswith(".") and not _KNOWN.isdisjoint(accumulate(parts, "{}.{}".format))
