"""Where variables may come from that no init of the project has made: files, names spelled, packages from elsewhere.

nnx.merge goes by the order of the leaves that it is given, whatever their names are: it takes Linen's without a word.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import PurePath

from ..catalog.neutral import NEUTRAL

# What gives the paths of a pytree or its leaves in a row, what stores or loads variables in the form that Linen has,
# what reads a file, and Linen's names.
_BY_PATH = re.compile(
    rb"\b(?:traverse_util|(?:\w+_)?with_path|keystr|path_aware_map|ravel_pytree|(?:tree_)?unflatten)\b"
    rb"|\bflax(?:\.training)?(?:\.| import [^\n]*\b)(?:serialization|checkpoints)\b"
    rb"|\b(?:orbax|pickle|cloudpickle|dill|joblib|safetensors|msgpack\w*|h5py|from_pretrained|restore\w*)\b"
    rb"|\bload_(?:params|weights|variables|model|state|checkpoint|ckpt)\w*|\b(?:np|numpy|jnp|torch)\.load\b"
    rb"|\bopen\(|\bjson\.loads?\b|\.read_(?:bytes|text)\b|\b(?:urlopen|frombuffer|fromfile|memmap|loadtxt|genfromtxt)\b"
    rb"|\brequests\."
    rb"|[\"'](?:kernel|[A-Z]\w*_(?:\d+|\{[^\"'\n]*))[\"']"
)
_MODULE = rb"\w+(?:\.\w+)*(?:[ \t]+as[ \t]+\w+)?"
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(?P<package>[\w.]+)[ \t]+import[ \t]+\(?(?P<names>[\w, \t]*)"
    rb"|import[ \t]+(?P<modules>%b(?:[ \t]*,[ \t]*%b)*)(?=[ \t]*(?:[#;\r]|$)))" % (_MODULE, _MODULE),
    re.MULTILINE,
)
_KNOWN = NEUTRAL | sys.stdlib_module_names


def supplied(files: Mapping[str, bytes]) -> str:
    """Says which code of these files, if any, may take or give variables as Linen names, orders or types them.

    Such code reads files or spells Linen's names, or has something from a package that may: one which is neither among
    the files nor known to hand out no variables.
    """
    for path, data in files.items():
        found = _BY_PATH.search(data)
        if found is not None:
            what = "may take or give variables by the names, in the order or of the type that Linen has"
            return f"{_shown(found, path)} {what}"
    unknown = (
        "may hand out variables by the names that Linen has; if it is your own, give its file to the run too"
    )
    own = {part for path in files for part in PurePath(path).with_suffix("").parts}
    for path, data in files.items():
        for found in _IMPORT.finditer(data):
            if not all(_is_known(name, own) for name in _imported(found)):
                return f"{_shown(found, path)} {unknown}"
    return ""


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
