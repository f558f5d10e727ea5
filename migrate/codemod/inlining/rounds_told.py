"""`nn.vmap(Net, ...)(...)(xs)` without `axis_size`: the method puts together what is taken apart, and says how many."""

import ast
from collections.abc import Iterator

from ..factories.records import Scope
from ..lifts import lift_of
from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording
from ..trees import is_none, walk


def read_rounds_told(project: Project) -> list[Rewording]:
    """Returns the number of rounds of each such vmap, in front of its other arguments."""
    return [
        one
        for cls, method in project.methods if method.kind is MethodKind.COMPACT
        for one in _Reader(cls, method, project).read()
    ]  # fmt: skip


class _Reader:
    def __init__(self, cls: LinenClass, method: Method, project: Project):
        self.cls, self.method, self.factories = cls, method, project.factories
        self.scope = Scope(cls.names, cls, method)
        self.fields = {f.name for f in cls.fields}

    def read(self) -> Iterator[Rewording]:
        for call in (n for n in walk(self.method.node) if isinstance(n, ast.Call) and n.keywords):
            found = lift_of(call, self.cls.names)
            if found is None or found[0].name != "vmap" or found[0].odd or found[0].rounds is not None:
                continue
            axes = found[0].given.get("in_axes")
            uses = [use for made in self._calls(call) for use in self._calls(made)]
            sizes = {self._size(use, axes) for use in uses}
            if len(sizes) == 1 and (size := sizes.pop()) is not None:
                yield Rewording(self.cls, _ahead(call.keywords[0]), f"axis_size={size}, ")

    def _calls(self, node: ast.AST) -> list[ast.AST]:
        """Returns what calls an expression, there or by way of a local; or what else is done with it."""
        above = self.method.parents[node]
        if isinstance(above, ast.Call) and above.func is node:
            return [above]
        names = [n for n in walk(self.method.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
        bound = above.targets[0] if isinstance(above, ast.Assign) else None
        reads = [n for n in names if isinstance(bound, ast.Name) and n.id == bound.id]
        known = reads and all(self.factories.value(n, self.scope) is node for n in reads)
        return [self.method.parents[n] if self.method.is_called(n) else n for n in reads] if known else [node]

    def _size(self, use: ast.AST, axes: ast.expr | None) -> str | None:
        """The code for the first size of an argument that is taken apart along its first axis."""
        sizes = (
            [self._first(a) for i, a in enumerate(use.args) if _is_first(axes, i)]
            if isinstance(use, ast.Call)
            else []
        )
        return next((s for s in sizes if s is not None), None)

    def _first(self, argument: ast.expr) -> str | None:
        call = self.factories.value(argument, self.scope)
        name = (self.cls.names.resolve(call.func) or "") if isinstance(call, ast.Call) else ""
        package, _, function = name.rpartition(".")
        match function if package == "jax.numpy" else "", call:
            case "broadcast_to", ast.Call(args=[_, ast.Tuple(elts=[size, *_])], keywords=[]):
                return self._code(size)
            case "repeat", ast.Call(
                args=[each, size], keywords=[ast.keyword(arg="axis", value=ast.Constant(value=0))]
            ):
                return self._code(size) if _has_new_axis(each) else None
            case "stack", ast.Call(args=[ast.List(elts=[*parts])], keywords=[]) if not any(
                isinstance(p, ast.Starred) for p in parts
            ):
                return str(len(parts))
            case "stack", ast.Call(
                args=[ast.BinOp(left=ast.List(elts=[_]), op=ast.Mult(), right=size)], keywords=[]
            ):
                return self._code(size)
        return None

    def _code(self, size: ast.expr) -> str | None:
        """A number, or a field, which is the same in the constructor."""
        number = isinstance(size, ast.Constant) and type(size.value) is int and size.value > 0
        field = isinstance(size, ast.Attribute) and self.method.is_this(size) and size.attr in self.fields
        return ast.unparse(size) if number or field else None


def _ahead(keyword: ast.keyword) -> ast.expr:
    """The place in front of an argument."""
    place = ast.copy_location(ast.Name("", ast.Load()), keyword)
    place.end_lineno, place.end_col_offset = keyword.lineno, keyword.col_offset
    return place


def _is_first(axes: ast.expr | None, place: int) -> bool:
    """Tells whether the argument at a place is taken apart along its first axis."""
    match axes:
        case ast.Tuple(elts=each) | ast.List(elts=each):
            return place < len(each) and _is_first(each[place], place)
    return axes is None or (isinstance(axes, ast.Constant) and type(axes.value) is int and axes.value == 0)


def _has_new_axis(node: ast.expr) -> bool:
    """`x[None]` and `x[None, :]` are one in front."""
    match node:
        case ast.Subscript(slice=ast.Tuple(elts=[first, *_])) | ast.Subscript(slice=first):
            return is_none(first)
    return False
