"""What the sizes of the submodules need: constructor arguments, locals of its own, sizes that loops change."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from ..atoms import GIVEN
from ..bindings import statements
from ..constructors import SizeArgument, item_path
from ..copied import Changes
from ..flow.found import Phi, PhiKey
from ..flow.terms import PLACED, Differs, Given, Kind, Maker, Passed, Size, Term, Whole, Widened, code
from ..flow.values import Array
from ..held_layers import features_of, held_kind
from ..model import Method, Refused
from ..sizes import Parameter
from ..slices import Atom, Slice
from ..static_arguments import is_value
from .carried_names import carry
from .kept_fields import spell_kept
from .records import ClassPlan
from .repeated import name_repeated
from .size_reads import argument_of, names_of_axes, reads, shapes_of, unpacked_names
from .stacked import SizeStack, reaches, size_stack, sizes_put, stack_sizes

_BINDING = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.Subscript, ast.Attribute, ast.IfExp)
_MOST = 5  # of the last axes of an array that one argument has
_AXES = {2: ("length", "channels"), 3: ("height", "width", "channels")}


class Needs:
    """Fills `plan.dims`, `plan.names` and `plan.phis`, and adds to `plan.parameters`."""

    def __init__(self, plan: ClassPlan):
        self.plan = plan
        self.phis: dict[PhiKey, Phi] = {}
        self.stacks: dict[tuple[str, str, str], SizeStack] = {}
        self.read = plan.read  # what stands for the shapes that the constructor takes over
        self.added: set[str] = set()  # arguments that nothing in the source spells
        self.shapes = shapes_of(plan.methods)
        for submodule in plan.submodules:
            for size in submodule.sizes:
                self._collect(size, submodule.construction.call)

    def _collect(self, size: Term, user: ast.expr) -> None:
        for term in size.walk():
            if term.kind is Kind.PHI and term.value not in self.phis:
                phi = self.plan.flow.phis[term.value]
                if phi.entry is None or phi.back is None or not (phi.entry.spelled and phi.back.spelled):
                    raise Refused("MN108", user, "a size changes in a loop in a way that is not followed")
                self.phis[term.value] = phi
                self._collect(phi.entry, user)
                self._collect(phi.back, user)
            elif term.kind is Kind.TAKEN:
                one = term.value.list
                self.stacks[one] = self.stacks.get(one) or size_stack(self.plan, one, user)
                self._collect_put(self.stacks[one], term.value.axis)

    def _collect_put(self, stack: SizeStack, axis: int) -> None:
        if axis not in stack.sizes:
            stack.sizes[axis] = sizes_put(self.plan, stack, axis)
            for (_, node), size in zip(stack.puts, stack.sizes[axis], strict=True):
                self._collect(size, node)

    def terms(self) -> Iterator[tuple[Term, ast.AST]]:
        """Yields every size that the constructor spells, with the place where it does."""
        for submodule in self.plan.submodules:
            yield from ((size, submodule.construction.call) for size in submodule.sizes)
            if submodule.guard is not None:
                yield submodule.guard, submodule.construction.call
        if (retold := self.plan.retold) is not None:
            yield from ((size, retold.place) for size in retold.sizes)
        for phi in self.phis.values():
            assert phi.entry is not None
            assert phi.back is not None
            yield phi.entry, self.plan.flow.place(phi.loop)
            yield phi.back, self.plan.flow.last(phi.loop)
        for stack in self.stacks.values():
            for sizes in stack.sizes.values():
                yield from ((size, node) for (_, node), size in zip(stack.puts, sizes, strict=True))

    def stacked(self, method: Method) -> list[ast.stmt]:
        """Returns the statements of `method` that fill and empty lists of which sizes are the last."""
        return [s for stack in self.stacks.values() if stack.method is method for s in stack.statements]

    def makers(self, method: Method) -> Iterator[ast.stmt]:
        """Yields the statements of `method` that bind the locals which sizes are spelled with. Raises Refused."""
        loops = self.plan.list_loops
        early = {place for loop in loops for place in (self.plan.flow.place(loop), self.plan.flow.last(loop))}
        for term, place in self.terms():
            if place in early:
                continue  # where setup makes the list, which has been seen to know them
            for part in term.walk():
                if (
                    part.kind is Kind.LOCAL
                    and place in method.parents
                    and not _is_inside(method, place, part)
                ):
                    maker = _maker(method, part.value)
                    self._reaches(method, part.value, maker, place)
                    if not isinstance(maker, ast.For):
                        yield maker
                        yield from Changes(method, self.plan.cls.names).of(part.value.name)

    def _reaches(self, method: Method, local: Maker, maker: ast.stmt, place: ast.AST) -> None:
        """The local has to mean the same where the size is spelled as where it was met."""
        # a loop binds its name anew, whatever it meant before
        scope = maker if isinstance(maker, ast.For) else method.node
        spelled = (n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == local.name)
        bound = [n for n in spelled if not isinstance(n.ctx, ast.Load) and not _of_a_list(method, n)]
        bound = [n for n in bound if not self._is_before(method, n, maker, place)]
        around = [a for a in method.above(maker) if isinstance(a, ast.For | ast.If)]
        around += [maker] if isinstance(maker, ast.For) else []
        if len(bound) != 1 or any(a not in method.above(place) for a in around):
            reason = (
                f"a size depends on `{local.name}`, which is something else where the constructor needs it"
            )
            raise Refused("MN108", place, reason)

    def _is_before(self, method: Method, name: ast.Name, maker: ast.stmt, place: ast.AST) -> bool:
        """Tells whether a loop binds a name in each round, before the one statement of it that does so anew."""
        rounds = [a for a in method.above(maker) if isinstance(a, ast.For)]
        loop = next((a for a in rounds if name in [*ast.walk(a.target)]), None)
        return loop is not None and maker in loop.body and _stands_before(maker, place)

    def settle(self, found: Slice) -> None:
        """Sizes of arrays that the method computes are those that the engine knows."""
        if not self.plan.submodules and self.plan.retold is None:
            asked = next((atom for atom in found.atoms if atom.what == GIVEN), None)
            if asked is not None:
                raise Refused(
                    "MN203",
                    asked.node,
                    f"whether the variable exists depends on the argument `{asked.array}`",
                )
            atoms = [a for a in found.atoms if a.array not in found.held or not self._settled(found, a)]
            found.atoms[:] = [self._as_given(found, atom) for atom in atoms]
            return
        found.atoms[:] = [atom for atom in found.atoms if not self._settled(found, atom)]

    def _as_given(self, found: Slice, atom: Atom) -> Atom:
        """An argument that an array of its shape replaces, `x = normalized(x)`, still has the caller's sizes."""
        given = Array((found.method.node.name, atom.array))
        rounds = any(isinstance(a, ast.For | ast.While) for a in found.method.above(atom.node))
        if not atom.version or atom.what == "dtype" or rounds:
            return atom
        match _element(found.method, atom), atom.node:
            case ast.Subscript(slice=index) as taken, _ if _number(index) is not None:
                seen = self.plan.flow.seen.get(taken)
                same = seen is not None and seen == given.at(_number(index) or 0)
            case _, ast.Attribute(value=array):
                seen = self.plan.flow.seen.get(array)
                same = isinstance(seen, Array) and replace(seen, rank=None) == given
            case _:
                same = False
        return replace(atom, version=0) if same else atom

    def _settled(self, found: Slice, atom: Atom) -> bool:
        """False for the shape of an argument. Raises Refused."""
        node = _element(found.method, atom)
        above = found.method.parents[atom.node]
        if isinstance(above, ast.Compare) and self._replaced(found, above):
            return True
        if atom.what == GIVEN:
            raise Refused("MN203", above, f"whether `{atom.array}` is given decides what is created")
        if (found.method.node.name, atom.array) in self.shapes:
            if not self._replaced(found, node):
                raise Refused("MN202", node, f"it depends on more than sizes of the argument `{atom.array}`")
            return True
        if atom.version and self._replaced(found, node):
            return True
        names = unpacked_names(found.method, atom.node)
        names = names if atom.version or _bound_again(found.method, names) else set()
        if names and all(self._replaced(found, n) for n in reads(found) if n.id in names):
            found.keep.discard(found.method.statement(atom.node))
            self.plan.settled.add(found.method.statement(atom.node))
            return True
        if atom.version or atom.array not in found.method.parameters:
            raise Refused("MN108", atom.node, f"{_untold(atom, above)}, which the source does not tell")
        return False

    def _replaced(self, found: Slice, node: ast.expr) -> bool:
        """Notes the size that stands for `node`, in brackets where an operator is next to it."""
        term = self.plan.flow.seen.get(node)
        if not isinstance(term, Term) or not term.spelled:
            return False
        if any(isinstance(t.value, Passed) for t in term.walk()):
            return False
        if not all(self._holds_at(t, node, found.method) for t in term.walk()):
            return False
        self._collect(term, node)
        self.read.append((term, node))
        span = self.plan.cls.source.span(node)
        self.plan.size_terms[span] = term
        if isinstance(found.method.parents[node], _BINDING) and term.parts:
            self.plan.grouped.add(span)
        return True

    def _holds_at(self, term: Term, node: ast.expr, method: Method) -> bool:
        """Tells whether a part of a size means in the constructor, at the place of `node`, what it means there."""
        around = method.above(node)
        match term.kind:
            case Kind.PHI:
                loop = self.plan.flow.phis[term.value].loop
                return loop in around or self._is_behind(method, node, loop)
            case Kind.LOCAL:
                return _maker(method, term.value) in [a for a in around if isinstance(a, ast.For)]
            case Kind.TAKEN:
                stack = self.stacks.get(term.value.list)
                return (
                    stack is not None
                    and reaches(stack, term.value, node)
                    and self._puts(stack, term.value.axis)
                )
        return term.kind not in PLACED

    def _puts(self, stack: SizeStack, axis: int) -> bool:
        """Tells whether the constructor can have another size of what is put on a list whose statements it has."""
        if axis not in stack.sizes:
            self._collect_put(stack, axis)
            pairs = zip(stack.puts, stack.sizes[axis], strict=True)
            return all(
                self._holds_at(t, node, stack.method) for (_, node), size in pairs for t in size.walk()
            )
        return True

    def _is_behind(self, method: Method, node: ast.expr, loop: ast.AST) -> bool:
        """Tells whether a loop has run by then: the constructor's local is what its rounds have left."""
        if not isinstance(loop, ast.For) or loop not in method.parents:
            return False
        above, around = [a for a in method.above(loop) if isinstance(a, ast.stmt)], method.above(node)
        return node.lineno > (loop.end_lineno or loop.lineno) and all(a in around for a in above)

    def run(self, taken: set[str]) -> None:
        sizes = [t.value for term, _ in self.all() for t in term.walk() if t.kind is Kind.DIM]
        wanted: dict[tuple[str, str], list[Size]] = {}
        for size in dict.fromkeys(sizes):
            wanted.setdefault((size.method, size.array), []).append(size)
        told = [p.argument for p in self.plan.parameters if p.argument.template and not is_value(p.argument)]
        several = len((wanted.keys() | {(a.method, a.parameter) for a in told}) - self.shapes) > 1
        for (method, array), group in wanted.items():
            shape = (method, array) in self.shapes
            sizes_of = [size for size in group if not isinstance(size, Given)]
            self._array(array.removesuffix("_shape") if shape else array, sizes_of, several or shape, taken)
            for size in (size for size in group if isinstance(size, Given)):
                self._asks_for(size, taken)
        self.plan.parameters[:] = map(self._as_optional, self.plan.parameters)
        self._hidden()
        name_repeated(self, taken)
        stack_sizes(self, taken)
        carry(self, taken)
        self.plan.parameters.sort(key=turn)

    def all(self) -> Iterator[tuple[Term, ast.AST]]:
        yield from self.terms()
        yield from self.read
        for submodule in self.plan.submodules:
            yield from ((test, submodule.construction.call) for test in submodule.tests)

    def _array(self, array: str, group: list[Size], several: bool, taken: set[str]) -> None:
        array = re.sub(r"\W+", "_", array).rstrip("_")  # an item of an argument, `x[0]`
        rest = [size for size in group if not self._known(size)]
        if any(isinstance(size, Passed) for size in rest):
            place = self.plan.methods[rest[0].method].node
            raise Refused("MN108", place, f"a size is what the argument `{array}` is, in the constructor")
        for whole in [s for s in rest if isinstance(s, Whole)]:
            self._add_shape(array, whole, several, taken)
        rest = [size for size in rest if not self._known(size)]
        for size in [s for s in rest if not _is_axis(s)]:
            name, annotation = argument_of(size, array, alone=len(rest) == 1 and not several)
            name = self.free(name, taken)
            self._add(name, annotation, size, size.template)
            self.added.add(name)
            self.plan.dims[size] = name
        rest = [size for size in rest if _is_axis(size)]
        if not rest:
            return
        first = rest[0]
        if all(size.index == -1 for size in rest):
            name = self._local_of(first)
            several = several or first.array in self.plan.methods[first.method].optional
            plain = self._of_child(first) or (f"{array}_features" if several else "in_features")
            name = name or self.free(plain, taken)
            self._add(name, "int", first, "{}.shape[-1]")
            self.added.add(name)
            self.plan.dims[first] = name
            return
        if self._each_named(rest, taken):
            return
        name = self.free(f"{array}_shape" if several else "in_shape", taken)
        if self._unpacked(name, first, rest, taken):
            return
        last = -min(size.index for size in rest)
        if last > 0 and all(size.index < 0 for size in rest):  # a caller may know no more than these
            self._add(name, _ints(last), first, f"{{}}.shape[-{last}:]")
        else:
            self._add(name, "tuple[int, ...]", first, "{}.shape")
        self.plan.dims.update({size: f"{name}[{size.index}]" for size in rest})

    def _add_shape(self, array: str, size: Whole, several: bool, taken: set[str]) -> None:
        """All axes, which a submodule asks for: they have the others among them."""
        name = self.free(f"{array}_shape" if several else "in_shape", taken)
        self._add(name, "tuple[int, ...]", size, size.template)
        self.plan.dims[size] = name

    def _asks_for(self, size: Given, taken: set[str]) -> None:
        """A size of an argument that is optional says whether it is given; without any, an argument by itself does."""
        own = (p for p in self.plan.every_parameter if _is_of(p.argument, size))
        told = next((p.name for p in own), "")
        if told:
            self.plan.dims[size] = f"{told} is not None"
            return
        name = self.free(f"has_{size.array}", taken)
        self._add(name, "bool", size, size.template)
        self.added.add(name)
        self.plan.dims[size] = name

    def _as_optional(self, parameter: Parameter) -> Parameter:
        """One that stands for an argument which some models are never given."""
        argument, annotation = parameter.argument, parameter.annotation
        method = self.plan.methods.get(argument.method)
        if method is None or item_path(argument.parameter)[0] not in method.optional:
            return parameter
        annotation = annotation if annotation == "bool" else f"{annotation} | None"
        return Parameter(parameter.name, annotation, replace(argument, optional=True))

    def _of_child(self, size: Size) -> str:
        """What a submodule calls a size of `*args`, which is handed on to it."""
        packed = self.plan.methods[size.method].node.args.vararg
        if packed is None or item_path(size.array)[0] != packed.arg:
            return ""
        told = ((s.child.every_parameter, s.sizes) for s in self.plan.submodules if s.child is not None)
        pairs = (pair for parameters, sizes in told for pair in zip(parameters, sizes, strict=False))
        return next((p.name for p, term in pairs if term == Term(Kind.DIM, size)), "")

    def _local_of(self, size: Size) -> str:
        """The user's own name for a size, `features = carry[0].shape[-1]`, which then nothing has to compute."""
        taken = {*(p.name for p in self.plan.every_parameter), *(f.name for f in self.plan.fields)}
        span = self.plan.cls.source.span
        for method, keep in self.plan.takeover:
            for statement in sorted(keep, key=lambda s: s.lineno):
                match statement:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value) if self.plan.size_terms.get(
                        span(value)
                    ) == Term(Kind.DIM, size):
                        spelled = (
                            n for n in ast.walk(method.node) if isinstance(n, ast.Name) and n.id == name
                        )
                        bound = [n for n in spelled if not isinstance(n.ctx, ast.Load)]
                        if len(bound) == 1 and name not in {*taken, *method.parameters}:
                            keep.discard(statement)
                            self.plan.settled.add(statement)
                            return name
        return ""

    def _each_named(self, rest: list[Size], taken: set[str]) -> bool:
        """Some of the axes alone, by the names that the method has for them: `batch, heads, n, width = q.shape`."""
        between = range(min(size.index for size in rest), 0)
        names = names_of_axes(self.plan.methods[rest[0].method], rest[0].array)
        wanted = {size: names[size.index] for size in rest if -len(names) <= size.index < 0}
        used = {*taken, *(p.name for p in self.plan.every_parameter), *(f.name for f in self.plan.fields)}
        gap = {size.index for size in rest} < {*between}
        if not gap or len(wanted) < len(rest) or (used | {"", "_", "rngs", "self"}) & {*wanted.values()}:
            return False
        for size, name in sorted(wanted.items(), key=lambda pair: pair[0].index):
            self._add(name, "int", size, size.template)
            self.added.add(name)
            self.plan.dims[size] = name
        return True

    def _unpacked(self, name: str, first: Size, rest: list[Size], taken: set[str]) -> bool:
        """The last two or three axes have names of their own."""
        depth = -min(size.index for size in rest)
        axes = _AXES.get(depth)
        used = {*taken, *(p.name for p in self.plan.every_parameter), *(f.name for f in self.plan.fields)}
        optional = first.array in self.plan.methods[first.method].optional
        if axes is None or optional or any(size.index >= 0 for size in rest) or used & set(axes):
            return False
        self._add(name, _ints(depth), first, f"{{}}.shape[-{depth}:]")
        self.plan.dims.update({size: axes[size.index] for size in rest})
        sizes = {size.index: Term(Kind.DIM, size) for size in rest}
        whole = Term(Kind.TUPLE, None, tuple(t for _, t in sorted(sizes.items())))
        self.plan.whole |= {whole: name} if len(sizes) == depth else {}
        alone = {part for term, _ in self.all() if term != whole for part in term.walk()}
        wanted = [a if sizes.get(i - depth) in alone else "_" for i, a in enumerate(axes)]
        if any(a != "_" for a in wanted):
            self.added |= set(axes)
            self.plan.unpacked.append((tuple(wanted), name))
            taken |= set(axes)
        return True

    def _known(self, size: Size) -> bool:
        """A parameter that another part of the class asked for already."""
        for parameter in self.plan.every_parameter:
            argument = parameter.argument
            if (argument.method, argument.parameter) != (size.method, size.array):
                continue
            spelling = {size.template: parameter.name}
            if _is_axis(size):
                spelling["{}.shape"] = f"{parameter.name}[{size.index}]"
            if _is_axis(size) and size.index < 0:
                spelling |= {
                    f"{{}}.shape[-{n}:]": spelling["{}.shape"] for n in range(-size.index, _MOST + 1)
                }
            if argument.template in spelling:
                self.plan.dims[size] = spelling[argument.template]
                return True
        return False

    def _add(self, name: str, annotation: str, size: Size, template: str) -> None:
        shape = (size.method, size.array) in self.shapes
        other = size.other if isinstance(size, Differs) else ""
        argument = SizeArgument(
            name, size.method, size.array, template, self._instead(size), given_shape=shape, other=other
        )
        self.plan.parameters.append(Parameter(name, annotation, argument))

    def _instead(self, size: Size) -> str:
        """The argument, as it is passed, that stands in for one that is None."""
        match self.plan.flow.instead.get((size.method, size.array)):
            case Array(root=(size.method, name)) as other if other == Array(other.root):
                return name
        return ""

    def free(self, name: str, taken: set[str]) -> str:
        used = {*taken, *(p.name for p in self.plan.every_parameter), *(f.name for f in self.plan.fields)}
        used |= {"rngs", "self"}
        while name in used:
            name = f"input_{name.removeprefix('in_')}" if name.startswith("in_") else name + "_"
        return name

    def _hidden(self) -> None:
        """A name of the module that a size is spelled with must not be an argument, nor an attribute one of arrays."""
        arguments = {f.name for f in self.plan.fields} | {p.name for p in self.plan.every_parameter}
        for term, place in self.all():
            if not term.spelled:
                raise Refused(
                    "MN108", place, "a size is that of either of two arguments, or of a loop's rounds"
                )
            for part in term.walk():
                if part.kind is Kind.COMPUTED and part.value not in self.plan.computed:
                    reason = (
                        f"a size depends on `self.{part.value}`, which setup computes of more than fields"
                    )
                    raise Refused("MN108", place, reason)
                if part.kind is Kind.GLOBAL and part.value in arguments:
                    raise Refused(
                        "MN208", place, f"`{part.value}` is an argument, and something else that a size needs"
                    )


def _is_axis(size: Size) -> bool:
    """Tells whether a size is one of the axes that an array has in any case."""
    return not size.many and not isinstance(size, Widened)


def turn(parameter: Parameter) -> tuple[bool, bool, bool, bool]:
    """Sizes of arrays come first, then of optional ones, values, shapes, tests; what nobody can tell is last."""
    argument = parameter.argument
    given = argument.given_shape or is_value(argument)
    return not argument.template, bool(argument.other), given, argument.optional


def _is_of(argument: SizeArgument, size: Size) -> bool:
    return (argument.method, argument.parameter) == (size.method, size.array)


def _ints(count: int) -> str:
    return f"tuple[{', '.join(['int'] * count)}]"


def _bound_again(method: Method, names: set[str]) -> bool:
    """Tells whether names stand for one size after the other: `n, h, w, c = x.shape` before a layer and behind it."""
    stored = [n.id for n in ast.walk(method.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return any(stored.count(name) > 1 for name in names)


def _of_a_list(method: Method, name: ast.Name) -> bool:
    """Tells whether a comprehension binds a name, which is one of its own."""
    return any(isinstance(a, ast.comprehension) for a in method.above(name))


def _is_inside(method: Method, place: ast.AST, local: Term) -> bool:
    """Tells whether a comprehension around `place` runs through what `local` is."""
    generators = (g for a in method.above(place) if isinstance(a, ast.ListComp) for g in a.generators)
    names = (n for g in generators for n in ast.walk(g.target) if isinstance(n, ast.Name))
    return (local.value.line, local.value.column) in {(n.lineno, n.col_offset) for n in names}


def _maker(method: Method, local: Maker) -> ast.stmt:
    for statement in statements(method.node.body):
        targets = [statement.target] if isinstance(statement, ast.For) else getattr(statement, "targets", [])
        for target in targets or [getattr(statement, "target", None)]:
            for node in ast.walk(target) if isinstance(target, ast.AST) else ():
                if isinstance(node, ast.Name) and (node.lineno, node.col_offset) == (
                    local.line,
                    local.column,
                ):
                    return statement
    raise Refused("MN108", method.node, f"a size depends on `{local.name}`, whose origin is not followed")


def _stands_before(statement: ast.stmt, place: ast.AST) -> bool:
    line: int = place.lineno  # type: ignore[attr-defined]
    return (statement.end_lineno or statement.lineno) < line


def _element(method: Method, atom: Atom) -> ast.expr:
    """`x.shape[-1]` rather than `x.shape`, where one size is taken at once."""
    above = method.parents[atom.node]
    return above if isinstance(above, ast.Subscript) and above.value is atom.node else atom.node


def _untold(atom: Atom, above: ast.AST) -> str:
    """Says what creation depends on: of two shapes that are compared, either may be the one that was lost."""
    if isinstance(above, ast.Compare):
        return f"it depends on whether `{ast.unparse(above)}`"
    return f"it depends on the {'dtype' if atom.what == 'dtype' else 'shape'} of `{atom.array}`"


def _number(index: ast.expr) -> int | None:
    try:
        found = ast.literal_eval(index)
    except (ValueError, TypeError, SyntaxError):
        return None
    return found if type(found) is int else None


def _features(plan: ClassPlan, field: str) -> str:
    """What the layer that a field holds calls its features."""
    kinds = (held_kind(each.cls, field) for each in (plan, *plan.bases))
    return features_of(next(kind for kind in kinds if kind))[0]


def spell(plan: ClassPlan, term: Term, *, at_top: bool = False) -> str:
    """Returns the code of a size in the constructor; `at_top` nothing hides the arguments yet."""

    def name(part: Term) -> str:
        match part.kind:
            case Kind.DIM:
                return plan.dims[part.value]
            case Kind.PHI:
                return plan.names[part.value]
            case Kind.LOCAL:
                return str(part.value.name)
            case Kind.FIELD if any(part.value in each.cls.constants for each in (plan, *plan.bases)):
                return f"self.{part.value}"
            case Kind.FIELD:
                through = plan.through_self.get(part.value) if not at_top else None
                return f"self.{through}" if through else str(part.value)
            case Kind.COMPUTED:
                return plan.computed[part.value]
            case Kind.HELD:
                return f"{part.value}.{_features(plan, part.value)}"
            case Kind.KEPT:
                return spell_kept(plan, part)
            case Kind.TAKEN:
                return plan.taken[part.value]
        return str(part.value)

    return code(_with_locals(plan, term), name)


def _with_locals(plan: ClassPlan, term: Term) -> Term:
    """A size, or a part of it, that the constructor has under a name of its own is spelled by that."""
    if term in plan.whole:
        return Term(Kind.GLOBAL, plan.whole[term])
    return replace(term, parts=tuple(_with_locals(plan, part) for part in term.parts)) if plan.whole else term
