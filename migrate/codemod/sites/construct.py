"""The text of `Cls(size, field=..., rngs=nnx.Rngs(key))`, from Linen's `Cls(field=...)` and its init."""

import ast
from collections.abc import Iterator
from dataclasses import replace

from ..constructors import GIVEN, Attribute, SizeArgument, item_path, matched_nodes
from ..names import Names
from ..trees import is_none
from .calls import Init, NotRead
from .init_keys import Key, TextOf, rngs
from .records import Argument
from .scopes import mentioned, mutated
from .sizes import is_chain, rank, size
from .traced import traced_size
from .values import Site

_PURE_BUILTINS = frozenset(
    {"int", "float", "bool", "str", "tuple", "list", "len", "min", "max", "range", "abs"}
)
_PURE_MODULES = ("jax.numpy.", "jax.random.", "jax.nn.", "jax.lax.", "jax.ShapeDtypeStruct", "numpy.")
_LINEN_ONLY = frozenset({"name", "parent"})


def construction(site: Site, init: Init, names: Names, text: TextOf, key: Key) -> str:
    """Returns the NNX construction, which draws from the `key` of init. Raises NotRead."""
    given = [*sizes_of(site, init, names, text), *arguments(site, text)]
    drawn = rngs(key, site.constructor.streams, names, text)
    return f"{text(site.call.func)}({', '.join([*given, f'rngs={drawn}'])})"


def sizes_of(site: Site, init: Init, names: Names, text: TextOf, *, stays: bool = False) -> list[str]:
    """Returns the sizes that an init tells, which may be one that `stays`. Raises NotRead."""
    if site.constructor.unguarded:
        raise NotRead(
            init.call, "the class writes variables in Linen's init too, which a constructor does not run"
        )
    if init.with_output is False and not stays:
        for value in [*init.args, *(keyword.value for keyword in init.keywords)]:
            _check_pure(value, names)
    return [_size(site, argument, init, names, text) for argument in site.constructor.arguments]


def confirmed(site: Site, init: Init, names: Names) -> set[Argument]:
    """Returns the arguments that an init gives arrays of exactly as many axes as was assumed. Raises NotRead."""
    constructor, found = site.constructor, set[Argument]()
    ran = method_name(init.method, init.receiver, (constructor.name, names))
    given = matched_nodes(constructor.methods.get(ran, ()), init.args)
    given |= {k.arg: k.value for k in init.keywords if k.arg is not None}
    for name, node in given.items():
        axes, wanted = rank(node, names), constructor.least.get((ran, name), 0)
        if axes is None or (ran, name) not in constructor.exact:
            continue
        if axes != wanted:
            raise NotRead(node, f"`{name}` has {axes} axes here, and is used as if it had {wanted}")
        found.add((constructor.name, ran, name))
    return found


def arguments(site: Site, text: TextOf) -> list[str]:
    """Returns the arguments that a construction has of its own. Raises NotRead."""
    return [text(node) for node in [*site.call.args, *own_fields(site)]]


def own_fields(site: Site) -> Iterator[ast.keyword]:
    """Yields the keywords of a construction that NNX takes too. Raises NotRead."""
    if len(site.call.args) > len(site.constructor.fields):
        raise NotRead(site.call, "the construction has more arguments than the class has fields")
    for keyword in site.call.keywords:
        if keyword.arg not in _LINEN_ONLY:
            yield keyword
        elif not isinstance(keyword.value, ast.Constant):
            raise NotRead(keyword.value, f"`{keyword.arg}=` is not a literal")


def method_name(method: ast.expr | None, receiver: ast.expr, class_names: tuple[str | None, Names]) -> str:
    """Returns the method that `method=` selects, `__call__` without one. Raises NotRead."""
    if method is None:
        return "__call__"
    if isinstance(method, ast.Constant) and isinstance(method.value, str):
        return method.value
    name, names = class_names
    if isinstance(method, ast.Attribute) and (
        names.resolve(method.value) == name or ast.dump(method.value) == ast.dump(receiver)
    ):
        return method.attr
    raise NotRead(method, "`method=` is not the name of a method of the class")


def _size(site: Site, argument: SizeArgument, init: Init, names: Names, text: TextOf) -> str:
    ran = method_name(init.method, init.receiver, (site.constructor.name, names))
    if not argument.template:
        traced = None if is_partial(site, names) else traced_size(site, argument, init, ran, names)
        if traced is None:
            raise NotRead(
                init.call, f"the size `{argument.name}` is known only inside of `{argument.method}`"
            )
        return traced
    if argument.along is not None and (is_partial(site, names) or not _is_default(site, *argument.along)):
        raise NotRead(site.call, f"`{argument.name}` is the size along another axis than by default")
    if ran != argument.method:
        raise NotRead(init.call, f"init runs `{ran}`, and `{argument.name}` is a size of `{argument.method}`")
    if argument.optional and (told := _told(site, argument, init)):
        return told
    given = _passed(site, argument, init)
    asked = (argument.method, argument.parameter)
    least, axes, exactly = (
        site.constructor.least.get(asked, 0),
        rank(given, names),
        asked in site.constructor.exact,
    )
    if axes is not None and (axes < least or (exactly and axes != least)):
        count = least if exactly else f"{least} at least"
        what = f"`{argument.parameter}` has {axes} axes here, and is used as if it had {count}"
        raise NotRead(given if hasattr(given, "lineno") else init.call, what)
    spelled = text(given) if hasattr(given, "lineno") else ast.unparse(given).replace("'", '"')
    found = size(argument.spelled, given, spelled, names)
    if argument.other and found is not None:
        found = _compared(found, site, argument, init, text)
    if found is None:
        what = f"the size `{argument.name}` cannot be read off `{spelled}`: give that value a name first"
        raise NotRead(given if hasattr(given, "lineno") else init.call, what)
    return found


def is_partial(site: Site, names: Names) -> bool:
    """Tells whether a construction calls a partial, which gives fields that do not stand there."""
    return not site.given and not spells(site.call.func, site.constructor.name, names)


def spells(node: ast.expr, name: str, names: Names) -> bool:
    """Tells whether an expression that may be a partial of a class is the class itself."""
    return (names.resolve(node) or "").rpartition(".")[2] == name.rpartition(".")[2]


def _is_default(site: Site, field: str, default: int) -> bool:
    """Tells whether a field has its default, by itself or because it is given."""
    placed = dict(zip(site.constructor.fields, site.call.args, strict=False))
    given = placed | {k.arg: k.value for k in site.call.keywords}
    if None in given or any(isinstance(a, ast.Starred) for a in site.call.args):
        return False
    node = given.get(field)
    return node is None or ast.unparse(node) == str(default)


def _compared(found: str, site: Site, argument: SizeArgument, init: Init, text: TextOf) -> str | None:
    """Puts in what init passes as the shape to compare with."""
    other = _passed(site, replace(argument, parameter=argument.other, instead=""), init)
    plain = is_chain(other) or isinstance(other, ast.Tuple)
    return found.replace(f" != {argument.other}", f" != {text(other)}") if plain else None


def _told(site: Site, argument: SizeArgument, init: Init) -> str:
    """What is passed where init leaves an optional argument out, or is asked no more than whether it gives it."""
    name, _ = item_path(argument.parameter)
    given, asks = _given_to(site, argument, init).get(name), argument.template == GIVEN
    if given is None or is_none(given):
        return str(False if asks else None)
    return str(True) if asks and not is_chain(given) else ""


def _passed(site: Site, argument: SizeArgument, init: Init) -> ast.expr:
    """Returns what init passes for the parameter that the size comes from."""
    by_name = _given_to(site, argument, init)
    name, places = item_path(argument.parameter)
    given = by_name.get(name)
    if given is None or is_none(given):
        given = by_name.get(argument.instead)
    if given is None:
        raise NotRead(init.call, f"init is not given `{name}`, which `{argument.name}` is a size of")
    for place in places:
        given = _item(given, place)
    return given


def _given_to(site: Site, argument: SizeArgument, init: Init) -> dict[str | None, ast.expr]:
    """Returns what init passes by the parameters of the method that a size is of. Raises NotRead."""
    parameters = site.constructor.methods.get(argument.method, ())
    rest = any(name.startswith("*") for name in parameters)
    too_many = len(init.args) > len(parameters) and not rest
    if any(isinstance(value, ast.Starred) for value in init.args) or too_many:
        raise NotRead(init.call, f"the arguments of init cannot be matched to those of `{argument.method}`")
    by_name = {keyword.arg: keyword.value for keyword in init.keywords}
    by_name.update(matched_nodes(parameters, init.args))
    return by_name


def _item(node: ast.expr, place: int | str | Attribute) -> ast.expr:
    """`(x, y)[0]` is `x`, and so is `{"a": x}["a"]`."""
    if isinstance(place, Attribute):
        return ast.Attribute(node, str(place), ast.Load())
    match node:
        case ast.Dict(keys=keys, values=values) if isinstance(place, str) and None not in keys:
            named = [
                v
                for k, v in zip(keys, values, strict=True)
                if isinstance(k, ast.Constant) and k.value == place
            ]
            if len(named) == 1:
                return named[0]
        case ast.Tuple(elts=elements) | ast.List(elts=elements) if isinstance(place, int) and (
            -len(elements) <= place < len(elements)
        ):
            if not any(isinstance(element, ast.Starred) for element in elements):
                return elements[place]
    return ast.Subscript(node, ast.Constant(place), ast.Load())


def _check_pure(node: ast.expr, names: Names) -> None:
    """Linen's init evaluated the argument, the construction does not: that must make no difference."""
    for child in ast.walk(node):
        if isinstance(child, ast.Call) and not _is_pure(names.resolve(child.func) or ""):
            raise NotRead(
                child, "an argument of init is a call that would no longer be made: give its value a name"
            )
        if isinstance(child, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom):
            raise NotRead(child, "an argument of init does more than give a value")


def _is_pure(name: str) -> bool:
    if name.startswith("numpy.random."):
        return False
    return name in _PURE_BUILTINS or name.startswith(_PURE_MODULES)


def movable(call: ast.Call, between: list[ast.AST]) -> bool:
    """Tells whether the arguments of `call` mean the same after the statements `between` have run."""
    bound = {node.id for node in between if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    changed = {
        node.attr for node in between if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    parts = [part for argument in arguments for part in ast.walk(argument)]
    if any(isinstance(part, ast.Call | ast.Subscript | ast.Starred) for part in parts):
        return False
    if mentioned(call) & mutated(between):
        return False
    attributes = {part.attr for part in parts if isinstance(part, ast.Attribute)}
    return not (mentioned(call) & bound or attributes & changed)
