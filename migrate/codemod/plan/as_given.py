"""What a class gives as it is made and called here: `Einsum((d, f), "td,df->tf")(x)`, `Einsum((d, f))(equation, x)`."""

import ast
from collections.abc import Mapping
from dataclasses import replace

from ..class_decorators import configured
from ..constructions import constructions
from ..flow.found import Child
from ..flow.held import Held
from ..flow.run import run
from ..flow.terms import Term, const
from ..flow.values import SOMEWHERE, Array, Chosen, Either, Items, Leading, Rest, Root, Use, Value
from ..project import Project
from ..trees import walk
from .activations import activations
from .definitions import lookup_in
from .records import ClassPlan
from .windows_given import as_seen_inside, is_literal, windows_given


def as_given(child: ClassPlan, values: Mapping[str, Value], use: Use, project: Project) -> ClassPlan | None:
    """Returns the plan of a child with what its methods give for these arguments, of which one is a string.

    What it says for any arguments is less: `jnp.einsum(self.equation, x, self.w)` has the shape that the string says.
    """
    called = _strings_of(child, use)
    told = bool(called) or any(map(_is_string, values.values()))
    changes = "__post_init__" in child.cls.methods
    if not told or changes or child.submodules or child.base is not None:
        return None
    bound = {name: value for name, given in values.items() if (value := as_seen_inside(given)) is not None}
    fields = activations(child.cls, child.fields, project)
    flow = run(child.cls, (), fields, _no_child, bound, lookup_in(project), strings=called)
    return replace(child, flow=flow)


def _strings_of(child: ClassPlan, use: Use) -> dict[Root, Value]:
    """The strings that a call gives to the method, by the method's names for them."""
    method = child.cls.methods.get(use.method)
    starred = any(isinstance(a, ast.Starred) for a in use.spelled.args)
    if method is None or starred or "**" in use.keywords:
        return {}
    given = dict(zip(method.parameters, use.args, strict=False)) | use.keywords
    return {(use.method, name): value for name, value in given.items() if _is_string(value)}


def _is_string(value: Value) -> bool:
    return isinstance(value, Term) and isinstance(value.value, str) and is_literal(value)


def as_decided(
    child: ClassPlan, values: Mapping[str, Value], ranks: Mapping[Root, int], project: Project, used: Child
) -> ClassPlan | None:
    """Returns the plan of a child with what its methods give where the tests of its fields are answered as here.

    What it says for any fields is less where one side of a test gives other axes than the other, and for any input
    where it counts axes from the front: `x * jnp.mean(x, axis=(1, 2), keepdims=True)` has the shape of x for four.
    """
    if "__post_init__" in child.cls.methods or child.base is not None or configured(child.cls):
        return None
    made, lookup = constructions(child.cls, project), lookup_in(project)
    bound: dict[str, Value] = dict(windows_given(child, made, values))
    bound |= {name: known for name in _tested(child) if (known := _given(child, values, name)) is not None}
    if not bound and not ranks:
        return None
    asked = repr((bound, ranks))  # True is equal to 1, and no size
    if asked not in child.asked_again:
        fields = activations(child.cls, child.fields, project)
        flow = run(child.cls, made, fields, used, bound, lookup, ranks=ranks, decides=True)
        child.asked_again[asked] = replace(child, flow=flow)
    return child.asked_again[asked]


def with_held(
    child: ClassPlan, held: Mapping[str, Held], rest: Rest, project: Project, used: Child
) -> ClassPlan | None:
    """Returns the plan of a child with what its methods give where its fields hold these modules, which they call.

    `rest` are the keywords of the call that the method has no parameters for.
    """
    if "__post_init__" in child.cls.methods or child.base is not None or configured(child.cls):
        return None
    made, lookup = constructions(child.cls, project), lookup_in(project)
    fields = activations(child.cls, child.fields, project)
    return replace(child, flow=run(child.cls, made, fields, used, lookup=lookup, held=held, rest=rest))


def is_vague(value: Value) -> bool:
    """Tells whether more could be known of what a call gives."""
    match value:
        case Array(root=root, tail=tail):
            return isinstance(root, Either) or root == SOMEWHERE or None in tail
        case Items(items=items):
            return any(map(is_vague, items))
        case Leading() | Chosen():
            return True
    return value is None


def _tested(child: ClassPlan) -> set[str]:
    """The fields that the tests of a class ask for."""
    found = set()
    for method in child.cls.methods.values():
        tests = [n.test for n in walk(method.node) if isinstance(n, ast.If | ast.IfExp)]
        found |= {
            n.attr for t in tests for n in walk(t) if isinstance(n, ast.Attribute) and method.is_this(n)
        }
    return found & {f.name for f in child.fields}


def _given(child: ClassPlan, values: Mapping[str, Value], name: str) -> Term | None:
    """The literal that a field holds here, by itself or by default."""
    if name in values:
        value = values[name]
        return value if isinstance(value, Term) and is_literal(value) else None
    default = next(f.default for f in child.fields if f.name == name)
    return const(default.value) if isinstance(default, ast.Constant) else None


def _no_child(*_: object) -> tuple[tuple[()], None]:
    return (), None
