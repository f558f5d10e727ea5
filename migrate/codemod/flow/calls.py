"""What a call is worth: of a submodule, of another method, of a function that is known, of anything else."""

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ..bindings import stores_in
from ..cells import cell_layer
from ..held_layers import held_kind
from ..iterations import Axis
from ..mapped_calls import Mapped, MappedCall, mapped_call, mapped_over
from ..matches import is_property
from ..names import first_name, is_super
from ..trees import walk
from . import arrays
from .alternatives import applied
from .arithmetic import is_arithmetic
from .between import axes_between
from .callables import named_pooling
from .callees import called, is_local, of_the_project
from .comprehended import mapped
from .fields import held_features
from .found import holds_anywhere
from .functions import elementwise, windows
from .functions.arguments import Arguments
from .functions.table import FUNCTIONS, METHODS
from .keyed import forget_changed, of_dict, unpacked
from .layers import carry_of
from .modules import goes_on
from .outputs import changed, filtered
from .popped import popped
from .rounds import taken, together
from .terms import Kind, Term, const, is_whole_number
from .values import (
    SOMEWHERE,
    Array,
    Between,
    Changed,
    Chosen,
    Idle,
    Items,
    Keeping,
    Keyed,
    Local,
    Made,
    OneOf,
    Opaque,
    Partial,
    Record,
    Shape,
    Stored,
    Use,
    Value,
)
from .vmapped import of_parts

if TYPE_CHECKING:
    from .evaluate import Evaluator

_PURE = frozenset({"hasattr", "int", "float", "max", "min", "len", "abs", "sum", "round", "tuple", "sorted"})
_OF_NUMBERS = frozenset(
    f"{module}.{name}" for module in ("math", "numpy") for name in ("ceil", "floor", "sqrt", "log2", "prod")
)
"""Functions that give one number for one number."""
_REPLACES = frozenset({"_replace", "replace"})
"""Methods of instances that give another one."""
_UPDATES = frozenset({"set", "add", "subtract", "multiply", "divide", "power", "min", "max", "apply"})
"""Methods of `x.at[...]` that give all of x."""
_FEW = 8  # axes
_FILLED = frozenset({"jax.numpy.zeros", "jax.numpy.ones", "jax.numpy.empty"})
_ARRAYS = ("jax.", "numpy.", "self.")


def call(scope: "Evaluator", node: ast.Call) -> Value:
    """Returns what `node` gives; its arguments are evaluated in any case, and the submodules in them called."""
    if scope.constructs(node):
        return Made(node)
    layer = cell_layer(node.func, scope.cls.names) if not is_local(scope, node.func) else None
    if layer is not None:
        given = dict(zip(layer.arguments, node.args, strict=False)) | {
            k.arg or "": k.value for k in node.keywords
        }
        return Idle(layer.linen, scope.value(given.get("features")))
    if own := _own_method(scope, node.func):
        use = _use(scope, node, own if own in scope.theirs else "__call__")
        value = scope.inherited(use) if own in scope.theirs else scope.inline(scope.methods[own], use)
        forget_changed(scope.env, node, scope.methods[own].node, 1)
        return value
    if is_super(node.func, scope.method.node.name):
        return scope.inherited(_use(scope, node, scope.method.node.name))
    if scope.method.is_this(node.func, "param"):
        return _param(scope, node)
    if scope.method.is_this(node.func, "variable"):
        return _variable(scope, node)
    name = "" if is_local(scope, node.func) else scope.cls.names.resolve(node.func) or ""
    if isinstance(node.func, ast.Name | ast.Attribute) and name in FUNCTIONS:
        return FUNCTIONS[name](_arguments(scope, node))
    if name == "functools.partial":
        return _partial(scope, node)
    if name == "jax.vmap" and (function := _to_map(scope, node)) is not None:
        return function
    if name == "hasattr" and (asked := _asked_for(scope, node)):
        return scope.kept.get(asked)
    return _other(scope, node, name)


def _asked_for(scope: "Evaluator", node: ast.Call) -> str:
    """The attribute that `hasattr(self, "proj")` asks for, where one place in setup alone assigns it."""
    match node.args:
        case [ast.Name(id=this), ast.Constant(value=str(name))] if this == scope.method.this:
            stores = [m for m in scope.cls.methods.values() for _ in stores_in(m, name)]
            own = name in {*scope.cls.methods, *scope.cls.constants, *(f.name for f in scope.cls.fields)}
            return name if not own and [m.node.name for m in stores] == ["setup"] else ""
    return ""


def _own_method(scope: "Evaluator", function: ast.expr) -> str:
    """The method of the class that `self(x)` or `self.name(x)` calls, or nothing."""
    methods = scope.methods
    if isinstance(function, ast.Name) and function.id == scope.method.this:
        return "__call__" if "__call__" in methods else ""
    if not isinstance(function, ast.Attribute) or not scope.method.is_this(function):
        return ""
    own = function.attr in methods and function.attr not in scope.attributes
    return function.attr if own and not is_property(methods[function.attr].node) else ""


def _other(scope: "Evaluator", node: ast.Call, name: str) -> Value:
    """A submodule, a function that was given a name, a method of an array, or nothing known."""
    if (output := _mapped(scope, node)) is not None:
        return output
    if (kept := filtered(scope, node) or popped(scope, node)) is not None:
        return kept
    if (updated := _updated(scope, node)) is not None:
        return updated
    receiver = scope.value(node.func.value) if isinstance(node.func, ast.Attribute) else None
    if isinstance(receiver, Keyed):
        _arguments(scope, node)
        return of_dict(scope.env, receiver, node)
    if (
        isinstance(receiver, Record | Changed | Array)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _REPLACES
    ):
        return changed(receiver, _arguments(scope, node))
    if isinstance(receiver, Idle):
        given = _arguments(scope, node)
        shape = given.values[1] if len(given.values) > 1 else given.keywords.get("input_shape")
        return carry_of(receiver.layer, receiver.features, shape)
    field = node.func.attr if isinstance(node.func, ast.Attribute) and scope.method.is_this(node.func) else ""
    if (layer := held_kind(scope.cls, field)) and field not in scope.attributes:
        return _of_held(layer, _arguments(scope, node), held_features(scope.cls, field))
    held = scope.value(node.func) if not isinstance(receiver, Array) else None
    if isinstance(held, OneOf) or (isinstance(held, Made) and not held.many):
        given = _arguments(scope, node)
        use = Use(node, "__call__", given.values, dict(given.keywords))
        return applied(scope, held, use, lambda v: called(scope, node, _dotted(scope, v) or name, v, given))
    given = _arguments(scope, node)
    if isinstance(held, Keeping):
        return given.array() if given.plain else None
    if isinstance(held, Local):
        return scope.local(held, given)
    if isinstance(held, Partial):
        return FUNCTIONS[held.function](replace(given, keywords={**dict(held.keywords), **given.keywords}))
    if isinstance(receiver, Array) and isinstance(node.func, ast.Attribute):
        known = METHODS.get(node.func.attr)
        return known(Arguments(scope, node, (receiver, *given.values), given.keywords)) if known else None
    if (spelled := _reshaped(scope, node, receiver, given)) is not None:
        return spelled
    found = called(scope, node, name, held, given)
    return found if found is not None else _unknown(scope, node, name, given)


def _updated(scope: "Evaluator", node: ast.Call) -> Array | None:
    """`x.at[:, 0].set(y)` is x with other elements."""
    match node.func:
        case ast.Attribute(
            value=ast.Subscript(value=ast.Attribute(value=whole, attr="at"), slice=places), attr=name
        ):
            array = scope.value(whole) if name in _UPDATES else None
            if isinstance(array, Array):
                scope.value(places)
                _arguments(scope, node)
                return array
    return None


def _dotted(scope: "Evaluator", value: Value) -> str:
    """The dotted name of a function that is called by another name."""
    names = scope.cls.names
    if not isinstance(value, Term) or value.kind is not Kind.GLOBAL:
        return ""
    return names.aliases.get(str(value.value), f"{names.module}.{value.value}")


def _mapped(scope: "Evaluator", node: ast.Call) -> Value:
    """What a submodule or a function gives that `jax.vmap` calls on the parts of arrays."""
    found = mapped_call(node, scope.cls.names)
    held = scope.value(found.function) if found is not None else None
    if found is not None and not isinstance(held, Made | OneOf):
        return _function_mapped(scope, node, found, held)
    if found is None or not isinstance(held, Made) or held.many:
        return None
    values = _arguments(scope, node).values
    parts = tuple(_part(scope, value, axis) for value, axis in zip(values, found.axes, strict=True))
    return together(scope.apply(held, Use(node, held.method, parts)), found.out, None)


def _function_mapped(scope: "Evaluator", node: ast.Call, mapped: MappedCall, held: Value) -> Value:
    """What a function of the method, or one of the project, gives together."""
    own = is_local(scope, mapped.function)

    def once(given: Arguments) -> Value:
        if isinstance(held, Local):
            return scope.local(held, given)
        known = None if own else FUNCTIONS.get(scope.cls.names.resolve(mapped.function) or "")
        if known is not None:
            return known(given)
        return None if own else of_the_project(scope, mapped.function, scope.cls.names, given)

    return of_parts(_arguments(scope, node), Mapped(mapped.axes, mapped.out), once)


def _to_map(scope: "Evaluator", node: ast.Call) -> Local | None:
    """`f = jax.vmap(step)` of a function that the method defines, which `f(x)` calls."""
    held = scope.value(node.args[0]) if node.args and not isinstance(node.args[0], ast.Starred) else None
    over = mapped_over(node.args[1:], node.keywords)
    alone = isinstance(held, Local) and held.over is None and over is not None
    return replace(held, over=over) if alone and isinstance(held, Local) else None


def _part(scope: "Evaluator", value: Value, axis: Axis) -> Value:
    """What one call gets of an array: where its number of axes is not known, one behind the first may be the last."""
    known = axis in (0, None) or (isinstance(value, Array) and value.axes is not None)
    return taken(value, axis, scope.assume) if known else None


def _reshaped(scope: "Evaluator", node: ast.Call, receiver: Value, given: Arguments) -> Array | None:
    """`scores(x).reshape(b, n, self.width)`: whatever array it is, all of its sizes may be spelled."""
    function = node.func
    if receiver is not None or not isinstance(function, ast.Attribute) or function.attr != "reshape":
        return None
    root = first_name(function)
    if root and root not in scope.env:
        return None
    found = METHODS["reshape"](Arguments(scope, node, (None, *given.values), given.keywords))
    if not isinstance(found, Array) or (found.at(-1) is None and (found.root is None or not any(found.tail))):
        return None
    return found


def _of_held(layer: str, given: Arguments, features: Term | None) -> Value:
    """What an Embed or a Dense in a field gives."""
    array = given.array() if given.plain and not given.keywords else None
    if array is None:
        return None
    return array.ending(features) if layer == "Embed" else array.with_last(features)


def _partial(scope: "Evaluator", node: ast.Call) -> Value:
    """`partial(nn.gelu, approximate=False)` keeps the shape as `nn.gelu` does; other functions take keywords so."""
    given = _arguments(scope, node)
    if len(given.values) != 1 or not given.plain:
        return None
    if isinstance(given.values[0], Keeping):
        return Keeping()
    name = "" if is_local(scope, node.args[0]) else scope.cls.names.resolve(node.args[0]) or ""
    return Partial(name, tuple(given.keywords.items())) if name in FUNCTIONS else None


def _param(scope: "Evaluator", node: ast.Call) -> Value:
    """`self.param(name, init, shape)`; what a function of the user's own makes is not known, but for a lambda."""
    given = _arguments(scope, node)
    init = node.args[1] if len(node.args) > 1 else None
    if isinstance(init, ast.Lambda):
        made = Arguments(scope, node, (None, *given.values[2:]), given.keywords)
        return scope.function(init, scope.cls.names, made) if _stands_alone(scope, init) else None
    known = init is not None and len(given.values) in (3, 4)
    return arrays.of_shape(given.values[2]) if known and given.plain and not given.keywords else None


def _stands_alone(scope: "Evaluator", function: ast.Lambda) -> bool:
    """Tells whether it reads nothing of the method around it but fields, which no shape is told by."""
    read = {n.id for n in walk(function.body) if isinstance(n, ast.Name)} - {
        a.arg for a in function.args.args
    }
    bound = {
        n.id for n in walk(scope.method.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    own = {*scope.env, *scope.method.parameters, *bound} - {scope.method.this}
    return not read & own


def _variable(scope: "Evaluator", node: ast.Call) -> Value:
    """`self.variable(collection, name, jnp.zeros, shape)`, or a method that makes it.

    Sizes of inputs are those of the call that made it.
    """
    given = _arguments(scope, node)
    function = scope.cls.names.resolve(node.args[2]) if len(node.args) > 3 else None
    whole: Value = arrays.of_shape(given.values[3]) if function in _FILLED and given.plain else None
    match node.args:
        case [_, _, ast.Lambda(args=nothing, body=made)] if not ast.unparse(nothing):
            whole = scope.value(made)
        case [_, _, init, *_] if (own := _own_method(scope, init)) and own not in scope.theirs:
            use = Use(node, "__call__", given.values[3:], dict(given.keywords))
            whole = scope.inline(scope.methods[own], use)
    return Stored(_lasting(whole)) if isinstance(whole, Array | Chosen) else None


def _lasting(value: Value) -> Value:
    """What is left of the value of a variable where other inputs may have made it."""
    match value:
        case Array():
            known = value.whole() if value.axes is not None else replace(value, root=SOMEWHERE, cut=0)
            tail = (axis if axis is not None and holds_anywhere(axis) else None for axis in known.tail)
            return replace(known, tail=tuple(tail), earlier=True)
        case Chosen(test=test, yes=yes, no=no):
            return Chosen(test, _lasting(yes), _lasting(no))
    return value if value == const(None) else None


def _use(scope: "Evaluator", node: ast.Call, method: str) -> Use:
    given = _arguments(scope, node)
    return Use(node, method, given.values, dict(given.keywords))


def _arguments(scope: "Evaluator", node: ast.Call) -> Arguments:
    values = tuple(scope.value(a.value if isinstance(a, ast.Starred) else a) for a in node.args)
    keywords = dict[str, Value]()
    for each in node.keywords:
        value = scope.value(each.value)
        spread = unpacked(scope, each.value, value) if each.arg is None else None
        keywords |= spread if spread is not None else {each.arg or "**": value}
    return Arguments(scope, node, values, keywords)


def _unknown(scope: "Evaluator", node: ast.Call, name: str, given: Arguments) -> Value:
    """A pure builtin of sizes; an activation held in a field; the user's own function of configuration."""
    values = (*given.values, *given.keywords.values())
    if name == "int" and len(values) == 1 and isinstance(values[0], Term) and is_whole_number(values[0]):
        return values[0]
    if name in _PURE and not given.keywords and all(isinstance(v, Term) for v in values):
        return Term(Kind.CALL, name, tuple(v for v in values if isinstance(v, Term)))
    if name == "reversed" and len(values) == 1 and isinstance(values[0], Made) and not values[0].then:
        return values[0]  # each element is what any other is
    if name in ("list", "tuple") and len(values) == 1 and isinstance(values[0], Shape | Items):
        return values[0]
    if name in ("list", "tuple") and (counted := _counted(scope, node)) is not None:
        return counted
    if name == "list" and len(values) == 1 and isinstance(values[0], Term) and values[0].kind is Kind.FIELD:
        return values[0]  # of a copy, each item is what it is in the field
    if name == "sum" and len(values) == 1 and (total := elementwise.total(values[0])) is not None:
        return total
    if name == "isinstance" and scope.decides and (told := _is_text(values)) is not None:
        return told
    if name == "map" and (items := mapped(scope, node, values)) is not None:
        return items
    if name == "len" and len(values) == 1 and isinstance(values[0], Items) and not goes_on(values[0]):
        return const(len(values[0].items))
    if (
        name == "len"
        and len(values) == 1
        and isinstance(values[0], Shape)
        and values[0].array.axes is not None
    ):
        return const(values[0].array.axes)
    if _is_activation(scope, node.func) and len(values) == 1 and isinstance(values[0], Array):
        return values[0]
    if _is_pooling(scope, node.func) and "window_shape" in given.keywords:
        return windows.pooled(given)
    if _is_pooling(scope, node.func) and "axis" in given.keywords and len(values) == len(given.keywords) + 1:
        return elementwise.reduce(given)
    numbers = tuple(v for v in given.values if isinstance(v, Term))
    spelled = len(numbers) == len(values) > 0 and given.plain and isinstance(node.func, ast.Name)
    if spelled and is_arithmetic(first_name(node.func), scope.cls):
        return Term(Kind.CALL, None, (Term(Kind.GLOBAL, first_name(node.func)), *numbers))
    function = scope.value(node.func) if name in _OF_NUMBERS and len(numbers) == len(values) else None
    if isinstance(function, Term) and given.plain and not given.keywords:
        return Term(Kind.CALL, None, (function, *numbers))
    plain = all(isinstance(v, Term | Opaque) for v in values) and name and not name.startswith("flax.")
    return Opaque() if plain and not is_local(scope, node.func) and not name.startswith(_ARRAYS) else None


def _counted(scope: "Evaluator", node: ast.Call) -> Items | Between | None:
    """The numbers of `list(range(1, x.ndim - 1))`, where both ends are known, or what axes of x they are."""
    match node.args:
        case [ast.Call(func=ast.Name(id="range"), args=ends, keywords=[]) as inner] if not is_local(
            scope, inner.func
        ):
            known = [scope.value(end) for end in ends]
            bounds = [b.number for b in known if isinstance(b, Term) and b.number is not None]
            told = len(bounds) == len(known) > 0 and 0 not in bounds[2:]
            counted = range(*bounds) if told else range(0)
            if not told:
                return axes_between(scope, ends)
            return Items(tuple(map(const, counted))) if 0 < len(counted) <= _FEW else None
    return None


def _is_text(values: tuple[Value, ...]) -> Term | None:
    """What `isinstance(padding, str)` gives, of a literal or a tuple."""
    match values:
        case [Term(kind=Kind.CONST, value=literal), Term(kind=Kind.GLOBAL, value="str")]:
            return const(isinstance(literal, str))
        case [Items(), Term(kind=Kind.GLOBAL, value="str")]:
            return const(False)
    return None


def _is_activation(scope: "Evaluator", function: ast.expr) -> bool:
    held = isinstance(function, ast.Attribute) and scope.method.is_this(function)
    return held and bool(scope.fields.get(function.attr))  # type: ignore[attr-defined]


def _is_pooling(scope: "Evaluator", function: ast.expr) -> bool:
    """Tells whether a field is called that a class of its own is given a pooling function by."""
    held = isinstance(function, ast.Attribute) and scope.method.is_this(function)
    return held and function.attr in scope.fields and named_pooling(function.attr)  # type: ignore[attr-defined]
