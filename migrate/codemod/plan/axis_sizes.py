"""`tuple(d for i, d in enumerate(x.shape) if i in axis)`, where a field says the one axis, is one size of the input.

Copies of Flax's BatchNorm find the shape of their parameters like this.
"""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ..atoms import integers
from ..bindings import defines
from ..constructors import SizeArgument
from ..factories.resolve import line
from ..model import Creation, LinenClass, Method
from ..project import Project
from ..sizes import Parameter, Sizes
from ..slices import Atom, Slice
from ..trees import walk
from .axes_counted import counts_from_front


@dataclass(frozen=True)
class _Taken:
    """The sizes of `array` along what the local `axes` has, as `code` writes them around one size."""

    node: ast.expr
    array: str
    axes: ast.Name
    code: str


def axis_sizes(
    found: Slice, cls: LinenClass, creations: Sequence[Creation], project: Project, taken: Collection[str]
) -> Sizes:
    """Takes from a slice what asks for the size along such an axis, and returns the argument that stands for it."""
    sizes = Sizes()
    if "__post_init__" in cls.methods or has_subclasses(cls, project):
        return sizes  # either could change the axis
    parts = list(_parts(found, creations))
    asked = list(_asked(parts, found, cls))
    for array in sorted({each.array for each in asked}):
        _settle(sizes, [each for each in asked if each.array == array], parts, found, cls, project, taken)
    return sizes


def _parts(found: Slice, creations: Sequence[Creation]) -> Iterator[ast.AST]:
    """What the constructor evaluates: of a statement that creates variables, nothing around them but conditions."""
    for statement in found.keep:
        calls = [c.call for c in creations if c.call in walk(statement)]
        if not calls or isinstance(statement, ast.If | ast.For):
            yield from found.parts.get(statement, [statement])
        for call in calls:
            yield call
            yield from (a.test for a in found.method.above(call) if isinstance(a, ast.IfExp | ast.If))


def _settle(
    sizes: Sizes,
    asked: list[_Taken],
    parts: list[ast.AST],
    found: Slice,
    cls: LinenClass,
    project: Project,
    taken: Collection[str],
) -> None:
    array, makers = asked[0].array, _makers(found.method, asked[0].axes)
    field = _field(makers, array, found.method, cls, project)
    default = _default(cls, field) if field is not None else None
    atoms = [a for a in found.atoms if a.array == array and a.what != "dtype"]
    inside = {n for each in asked for n in walk(each.node)} | {n for maker in makers for n in walk(maker)}
    if field is None or default is None or not _is_all(found.method, parts, asked, atoms, inside):
        return
    name = "num_features"
    while name in {*taken, *found.locals, *(p.name for p in sizes.parameters)}:
        name += "_"
    argument = SizeArgument(
        name, found.method.node.name, array, f"{{}}.shape[{default}]", along=(field, default)
    )
    sizes.parameters.append(Parameter(name, "int", argument))
    sizes.replace |= {cls.source.span(each.node): each.code.format(name) for each in asked}
    sizes.drop |= set(makers)
    found.atoms[:] = [a for a in found.atoms if a not in atoms]
    found.locals.discard(asked[0].axes.id)


def _is_all(
    method: Method, parts: list[ast.AST], asked: list[_Taken], atoms: list[Atom], inside: set[ast.AST]
) -> bool:
    """Tells whether the constructor needs nothing else of the array, and the axes for nothing else."""
    axes, array = asked[0].axes.id, asked[0].array
    if any(each.axes.id != axes for each in asked) or array not in method.parameters:
        return False
    if any(a.version or a.index is not None or a.node not in inside for a in atoms):
        return False
    read = (n for part in parts for n in walk(part) if n not in inside)
    return not any(isinstance(n, ast.Name) and n.id == axes for n in read)


def has_subclasses(cls: LinenClass, project: Project) -> bool:
    return any(other is not cls and cls in line(other, project) for other in project.classes.values())


def _asked(parts: list[ast.AST], found: Slice, cls: LinenClass) -> Iterator[_Taken]:
    shadowed = {"tuple", "list", "enumerate"} & (cls.names.aliases.keys() | found.locals)
    waiting = [] if shadowed else [*parts]
    seen: set[ast.AST] = set()
    while waiting:
        node = waiting.pop()
        taken = _taken(node)
        if taken is None:
            waiting.extend(ast.iter_child_nodes(node))
        elif node not in seen:
            seen.add(node)
            yield taken


def _taken(node: ast.AST) -> _Taken | None:
    match node:
        case ast.Call(
            func=ast.Name(id="tuple"), args=[ast.GeneratorExp() | ast.ListComp() as each], keywords=[]
        ):
            return _each(node, each, "({},)")
        case ast.Call(func=ast.Name(id="list"), args=[ast.GeneratorExp() as each], keywords=[]):
            return _each(node, each, "[{}]")
        case ast.ListComp():
            return _each(node, node, "[{}]")
    return None


def _each(whole: ast.expr, node: ast.GeneratorExp | ast.ListComp, code: str) -> _Taken | None:
    match node.elt, node.generators:
        case (
            ast.Subscript(
                value=ast.Attribute(value=ast.Name(id=array), attr="shape"), slice=ast.Name(id=read)
            ),
            [ast.comprehension(target=ast.Name(id=bound), iter=ast.Name() as axes, ifs=[])],
        ) if read == bound:
            return _Taken(whole, array, axes, code)
        case (
            ast.Name(id=size),
            [
                ast.comprehension(
                    target=ast.Tuple(elts=[ast.Name(id=place), ast.Name(id=bound)]),
                    iter=ast.Call(
                        func=ast.Name(id="enumerate"),
                        args=[ast.Attribute(value=ast.Name(id=array), attr="shape")],
                        keywords=[],
                    ),
                    ifs=[
                        ast.Compare(left=ast.Name(id=asked), ops=[ast.In()], comparators=[ast.Name() as axes])
                    ],
                )
            ],
        ) if size == bound != place == asked:
            return _Taken(whole, array, axes, code)
    return None


def _makers(method: Method, axes: ast.Name) -> list[ast.stmt]:
    """The statements, all at the top, that make the local before it is read; nothing where others bind it too."""
    order = [s for s in walk(method.node) if isinstance(s, ast.stmt) and axes.id in defines(s)]
    known = [s for s in method.node.body if s in order]
    before = all((s.lineno, s.col_offset) < (axes.lineno, axes.col_offset) for s in known)
    same = len(known) == len(order) and axes.id not in method.parameters and before
    return list(known) if same else []


def _field(
    makers: list[ast.stmt], array: str, method: Method, cls: LinenClass, project: Project
) -> str | None:
    """The field that is the one axis, which the last statement counts from the front."""
    values = [s.value for s in makers if isinstance(s, ast.Assign) and len(s.targets) == 1]
    if not values or len(values) != len(makers):
        return None
    match values:
        case [ast.Call(args=[rank, axes], keywords=[]) as last] if _is_rank(rank, array):
            return _one(axes, method, cls) if counts_from_front(last.func, cls, project) else None
        case [first, ast.Call(args=[rank, ast.Name()], keywords=[]) as last] if _is_rank(rank, array):
            reads = isinstance(last.args[1], ast.Name) and last.args[1].id in defines(makers[0])
            packed = not isinstance(first, ast.Attribute) and reads
            return _one(first, method, cls) if packed and counts_from_front(last.func, cls, project) else None
    return None


def _is_rank(node: ast.expr, array: str) -> bool:
    return ast.unparse(node) in (f"{array}.ndim", f"len({array}.shape)")


def _one(node: ast.expr, method: Method, cls: LinenClass) -> str | None:
    """`self.axis`, `(self.axis,)`, or `self.axis if isinstance(self.axis, tuple) else (self.axis,)`, of an int."""
    match node:
        case ast.IfExp(
            test=ast.Call(func=ast.Name(id="isinstance"), args=[asked, ast.Name(id="tuple" | "list")]),
            body=ast.Attribute() as body,
            orelse=ast.Tuple(elts=[ast.Attribute() as one]),
        ) if ast.dump(asked) == ast.dump(body) == ast.dump(one):
            pass
        case ast.Tuple(elts=[ast.Attribute() as one]) | (ast.Attribute() as one):
            pass
        case _:
            return None
    return one.attr if method.is_this(one) and one.attr in integers(cls) else None


def _default(cls: LinenClass, name: str) -> int | None:
    default = next(f.default for f in cls.fields if f.name == name)
    try:
        value = ast.literal_eval(default) if default is not None else None
    except ValueError:
        return None
    return value if type(value) is int else None
