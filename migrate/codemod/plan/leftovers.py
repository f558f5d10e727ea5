"""What a method has no more use for once its declarations are gone."""

import ast
from collections.abc import Iterator

from ..bindings import aliases, defines, statements
from ..model import Method
from ..named_before import texts_for
from ..thrown_away import read_for
from ..trees import children, walk
from .liveness import replaced
from .records import Body, ClassPlan, Form
from .spelled_names import read_in


class Leftovers:
    """Adds to `body.remove` what nothing reads any more; walks what is left."""

    def __init__(self, plan: ClassPlan, method: Method, body: Body, order: list[ast.stmt]):
        self.plan, self.method, self.body, self.order = plan, method, body, order

    def run(self) -> None:
        """Statements of the slice whose names nothing reads any more leave the method."""
        self.body.remove |= {s for s in self.order if _says_nothing(s)}
        slice_ = next((keep for method, keep in self.plan.takeover if method is self.method), set())
        dropped = {s for s in self.order if self._named_size(s)}
        made = [s.construction.call for s in self.plan.submodules if s.construction.method is self.method]
        dropped |= texts_for(made, self.method) | read_for(self.plan.thrown_away, self.method)
        candidates = [
            s
            for s in self.order
            if s in slice_ | dropped | self.plan.settled and s not in self.body.remove and defines(s)
        ]
        changed = True
        while changed:
            changed = False
            live = self._live_names()
            unread = replaced(self.method, self._read, self.body.remove, candidates)
            for statement in candidates:
                if (
                    statement not in self.body.remove
                    and (not self._bound(statement) & live or statement in unread)
                    and not isinstance(statement, ast.For)
                ):
                    self.body.remove.add(statement)
                    changed = True
        self.body.remove |= self._circle(candidates)
        self.body.remove |= {s for s in slice_ if isinstance(s, ast.Raise) and self._is_alone(s)}

    def _is_alone(self, statement: ast.Raise) -> bool:
        """Tells whether nothing else is left of the choice that raises where no side of it holds."""
        choice = self.method.parents[statement]
        while isinstance(above := self.method.parents[choice], ast.If) and choice in above.orelse:
            choice = above
        return all(
            s in self.body.remove or isinstance(s, ast.If) or s is statement
            for s in statements([choice] if isinstance(choice, ast.stmt) else [])
        )

    def _bound(self, statement: ast.stmt) -> set[str]:
        """The names that a statement binds or changes, by whatever other names they go."""
        same = (aliases(self.order, n, self.method.parameters) for n in defines(statement))
        return {name for group in same for name in group}

    def _circle(self, candidates: list[ast.stmt]) -> set[ast.stmt]:
        """Statements that only read each other: `key, inner = split(key)` in a loop, once nothing reads `inner`."""
        found = {s for s in candidates if s not in self.body.remove and not isinstance(s, ast.For)}
        read = found
        while read:
            self.body.remove |= found
            live = self._live_names()
            self.body.remove -= found
            read = {s for s in found if self._bound(s) & live}
            found -= read
        return found

    def _named_size(self, statement: ast.stmt) -> bool:
        value = getattr(statement, "value", None)
        target = {p.name for p in self.plan.parameters}
        return (
            isinstance(statement, ast.Assign | ast.AnnAssign)
            and value is not None
            and bool(defines(statement) & target)
        )

    def _live_names(self) -> set[str]:
        found = set()
        for node in self.live(self.method.node):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not self._own_mutation(node):
                found.add(node.id)
        return found | self.moved_names()

    def _read(self, node: ast.AST) -> set[str]:
        if self._gone(node):
            return set()
        names = (n for n in self.live(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store))
        return {n.id for n in names} | (self.moved_names() if isinstance(node, ast.stmt) else set())

    def _gone(self, node: ast.AST) -> bool:
        return any(a in self.body.remove or a in self.body.replace for a in self.method.above(node))

    def moved_names(self, loop: ast.For | None = None) -> set[str]:
        """Names that calls of submodules read which Linen's constructors read, or that spell attributes.

        An attribute is spelled with what the loops around it count: of those outside of `loop` nothing is read in it.
        """
        values = [value for added in self.body.keywords.values() for _, value in added]
        trees = [value for value in values if not isinstance(value, str)]
        trees += [value for function in self.body.before.values() for value in function.reads]
        spelled = [s.construction for s in self.plan.submodules if s.form is Form.SETATTR]
        spelled = [c for c in spelled if loop is None or loop in c.method.above(c.call)]
        numbered = [v.creation for v in self.plan.variables if v.form is not Form.BIND]
        numbered = [c for c in numbered if c.method is self.method]
        trees += [c.name_node for c in numbered if loop is None or loop in c.method.above(c.call)]
        read = {n.id for value in trees for n in walk(value) if isinstance(n, ast.Name)}
        return read | read_in(self.method, spelled)

    def _own_mutation(self, name: ast.Name) -> bool:
        """`shape.append(d)` and `shape[i] = d` write `shape`; that alone does not make it needed."""
        statement = self.method.statement(name)
        if isinstance(statement, ast.Expr):
            whole: ast.AST = statement
        elif isinstance(statement, ast.Assign | ast.AugAssign) and not _below(name, statement.value):
            whole = statement.value
        else:
            return False
        again = any(isinstance(n, ast.Name) and n.id == name.id and n is not name for n in walk(whole))
        return name.id in defines(statement) and not again

    def live(self, node: ast.AST) -> Iterator[ast.AST]:
        """Walks what is left of the method: nothing that was removed or replaced."""
        if node in self.body.remove or self._emptied(node):
            return
        if isinstance(node, ast.Call) and node in self.body.uncalled:
            yield from self.live(node.func)
            return
        if node in self.body.replace:
            return
        if isinstance(node, ast.Call) and (carry := self._of_carry(node)):
            for part in carry:
                yield from self.live(part)
            return
        if node in self.body.put:
            yield from self.live(self.body.put[node][1])
            return
        yield node
        for child in children(node):
            yield from self.live(child)

    def stays(self, node: ast.expr) -> bool:
        """Tells whether what an expression is replaced by is still read: where it stands, or where that has moved."""
        above = self.method.above(node)
        gone = any(n in self.body.remove or n in self.body.replace or self._emptied(n) for n in above)
        moved = [
            value for group in self.body.keywords.values() for _, value in group if not isinstance(value, str)
        ]
        moved += [value for function in self.body.before.values() for value in function.reads]
        moved += [value for _, value in self.body.put.values()]
        moved += [
            *self.body.carried.values(),
            *(n for zeros in self.body.zeros.values() for n in zeros.reads),
        ]
        return not gone or any(n in moved for n in (node, *above))

    def _of_carry(self, call: ast.Call) -> tuple[ast.expr, ...]:
        """What is left of a call that gives a first carry: not the key."""
        if call in self.body.zeros:
            return self.body.zeros[call].reads
        return (call.func, self.body.carried[call]) if call in self.body.carried else ()

    def _emptied(self, node: ast.AST) -> bool:
        if not isinstance(node, ast.If | ast.For):
            return False
        below = [*node.body, *node.orelse]
        return all(s in self.body.remove or self._emptied(s) for s in below) and any(
            s in self.body.remove for s in statements(below)
        )


def _says_nothing(statement: ast.stmt) -> bool:
    """`x = x`, as which is read what the method has no use for: lists of modules that it fills and goes through."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)], value=ast.Name(id=value)):
            return target == value
    return False


def _below(node: ast.AST, above: ast.AST) -> bool:
    return any(n is node for n in walk(above))
