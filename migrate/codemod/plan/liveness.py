"""Which assignments of a method are read: one that another replaces before that is not."""

import ast
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from itertools import product

from ..bindings import defines, stored
from ..model import Method

Reads = Callable[[ast.AST], set[str]]
"""Returns the names that are read below a node, as far as it is left."""

_TESTS = 3  # that are taken for what they are at several places


def replaced(
    method: Method, reads: Reads, removed: Collection[ast.stmt], among: Collection[ast.stmt]
) -> set[ast.stmt]:
    """Returns the assignments to plain names that nothing reads: each path assigns them again first, or ends.

    Only those `among` these may go: what others read, though nothing reads them, is read.
    """
    tests = _repeated(method)
    found: set[ast.stmt] | None = None
    for answers in product((True, False), repeat=len(tests)):
        walk = _Walk(method, reads, removed, among, dict(zip(tests, answers, strict=True)))
        walk.block(method.node.body, set())
        found = walk.unread if found is None else found & walk.unread
    return found or set()


def _repeated(method: Method) -> list[str]:
    """Conditions on fields alone that a method asks more than once: their answer is the same each time."""
    tests = [n.test for n in ast.walk(method.node) if isinstance(n, ast.If)]
    plain = [t for t in tests if method.is_this(t)]
    return [text for text, count in Counter(map(ast.unparse, plain)).items() if count > 1][:_TESTS]


class _Walk:
    """Goes backwards through a method with the names that are read from there on, `answers` being what tests give."""

    def __init__(
        self,
        method: Method,
        reads: Reads,
        removed: Collection[ast.stmt],
        among: Collection[ast.stmt],
        answers: Mapping[str, bool],
    ):
        self.reads, self.removed, self.among, self.answers = reads, removed, among, answers
        self.unread: set[ast.stmt] = set()
        closures = ast.FunctionDef | ast.Lambda | ast.AsyncFunctionDef | ast.ClassDef
        inner = [n for n in ast.walk(method.node) if isinstance(n, closures) and n is not method.node]
        self.always = {name for node in inner for name in reads(node)}  # read whenever the function is called

    def block(self, body: Sequence[ast.stmt], after: set[str]) -> set[str]:
        live = set(after)
        for statement in (s for s in reversed(body) if s not in self.removed):
            live = self._statement(statement, live)
        return live

    def _statement(self, statement: ast.stmt, live: set[str]) -> set[str]:
        match statement:
            case ast.Assign() if names := _plain(statement):
                if statement in self.among and not names & (live | self.always):
                    self.unread.add(statement)
                    return live
                return (live - names) | self.reads(statement.value)
            case ast.AugAssign(target=ast.Name(id=name)) if (
                statement in self.among and name not in live | self.always and defines(statement) == {name}
            ):
                self.unread.add(statement)
                return live
            case ast.AugAssign(target=target):
                return live | self.reads(statement) | stored(target)
            case ast.If(test=test):
                return self.reads(test) | self._either(statement, live)
            case ast.For() | ast.While() | ast.With() | ast.Try() | ast.TryStar() | ast.Match():
                return live | self.reads(statement)  # what stands inside is not judged
        return live | self.reads(statement)

    def _either(self, choice: ast.If, live: set[str]) -> set[str]:
        answer = self.answers.get(ast.unparse(choice.test))
        if answer is None:
            return self.block(choice.body, live) | self.block(choice.orelse, live)
        taken, other = (choice.body, choice.orelse) if answer else (choice.orelse, choice.body)
        self.unread.update(n for s in other for n in ast.walk(s) if isinstance(n, ast.Assign | ast.AugAssign))
        return self.block(taken, live)


def _plain(statement: ast.Assign) -> Set[str]:
    """The names that a statement binds, if it does no more: `last = shape.pop()` changes the list too."""
    parts = [p for t in statement.targets for p in (t.elts if isinstance(t, ast.Tuple) else [t])]
    alone = all(isinstance(p, ast.Name) for p in parts) and defines(statement) == stored(statement)
    return stored(statement) if alone else frozenset()
