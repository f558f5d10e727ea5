"""`migrate-norm PATH...`: the codemod's command. Reads, hands over, writes, and says what came of it."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..codemod.api import FileResult, Options, Result
from ..report.findings import failed, needs_a_person, would_change
from . import _deliver
from ._arguments import parser
from ._discover import discover
from ._hold import LINKED, Reason, hold, in_the_way, uncommitted_reasons
from ._in_place import in_place, location
from ._read import Contents, read_all
from ._records import Records
from ._screen import show, tell, working
from ._settings import Settings, settle
from ._summary import say
from ._unexpected import INTERRUPTED, defect
from ._usage import UsageError
from ._walk import Found

if TYPE_CHECKING:
    from ._trace import Traced

DONE, LEFT, FAILED = 0, 1, 2
STDIN = "<stdin>"
FEW = 50
"""So many files are done before a progress bar would have been imported."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command. Returns 0: nothing Linen is left; 1: would change, or needs a person; 2: failed."""
    given = parser().parse_args(argv)
    try:
        if given.version or given.explain is not None:
            show(_about(given.explain))
            return DONE
        return _run(settle(given))
    except UsageError as error:
        tell(f"migrate-norm: {error}")
    except OSError as error:  # of standard output or input; files have their own findings
        tell(f"migrate-norm: {error.strerror or error}")
    except KeyboardInterrupt:
        tell(
            "migrate-norm: interrupted; no file is half written, and those in place are all rewritten or none is"
        )
        return INTERRUPTED
    except Exception as error:  # a defect of ours must not look like exit code 1, as a traceback would
        tell(f"migrate-norm: {defect(error)}")
    return FAILED


def _about(code: str | None) -> str:
    if code is not None:
        from ._explain import explain

        return explain(code)
    from importlib.metadata import version

    return f"migrate-norm {version('migrate-norm')}\n"


def exit_code(result: Result, check: bool) -> int:
    """Returns what the run amounts to: see `main`."""
    if failed(result):
        return FAILED
    return LEFT if needs_a_person(result) or (check and would_change(result)) else DONE


def _run(settings: Settings) -> int:
    records = Records.open(settings.mapping, settings.report)
    found = _found(settings)
    records.refuse_overwriting(source.real for source in found.sources)
    contents = _contents(settings, found)
    places = {source.shown: source.real for source in found.sources if source.shown in contents.files}
    traced = _traced(settings, places)
    result = _migrated(settings, contents, found, traced)
    if settings.in_place and not settings.allow_dirty:
        result = hold(result, uncommitted_reasons(result, places))
    if settings.in_place:
        result = hold(result, in_the_way(result, location))
    recorded = records.write_mapping(result)
    if settings.in_place and not recorded:  # written now, what was renamed would be known to nobody
        every = [file.path for file in result.files if file.changed]
        result = hold(result, dict.fromkeys(every, Reason(LINKED, "was not rewritten: nor was the mapping")))
    reported = records.write_report(result, found.skipped)
    delivered = _delivered(settings, result, places)
    if delivered is not result and recorded:
        recorded = records.write_mapping(delivered)
    if delivered is not result and reported:
        reported = records.write_report(delivered, found.skipped)
    say(settings, delivered, found)
    return exit_code(delivered, settings.check) if recorded and reported else FAILED


def _found(settings: Settings) -> Found:
    if settings.standard_input:
        return Found()
    without = os.path.realpath(settings.output) if settings.output else None
    return discover(settings.paths, settings.extra, without)


def _contents(settings: Settings, found: Found) -> Contents:
    if settings.standard_input:
        if sys.stdin is None:
            raise UsageError("standard input is closed")
        return Contents({STDIN: sys.stdin.buffer.read()}, ())
    return read_all(found.sources, settings.jobs)


def _traced(settings: Settings, places: Mapping[str, str]) -> "Traced | None":
    if not settings.trace:
        return None
    from ._trace import trace

    return trace(settings, places)


def _migrated(settings: Settings, contents: Contents, found: Found, traced: "Traced | None") -> Result:
    from .. import codemod

    options = Options(
        settings.linen_names,
        settings.line_length,
        settings.todo,
        settings.calls_by_hand,
        settings.size_args,
        settings.beside,
        Path.cwd().parts[1:],
    )
    with working(f"migrating {len(contents.files)} files") if len(contents.files) > FEW else nullcontext():
        result = codemod.migrate_files(contents.files, options, traced and traced.facts)
    failures = (*found.failures, *contents.failures)
    unread = [FileResult(failure.path, b"", b"", (), (failure,)) for failure in failures]
    if traced and traced.failures:
        unread.append(FileResult(settings.config_file, b"", b"", (), traced.failures))
    return replace(result, files=(*result.files, *unread))


def _delivered(settings: Settings, result: Result, places: Mapping[str, str]) -> Result:
    if settings.diff:
        diff, base = _deliver.as_diff(result, places)
        show(diff)
        if diff and base != os.path.realpath(os.curdir):
            tell(f"migrate-norm: paths in the diff are relative to {base}: apply it there")
    elif settings.check:
        pass
    elif settings.standard_input:
        show(result.files[0].after)
    elif settings.output:
        return _deliver.into(settings.output, result, places, settings.folder)
    else:
        return in_place(result, places)
    return result
