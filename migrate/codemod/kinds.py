"""What a loop asks of the elements of a list that setup makes: `isinstance(layer, nn.Dropout)`, or a class of them."""

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .appended import appended
from .bindings import stored
from .branches import way_to
from .listed import listed
from .model import LinenClass, Method
from .names import Names
from .project import Project
from .trees import walk

ASKED = frozenset({"Dropout"})
"""Layers that are no base of another, and whose NNX twins are neither: both say the same of what they are."""


class Asking(NamedTuple):
    """A test for the layer `kind` of what `name` holds, and its answer where that is one."""

    name: str
    kind: ast.expr
    holds: bool = True


def asks_kind(test: ast.expr, cls: LinenClass) -> Asking | None:
    """Returns what a test asks, where it is no more than that."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            found = asks_kind(inner, cls)
            return found and found._replace(holds=not found.holds)
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=name), kind], keywords=[]):
            return Asking(name, kind) if cls.names.linen(kind) in ASKED or _is_element(kind, cls) else None
    return None


def _is_element(kind: ast.expr, cls: LinenClass) -> bool:
    """Tells whether setup makes elements of a list of this very class."""
    name = kind_of(kind, cls.names) if not cls.names.linen(kind) else ""
    return name != "" and any(name in kinds for kinds in _lists(cls).values())


def kind_of(node: ast.expr, names: Names) -> str:
    """Returns the class that an expression spells, nothing for one that is no name."""
    return names.resolve(node) or "" if isinstance(node, ast.Name | ast.Attribute) else ""


def _lists(cls: LinenClass) -> dict[str, list[str]]:
    """What each list of setup holds, by its attribute: the classes of its elements as they are spelled there."""
    setup = cls.methods.get("setup")
    if setup is None:
        return {}
    calls = [n for n in walk(setup.node) if isinstance(n, ast.Call)]
    found = {one.attribute: list(one.elements) for one in listed(setup)}
    for one in appended(setup, calls):
        found[one.attribute] = [*one.before, *one.each]
    spelled = {name: [e.func if isinstance(e, ast.Call) else e for e in each] for name, each in found.items()}
    return {name: [kind_of(node, cls.names) for node in each] for name, each in spelled.items()}


def asked_kinds(cls: LinenClass, project: Project) -> Iterator[ast.expr]:
    """Yields the layers, and the classes, that loops over lists of modules ask for."""
    lists = _lists(cls)
    for method in cls.methods.values():
        for node in walk(method.node):
            found = asks_kind(node, cls) if isinstance(node, ast.Call) else None
            if found is not None:
                kind = cls.names.linen(found.kind)
                of = {name for name, kinds in lists.items() if kind in ASKED or _tells(project, kinds)}
                if _of_element(method, node, found.name, of):
                    yield found.kind


def _tells(project: Project, kinds: Sequence[str]) -> bool:
    """Tells whether the elements of a list are of classes of the project, none of which inherits from another."""
    classes = [project.classes.get(project.canonical(kind)) for kind in dict.fromkeys(kinds)]
    known = [cls for cls in classes if cls is not None]
    return len(known) == len(classes) and not any(
        one in _above(project, two) for one in known for two in known
    )


def _above(project: Project, cls: LinenClass) -> list[LinenClass]:
    return [above for base in project.bases(cls) for above in (base, *_above(project, base))]


def is_asked(method: Method, node: ast.AST, cls: LinenClass) -> bool:
    """Tells whether a name stands where a test asks for its kind alone."""
    above = method.parents[node]
    found = asks_kind(above, cls) if isinstance(above, ast.Call) else None
    return found is not None and isinstance(above, ast.Call) and above.args[0] is node


def is_told_by_kind(condition: ast.AST, call: ast.AST, cls: LinenClass) -> bool:
    """Tells whether a condition asks for the kind of the very module that is called: it holds always, or never."""
    return _asked_of(condition, call, cls) is not None


def of_another_kind(method: Method, call: ast.AST, kind: str, cls: LinenClass) -> bool:
    """Tells whether a call is one of modules alone that are not of this kind, or not that of one that is."""
    for condition, part in way_to(method, call):
        asked = _asked_of(condition, call, cls)
        if asked is not None and ((kind_of(asked.kind, cls.names) == kind) == asked.holds) != (
            part == "body"
        ):
            return True
    return False


def _asked_of(condition: ast.AST, call: ast.AST, cls: LinenClass) -> Asking | None:
    asked = asks_kind(condition.test, cls) if isinstance(condition, ast.If | ast.IfExp) else None
    function = call.func if isinstance(call, ast.Call) else None
    return (
        asked if asked is not None and isinstance(function, ast.Name) and function.id == asked.name else None
    )


def _of_element(method: Method, node: ast.AST, name: str, lists: set[str]) -> bool:
    """Tells whether a name is what the loop around a node takes from one of the lists."""
    loops = (a for a in method.above(node) if isinstance(a, ast.For) and name in stored(a.target))
    loop = next(loops, None)
    through = walk(loop.iter) if loop is not None else ()
    return any(isinstance(n, ast.Attribute) and method.is_this(n) and n.attr in lists for n in through)
