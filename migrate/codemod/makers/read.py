"""Which functions of a project make one kind of module for their callers, and how their parameters reach it."""

import ast
from collections.abc import Iterator, Mapping, Sequence

from ...catalog.functions import nnx_name
from ...catalog.layer import FLAX
from ..bindings import stored
from ..factories.program import Program, fields_of
from ..factories.records import MODES, Bound, Factory, Scope
from ..factories.twins import placed
from ..names import Names
from ..source import Source
from ..trees import walk
from .alone import LAYERS, stands_alone
from .leaves import called_at, items_of, made_at
from .records import Leaf, Maker


def read_makers(program: Program) -> dict[str, Maker]:
    """Returns these functions by dotted name."""
    found: dict[str, Maker] = {}
    for module, source in program.sources.items():
        for node in (n for n in source.tree.body if isinstance(n, ast.FunctionDef)):
            maker = _Reader(node, source, program.names[module], program).read()
            if maker is not None:
                found[maker.name] = maker
    return found


class _Reader:
    def __init__(self, node: ast.FunctionDef, source: Source, names: Names, program: Program):
        self.node, self.source, self.names, self.program = node, source, names, program

    def read(self) -> Maker | None:
        arguments = self.node.args
        if arguments.vararg or arguments.kwarg or arguments.posonlyargs or arguments.kwonlyargs:
            return None
        if self.node.decorator_list or not any(self._linen()) or not self._has_lines():
            return None
        leaves = made_at(self.node)
        if leaves is not None and (maker := self._maker(leaves, "", None)) is not None:
            return maker
        for array in self.parameters:
            if (found := called_at(self.node, array)) is not None:
                return self._maker(found[0], array, found[1])
        return None

    def _has_lines(self) -> bool:
        """Tells whether the body, and what it ends with, stand on lines of their own."""
        arguments, body = self.node.args, self.node.body
        header: list[ast.expr | ast.arg] = [*arguments.args, *arguments.defaults]
        header += [self.node.returns] if self.node.returns is not None else []
        above = max([self.node.lineno, *(part.end_lineno or 0 for part in header)])
        return body[0].lineno > above and all((s.end_lineno or 0) < body[-1].lineno for s in body[:-1])

    @property
    def parameters(self) -> list[str]:
        return [a.arg for a in self.node.args.args]

    def _linen(self) -> Iterator[ast.expr]:
        """What the function names of Linen layers and of classes of the project."""
        for node in walk(self.node):
            if isinstance(node, ast.Name | ast.Attribute) and self._made(node) is not None:
                yield node

    def _made(self, node: ast.expr) -> Factory | None:
        linen = self.names.linen(node)
        if linen is not None:
            layer = placed(linen.rpartition(".")[2])
            return Factory(layer, f"flax.linen.{layer.linen}", layer.arguments) if layer is not None else None
        target = self.program.canonical(self.names.resolve(node) or "")
        cls = self.program.classes.get(target)
        return Factory(None, target, fields_of(cls, self.program)) if cls is not None else None

    def _maker(self, found: Sequence[Leaf], array: str, last: ast.Return | None) -> Maker | None:
        made = [self._made(leaf.call.func) for leaf in found]
        first = made[0] if made else None
        if first is None or any(m is None or m.target != first.target for m in made):
            return None
        leaves = [leaf for one in found if (leaf := self._leaf(one, first, array)) is not None]
        if len(leaves) < len(found) or not self._is_sound(first, leaves):
            return None
        given = [self._given(leaf, first) for leaf in leaves]
        modes = {name: node for name, node in given[0].items() if array and name in MODES}
        if any(_shown(g, MODES) != _shown(modes, MODES) for g in given):
            return None
        gone = {array, *(n.id for mode in modes.values() for n in walk(mode) if isinstance(n, ast.Name))}
        kept = tuple(p for p in self.parameters if p not in gone)
        if modes and not self._only_decide(gone - {array}, leaves, modes):
            return None
        factory = self._factory(first, given, kept, called=bool(array))
        return Maker(self.node, self.source, self.names, first, factory, tuple(leaves), array, modes, last)

    def _leaf(self, leaf: Leaf, made: Factory, array: str) -> Leaf | None:
        """The leaf, where all of its arguments are told by name."""
        call = leaf.call
        reads = bool(array) and any(isinstance(n, ast.Name) and n.id == array for n in walk(call))
        starred = any(isinstance(a, ast.Starred) for a in call.args) or len(call.args) > len(made.arguments)
        if reads or starred or {*made.arguments[: len(call.args)]} & MODES:
            return None
        keys: list[str] = []
        for unpacked in (k.value for k in call.keywords if k.arg is None):
            items = items_of(self.node, unpacked.id) if isinstance(unpacked, ast.Name) else None
            if items is None or made.layer is None or {*items} & {*made.layer.renamed, *made.layer.gone}:
                return None
            keys += items
        named = [*made.arguments[: len(call.args)], *(k.arg for k in call.keywords if k.arg), *keys]
        fine = len({*named}) == len(named) and {*named} <= {*made.arguments} - {"name", "parent"}
        return Leaf(leaf.statement, call, tuple(keys)) if fine and not {*keys} & MODES else None

    def _is_sound(self, made: Factory, leaves: Sequence[Leaf]) -> bool:
        layer = made.layer
        if layer is not None and (layer.linen not in LAYERS or layer.home != FLAX):
            return False
        if not stands_alone(self.node, self.source, self.names):
            return False
        if {*self.parameters, *stored(self.node)} & {
            "nnx",
            "rngs",
            *(layer.sizes if layer is not None else ()),
        }:
            return False
        known = {n for leaf in leaves for n in walk(leaf.call.func)}
        named = (n for n in walk(self.node) if isinstance(n, ast.Name | ast.Attribute) and n not in known)
        return all(self._stays(n) for n in named)

    def _stays(self, node: ast.expr) -> bool:
        """Tells whether a name is none of a module, and has the same meaning in NNX."""
        linen = self.names.linen(node)
        if linen is not None:
            return linen == "Module" or bool(nnx_name(linen)) or linen == "initializers"
        return self._made(node) is None

    def _given(self, leaf: Leaf, made: Factory) -> Mapping[str, ast.expr]:
        call = leaf.call
        given = dict(zip(made.arguments, call.args, strict=False))
        given |= {k.arg: k.value for k in call.keywords if k.arg}
        return given | dict.fromkeys(leaf.keywords, _unknown(call))

    def _only_decide(self, names: set[str], leaves: Sequence[Leaf], modes: Mapping[str, ast.expr]) -> bool:
        """Tells whether these parameters are read in the modes alone, which read nothing else."""
        if not names <= {*self.parameters} or names & stored(self.node):
            return False
        inside = {n for leaf in leaves for k in leaf.call.keywords if k.arg in modes for n in walk(k.value)}
        reads = (n for n in walk(self.node) if isinstance(n, ast.Name) and n.id in names)
        return all(n in inside for n in reads)

    def _factory(
        self, made: Factory, given: Sequence[Mapping[str, ast.expr]], kept: tuple[str, ...], *, called: bool
    ) -> Factory:
        """What callers see: which parameter is which argument of the module, and what the others are known to be."""
        name = f"{self.source.module}.{self.node.name}"
        takes = {p: f"{name}:{p}" for p in kept}
        bound: dict[str, Bound] = {}
        scope = Scope(self.names)
        changed = stored(self.node)
        defaults = self._defaults()
        for argument in {name: None for g in given for name in g if name not in MODES}:
            nodes = [g.get(argument) for g in given]
            node = nodes[0]
            alike = node is not None and all(n is not None and ast.dump(n) == ast.dump(node) for n in nodes)
            own = (
                isinstance(node, ast.Name)
                and node.id not in changed
                and takes.get(node.id) == f"{name}:{node.id}"
            )
            if alike and own and isinstance(node, ast.Name):
                takes[node.id] = argument
                if node.id in defaults:
                    bound[argument] = Bound(defaults[node.id], scope)
                continue
            known = alike and node is not None
            bound[argument] = Bound(
                node if known and node is not None else _unknown(self.node), scope, known=known
            )
        return Factory(
            made.layer, made.target, kept, bound, direct=False, function=name, takes=takes, called=called
        )

    def _defaults(self) -> dict[str, ast.expr]:
        arguments = self.node.args
        return {
            a.arg: d for a, d in zip(reversed(arguments.args), reversed(arguments.defaults), strict=False)
        }


def _unknown(place: ast.AST) -> ast.expr:
    """What stands for an argument that is not the same on all ways through the function."""
    return ast.copy_location(ast.Constant(...), place)


def _shown(given: Mapping[str, ast.expr], names: frozenset[str]) -> dict[str, str]:
    return {name: ast.dump(node) for name, node in given.items() if name in names}
