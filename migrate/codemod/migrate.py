"""The whole run: parse, read, plan until nothing changes any more, write, check."""

import ast
import gc
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from ..catalog.findings import Diagnostic, Severity
from ..catalog.mapping import ClassMapping
from ..catalog.mapping import Mapping as MappingFile
from .api import FileResult, Options, Result
from .beside.decided import moves_of
from .beside.moves import Moves
from .beside.places import new_module, new_path, with_new_files
from .called_self import read_called_self
from .census import read_symbols
from .decide import decide
from .decisions import Decisions
from .inlining.appended_locals import read_appended_locals
from .inlining.as_lists import read_as_lists
from .inlining.asked_layers import read_asked
from .inlining.bodies import read_bodies
from .inlining.calls import read_inlined
from .inlining.cells import read_cells
from .inlining.chained import read_chained
from .inlining.chosen_layers import read_chosen_layers
from .inlining.controls import read_controls
from .inlining.counters import read_counters
from .inlining.default_modules import read_default_modules
from .inlining.held import read_held
from .inlining.inherited_layers import read_inherited
from .inlining.joined import read_joined
from .inlining.kept import read_kept
from .inlining.kept_choices import read_kept_choices
from .inlining.lacking import read_lacking
from .inlining.local_functions import read_local_functions
from .inlining.made_where_called import read_made_where_called
from .inlining.models import read_models
from .inlining.named_rounds import read_named_rounds
from .inlining.normalized import read_normalized
from .inlining.other_names import read_other_names
from .inlining.otherwise import read_otherwise
from .inlining.own_call import read_own_call
from .inlining.own_name import read_own_name
from .inlining.own_variables import read_own_variables
from .inlining.parts import read_parts
from .inlining.returned_functions import read_returned_functions
from .inlining.rounds import read_rounds
from .inlining.rounds_told import read_rounds_told
from .inlining.scopes import read_scopes
from .inlining.sequences import read_sequences
from .inlining.set_by_name import read_set_by_name
from .inlining.spelled_out import read_spelled_out
from .inlining.spelled_variables import read_spelled_variables
from .inlining.thunks import read_thunks
from .inlining.together import read_together
from .inlining.unused import readers, unused
from .makers.applied import read_applied
from .makers.records import Heir
from .migrated_before.read import read_bridged, with_before
from .modules import module_names
from .names import Names, read_names
from .placed import placed
from .plan.mapping_rules import class_rules, class_slots, heir_mapping
from .plan.records import ClassPlan
from .project import Project, read_project
from .reasons import Reasons, reasons_of, with_reasons
from .registered import read_registered
from .related import Related
from .rewording import Rewording, apart, apart_from, reworded, still_reworded, with_places
from .source import Source, Unreadable, parse
from .traced.records import Facts

_AT_LAST = (
    read_scopes, read_own_call, read_own_name, read_spelled_variables, read_asked, read_own_variables,
    read_inherited, read_otherwise, read_lacking, read_held,
)  # fmt: skip
"""What reads pieces of classes that nothing before it has read otherwise."""
_BY_USERS = ("MN301", "MN302")
"""What a class is refused for that could be migrated by itself."""


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
        parsed, tables, errors = read_files(sources, options.above)
        project = replace(read_project(list(parsed.values()), tables, traced, options.above), files=sources)
        project = with_before(project)
        found = _rewordings(project)
        if traced is not None:
            found = _with_those_untraced(found, replace(project, traced=None), (parsed, tables), options)
        settled = partial(_settled, sources, options, traced, project, (parsed, tables, errors))
        result, stays = settled(found)
        alike = read_together(project, varying=False) if stays and traced is None else []
        more = [one for one in alike if one.cls.name in stays]
        if more:  # they read well as they are, unless the class stays for it
            again, left = settled([*found, *apart_from(found, more)])
            result = again if left < stays else result
        return result


def _settled(
    sources: Mapping[str, bytes],
    options: Options,
    traced: Facts | None,
    project: Project,
    files: tuple[dict[str, Source], dict[str, Names], dict[str, Diagnostic]],
    found: Sequence[Rewording],
) -> tuple[Result, Set[str]]:
    """Returns the result with classes read as other code, those that migrate so, and the classes that stay Linen."""
    told, (parsed, tables, errors) = Reasons(), files
    while True:
        read, again = parsed, project
        if found:
            read, again = _read_as(found, project, parsed, tables, options.above, traced)
            again = replace(again, files=sources, unread=project.unread)
        decisions, written = decide(again, options, {}), dict[str, bytes]()
        if still_reworded(found, decisions.refused) == found:  # nothing else is worth writing
            decisions, written = _written(read, again, options, decisions)
        said = _said(read, errors, decisions)
        found, before = still_reworded(found, decisions.refused), found
        if found == before:
            result = _result(sources, read, said, options, again, decisions, written)
            return with_reasons(result, told, project.classes.values()), decisions.refused.keys()
        told = reasons_of(said.values(), project.classes.values()) | told


def _read_as(
    found: Sequence[Rewording],
    project: Project,
    parsed: Mapping[str, Source],
    tables: Mapping[str, Names],
    above: Sequence[str],
    traced: Facts | None = None,
) -> tuple[dict[str, Source], Project]:
    """Returns the files, and the project that they are, with classes read as other code."""
    anew = reworded(found)
    facts = with_places(traced, found, anew) if traced is not None else None
    read = {**parsed, **anew}
    called = readers(found)
    again = read_project(list(read.values()), {**tables, **_tables_of(anew, found)}, facts, above)
    again = replace(again, classes={**again.classes, **project.before}, before=project.before)
    names = frozenset(one.cls.name for one in found)
    return read, replace(again, unused=unused(called, again), called=called, reworded=names)


def _with_those_untraced(
    found: list[Rewording],
    project: Project,
    files: tuple[Mapping[str, Source], Mapping[str, Names]],
    options: Options,
) -> list[Rewording]:
    """A class whose sizes the source tells needs no run: it is read with the functions that it calls, in place."""
    every = _rewordings(project)
    if {(one.cls, one.code) for one in every} <= {(one.cls, one.code) for one in found}:
        return found
    _, read = _read_as(every, project, *files, options.above)
    refused = decide(replace(read, files=project.files), options, {}).refused
    own = [one for one in every if refused.get(one.cls.name, _BY_USERS[0]) in _BY_USERS]
    alone = {one.cls for one in own}
    return [*own, *apart_from(own, [one for one in found if one.cls not in alone])]


def _tables_of(anew: Mapping[str, Source], found: Sequence[Rewording]) -> dict[str, Names]:
    """What the names of files stand for that import something else, as they are read."""
    paths = {one.source.path for one in found if one.elsewhere is not None}
    return {
        s.module: read_names(s.tree, s.module, path.endswith("__init__.py"))
        for path, s in anew.items()
        if path in paths
    }


def _rewordings(project: Project) -> list[Rewording]:
    """What classes are read as. The runs of models know calls by their places: a function read in place has others."""
    found = [*read_called_self(project), *read_registered(project)]
    taken = {one.cls for one in found}
    inlined = [*read_default_modules(project), *read_normalized(project), *read_chained(project)]
    inlined += read_appended_locals(project)
    inlined += apart_from(inlined, read_bridged(project))
    inlined += apart_from(inlined, read_set_by_name(project))
    inlined += apart_from(inlined, read_other_names(project))
    if project.traced is None:
        inlined += [*read_inlined(project), *read_cells(project), *read_sequences(project)]
        inlined += read_rounds(project)
        inlined += read_rounds_told(project)
        inlined += apart_from(inlined, read_as_lists(project))
        inlined += apart_from(inlined, read_counters(project))
        inlined += [*read_spelled_out(project), *read_thunks(project)]
        inlined += apart_from(inlined, read_named_rounds(project))
        inlined += apart_from(inlined, read_made_where_called(project))
        inlined += apart_from(inlined, read_chosen_layers(project))
    there = {one.node for one in inlined}
    inlined += [one for one in read_applied(project) if one.node not in there]
    others = (
        *(read_joined, read_together, read_bodies, read_parts),
        *(read_models, read_local_functions, read_returned_functions),
    )
    for read in (read_controls, read_kept, read_kept_choices, *(others if project.traced is None else ())):
        inlined += apart_from(inlined, apart(read(project)))
    for read in _AT_LAST:
        inlined += apart_from(inlined, read(project))
    return found + [one for one in inlined if one.cls not in taken]


def read_files(
    sources: Mapping[str, bytes],
    above: Sequence[str] = (),
) -> tuple[dict[str, Source], dict[str, Names], dict[str, Diagnostic]]:
    """Returns the files that have to do with flax, what their names stand for, and those that can't be read."""
    modules = module_names(sources, above)
    related = Related(modules, sources, above)
    parsed: dict[str, Source] = {}
    tables: dict[str, Names] = {}
    errors: dict[str, Diagnostic] = {}
    aside: dict[str, Source] = {}
    doubtful: set[str] = set()
    waiting = [path for path, data in sources.items() if b"flax" in data or b"linen" in data]
    while waiting:
        done = len(parsed)
        for path in waiting:
            try:
                source = aside.get(path) or parse(path, sources[path], modules[path])
            except Unreadable as error:
                errors[path] = Diagnostic(
                    path, error.line, error.column, "MN902", str(error), "", Severity.ERROR
                )
                continue
            if path in doubtful and not related.names_a_class(source):
                aside[path] = source
                continue
            parsed[path] = source
            tables[source.module] = read_names(source.tree, source.module, path.endswith("__init__.py"))
            related.add(source, tables[source.module])
        if len(parsed) == done:
            break
        unread = [path for path in sources if path not in parsed and path not in errors]
        users, called = related.users(unread), {*related.definitions()}
        doubtful = {path for path, sure in users.items() if not sure} - called
        waiting = sorted({*users, *called} & {*unread})
    return {path: parsed[path] for path in sources if path in parsed}, tables, errors


def _written(
    parsed: Mapping[str, Source], project: Project, options: Options, decisions: Decisions
) -> tuple[Decisions, dict[str, bytes]]:
    """Returns what the files become by path, and what is decided where the rewrite of one fails."""
    broken: dict[str, str] = {}
    while True:
        moves = moves_of(project, decisions)
        changing = [s for s in parsed.values() if _changes(decisions, moves, options, s)]
        written: dict[str, bytes] = {}
        for source in changing:
            if source.path not in broken:
                _write(source, project, decisions, moves, options, written, broken)
        if not any(source.path in broken for source in changing):
            return decisions, written
        decisions = decide(project, options, broken)


def _said(
    parsed: Mapping[str, Source], errors: Mapping[str, Diagnostic], decisions: Decisions
) -> dict[str, list[Diagnostic]]:
    """Returns what is said of each file that anything is said of."""
    found = {path: {error} for path, error in errors.items()}
    for diagnostic in decisions.diagnostics:
        found.setdefault(diagnostic.path, set()).add(diagnostic)
    return {
        path: sorted(placed(said, parsed[path]) if path in parsed else said) for path, said in found.items()
    }


def _result(
    sources: Mapping[str, bytes], parsed: Mapping[str, Source], said: Mapping[str, Sequence[Diagnostic]],
    options: Options, project: Project, decisions: Decisions, written: Mapping[str, bytes],
) -> Result:  # fmt: skip
    files, names = [], project.names
    for path, data in sources.items():
        source = parsed.get(path)
        symbols = read_symbols(source, names[source.module], decisions) if source is not None else ()
        after = data if options.beside else written.get(path, data)
        files.append(FileResult(path, data, after, tuple(symbols), tuple(said.get(path, ()))))
    if options.beside:
        files = with_new_files(files, written)
    held = {
        file.path for file in files if options.beside and any(d.code == "MN908" for d in file.diagnostics)
    }
    there = [p for p in decisions.plans.values() if new_path(p.cls.source.path) not in held]
    mapped = [_class_mapping(plan, options) for plan in there]
    mapped += [heir_mapping(c.maker) for c in decisions.makers if isinstance(c.maker, Heir)]
    told = (name for name, plan in decisions.plans.items() if any(p.told for p in (plan, *plan.bases)))
    mapping = MappingFile(tuple(sorted(mapped, key=lambda c: c.name)))
    return Result(tuple(files), mapping, frozenset(told))


def _changes(decisions: Decisions, moves: Moves, options: Options, source: Source) -> bool:
    if options.beside:
        return source.path not in decisions.broken and source.module in moves.statements
    return decisions.changes(source)


def _write(
    source: Source, project: Project, decisions: Decisions, moves: Moves, options: Options,
    written: dict[str, bytes], broken: dict[str, str],
) -> None:  # fmt: skip
    """Writes one file; one that fails its own check stays as it was, and with it what depends on it."""
    from .beside.imports import settle_imports  # libcst is loaded when a file is known to change
    from .write.files import layout_of, write_file

    plans = [p for p in decisions.plans.values() if p.cls.source is source]
    try:
        taken = project.taken[source.module]
        names, chosen = project.names[source.module], moves.statements.get(source.module)
        text = write_file(source, names, plans, decisions, options, taken if chosen is None else (), chosen)
        if chosen is not None:
            text = settle_imports(source, text, project, moves, layout_of(source, options))
        compile(ast.parse(text), source.path, "exec", dont_inherit=True)
        written[source.path] = source.encode(text)
    except Exception as failed:  # whatever goes wrong in here is our fault, and must not cost the user a file
        said = traceback.format_exception_only(failed)[-1].splitlines()[0]
        broken[source.path] = f"the rewrite failed its own check: {said}"


def _class_mapping(plan: ClassPlan, options: Options) -> ClassMapping:
    name, source = plan.cls.name, plan.cls.source
    if options.beside:
        name = new_module(source.module, source.path) + name.removeprefix(source.module)
    variables = class_rules(plan)
    arguments = [p.name for p in plan.every_parameter]
    return ClassMapping(
        name,
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
