"""Lists of modules that a comprehension of a compact method goes through, read as made where it calls them.

`convs = [nn.Conv(8, (k, k)) for k in self.sizes]` and `[conv(x) for conv in convs]` are one comprehension, with
`nn.Conv(8, (k, k))(x)` in it: the modules are made in the same order, and so have the same names.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..bindings import defines, statements, stored
from ..factories.records import Scope
from ..model import LinenClass, Method, MethodKind
from ..project import Project
from ..rewording import Rewording, instead_of
from ..trees import walk
from .filled import Element, Filled, Once, added, filled, is_plain, loops_of_one_round
from .text import one_line, with_code

_PURE = ("jax.", "numpy.", "math.")
_BUILTINS = frozenset(
    {
        "abs", "enumerate", "float", "int", "isinstance", "len", "list", "max", "min", "range", "reversed", "round",
        "sorted", "sum", "tuple", "zip",
    }
)  # fmt: skip
_MOST = 8
"""Elements that are spelled out; more of them make a line that nobody reads."""
_SIMPLE = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr
_SCOPES = ast.Lambda | ast.comprehension | ast.NamedExpr | ast.JoinedStr | ast.Await | ast.Starred


@dataclass(frozen=True, eq=False)
class _Use:
    """What goes through a list, and the call of each module of it in `elt`; `beside` is what it goes through with it.

    `beside` has the targets of what stands next to the list: an expression, or None for a number that counts.
    """

    node: ast.ListComp | ast.For
    listed: ast.Name
    each: ast.Name
    elt: ast.expr
    beside: Sequence[tuple[ast.Name, ast.expr | None]]


def read_made_where_called(project: Project) -> list[Rewording]:
    """Returns the statements that fill such lists or go through them, as what they can be read as."""
    return [
        one
        for cls, method in project.methods if method.kind is MethodKind.COMPACT
        for one in _Reader(cls, method, project).read()
    ]  # fmt: skip


class _Reader:
    def __init__(self, cls: LinenClass, method: Method, project: Project):
        self.cls, self.method, self.project = cls, method, project
        self.source = cls.source
        self.scope = Scope(cls.names, cls, method)
        self.once: Mapping[ast.stmt, Once] = {}

    def read(self) -> Iterator[Rewording]:
        uses = [use for node in walk(self.method.node) if (use := _use(self.method, node)) is not None]
        once = self.once = loops_of_one_round(self.method, self.source) if uses else {}
        read, loops = set[str](), dict[ast.stmt, Once]()
        for use in uses:
            lists = filled(self.method, use.listed.id, once)
            found = self._reworded(use, lists) if lists is not None and self._is_alone(use, lists) else None
            if found is not None and lists is not None and use.listed.id not in read:
                read.add(use.listed.id)
                loops |= {s: once[s] for s in lists.statements if s in once}
                yield from found
                yield from (self._gone(s) for s in lists.statements if s not in once)
        for loop in loops.values():
            yield from self._unrolled(loop, read)

    def _is_alone(self, use: _Use, lists: Filled) -> bool:
        """Tells whether the modules are the same, of the same names, where the comprehension makes them."""
        first, statement = lists.statements[0], self.method.statement(use.node)
        block = self.method.block(first)
        if use.listed.id in self.method.parameters or statement not in block or not self._makes_all(lists):
            return False
        if self._mentions(use.listed.id, lists.statements) != [use.listed]:
            return False
        place, filling = block.index(statement), [block.index(s) for s in lists.statements]
        between = [s for s in block[filling[0] : place] if s not in lists.statements]
        changed = {name for s in statements([*between, *lists.statements]) for name in defines(s)}
        own = {*stored(lists.target)} if lists.target is not None else set()
        read = {name for e in lists.elements for name in e.reads} | _reads(lists.through)
        if max(filling) >= place or (changed - own - {use.listed.id}) & (read - own):
            return False
        nodes = [n for part in (*between, statement, lists.through) if part is not None for n in walk(part)]
        made = any(self._may_make(n) for n in nodes if n is not self.method.parents[use.each])
        return not made and self._is_apart(use, lists, own, read - own)

    def _mentions(self, name: str, filling: Sequence[ast.stmt]) -> list[ast.Name]:
        """Where a name stands but for the statements that fill the list."""
        inside = {n for s in filling for n in walk(s)}
        names = (n for n in walk(self.method.node) if isinstance(n, ast.Name) and n.id == name)
        return [n for n in names if n not in inside]

    def _makes_all(self, lists: Filled) -> bool:
        """Tells whether each element is a module that is made there, of what is the same later."""
        calls = [e.node for e in lists.elements if isinstance(e.node, ast.Call)]
        return (
            0 < len(calls) == len(lists.elements)
            and all(self.project.factories.factory(call.func, self.scope) is not None for call in calls)
            and all(self._moves(n, e) for e in lists.elements for n in walk(e.node))
        )

    def _moves(self, node: ast.AST, element: Element) -> bool:
        """Tells whether a part of an element means the same later, and where other code stands for its names."""
        if isinstance(node, ast.JoinedStr):
            return not element.given
        return not isinstance(node, _SCOPES) and not self._is_own_call(node)

    def _is_own_call(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and self.method.is_this(node.func)

    def _is_apart(self, use: _Use, lists: Filled, own: set[str], read: set[str]) -> bool:
        """Tells whether no name of the list is one of the comprehension, or means something where it is read then."""
        inside = {n for s in (use.node, *lists.statements) for n in walk(s)}
        names = [n for n in walk(self.method.node) if isinstance(n, ast.Name)]
        elsewhere = {n.id for n in names if n not in inside} | {*self.method.parameters}
        mine = {use.each.id, *(target.id for target, _ in use.beside)}
        loop = isinstance(use.node, ast.For)
        return not (own & (elsewhere | _reads(use.node)) or mine & read or (loop and mine & elsewhere))

    def _may_make(self, node: ast.AST) -> bool:
        """Tells whether an expression may make a module, which would have its number before or after others."""
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.NamedExpr):
            return True
        if not isinstance(node, ast.Call):
            return False
        given = (*node.args, *(k.value for k in node.keywords))
        if any(isinstance(n, ast.Name) and n.id == self.method.this for n in given):
            return True
        match node.func:
            case ast.Name(id=name):
                return name not in _BUILTINS or name in self.cls.names.aliases
            case ast.Attribute() as function:
                return self.method.is_this(function) or self._is_strange(function)
        return True

    def _is_strange(self, function: ast.Attribute) -> bool:
        """A function of another package that is not known; a method of an array or of a module makes none here."""
        linen, full = self.cls.names.linen(function), self.cls.names.resolve(function) or ""
        if linen is not None:
            return not linen.rpartition(".")[2].islower()
        local = full.partition(".")[0] in {*stored(self.method.node), *self.method.parameters}
        return not (local or not full or full.startswith(_PURE))

    def _reworded(self, use: _Use, lists: Filled) -> list[Rewording] | None:
        return self._spelled(use, lists) if lists.target is None else self._run_through(use, lists)

    def _run_through(self, use: _Use, lists: Filled) -> list[Rewording] | None:
        """The comprehension goes through what the list was made of."""
        nodes = [n for n in (lists.target, lists.through) if n is not None]
        (element,), (target, through) = lists.elements, (one_line(self.source.segment(n)) for n in nodes)
        made = element.code(self.source)
        if target is None or through is None or made is None:
            return None
        if isinstance(lists.target, ast.Tuple) and use.beside:
            target = f"({target.strip('()')})"
        (place,) = (n for n in _targets(use) if n.id == use.each.id)
        named = ((place, target), (use.listed, through), (use.each, made))
        return [Rewording(self.cls, node, code) for node, code in named]

    def _spelled(self, use: _Use, lists: Filled) -> list[Rewording] | None:
        """Each call is written down."""
        count = len(lists.elements)
        rows = [self._row(use, element, place) for place, element in enumerate(lists.elements)]
        known = [row for row in rows if row is not None]
        enough = all(listed is None or self._length(listed) >= count for _, listed in use.beside)
        if len(known) < count or count > _MOST or not enough:
            return None
        if "#" in self.source.segment(use.node):
            return None
        if isinstance(use.node, ast.For):
            put = added(use.node.body[0])
            name = put[0].id if put is not None else ""
            ahead = self.source.newline + self.source.ahead(use.node)
            return [instead_of(self.cls, use.node, ahead.join(f"{name}.append({row})" for row in known))]
        return [Rewording(self.cls, use.node, self._laid_out(use.node, known))]

    def _laid_out(self, node: ast.ListComp, rows: Sequence[str]) -> str:
        if node.lineno == node.end_lineno:
            return f"[{', '.join(rows)}]"
        ahead = self.source.newline + " " * self.source.span(node.elt).column
        closing = self.source.newline + " " * (self.source.span(node).end_column - 1)
        return f"[{''.join(f'{ahead}{row},' for row in rows)}{closing}]"

    def _row(self, use: _Use, element: Element, place: int) -> str | None:
        made = element.code(self.source)
        if made is None:
            return None
        codes = {use.each.id: made} | {t.id: self._at(listed, place) for t, listed in use.beside}
        names = [n for n in walk(use.elt) if isinstance(n, ast.Name) and n.id in codes]
        return with_code(self.source, use.elt, {n: codes[n.id] for n in names})

    def _at(self, listed: ast.expr | None, place: int) -> str:
        """The code of what stands at a place of what is gone through beside the list."""
        if listed is None:
            return str(place)
        if isinstance(listed, ast.List | ast.Tuple) and place < len(listed.elts):
            return self.source.segment(listed.elts[place])
        return f"{self.source.segment(listed)}[{place}]"

    def _length(self, node: ast.expr | None) -> int:
        """How many elements there are at least: none where that is not known, or an element is more than a name."""
        if isinstance(node, ast.List | ast.Tuple):
            return len(node.elts) if all(is_plain(e) for e in node.elts) else 0
        return self._counted(node) if isinstance(node, ast.Name) else 0

    def _counted(self, node: ast.expr) -> int:
        value = self.project.factories.value(node, self.scope)
        if isinstance(node, ast.Name) and isinstance(value, ast.List | ast.ListComp):
            lists = filled(self.method, node.id, self.once)
            if lists is None or not self._are_reads(node.id, lists.statements):
                return 0
            if lists.through is None:
                return len(lists.elements)
            return self._counted(lists.through) if len(lists.statements) == 1 else 0
        match value:
            case ast.List(elts=elements) | ast.Tuple(elts=elements) if not isinstance(node, ast.Name):
                return 0 if any(isinstance(e, ast.Starred) for e in elements) else len(elements)
            case ast.Call(func=function, args=[_, places, *_]):
                made = self.method.statement(value)
                known = self.cls.names.resolve(function) in ("jax.numpy.split", "jax.numpy.array_split")
                if not known or not isinstance(node, ast.Name) or not self._are_reads(node.id, [made]):
                    return 0
                if isinstance(places, ast.Constant):
                    return places.value if type(places.value) is int else 0
                count = self._counted(places)
                return count + 1 if count else 0
        return 0

    def _are_reads(self, name: str, filling: Sequence[ast.stmt]) -> bool:
        """Tells whether nothing can change a list behind the statements that fill it."""
        return all(self._is_read(n) for n in self._mentions(name, filling))

    def _is_read(self, name: ast.Name) -> bool:
        match self.method.parents[name]:
            case ast.comprehension() | ast.For() if isinstance(name.ctx, ast.Load):
                return True
            case ast.Subscript(ctx=ast.Load()):
                return True
            case ast.Call(func=ast.Name(id=function)):
                return function in _BUILTINS
            case ast.Call(func=function):
                return (self.cls.names.resolve(function) or "").startswith(_PURE)
        return False

    def _unrolled(self, loop: Once, read: set[str]) -> Iterator[Rewording]:
        """The one round of a loop, without the modules: they are made later."""
        rows = []
        for name, elements in ((n, e) for n, e in loop.added.items() if n not in read):
            codes = [e.code(self.source) or "" for e in elements]
            first = self._empty(name, loop)
            if first is not None:
                yield self._gone(first)
            rows += [f"{name} = [{', '.join(codes)}]"] if first else [f"{name}.append({c})" for c in codes]
        if loop.above is not None:
            yield self._gone(loop.above)
        ahead = self.source.newline + self.source.ahead(loop.loop)
        yield instead_of(self.cls, loop.loop, ahead.join(rows)) if rows else self._gone(loop.loop)

    def _empty(self, name: str, loop: Once) -> ast.stmt | None:
        """The statement that makes a list, which nothing else reads or fills before the loop does."""
        lists = filled(self.method, name, {loop.loop: loop})
        match lists.statements if lists is not None else ():
            case [ast.Assign(value=ast.List(elts=[])) as first, ast.For()]:
                names = (n for n in walk(self.method.node) if isinstance(n, ast.Name) and n.id == name)
                return first if sum(n.lineno < loop.loop.lineno for n in names) == 1 else None
        return None

    def _gone(self, statement: ast.stmt) -> Rewording:
        """A statement that says nothing in the place of one: it is left out later."""
        return instead_of(self.cls, statement, f"{self.method.parameters[0]} = {self.method.parameters[0]}")


def _use(method: Method, node: ast.AST) -> _Use | None:
    match node:
        case ast.ListComp(elt=elt, generators=[ast.comprehension(target=target, iter=through, ifs=[])]):
            pass
        case ast.For(target=target, iter=through, body=[only], orelse=[]) if (put := added(only)) is not None:
            elt = put[1]
        case _:
            return None
    beside = _beside(target, through)
    inner = any(isinstance(n, _SCOPES) for n in walk(elt))
    if beside is None or inner or not _runs_once(method, node):
        return None
    for each, listed in beside:
        calls = [n for n in walk(elt) if isinstance(n, ast.Name) and n.id == each.id]
        above = method.parents[calls[0]] if len(calls) == 1 else None
        if isinstance(above, ast.Call) and above.func is calls[0] and isinstance(listed, ast.Name):
            return _Use(node, listed, calls[0], elt, [b for b in beside if b[0] is not each])
    return None


def _beside(target: ast.expr, through: ast.expr) -> list[tuple[ast.Name, ast.expr | None]] | None:
    """Each name, and what it goes through."""
    match target, through:
        case ast.Name(), ast.Name():
            return [(target, through)]
        case (
            ast.Tuple(elts=[ast.Name() as count, ast.Name() as each]),
            ast.Call(func=ast.Name(id="enumerate"), args=[listed], keywords=[]),
        ):
            return [(count, None), (each, listed)]
        case ast.Tuple(elts=targets), ast.Call(func=ast.Name(id="zip"), args=args, keywords=[]):
            names = [t for t in targets if isinstance(t, ast.Name)]
            plain = len(names) == len(targets) == len(args) and not any(
                isinstance(a, ast.Starred) for a in args
            )
            return [*zip(names, args, strict=True)] if plain else None
    return None


def _runs_once(method: Method, node: ast.AST) -> bool:
    """Tells whether all of it happens once, in a statement that makes no more than one thing after another."""
    chain = [node, *method.above(node)]
    inner = chain[: chain.index(method.statement(node))]
    simple = isinstance(method.statement(node), _SIMPLE | ast.For)
    later = ast.FunctionDef | ast.Lambda | ast.comprehension | ast.IfExp | ast.BoolOp | ast.NamedExpr
    later |= ast.ListComp | ast.GeneratorExp | ast.DictComp | ast.SetComp
    return simple and not any(isinstance(n, later) for n in inner if n is not node)


def _targets(use: _Use) -> list[ast.Name]:
    target = use.node.target if isinstance(use.node, ast.For) else use.node.generators[0].target
    return [n for n in walk(target) if isinstance(n, ast.Name)]


def _reads(node: ast.AST | None) -> set[str]:
    return {n.id for n in walk(node) if isinstance(n, ast.Name)} if node is not None else set()
