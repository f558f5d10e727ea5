"""The whole run: parse, read, plan until nothing changes any more, write, check."""

import ast
import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..catalog.findings import Diagnostic, Outcome, Severity, Symbol
from ..catalog.mapping import ClassMapping, VariableMapping
from ..catalog.mapping import Mapping as MappingFile
from .api import FileResult, Options, Result
from .census import read_symbols
from .decide import Decisions, decide
from .modules import module_names
from .names import Names, read_names
from .plan.naming import qualified_type
from .plan.records import ClassPlan
from .project import Project, read_project
from .source import Source, Unreadable, parse


def migrate_files(sources: Mapping[str, bytes], options: Options | None = None) -> Result:
    """Migrates all files of a project at once: display path -> bytes. No file is read or written here.

    A file that cannot be decoded, parsed or rewritten comes back as it was with an `ERROR` diagnostic; the others are
    still done. Classes, bases and constructors are resolved across all the files given.
    """
    options = options or Options()
    with _no_collector():
        modules = module_names(sources)
        parsed: dict[str, Source] = {}
        errors: dict[str, Diagnostic] = {}
        for path, data in sources.items():
            if b"flax" in data or b"linen" in data or _may_use(data, sources):
                try:
                    parsed[path] = parse(path, data, modules[path])
                except Unreadable as error:
                    errors[path] = Diagnostic(
                        path, error.line, error.column, "MN902", str(error), "", Severity.ERROR
                    )
        return _run(sources, parsed, errors, options)


def _may_use(data: bytes, sources: Mapping[str, bytes]) -> bool:
    """Files that never name flax may construct a class of a file that does; a lone file needs no such look."""
    return len(sources) > 1 and (b".init(" in data or b".apply(" in data)


def _run(
    sources: Mapping[str, bytes], parsed: dict[str, Source], errors: dict[str, Diagnostic], options: Options
) -> Result:
    tables = {s.module: read_names(s.tree, s.module, s.path.endswith("__init__.py")) for s in parsed.values()}
    project = read_project(list(parsed.values()), tables)
    decisions = decide(project, options)
    files = [
        _file(path, data, parsed.get(path), errors.get(path), project, decisions, options)
        for path, data in sources.items()
    ]
    migrated = [plan for name, plan in decisions.plans.items() if name not in decisions.withdrawn]
    return Result(
        tuple(files), MappingFile(tuple(sorted((_class_mapping(p) for p in migrated), key=lambda c: c.name)))
    )


def _file(
    path: str, data: bytes, source: Source | None, error: Diagnostic | None,
    project: Project, decisions: Decisions, options: Options,
) -> FileResult:  # fmt: skip
    if source is None:
        return FileResult(path, data, data, (), (error,) if error else ())
    from .write.files import write_file  # libcst is loaded when a file is known to change

    names = project.names[source.module]
    plans = [p for p in decisions.plans.values() if p.cls.source is source]
    found = [d for d in decisions.diagnostics if d.path == path]
    after = data
    if decisions.changes(source):
        text = write_file(source, names, plans, decisions, options)
        try:
            compile(ast.parse(text), path, "exec", dont_inherit=True)
            after = source.encode(text)
        except (SyntaxError, ValueError) as failed:
            line = getattr(failed, "lineno", 1) or 1
            message = f"the rewritten file does not compile: {failed} (line {line} of the result)"
            return FileResult(path, data, data, tuple(_left(source, names, decisions)),
                              (*found, Diagnostic(path, 1, 1, "MN906", message, "", Severity.ERROR)))  # fmt: skip
    return FileResult(path, data, after, tuple(read_symbols(source, names, decisions)), tuple(sorted(found)))


def _left(source: Source, names: Names, decisions: Decisions) -> Iterator[Symbol]:
    for symbol in read_symbols(source, names, decisions):
        yield Symbol(symbol.path, symbol.line, symbol.column, symbol.name, Outcome.REFUSED, "MN906")


def _class_mapping(plan: ClassPlan) -> ClassMapping:
    variables = [
        VariableMapping(
            v.creation.collection, (v.linen,), v.path, qualified_type(v.type, plan.cls.source.module)
        )
        for v in plan.every_variable
        if v.path
    ]
    arguments: list[str] = []
    above: ClassPlan | None = plan
    while above is not None:
        arguments = [p.name for p in above.parameters] + arguments
        above = above.base
    return ClassMapping(
        plan.cls.name, tuple(sorted(variables, key=lambda v: (v.collection, v.linen))), tuple(arguments)
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
