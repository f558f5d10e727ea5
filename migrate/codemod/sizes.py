"""Which constructor arguments stand for what Linen took from the input's shape."""

import ast
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from .bindings import statements, stored
from .constructors import SizeArgument
from .contracted import is_contracted
from .model import Method, MethodKind
from .names import Names
from .slices import Atom, Slice
from .source import Source, Span

_AXES = {
    (2,): ("features",),
    (3,): ("channels",),
    (1, 2): ("length", "features"),
    (1, 2, 3): ("height", "width", "channels"),
}
"""What axes are called that are counted from the front, behind the batch."""


@dataclass(frozen=True)
class Parameter:
    """A constructor parameter that stands for a size: its name, its annotation, and what a caller passes."""

    name: str
    annotation: str
    argument: SizeArgument


@dataclass(eq=False)
class Sizes:
    """What replaces the atoms of a slice: parameters in front, code by span, statements that are no longer needed."""

    parameters: list[Parameter] = field(default_factory=list)
    replace: dict[Span, str] = field(default_factory=dict)
    drop: set[ast.stmt] = field(default_factory=set)


def find_sizes(slice_: Slice, source: Source, names: Names, taken: Collection[str]) -> Sizes:
    """Chooses the arguments for every array that the slice asks sizes of; `taken` names are not used."""
    sizes = Sizes()
    arrays: dict[tuple[str, int], list[Atom]] = {}
    for atom in slice_.atoms:
        arrays.setdefault((atom.array, atom.version), []).append(atom)
    for (array, version), atoms in sorted(arrays.items(), key=lambda item: source.span(item[1][0].node)):
        atoms.sort(key=lambda a: source.span(a.node))
        _OneArray(slice_, source, names, sizes, array, version, len(arrays) > 1, taken).run(atoms)
    return sizes


@dataclass(eq=False)
class _OneArray:
    slice: Slice
    source: Source
    names: Names
    sizes: Sizes
    array: str
    version: int
    several: bool
    taken: Collection[str]

    @property
    def method(self) -> Method:
        return self.slice.method

    def run(self, atoms: list[Atom]) -> None:
        for dtype in (a for a in atoms if a.what == "dtype"):
            self._whole([dtype], "dtype", "", "{}.dtype")
        shapes = [a for a in atoms if a.what != "dtype"]
        named = {a: s for a in shapes if (s := self._named(a)) is not None}
        rest = [a for a in shapes if a not in named]
        if not named and self._by_axis(rest):
            return
        if any(self._index(a) != -1 for a in rest) or any(a.what != "shape" for a in rest):
            helper = self.method.kind is MethodKind.HELPER  # whose calls hand on whole shapes
            count = 0 if named or helper or not self._parameter() else self._of_the_last(rest)
            axes = ", ".join(["int"] * count) or "int, ..."
            self._whole(shapes, "shape", f"tuple[{axes}]", f"{{}}.shape[-{count}:]" if count else "{}.shape")
            return
        for atom, statement in named.items():
            self._from_statement(atom, statement)
        if rest:
            last = next((p.name for p in self.sizes.parameters if self._is_last(p)), None)
            name = last or self._free(f"{self.array}_features" if self.several else "in_features")
            if last is None:
                self._add(name, "int", "{}.shape[-1]")
            for atom in rest:
                self.sizes.replace[self.source.span(self._value(atom))] = name

    def _of_the_last(self, atoms: Iterable[Atom]) -> int:
        """How many of the last axes are asked for, each by its place from the end; 0 where it is anything else."""
        places = [self._index(a) if a.what == "shape" else None for a in atoms]
        known = [p for p in places if p is not None and p < 0]
        return -min(known) if known and len(known) == len(places) else 0

    def _by_axis(self, atoms: list[Atom]) -> bool:
        """`x.shape[1]` and `x.shape[2]`, and no more of the shape, are sizes of their own: no batch to be told."""
        places = {a: self._index(a) for a in atoms}
        wanted = sorted({p for p in places.values() if p is not None})
        names = _AXES.get(tuple(wanted))
        if names is None or None in places.values() or any(a.what != "shape" for a in atoms):
            return False
        names = tuple(self._free(f"{self.array}_{n}" if self.several else n) for n in names)
        for name, place in zip(names, wanted, strict=True):
            self._add(name, "int", f"{{}}.shape[{place}]")
        for atom, found in places.items():
            self.sizes.replace[self.source.span(self._value(atom))] = names[wanted.index(found or 0)]
        return True

    def _is_last(self, parameter: Parameter) -> bool:
        argument = parameter.argument
        return argument.parameter == self._parameter() and argument.template == "{}.shape[-1]"

    def _named(self, atom: Atom) -> ast.Assign | ast.AnnAssign | None:
        """Returns the statement that gives a name, used for nothing else, to exactly this shape or size."""
        value = self._value(atom)
        statement = self.method.parents[value]
        if (
            not isinstance(statement, ast.Assign | ast.AnnAssign)
            or statement.value is not value
            or atom.what != "shape"
            or any(isinstance(a, ast.FunctionDef) for a in self.method.above(statement))
        ):
            return None
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        if len(targets) != 1 or not isinstance(targets[0], ast.Name | ast.Tuple):
            return None
        if isinstance(targets[0], ast.Tuple) and (value is not atom.node or not _plain(targets[0])):
            return None
        once = all(self._bindings(name) == 1 for name in stored(targets[0]) & self._used(statement))
        return (
            statement if once and not stored(targets[0]) & self._used(statement) & set(self.taken) else None
        )

    def _value(self, atom: Atom) -> ast.AST:
        """The atom, or the element that a literal index takes of it."""
        taken = self._index(atom) is not None and atom.index is None
        return self.method.parents[atom.node] if taken else atom.node

    def _index(self, atom: Atom) -> int | None:
        if atom.index is not None:
            return atom.index
        above = self.method.parents[atom.node]
        if not isinstance(above, ast.Subscript) or above.value is not atom.node or atom.what != "shape":
            return None
        try:
            index = ast.literal_eval(above.slice)
        except (ValueError, TypeError, SyntaxError):
            return None
        if not isinstance(index, int):
            return None
        return -1 if index == 0 and is_contracted(self.method, above, self.names) else index

    def _bindings(self, name: str) -> int:
        return sum(
            name in stored(s)
            for s in statements(self.method.node.body)
            if not isinstance(s, ast.If | ast.For)
        ) + (name in self.method.parameters)

    def _used(self, maker: ast.stmt) -> set[str]:
        """Names that the slice reads, outside of `maker`."""
        return {
            n.id
            for s in self.slice.keep
            if s is not maker
            for part in self.slice.parts.get(s, [s])
            for n in ast.walk(part)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
        } | {n.id for s in self.slice.keep for a in self.method.above(s) if isinstance(a, ast.If | ast.For)
             for n in ast.walk(a.test if isinstance(a, ast.If) else a.iter) if isinstance(n, ast.Name)}  # fmt: skip

    def _from_statement(self, atom: Atom, statement: ast.Assign | ast.AnnAssign) -> None:
        self.sizes.drop.add(statement)
        index = self._index(atom)
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        if isinstance(target, ast.Tuple):
            used = self._used(statement)
            for name, position in _positions(target):
                if name in used and isinstance(position, int):
                    self._add(name, "int", f"{{}}.shape[{position}]")
                elif name in used:
                    self._add(name, "list[int]", f"list({{}}.shape[{position}])")
            return
        assert isinstance(target, ast.Name)
        annotation = "int" if index is not None else "tuple[int, ...]"
        if isinstance(statement, ast.AnnAssign):
            annotation = self.source.segment(statement.annotation)
        self._add(target.id, annotation, "{}.shape" if index is None else f"{{}}.shape[{index}]")

    def _whole(self, atoms: Iterable[Atom], what: str, annotation: str, template: str) -> None:
        name = self._free(f"{self.array}_{what}" if self.several else f"in_{what}")
        self._add(name, annotation, template)
        for atom in atoms:
            code = f"len({name})" if atom.what == "ndim" else name
            code = f"{name}[{atom.index}]" if atom.index is not None else code
            self.sizes.replace[self.source.span(atom.node)] = code

    def _add(self, name: str, annotation: str, template: str) -> None:
        caller = self._parameter()
        argument = SizeArgument(name, self.method.node.name, caller, template if caller else "")
        self.sizes.parameters.append(Parameter(name, annotation, argument))

    def _parameter(self) -> str:
        """The parameter whose shape this is, or nothing for an array that the method computes itself."""
        return self.array if self.version == 0 and self.array in self.method.parameters else ""

    def _free(self, name: str) -> str:
        used = {*self.taken, *self.slice.locals, *(p.name for p in self.sizes.parameters)}
        while name in used:
            name = f"input_{name.removeprefix('in_')}" if name.startswith("in_") else name + "_"
        return name


def _plain(target: ast.Tuple) -> bool:
    starred = sum(isinstance(e, ast.Starred) for e in target.elts)
    return starred <= 1 and all(
        isinstance(e.value if isinstance(e, ast.Starred) else e, ast.Name) for e in target.elts
    )


def _positions(target: ast.Tuple) -> Iterable[tuple[str, int | str]]:
    """Names of an unpacked shape with their index; what stands behind a star counts from the end."""
    count = len(target.elts)
    star = next((i for i, e in enumerate(target.elts) if isinstance(e, ast.Starred)), count)
    for i, element in enumerate(target.elts):
        if isinstance(element, ast.Name):
            yield element.id, i if i < star and (star < count or i < count - 1) else i - count
        elif isinstance(element, ast.Starred) and isinstance(element.value, ast.Name):
            after = i - count + 1
            yield element.value.id, f"{i}:{after}" if after else f"{i}:"


__all__ = ["Parameter", "Sizes", "find_sizes"]
