"""Which files git could not give back if they were overwritten now."""

import os
import subprocess
from collections.abc import Iterable


def uncommitted(files: Iterable[str]) -> dict[str, str]:
    """Returns those of the real paths `files` that git does not hold as they are now, each with the reason.

    Files outside any repository are not among them: there is nothing to consult.
    """
    repositories: dict[str, list[str]] = {}
    tops: dict[str, str | None] = {}
    for file in files:
        top = _top(os.path.dirname(file), tops)
        if top is not None:
            repositories.setdefault(top, []).append(file)
    reasons: dict[str, str] = {}
    for top, members in repositories.items():
        reasons.update(_reasons(top, members))
    return reasons


def in_repository(file: str) -> bool:
    """Whether the real path `file` lies in a git repository."""
    return _top(os.path.dirname(file), {}) is not None


def _top(folder: str, known: dict[str, str | None]) -> str | None:
    """Returns the folder at or above `folder` that holds `.git` (a file in a worktree or a submodule)."""
    if folder not in known:
        outer = os.path.dirname(folder)
        if os.path.exists(os.path.join(folder, ".git")):
            known[folder] = folder
        else:
            known[folder] = None if outer == folder else _top(outer, known)
    return known[folder]


def _reasons(top: str, files: list[str]) -> dict[str, str]:
    try:
        tracked = _ask(top, "ls-files", "-z")
        # Two letters and a space, then the name: what differs between HEAD, the index and the folder.
        changed = {entry[3:] for entry in _ask(top, "status", "--porcelain", "-z", "--no-renames", "-uno")}
    except OSError as error:
        return dict.fromkeys(files, f"git cannot tell whether it is committed ({error})")
    found = {}
    for file in files:
        name = os.path.relpath(file, top)
        if name not in tracked:
            found[file] = "git does not track it"
        elif name in changed:
            found[file] = "it has uncommitted changes"
    return found


def _ask(top: str, *arguments: str) -> set[str]:
    # Inside a hook these name the repository of the commit, which need not be this one.
    location = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
    environment = {key: value for key, value in os.environ.items() if key not in location}
    environment["GIT_OPTIONAL_LOCKS"] = "0"
    environment["GIT_CEILING_DIRECTORIES"] = os.path.dirname(
        top
    )  # a broken `.git` must not mean the one above
    command = ["git", "-C", top, "-c", "core.fsmonitor=false", *arguments]
    answer = subprocess.run(command, capture_output=True, env=environment, check=False)
    if answer.returncode:
        raise OSError(os.fsdecode(answer.stderr).strip().split("\n")[0])
    return {os.fsdecode(entry) for entry in answer.stdout.split(b"\0") if entry}
