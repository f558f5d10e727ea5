"""Walks the statements of one function or of a module in the order in which they run."""

import ast
from collections.abc import Callable

from .assignments import Assignments
from .mentions import Mentions
from .records import Refused
from .scopes import Scope, arguments_of, inner, outside, taken
from .text import Text
from .values import Env, Foreign, Mixed, Model, Tree, join

# Context managers that swallow an exception: what is inside may have run in part.
_SWALLOW = frozenset({"suppress", "raises", "assertRaises", "assertRaisesRegex"})


class Walk(Assignments):
    """Follows one scope. `open` is false once a return, raise, break or continue has ended the path."""

    def __init__(self, mentions: Mentions, text: Text, scope: Scope) -> None:
        super().__init__(mentions, text, scope)
        self.open = True
        self.loops: list[tuple[list[Env], list[Env]]] = []
        self.declared: set[str] = set()

    def run(self) -> None:
        """Raises Refused."""
        self.env = dict.fromkeys(arguments_of(self.scope), Foreign.VALUE)
        self._block(self.scope.body)
        self._check_made()
        self._check_closures()

    def _check_made(self) -> None:
        for site in self.sites.values():
            if site not in self.made:
                raise self.refused(
                    site, site.call, "it is constructed here but not initialised in the same function"
                )

    def _check_closures(self) -> None:
        for name in sorted(self.declared & set(self.bound)):
            site = self.bound[name]
            raise self.refused(site, site.call, f"`{name}` is declared global or nonlocal")
        for node in inner(self.scope):
            for name in sorted(taken(node) & set(self.bound)):
                place = f"`{node.name}`" if hasattr(node, "name") else "code that runs later"
                what = f"`{name}` is used in {place}, which does not see when the module changes"
                raise self.refused(self.bound[name], node, what)

    def _block(self, body: list[ast.stmt]) -> None:
        previous: ast.stmt | None = None
        for statement in body:
            if not self.open:
                return
            if previous is not None:
                self.previous[statement] = previous
            _STATEMENTS.get(type(statement), Walk._opaque)(self, statement)
            previous = statement

    def _opaque(self, node: ast.stmt) -> None:
        """Passes over a statement that is not followed, if nothing that matters is in it."""
        if self.tracked(node):
            raise self._first_in(
                node, f"is used inside of `{_KEYWORDS.get(type(node), 'a statement')}`, which is not followed"
            )
        for child in ast.walk(node):
            if isinstance(child, ast.Name) and not isinstance(child.ctx, ast.Load):
                self.env[child.id] = Foreign.VALUE

    def _first_in(self, node: ast.AST, message: str) -> Refused:
        for child in ast.walk(node):
            if child in self.mentions.found:
                return Refused(self.mentions.found[child], child, f"it {message}")
            value = self.env.get(child.id) if isinstance(child, ast.Name) else None
            if isinstance(value, Model | Tree | Mixed):
                assert isinstance(child, ast.Name)
                return self.refused(value.site, child, f"`{child.id}` {message}")
        raise AssertionError("nothing that is followed occurs here")

    def _assign(self, node: ast.Assign) -> None:
        if len(node.targets) == 1:
            self.assign(node, node.targets[0], node.value)
            return
        self.consume(node.value)
        for target in node.targets:
            self.forget(target)

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node, node.target, node.value)

    def _augmented(self, node: ast.AugAssign) -> None:
        self.consume(node.value)
        value = self.env.get(node.target.id) if isinstance(node.target, ast.Name) else None
        if isinstance(value, Model | Tree | Mixed):
            raise self.escape(value.site, node.target)
        self.forget(node.target)

    def _expression(self, node: ast.Expr) -> None:
        if not self.discarded(node.value, node.value):
            self._output(node.value)

    def _output(self, node: ast.expr) -> None:
        if not self.updated_output(node):
            self.consume(node)

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            self._output(node.value)
        self.open = False

    def _raise(self, node: ast.Raise) -> None:
        self._parts(node)
        self.open = False

    def _delete(self, node: ast.Delete) -> None:
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        if len(names) == len(node.targets) and all(isinstance(self.env.get(name), Tree) for name in names):
            self.remove(node)
        else:
            self._parts(node)
        for name in names:
            self.env.pop(name, None)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.env[alias.asname or alias.name.partition(".")[0]] = Foreign.VALUE

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        for part in outside(node):
            self.consume(part)
        self.env[node.name] = Foreign.VALUE

    def _if(self, node: ast.If) -> None:
        self.consume(node.test)
        start = dict(self.env)
        self._block(node.body)
        yes, yes_open = self.env, self.open
        self.env, self.open = start, True
        self._block(node.orelse)
        self._merge_paths([yes] if yes_open else [])

    def _merge_paths(self, others: list[Env]) -> None:
        """Goes on with what holds on the present path, if it is open, and on `others`."""
        paths = [*([self.env] if self.open else []), *others]
        self.open = bool(paths)
        if paths:
            merged = dict(paths[0])
            for path in paths[1:]:
                merged = join(merged, path)
            self.env = merged

    def _for(self, node: ast.For) -> None:
        self.consume(node.iter)
        self._loop(node, lambda: self.forget(node.target))

    def _while(self, node: ast.While) -> None:
        self._loop(node, lambda: self.consume(node.test))

    def _loop(self, node: ast.For | ast.While, enter: Callable[[], None]) -> None:
        """Runs the body until what holds at its start no longer changes."""
        head, edits = dict(self.env), list(self.edits)
        while True:
            self.env, self.edits, self.open = dict(head), list(edits), True
            self.loops.append(([], []))
            enter()
            self._block(node.body)
            breaks, continues = self.loops.pop()
            self._merge_paths(continues)
            after = join(head, self.env) if self.open else head
            if after == head:
                break
            head = after
        self.env, self.open = dict(head), True
        self._block(node.orelse)
        self._merge_paths(breaks)

    def _leave(self, node: ast.Break | ast.Continue) -> None:
        breaks, continues = self.loops[-1]
        (breaks if isinstance(node, ast.Break) else continues).append(dict(self.env))
        self.open = False

    def _with(self, node: ast.With) -> None:
        functions = [item.context_expr.func for item in node.items if isinstance(item.context_expr, ast.Call)]
        last = {getattr(function, "attr", getattr(function, "id", "")) for function in functions}
        if last & _SWALLOW:
            self._opaque(node)
            return
        for item in node.items:
            self.consume(item.context_expr)
            if item.optional_vars is not None:
                self.forget(item.optional_vars)
        self._block(node.body)

    def _outer_names(self, node: ast.Global | ast.Nonlocal) -> None:
        for name in node.names:
            self.env[name] = Foreign.VALUE
        self.declared |= set(node.names)


_KEYWORDS: dict[type[ast.AST], str] = {
    ast.Try: "try",
    ast.TryStar: "try",
    ast.Match: "match",
    ast.With: "with",
    ast.AsyncWith: "async with",
    ast.AsyncFor: "async for",
}

_STATEMENTS: dict[type[ast.AST], Callable[..., None]] = {
    ast.Assign: Walk._assign,
    ast.AnnAssign: Walk._annotated,
    ast.AugAssign: Walk._augmented,
    ast.Expr: Walk._expression,
    ast.Return: Walk._return,
    ast.Raise: Walk._raise,
    ast.Assert: Walk._parts,
    ast.Pass: Walk._parts,
    ast.Delete: Walk._delete,
    ast.Import: Walk._import,
    ast.ImportFrom: Walk._import,
    ast.FunctionDef: Walk._definition,
    ast.AsyncFunctionDef: Walk._definition,
    ast.ClassDef: Walk._definition,
    ast.If: Walk._if,
    ast.For: Walk._for,
    ast.While: Walk._while,
    ast.Break: Walk._leave,
    ast.Continue: Walk._leave,
    ast.With: Walk._with,
    ast.Global: Walk._outer_names,
    ast.Nonlocal: Walk._outer_names,
}
