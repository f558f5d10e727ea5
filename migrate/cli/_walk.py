"""The Python files below a folder that are its owner's own."""

import os
from dataclasses import dataclass, field
from typing import NamedTuple

from ..catalog.findings import Diagnostic, Severity
from ._ignore import Patterns, gitignore, ignored, inherited

UNREADABLE = "MN901"
UNPARSED = "MN902"
NOTEBOOK = ".ipynb"

_SKIPPED = """
.bzr .direnv .eggs .git .hg .hypothesis .ipynb_checkpoints .jj .mypy_cache .nox .pants.d .pytest_cache
.ruff_cache .svn .tox .venv __pycache__ __pypackages__ _build _vendor buck-out build dist dist-packages
node_modules site-packages third-party third_party vendor vendored venv virtualenv
"""

SKIPPED = frozenset(_SKIPPED.split())
"""Folders that hold other people's code, or copies. One that is named on the command line is walked even so.

`env` is not among them: reinforcement-learning projects keep their environments there. A folder with a
`pyvenv.cfg` is a virtual environment whatever its name.
"""


class Source(NamedTuple):
    """A file or a folder: `shown` as the user would write it, `real` with every link resolved."""

    shown: str
    real: str


@dataclass
class Found:
    """Files in order, folders not entered, notebooks passed by, folders given without Python files, what failed."""

    sources: list[Source] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    notebooks: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    failures: list[Diagnostic] = field(default_factory=list)


def unreadable(path: str, error: OSError) -> Diagnostic:
    """Returns the finding for a file or folder that could not be read."""
    reason = f"cannot be read: {error.strerror or error}"
    return Diagnostic(path, 1, 1, UNREADABLE, reason, severity=Severity.ERROR)


def no_source(path: str) -> Diagnostic:
    """Returns the finding for a notebook that is named as a source."""
    reason = (
        "is a notebook, and sources are .py files: `jupyter nbconvert --to script` writes one of its cells"
    )
    return Diagnostic(path, 1, 1, UNPARSED, reason, severity=Severity.ERROR)


@dataclass
class Walk:
    """Adds to `found`; `extra` patterns, and the real folder `without`, stay out."""

    found: Found
    extra: tuple[Patterns, ...]
    without: str | None

    def through(self, top: Source) -> None:
        """Takes every file below the folder `top`: a folder's own files before those of the folders in it."""
        pending = [(top, _rules_above(top.real))]
        while pending:
            folder, rules = pending.pop()
            try:
                listing = _listing(folder.real)
                if any(entry.name == ".gitignore" for entry in listing):
                    rules = (*rules, *gitignore(folder.real))
            except OSError as error:
                self.found.failures.append(unreadable(folder.shown, error))
                continue
            if folder is not top and any(entry.name == "pyvenv.cfg" for entry in listing):
                self.found.skipped.append(folder.shown)
                continue
            pending.extend((inner, rules) for inner in reversed(self._inside(folder, listing, rules)))

    def _inside(
        self, folder: Source, listing: "list[os.DirEntry[str]]", rules: tuple[Patterns, ...]
    ) -> list[Source]:
        """Takes the files of `folder` and returns the folders in it that are to be walked."""
        rules = (*rules, *self.extra)
        folders = []
        for entry in listing:
            if entry.is_dir(follow_symlinks=False):
                if self._enters(folder, entry, rules):
                    folders.append(Source(_join(folder.shown, entry.name), entry.path))
            elif _is_file(entry, (".py", NOTEBOOK)) and not (rules and ignored(rules, entry.path)):
                self._take(entry, _join(folder.shown, entry.name))
        return folders

    def _take(self, entry: "os.DirEntry[str]", shown: str) -> None:
        if shown.endswith(NOTEBOOK):
            self.found.notebooks.append(shown)
        else:
            real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
            self.found.sources.append(Source(shown, real))

    def _enters(self, folder: Source, entry: "os.DirEntry[str]", rules: tuple[Patterns, ...]) -> bool:
        if entry.path == self.without or (rules and ignored(rules, entry.path + os.sep)):
            return False
        if entry.name not in SKIPPED:
            return True
        if not entry.name.startswith((".", "__")):  # nobody keeps code of their own in those
            self.found.skipped.append(_join(folder.shown, entry.name))
        return False


def _listing(folder: str) -> "list[os.DirEntry[str]]":
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _is_file(entry: "os.DirEntry[str]", endings: tuple[str, ...]) -> bool:
    # `.#name.py` is the lock that an editor leaves beside a file it has open: a link to nowhere.
    # A link to a folder is not followed: it leads to code that has its own place, or round in circles.
    return entry.name.endswith(endings) and not entry.name.startswith(".#") and not _leads_to_folder(entry)


def _leads_to_folder(entry: "os.DirEntry[str]") -> bool:
    return entry.is_symlink() and os.path.isdir(
        entry.path
    )  # entry.is_dir() raises where a link leads to itself


def _rules_above(real: str) -> tuple[Patterns, ...]:
    rules = inherited(real)
    # A folder that git ignores but the user names is wanted: what ignores it has no say inside it.
    return () if rules and ignored(rules, os.path.join(real, "")) else rules


def _join(folder: str, name: str) -> str:
    return name if folder == os.curdir else os.path.join(folder, name)
