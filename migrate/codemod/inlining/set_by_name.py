"""`setattr(self, f"layer_{i}", nn.Dense(4))` in a loop of setup, and `getattr(self, f"layer_{i}")`, read as a list.

Linen gives the elements of a list the same names, or is told them.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..bindings import stored
from ..comments import comments_of
from ..factories.program import has_family, line
from ..model import LinenClass, Method, MethodKind
from ..plan.loop_names import counted, numbered
from ..project import Project
from ..rewording import Rewording, instead_of
from ..trees import walk

_BY_NAME = frozenset({"delattr", "getattr", "hasattr", "setattr"})
_NUMBERED = re.compile(r"(.*?)(0|[1-9][0-9]*)", re.DOTALL)


@dataclass(frozen=True, eq=False)
class _Set:
    """One `call` in a `loop` that gives the module `made` in every round, numbered from `first` on by `counter`."""

    call: ast.Call
    made: ast.Call
    loop: ast.For
    prefix: str
    counter: str
    first: int


def read_set_by_name(project: Project) -> list[Rewording]:
    """Returns the loops and reads of the classes all of whose attributes by name are numbered modules."""
    found: list[Rewording] = []
    for cls in project.classes.values():
        if "setattr" in cls.source.text and not has_family(cls, project):
            found += _read(cls, project)
    return found


def _read(cls: LinenClass, project: Project) -> list[Rewording]:
    calls = [(method, call) for method in cls.methods.values() for call in _by_name(method)]
    sets = {call: one for method, call in calls if (one := _set(call, method)) is not None}
    lists = {one.prefix: one for one in sets.values()}
    gets = {call: _taken(call, lists) for _, call in calls if call not in sets}
    together: dict[ast.For, list[_Set]] = {}
    for one in sets.values():
        together.setdefault(one.loop, []).append(one)
    own = {node: element for method in cls.methods.values() for node, element in _spelled(method, lists)}
    whole = all(len(loop.body) == len(made) for loop, made in together.items()) and len(lists) == len(sets)
    if not sets or not whole or None in gets.values() or any(not isinstance(n.ctx, ast.Load) for n in own):
        return []
    asked = {*own, *gets}
    inside = any("#" in cls.source.segment(loop) or not asked.isdisjoint(walk(loop)) for loop in together)
    if inside or _is_taken_outside(lists, asked, project):
        return []
    kept = _kept(cls, lists, project)
    found = [instead_of(cls, loop, _code(cls, made, kept)) for loop, made in together.items()]
    for call, element in gets.items():
        assert element is not None
        found.append(Rewording(cls, call, _read_as(call.args[0], element, kept)))
    return found + [
        Rewording(cls, node, _read_as(node.value, element, kept)) for node, element in own.items()
    ]


def _read_as(module: ast.expr, element: tuple[str, str], kept: Mapping[str, str]) -> str:
    prefix, index = element
    return f"{ast.unparse(module)}.{kept[prefix]}[{index}]"


def _by_name(method: Method) -> Iterator[ast.Call]:
    for node in walk(method.node):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=module), *_]) if module == method.this:
                if name in _BY_NAME:
                    yield node


def _set(call: ast.Call, method: Method) -> _Set | None:
    match call:
        case ast.Call(
            func=ast.Name(id="setattr"), args=[ast.Name(id="self"), name, ast.Call() as made], keywords=[]
        ):
            statement = method.parents[call]
            loop = method.parents.get(statement)
            if isinstance(statement, ast.Expr) and isinstance(loop, ast.For) and loop in method.node.body:
                parts, rounds = numbered(name), counted(loop)
                told = method.is_this(made.func) or any(k.arg in ("name", None) for k in made.keywords)
                plain = method.kind is MethodKind.SETUP and not loop.orelse and not told
                if plain and parts and rounds and parts[1] == rounds[0]:
                    return _Set(call, made, loop, parts[0], rounds[0], rounds[1] + parts[2])
    return None


def _taken(call: ast.Call, lists: Mapping[str, _Set]) -> tuple[str, str] | None:
    """Returns which element `getattr(self, f"layer_{i}")` takes: the prefix of its name, and its index."""
    match call:
        case ast.Call(func=ast.Name(id="getattr"), args=[_, name], keywords=[]):
            return _element(name, lists)
    return None


def _element(name: ast.expr, lists: Mapping[str, _Set]) -> tuple[str, str] | None:
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        numeral = _NUMBERED.fullmatch(name.value)
        one = lists.get(numeral[1]) if numeral is not None else None
        index = int(numeral[2]) - one.first if numeral is not None and one is not None else -1
        return (one.prefix, str(index)) if one is not None and index >= 0 else None
    parts = numbered(name)
    one = lists.get(parts[0]) if parts is not None else None
    if parts is None or one is None:
        return None
    added = parts[2] - one.first
    return one.prefix, parts[1] + (f" {'+' if added > 0 else '-'} {abs(added)}" if added else "")


def _kept(cls: LinenClass, lists: Mapping[str, _Set], project: Project) -> dict[str, str]:
    """What each list is called: as its elements are, without their numbers."""
    nodes = [(method, node) for method in cls.methods.values() for node in walk(method.node)]
    own = {node.attr for method, node in nodes if isinstance(node, ast.Attribute) and method.is_this(node)}
    fields = {field.name for each in line(cls, project) for field in each.fields}
    taken = {*fields, *cls.methods, *cls.constants, *own, *stored(cls.methods["setup"].node)}
    found: dict[str, str] = {}
    for prefix in lists:
        stem = prefix.rstrip("_") or "modules"
        every = (stem, f"{stem}s", f"{stem}_list", *(f"{stem}_{k}" for k in range(len(taken) + 1)))
        found[prefix] = next(name for name in every if name not in taken | {*found.values()})
    return found


def _code(cls: LinenClass, made: Sequence[_Set], kept: Mapping[str, str]) -> str:
    """The comprehension that makes a list, or the loop that fills several."""
    source, loop, elements = (
        cls.source,
        made[0].loop,
        [_element_code(cls, one, kept[one.prefix]) for one in made],
    )
    target, through = _running(cls, made, elements)
    if len(made) == 1:
        return f"self.{kept[made[0].prefix]} = [{elements[0]} for {target} in {through}]"
    names = [kept[one.prefix] for one in made]
    indent = source.ahead(loop.body[0]).removeprefix(source.ahead(loop))
    rows = [f"{name} = []" for name in names]
    rows += [*comments_of(source, loop), f"for {target} in {through}:"]
    rows += [f"{indent}{name}.append({element})" for name, element in zip(names, elements, strict=True)]
    rows += [f"self.{name} = {name}" for name in names]
    return (source.newline + source.ahead(loop)).join(rows)


def _element_code(cls: LinenClass, one: _Set, kept: str) -> str:
    """What makes an element, with its name where Linen would choose another."""
    code, made = cls.source.segment(one.made), one.made
    if one.prefix == f"{kept}_" and not one.first:
        return code
    between = ", " if made.args or made.keywords else ""
    return f"{code[:-1].rstrip().removesuffix(',')}{between}name={cls.source.segment(one.call.args[1])})"


def _running(cls: LinenClass, made: Sequence[_Set], elements: Sequence[str]) -> tuple[str, str]:
    """What the loop binds, and what it runs through: without numbers where no element reads them."""
    loop, counter = made[0].loop, made[0].counter
    counts = any(n.id == counter for e in elements for n in ast.walk(ast.parse(e)) if isinstance(n, ast.Name))
    match loop:
        case ast.For(target=ast.Tuple(elts=[_, each]), iter=ast.Call(args=[through, *_])) if not counts:
            return cls.source.segment(each), cls.source.segment(through)
    return cls.source.segment(loop.target) if counts else "_", cls.source.segment(loop.iter)


def _spelled(method: Method, lists: Mapping[str, _Set]) -> Iterator[tuple[ast.Attribute, tuple[str, str]]]:
    """Yields where a method says `self.layer_0`, and which element that is."""
    for node in walk(method.node):
        if isinstance(node, ast.Attribute) and method.is_this(node):
            element = _element(ast.Constant(node.attr), lists)
            if element is not None:
                yield node, element


def _is_taken_outside(lists: Mapping[str, _Set], own: Collection[ast.expr], project: Project) -> bool:
    """Tells whether another place may ask for an element by its name: `model.layer_0`, not what a class asks itself."""
    for source in project.sources.values():
        if not any(prefix in source.text for prefix in lists):
            continue
        for node in walk(source.tree):
            match node:
                case ast.Attribute(value=holder, attr=attribute):
                    asked = _element(ast.Constant(attribute), lists)
                case ast.Call(func=ast.Name(id="getattr"), args=[holder, name, *_]):
                    asked = _element(name, lists)
                case _:
                    continue
            if asked is not None and node not in own and ast.unparse(holder) != "self":
                return True
    return False
