"""What is said at the end of a run."""

from ..catalog.findings import Severity
from ..codemod.api import Result
from ..report.findings import diagnostics_of
from ._git import in_repository
from ._screen import show, tell
from ._settings import Settings
from ._walk import Found


def say(settings: Settings, result: Result, found: Found) -> None:
    """Prints the summary: to standard error where standard output holds a result."""
    if settings.quiet:
        for error in diagnostics_of(result, Severity.ERROR):
            tell(str(error))
        return
    from ..report.as_markdown import as_markdown

    dry = settings.check or settings.diff
    done = "written beside them" if settings.beside else "rewritten"
    summary = as_markdown(result, f"would be {done}" if dry else done, found.skipped)
    (tell if settings.diff or settings.standard_input else show)(summary)
    if advice := _advice(settings, result):
        tell(f"migrate-norm: {advice}")
    for folder in found.empty:
        tell(f"migrate-norm: {folder}: no Python files")
    if found.notebooks:
        tell(f"migrate-norm: {_notebooks(found.notebooks)} passed by: sources are .py files")
    if settings.in_place and _without_record(result, found):
        tell("migrate-norm: some files that were rewritten are in no git repository: no copy of them is kept")


def _notebooks(paths: list[str]) -> str:
    return (
        f"the notebook {paths[0]} is"
        if len(paths) == 1
        else f"{len(paths)} notebooks, such as {paths[0]}, are"
    )


_USED = frozenset({"MN301", "MN302"})
"""What keeps a class Linen is a use of it."""


def _advice(settings: Settings, result: Result) -> str:
    kept = {(d.path, d.subject) for d in diagnostics_of(result, Severity.REFUSED) if d.code in _USED}
    if not kept or settings.beside or settings.calls_by_hand or settings.standard_input:
        return ""
    if len(kept) == 1:
        return "1 class stays Linen for the sake of what uses it: --beside writes its NNX class to a new file"
    start = f"{len(kept)} classes stay Linen for the sake of what uses them"
    return f"{start}: --beside writes their NNX classes to new files"


def _without_record(result: Result, found: Found) -> bool:
    changed = {file.path for file in result.files if file.changed}
    return any(not in_repository(source.real) for source in found.sources if source.shown in changed)
