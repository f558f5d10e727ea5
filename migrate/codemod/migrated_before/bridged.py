"""Where Linen classes build classes that an earlier run migrated: `nnx.bridge.to_linen(Block, x.shape[-1], 3)`."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..model import LinenClass, Method, MethodKind
from ..names import TO_LINEN, Names
from ..project import Project
from ..trees import end_of, is_none, walk

_NAME = "name"
_OF_THE_BRIDGE = frozenset({"metadata_fn", "skip_rng", "abstract_init"})
_MAYBE = (ast.If, ast.IfExp, ast.Try, ast.BoolOp, ast.Match)
_OFTEN = (
    *(ast.For, ast.While, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp),
    *(ast.Lambda, ast.FunctionDef),
)


@dataclass(frozen=True, eq=False)
class Bridged:
    """One `call` that wraps the class with the dotted name `target`."""

    call: ast.Call
    method: Method
    target: str

    @property
    def short(self) -> str:
        return self.target.rpartition(".")[2]

    @property
    def name(self) -> ast.expr | None:
        """What the submodule is called."""
        return next((k.value for k in self.call.keywords if k.arg == _NAME and not is_none(k.value)), None)

    @property
    def literal(self) -> str:
        """The same, where it is a literal."""
        return str(self.name.value) if isinstance(self.name, ast.Constant) else ""

    @property
    def odd(self) -> str:
        """Says what the bridge is asked for that its class is not."""
        own = next((k.arg for k in self.call.keywords if k.arg in _OF_THE_BRIDGE), None)
        given = any(isinstance(a, ast.Starred) for a in self.call.args)
        given |= any(k.arg is None for k in self.call.keywords)
        return f"the bridge is given `{own}`" if own else "its arguments are unpacked" if given else ""


def bridged(cls: LinenClass, names: Names) -> list[Bridged]:
    """Returns the calls in the order of Linen's automatic names; `names` follow re-exports."""
    return [each for method in cls.methods.values() for each in _in_method(method, names)]


def _in_method(method: Method, names: Names) -> Iterator[Bridged]:
    calls = (n for n in walk(method.node) if isinstance(n, ast.Call) and n.args)
    for call in sorted(calls, key=end_of):
        if names.resolve(call.func) == TO_LINEN and (target := names.resolve(call.args[0])):
            yield Bridged(call, method, target)


def code(each: Bridged, among: Sequence[Bridged], cls: LinenClass) -> str | None:
    """Returns the construction of the class itself; nothing where Linen's name for it is not known.

    `among` are all that the Linen class builds so.
    """
    source, call = cls.source, each.call
    rows = [source.segment(a) for a in call.args[1:]]
    rows += [source.segment(k) for k in call.keywords if k.arg != _NAME]
    if each.name is None and each.method.kind is MethodKind.COMPACT:
        place = _place(each, [one for one in among if one.name is None])
        if place is None:
            return None
        rows.append(f'{_NAME}="ToLinen_{place}"')
    elif each.name is not None and not _counts(each, among):
        rows.append(f"{_NAME}={source.segment(each.name)}")
    return f"{source.segment(call.args[0])}({', '.join(rows)})"


def _counts(each: Bridged, among: Sequence[Bridged]) -> bool:
    """Tells whether Linen would call it so by itself: a run that left its parent Linen wrote the name that it had."""
    numbered = [one for one in among if one.literal.rpartition("_")[0] == one.short == each.short]
    named = [one.literal for one in numbered] == [f"{each.short}_{place}" for place in range(len(numbered))]
    return each in numbered and named and _place(each, numbered) is not None


def _place(each: Bridged, alike: Sequence[Bridged]) -> int | None:
    """The number in an automatic name, where it is the same at every call."""
    compact = all(one.method is each.method and one.method.kind is MethodKind.COMPACT for one in alike)
    loops = any(isinstance(a, _OFTEN) for one in alike for a in one.method.above(one.call))
    maybe = any(isinstance(a, _MAYBE) for one in alike for a in one.method.above(one.call))
    return alike.index(each) if compact and not loops and (len(alike) == 1 or not maybe) else None


def through_bridge(target: str, project: Project) -> str:
    """Says that a class is built through a bridge, and why it is not read back."""
    name, why = target.rpartition(".")[2], project.unread.get(target)
    found = f"it builds `{name}` through a bridge"
    return f"{found}, and what that gives is not followed: {why}" if why else found
