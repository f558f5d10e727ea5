"""`create_model(config)`, a function that returns a new model: read as the construction, wherever it is called."""

import ast
from collections.abc import Iterator, Sequence

from ..model import LinenClass
from ..names import first_name
from ..project import Project
from ..rewording import Rewording
from ..source import Source
from ..trees import parents_of, walk
from .builders import OTHERWISE, SCOPES, Builder, class_of, is_bound_once, returned, signature
from .calls import given_to, moves, with_arguments


def read_models(project: Project) -> list[Rewording]:
    """Returns the calls of such functions, all of which stand outside of Linen classes, and what imports them."""
    found: list[Rewording] = []
    for source in project.sources.values():
        for node in (n for n in source.tree.body if isinstance(n, ast.FunctionDef)):
            pair = _model(node, source, project)
            read = [*_everywhere(*pair, node, project)] if pair is not None else []
            found += [one for one in read if one is not None] if None not in read else []
    return found


def _model(node: ast.FunctionDef, source: Source, project: Project) -> tuple[Builder, LinenClass] | None:
    """A function that does no more than construct a class of its file."""
    value, function = returned(node), signature(node, source)
    made = class_of(value.func, project.names[source.module], project) if value is not None else None
    if value is None or function is None or made is None or made.source is not source:
        return None
    odd = any(isinstance(n, SCOPES | OTHERWISE) for n in walk(value))
    if odd or not is_bound_once(node.name, source):
        return None
    free = {n.id for n in walk(value) if isinstance(n, ast.Name)} - {*function.parameters}
    read = frozenset(free | function.of_defaults)
    return Builder(node.name, source, function.parameters, function.defaults, value, read), made


def _everywhere(
    builder: Builder, made: LinenClass, function: ast.FunctionDef, project: Project
) -> Iterator[Rewording | None]:
    """Yields None for what is no call, or a call where the names may mean something else."""
    inside = {*walk(function)}
    for module, source in project.sources.items():
        names = project.names[module]
        known = [
            local for local, name in names.aliases.items() if project.canonical(name) == builder.full_name
        ]
        if source is not builder.source and known:
            yield _import(builder, made, source, known, project)
        spelled = [builder.name] if source is builder.source else known
        by_name = (
            n for n in walk(source.tree) if isinstance(n, ast.Name) and n.id in spelled and n not in inside
        )
        ends = (n for n in walk(source.tree) if isinstance(n, ast.Attribute) and n.attr == builder.name)
        with_file = (n for n in ends if project.canonical(names.resolve(n) or "") == builder.full_name)
        if mentions := [*by_name, *with_file]:
            yield from _mentioned(builder, made, mentions, source, project)


def _is_of_module(
    node: ast.Attribute, builder: Builder, made: LinenClass, source: Source, project: Project
) -> bool:
    """Tells whether `models.create` is spelled with the file that has the class too, which `models.Net` then is."""
    module = project.names[source.module].resolve(node.value)
    return module == builder.source.module and source is not builder.source and builder.free == {made.short}


def _mentioned(
    builder: Builder,
    made: LinenClass,
    mentions: Sequence[ast.expr],
    source: Source,
    project: Project,
) -> Iterator[Rewording | None]:
    """The calls of the function in one file."""
    parents = parents_of(source.tree)
    linen = {n for c in project.classes.values() if c.source is source for n in walk(c.node)}
    for node in mentions:
        call = parents[node]
        plain = isinstance(call, ast.Call) and call.func is node and node not in linen
        read = {first_name(node)}
        if isinstance(node, ast.Attribute):
            plain = plain and _is_of_module(node, builder, made, source, project)
        else:
            read |= builder.free
        hidden = read & _bound_around(node, parents)
        yield _call(builder, call, made, source, project) if plain and not hidden else None


def _import(
    builder: Builder, made: LinenClass, source: Source, known: Sequence[str], project: Project
) -> Rewording | None:
    """The class instead of the function, where a file imports it from where both are, and has no such name yet."""
    froms = (n for n in source.tree.body if isinstance(n, ast.ImportFrom))
    found = [a for n in froms for a in n.names if (a.asname or a.name) in known]
    names = project.names[source.module]
    taken = made.short in names.aliases or any(
        isinstance(n, ast.Name) and n.id == made.short for n in walk(source.tree)
    )
    direct = len(found) == len(known) == 1 and names.aliases[known[0]] == builder.full_name
    if taken or not direct or builder.free != {made.short} or source.path.endswith("__init__.py"):
        return None
    place = ast.copy_location(ast.Name("", ast.Load()), found[0])
    return Rewording(made, place, made.short, (builder.full_name,), source)


def _call(
    builder: Builder, call: ast.AST, made: LinenClass, source: Source, project: Project
) -> Rewording | None:
    assert isinstance(call, ast.Call)
    given = given_to(call, builder.parameters, builder.defaults)
    names = project.names[source.module]
    if given is None or not all(moves(node, builder.count(name), names) for name, node in given.items()):
        return None
    own = {*call.args, *(k.value for k in call.keywords)}
    if source is not builder.source and not all(
        n in own or isinstance(n, ast.Constant) for n in given.values()
    ):
        return None
    code = with_arguments(builder, given, source)
    if code is None:
        return None
    if isinstance(call.func, ast.Attribute):
        code = f"{ast.unparse(call.func.value)}.{code}"
    code = code[:-1] + source.newline * ((call.end_lineno or call.lineno) - call.lineno) + ")"
    return Rewording(made, call, code, (builder.full_name,), None if source is made.source else source)


def _bound_around(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> set[str]:
    """The names that the functions around a node, and comprehensions, bind: there they hide those of the file."""
    found: set[str] = set()
    while (above := parents.get(node)) is not None:
        node = above
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | SCOPES):
            inner: Sequence[ast.AST] = walk(node)
            found |= {n.id for n in inner if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
            found |= {n.arg for n in inner if isinstance(n, ast.arg)}
    return found
