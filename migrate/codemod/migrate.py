"""The whole run: parse, read, plan until nothing changes any more, write, check."""

import ast
import gc
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..catalog.findings import Diagnostic, Severity
from ..catalog.mapping import ClassMapping
from ..catalog.mapping import Mapping as MappingFile
from .api import FileResult, Options, Result
from .census import read_symbols
from .decide import decide
from .decisions import Decisions
from .modules import module_names
from .names import Names, read_names
from .plan.mapping_rules import class_rules, class_slots
from .plan.records import ClassPlan
from .project import Project, read_project
from .related import Related
from .source import Source, Unreadable, parse
from .traced.records import Facts


def migrate_files(
    sources: Mapping[str, bytes], options: Options | None = None, traced: Facts | None = None
) -> Result:
    """Migrates all files of a project at once: display path -> bytes. No file is read or written here.

    `traced` has what runs of the project's models have shown of sizes, where the source does not tell them.

    A file that cannot be decoded, parsed or rewritten comes back as it was with an `ERROR` diagnostic; the others are
    still done. Classes, bases and constructors are resolved across all the files given.
    """
    options = options or Options()
    with _no_collector(), warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # the user's own, such as an invalid escape
        parsed, tables, errors = read_files(sources)
        return _run(sources, parsed, tables, errors, options, traced)


def read_files(
    sources: Mapping[str, bytes],
) -> tuple[dict[str, Source], dict[str, Names], dict[str, Diagnostic]]:
    """Returns the files that have to do with flax, what their names stand for, and those that can't be read."""
    modules = module_names(sources)
    related = Related(modules)
    parsed: dict[str, Source] = {}
    tables: dict[str, Names] = {}
    errors: dict[str, Diagnostic] = {}
    waiting = [path for path, data in sources.items() if b"flax" in data or b"linen" in data]
    while waiting:
        for path in waiting:
            try:
                source = parsed[path] = parse(path, sources[path], modules[path])
            except Unreadable as error:
                errors[path] = Diagnostic(
                    path, error.line, error.column, "MN902", str(error), "", Severity.ERROR
                )
                continue
            tables[source.module] = read_names(source.tree, source.module, path.endswith("__init__.py"))
            related.add(source, tables[source.module])
        unread = {path: data for path, data in sources.items() if path not in parsed and path not in errors}
        waiting = sorted({*related.users(unread), *related.definitions()} & unread.keys())
    return {path: parsed[path] for path in sources if path in parsed}, tables, errors


def _run(
    sources: Mapping[str, bytes], parsed: dict[str, Source], tables: Mapping[str, Names],
    errors: dict[str, Diagnostic], options: Options, traced: Facts | None,
) -> Result:  # fmt: skip
    project = read_project(list(parsed.values()), tables, traced)
    broken: dict[str, str] = {}
    while True:
        decisions = decide(project, options, broken)
        written: dict[str, bytes] = {}
        for path, source in parsed.items():
            if path not in broken and decisions.changes(source):
                _write(source, project, decisions, options, written, broken)
        if not any(path in broken and decisions.changes(parsed[path]) for path in parsed):
            break
    files = []
    for path, data in sources.items():
        found = [
            *([errors[path]] if path in errors else []),
            *(d for d in decisions.diagnostics if d.path == path),
        ]
        symbols = (
            read_symbols(parsed[path], project.names[parsed[path].module], decisions)
            if path in parsed
            else ()
        )
        files.append(
            FileResult(path, data, written.get(path, data), tuple(symbols), tuple(sorted(set(found))))
        )
    mapped = sorted((_class_mapping(p) for p in decisions.plans.values()), key=lambda c: c.name)
    told = (name for name, plan in decisions.plans.items() if any(p.told for p in (plan, *plan.bases)))
    return Result(tuple(files), MappingFile(tuple(mapped)), frozenset(told))


def _write(
    source: Source, project: Project, decisions: Decisions, options: Options,
    written: dict[str, bytes], broken: dict[str, str],
) -> None:  # fmt: skip
    """Writes one file; one that fails its own check stays as it was, and with it what depends on it."""
    from .write.files import write_file  # libcst is loaded when a file is known to change

    plans = [p for p in decisions.plans.values() if p.cls.source is source]
    try:
        taken = project.taken[source.module]
        text = write_file(source, project.names[source.module], plans, decisions, options, taken)
        compile(ast.parse(text), source.path, "exec", dont_inherit=True)
        written[source.path] = source.encode(text)
    except Exception as failed:  # whatever goes wrong in here is our fault, and must not cost the user a file
        broken[source.path] = (
            f"the rewrite failed its own check: {type(failed).__name__}: {failed}".splitlines()[0]
        )


def _class_mapping(plan: ClassPlan) -> ClassMapping:
    variables = class_rules(plan)
    arguments = [p.name for p in plan.every_parameter]
    return ClassMapping(
        plan.cls.name,
        tuple(sorted(variables, key=lambda v: (v.collection, v.linen))),
        tuple(arguments),
        tuple(class_slots(plan)),
    )


@contextmanager
def _no_collector() -> Iterator[None]:
    """Syntax trees are many small objects and no garbage: walking them for cycles doubles the time of a parse."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
