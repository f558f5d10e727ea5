"""A package, class by class: what became of each with only what it needs, and of all of them together."""

import ast
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from migrate_norm.catalog.findings import Diagnostic, Severity
from migrate_norm.codemod import Options, Result, migrate_files
from migrate_norm.codemod.traced.records import Facts

from ..beside import Beside, beside
from ..check import Checked, judge
from ..isolate import Isolated, MissingImportError, isolate, users
from ..oracle import Linen, Program, dotted, parse
from .fields import Fields, calls_by_name, seen
from .observed import Shown
from .traced import Trace
from .verify import Found, Verdict
from .ways import Known
from .worker import Job

CASCADES = frozenset({"MN104", "MN107", "MN110", "MN301", "MN302"})  # refused because something else was
UNTOLD = "MN108"
FACTORY = "MN101"
BROKEN, CRASH = "BROKEN", "CRASH"  # output that does not compile or that a second run changes; an exception
Compare = Callable[[Job], Found]
Show = Callable[[Trace], Facts]


@dataclass(frozen=True)
class Class:
    """One Linen class by itself. `outcome` is a verdict, the code of a refusal, or what it needs to be read.

    `traced` is the outcome with what runs of it have shown, where the source did not tell all sizes.
    """

    path: str
    name: str
    outcome: str
    detail: str = ""
    traced: str = ""

    @property
    def key(self) -> str:
        return f"{self.path}:{self.name}"


@dataclass(frozen=True)
class Row:
    """One package: its classes by themselves, and the runs over all of its files, in place and beside them.

    `sites` are the calls that construct one of the classes, `rewritten` those that construct an NNX class now.
    """

    package: str
    whole: Checked
    beside: Beside
    sites: int
    rewritten: int
    classes: tuple[Class, ...]


def row(
    package: str,
    program: Program,
    compare: Compare | None,
    say: Callable[[Class], None],
    show: Show | None = None,
    shown: tuple[Shown, ...] = (),
) -> Row:
    """Migrates a package whole and class by class; `compare`, where given, says what the classes compute.

    `show`, where given, runs those whose sizes the source does not tell. `shown` are whole models of the package.
    """
    sources = {path: file.text for path, file in program.files.items()}
    classes, calls = [], calls_by_name(program)
    for linen in program.linen():
        if "." not in linen.name:  # a class inside of a class or a function cannot be taken out
            classes.append(single(program, linen, compare, calls, show, shown))
            say(classes[-1])
    names = {linen.name.rpartition(".")[2] for linen in program.linen()}
    before = _sites(sources, names)
    whole, after = _whole(package, sources)
    rewritten = _sites(after, names)[True] - before[True]
    return Row(package, whole, beside(sources), before[False], rewritten, tuple(classes))


def _whole(package: str, sources: Mapping[str, bytes]) -> tuple[Checked, Mapping[str, bytes]]:
    """Migrates all files in one run; returns what came of it, and the files then."""
    try:
        result = migrate_files(sources, Options())
        return judge(package, sources, result), {file.path: file.after for file in result.files}
    except Exception as error:  # a crash is the finding, and the other packages go on
        return Checked(package, len(sources), 0, 0, 0, 0, {}, (_crash(error),)), sources


def single(
    program: Program,
    linen: Linen,
    compare: Compare | None,
    calls: Mapping[str, list[ast.Call]],
    show: Show | None = None,
    shown: tuple[Shown, ...] = (),
) -> Class:
    """Migrates one class with only what it needs; `calls` are those of the package, by name."""
    try:
        isolated = isolate(program, linen.path, linen.name)
        models = tuple(each for each in shown if each.has(isolated))
        known = Known(_seen(program, linen, calls[linen.name]), models)
        found = _ended(linen, isolated, compare, known)
        if found.outcome == FACTORY:
            return _with_users(program, linen, known) or found
        if found.outcome != UNTOLD or show is None:
            return found
        again = _ended(linen, isolated, compare, known, show(Trace(isolated, known)))
        return replace(found, traced=again.outcome, detail=f"{found.detail}\n    traced: {again.detail}")
    except MissingImportError as error:
        return Class(linen.path, linen.name, f"needs {error}")
    except Exception as error:  # a crash is the finding, and the other classes go on
        return Class(linen.path, linen.name, CRASH, _crash(error))


def _with_users(program: Program, linen: Linen, known: Known) -> Class | None:
    """Migrates a class with what its file makes of it, which tells what its fields hold; None if it stays Linen.

    It is not compared: only the constructions of the file say what fields such as `conv: ModuleDef` are given. Where
    it stays Linen for what functions do with it, which are no part of a class by itself, it is tried without those.
    """
    file = program.files[linen.path]
    every = users(file, linen.name)
    kept = {other.name for other in program.linen() if other.path == linen.path}
    scripts = {s.name for s in file.tree.body if isinstance(s, ast.FunctionDef | ast.ClassDef)} - kept
    for each in (every, [name for name in every if name not in scripts]):
        found = _with(program, linen, each, known) if each else None
        if found is not None:
            return found
    return None


def _with(program: Program, linen: Linen, names: list[str], known: Known) -> Class | None:
    try:
        found = _ended(linen, isolate(program, linen.path, linen.name, *names), None, known)
    except MissingImportError:
        return None
    migrated = found.outcome in {*map(str, Verdict), BROKEN}
    return replace(found, detail=f"with {', '.join(names)}") if migrated else None


def _ended(
    linen: Linen, isolated: Isolated, compare: Compare | None, known: Known, facts: Facts | None = None
) -> Class:
    result = migrate_files(isolated.files, Options(), facts)
    if not any(c.name == f"{isolated.module}.{isolated.name}" for c in result.mapping.classes):
        cause = _cause(isolated, result)
        return Class(linen.path, linen.name, cause.code, str(cause))
    if faults := "; ".join(_faults(result)):
        return Class(linen.path, linen.name, BROKEN, faults)
    found = compare(Job(isolated, result, known)) if compare else Found(Verdict.UNBUILT)
    return Class(linen.path, linen.name, str(found.verdict), found.detail)


def _crash(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} at {place.filename}:{place.lineno}"


def _seen(program: Program, linen: Linen, calls: list[ast.Call]) -> tuple[Fields, ...]:
    body = program.files[linen.path].classes[linen.name].body
    order = [s.target.id for s in body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]
    return seen(calls, tuple(order))


def _cause(isolated: Isolated, result: Result) -> Diagnostic:
    """Returns the refusal that all others follow from."""
    said = [d for file in result.files for d in file.diagnostics if d.severity is not Severity.NOTE]
    own = [d for d in said if d.subject == isolated.name]
    first = [d for d in said if d.code not in CASCADES]
    return next(iter([*(d for d in own if d in first), *first, *own, *said]))


def _faults(result: Result) -> Iterator[str]:
    again = migrate_files({file.path: file.after for file in result.files}, Options())
    yield from (f"{file.path}: a second run changes it again" for file in again.files if file.changed)
    for file in result.files:
        try:
            compile(file.after, file.path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            yield f"{file.path}: does not compile: {error}"


def _sites(files: Mapping[str, bytes], names: set[str]) -> Counter[bool]:
    """Counts the calls of what has one of the names; NNX constructors are told by `rngs=`."""
    trees = (parse(text) for text in files.values())
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    named = (call for call in calls if dotted(call.func).rpartition(".")[2] in names)
    return Counter(any(keyword.arg == "rngs" for keyword in call.keywords) for call in named)
