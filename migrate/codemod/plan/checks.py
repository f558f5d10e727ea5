"""What no plan can deal with: the parts of Linen that a leaf class must not use. One walk over the class."""

import ast
from collections.abc import Collection, Iterator

from ...catalog.functions import DIFFERENT, LINEN_ONLY, MODULE_METHODS, PARITY, PLAIN, TUPLED, nnx_name
from ...catalog.layers import find
from ..bindings import stored
from ..cells import cells
from ..class_decorators import check_class_decorators
from ..constructions import constructions, thrown_away
from ..controls import controls_in, module_given
from ..defaults.unfit import unfit_defaults
from ..factories.followed import followed
from ..factories.program import has_family
from ..held_layers import held_layers
from ..inlining.controls import why_unread
from ..kinds import asked_kinds
from ..lifts import decorating
from ..migrated_before.bridged import through_bridge
from ..mixins import PLAIN_BASES, check_mixins, is_mixin
from ..model import Field, LinenClass, Method, MethodKind, Refused
from ..module_lists import holds_modules, may_hold_modules, stays_list
from ..names import stars_linen
from ..project import Project
from ..trees import walk
from .asked_fields import asks_for_field
from .builders import named
from .caches import looked_up
from .class_methods import check_class_method
from .given_self import given_self
from .instances import check_instances, holds_module
from .left_out import calls_if_there
from .mapped_modules import mapped_selves
from .messages import asks_for_own_class, in_message
from .narrower import advice, called_otherwise
from .optional_modules import asks_for_module
from .parity import check_parity
from .shared_scopes import shared_scopes
from .sown import unsowable
from .strangers import check_strangers

_UNDERSTOOD = frozenset(
    [
        "param",
        "variable",
        "is_initializing",
        "has_variable",
        "get_variable",
        "put_variable",
        "is_mutable_collection",
        "make_rng",
        "setup",
    ]
)
_GONE = frozenset({"__class__", "name", "parent", "scope", "path", "variables"})
_NAMES = frozenset({"__name__", "__qualname__", "__module__"})
_OFFERED = """
apply bind clone copy get_variable has_rng has_variable init init_with_output is_initializing is_mutable_collection
lazy_init make_rng module_paths param path perturb put_variable scope sow tabulate unbind variable variables
"""
_OF_LINEN = frozenset(_OFFERED.split())
"""What nn.Module gives a class: where a class replaces it, calls of it mean something else than in other classes."""

_STATEMENTS = ast.AnnAssign | ast.Assign | ast.FunctionDef | ast.Pass | ast.ClassDef


def check(
    cls: LinenClass, project: Project, helpers: Collection[str], builders: Collection[str]
) -> Iterator[Refused]:
    """Yields every reason, found without planning, why `cls` stays Linen."""
    made = constructions(cls, project)
    factories, given = followed(cls, project, made), given_self(cls, project)
    shared = [
        one.call for one in shared_scopes(cls, made) if one.made or not has_family(cls, project)
    ]  # who inherits from it may share nothing
    yield from _form(cls)
    yield from check_class_decorators(cls, project)
    yield from _bases(cls, project)
    yield from check_mixins(cls)
    yield from _fields(cls, project)
    for method in cls.methods.values():
        if method.kind is MethodKind.STATIC:
            yield from check_class_method(cls, method, project)
        else:
            known = {*given, *mapped_selves(cls), *(call.args[0] for call in shared)}
            known |= module_given(method, cls.names)
            yield from _method(cls, method, project, helpers, {c.call for c in made}, known)
    yield from factories.refusals()
    yield from check_instances(cls, project)
    yield from _built_elsewhere(cls, project, builders, {c.call.func for c in made if c.factory.function})
    yield from check_strangers(cls, project)
    owned = {n for c in made if c.factory.direct or c.lifted is not None for n in c.spelled} | factories.names
    owned |= {c.call.func for c in made if c.factory.heir}
    owned |= {*held_layers(cls).values(), *asked_kinds(cls, project)}
    owned |= {cell.call.func for m in cls.methods.values() for cell in cells(m, cls.names)}
    owned |= {n for c in thrown_away(cls, project) for n in walk(c.call) if isinstance(n, ast.expr)}
    owned |= {call.func for call in shared}
    yield from why_unread(cls, project)
    owned |= {c.call.func for m in cls.methods.values() for c in controls_in(m, cls.names)}
    for default, reason in unfit_defaults(cls, project):
        yield Refused("MN101", default.made, reason)
        owned |= {n for n in walk(default.made) if isinstance(n, ast.expr)}
    owned |= {lift.function for m in cls.methods.values() for _, lift in decorating(m, cls.names)}
    yield from _references(cls, owned, project)


def _form(cls: LinenClass) -> Iterator[Refused]:
    if not cls.top_level:
        yield Refused("MN106", cls.node, "the class is defined inside a function, a class or a block")
    for name, meaning in (("nnx", "flax.nnx"), ("first_from", "flax.nnx.module.first_from")):
        if cls.names.aliases.get(name, meaning) != meaning or name in stored(cls.source.tree):
            yield Refused("MN208", cls.node, f"the file calls something of its own `{name}`")
    for node in cls.source.tree.body:
        if isinstance(node, ast.ImportFrom) and stars_linen(node):
            yield Refused(
                "MN106", node, "the file imports everything from flax.linen: import what it uses by name"
            )
    for keyword in cls.node.keywords:
        if keyword.arg != "kw_only":
            yield Refused("MN106", keyword.value, f"the class has a keyword `{keyword.arg}`")
    for statement in cls.node.body:
        docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not isinstance(statement, _STATEMENTS) and not docstring:
            yield Refused("MN106", statement, "the class body holds something other than fields and methods")
    for name in ("__init__", "__new__", "__setattr__", "__getattr__", "__call__"):
        method = cls.methods.get(name)
        if method is not None and name != "__call__":
            yield Refused("MN106", method.node, f"the class defines `{name}`")
    for name in sorted(_OF_LINEN & cls.methods.keys()):
        replaced = f"its method `{name}` replaces that of nn.Module, which every use of the class may rely on"
        yield Refused("MN106", cls.methods[name].node, replaced)
    odd = next((m for m in cls.methods.values() if m.this not in ("", "self")), None)
    if odd is not None:
        yield Refused("MN106", odd.node, f"the method calls its module `{odd.this}` instead of `self`")
    compact = [m for m in cls.methods.values() if m.kind is MethodKind.COMPACT]
    if len(compact) > 1:
        yield Refused("MN106", compact[1].node, "two methods are compact")


def _bases(cls: LinenClass, project: Project) -> Iterator[Refused]:
    linen = project.bases(cls)
    if len(linen) > 1:
        yield Refused("MN104", cls.node, "it inherits from several Linen classes")
    known = {base.name for base in linen}
    for name, node in zip(cls.bases, cls.node.bases, strict=True):
        if project.base(cls, name) not in known and name not in PLAIN_BASES and not is_mixin(name):
            yield Refused(
                "MN104", node, f"it inherits from `{name}`, {_what_it_is(project.base(cls, name), project)}"
            )


def _what_it_is(name: str, project: Project) -> str:
    """What a base is that is no Linen class of the project."""
    module, _, short = name.rpartition(".")
    if name.startswith("flax.linen."):
        return "a Linen layer, whose arguments are others in NNX: build one in the class instead"
    given = project.sources[module].tree.body if module in project.sources else []
    if any(isinstance(n, ast.ClassDef) and n.name == short for n in given):
        return "a class that is no Linen module itself, and whose part in this one is not followed"
    return "a class that is not among the given files"


def _fields(cls: LinenClass, project: Project) -> Iterator[Refused]:
    for field in cls.fields:
        optional = any(
            isinstance(n, ast.Constant) and n.value is None for n in walk(field.statement.annotation)
        )
        if field.factory is not None and (optional or "Optional" in ast.unparse(field.statement.annotation)):
            yield Refused(
                "MN106", field.statement, f"the field `{field.name}` may be None and has a default_factory"
            )
        if not field.init:
            if field.default is not None or field.factory is not None:
                yield Refused(
                    "MN106", field.statement, f"the field `{field.name}` has a default and no argument"
                )
            continue
        listed = holds_modules(field, cls, project)
        if (unlike := _unlike_list(cls, field, project)) is not None:
            yield Refused("MN105", field.statement, f"the field `{field.name}` {unlike}")
            continue
        instance = project.factories.instances.get((cls.name, field.name))
        handed = project.factories.handed.get((cls.name, field.name))
        if instance is not None and (handed is not None or not (listed or holds_module(field, cls, project))):
            instance = handed or instance
            what = "modules outside of a class" if listed else "a module"
            reason = f"the field `{field.name}` is given {what}, `{ast.unparse(instance)}`"
            yield Refused("MN105", field.statement, reason)
        for node in walk(field.statement.annotation):
            name = cls.names.resolve(node) if isinstance(node, ast.Name | ast.Attribute) else None
            known = listed or project.factories.makes(cls, field.name) or holds_module(field, cls, project)
            if name == "flax.linen.Module" and not known:
                yield Refused("MN105", field.statement, f"the field `{field.name}` holds a module")


def _unlike_list(cls: LinenClass, field: Field, project: Project) -> str | None:
    """Why a field is no list of modules that whoever constructs the class hands over."""
    if holds_modules(field, cls, project) and not stays_list(field):
        return "has modules for its default"
    return "holds a list of modules, or none" if may_hold_modules(field, cls, project) else None


def _method(
    cls: LinenClass, method: Method, project: Project, helpers: Collection[str], made: Collection[ast.AST],
    given: Collection[ast.AST],
) -> Iterator[Refused]:  # fmt: skip
    never = {call for call, _ in calls_if_there(cls, method, project)}
    for node in walk(method.node):
        if isinstance(node, ast.Attribute) and method.is_this(node):
            if node.attr != "variables" or not _looks_up(method, node):
                yield from _attribute(cls, node, method)
        elif isinstance(node, ast.Name) and node.id == method.this and isinstance(node.ctx, ast.Load):
            above = method.parents[node]
            through_super = (
                isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.func.id == "super"
            )
            if isinstance(above, ast.Call) and above.func is node:
                continue  # an NNX module is called the same way
            setter = isinstance(above, ast.Call) and ast.unparse(above.func) == "object.__setattr__"
            call = method.parents[above] if isinstance(above, ast.keyword) else above
            known = (
                isinstance(call, ast.Call)
                and project.canonical(cls.names.resolve(call.func) or "") in helpers
            )
            harmless = through_super or setter or known or asks_for_module(cls, above, made)
            harmless = harmless or in_message(method, node) or asks_for_field(cls, method, above, project)
            harmless = harmless or node in given or asks_for_own_class(cls, method, node)
            if not isinstance(above, ast.Attribute) and not harmless:
                yield Refused("MN107", above, "the module itself is handed on")
        elif (
            isinstance(node, ast.Call) and method.is_this(node.func) and node not in made and node not in never
            and _result_is_called(node, method)
        ):  # fmt: skip
            yield Refused("MN101", node, f"`{ast.unparse(node)}` builds a module that is not followed")
        elif isinstance(node, ast.Global | ast.Nonlocal | ast.Yield | ast.YieldFrom | ast.Await):
            yield Refused("MN106", node, "the method is a generator, or rebinds names of another scope")


def _looks_up(method: Method, variables: ast.Attribute) -> bool:
    """`self.variables["cache"]["key"]`: the plan says whether the class declares such a variable."""
    above = (
        method.parents[method.parents[variables]] if method.parents[variables] is not method.node else None
    )
    return above is not None and looked_up(method, above) is not None


def _result_is_called(call: ast.Call, method: Method) -> bool:
    """`self.make(3)(x)`, also by way of a local name: what a call gives is called, as modules are."""
    above = method.parents[call]
    if isinstance(above, ast.Call) and above.func is call:
        return True
    names = stored(above) if isinstance(above, ast.Assign | ast.AnnAssign | ast.NamedExpr) else set()
    functions = (n.func for n in walk(method.node) if isinstance(n, ast.Call))
    return any(isinstance(f, ast.Name) and f.id in names for f in functions)


def _attribute(cls: LinenClass, node: ast.Attribute, method: Method) -> Iterator[Refused]:
    own = {f.name for f in cls.fields} | set(cls.methods) | cls.constants
    if node.attr == "sow" and node.attr not in own:
        call = method.parents[node]
        if not isinstance(call, ast.Call) or call.func is not node:
            yield Refused("MN207", node, "`self.sow` is handed on instead of being called")
        elif (reason := unsowable(call, method, cls.names)) is not None:
            yield reason
    elif node.attr == "perturb":
        yield Refused("MN207", node, "it perturbs intermediates")
    elif node.attr in own or node.attr in _UNDERSTOOD or _is_told(node, method):
        return
    elif node.attr in _GONE or node.attr in MODULE_METHODS:
        instead = MODULE_METHODS.get(node.attr, "an NNX module knows neither its name nor its parent")
        yield Refused("MN103", node, f"it uses `self.{node.attr}`: {instead}")


def _is_told(node: ast.Attribute, method: Method) -> bool:
    """`log("%s", self.__class__.__name__)`: transforms of Linen change the name, so nothing may ask for it."""
    name = method.parents[node]
    told = isinstance(name, ast.Attribute) and name.attr in _NAMES
    asked = isinstance(method.parents[name], ast.Compare | ast.Subscript) if told else True
    return node.attr == "__class__" and (not asked or in_message(method, node))


def _built_elsewhere(
    cls: LinenClass, project: Project, builders: Collection[str], followed: Collection[ast.AST]
) -> Iterator[Refused]:
    """A function that builds modules for its caller would go on to build Linen ones."""
    inner = _locals(cls) | {n for function in followed for n in walk(function)}
    for node in walk(cls.node):
        if (
            isinstance(node, ast.Name | ast.Attribute)
            and isinstance(node.ctx, ast.Load)
            and node not in inner
        ):
            name = cls.names.resolve(node)
            if name is not None and named(name, cls.names, project) in builders:
                inner.update(walk(node))
                reason = f"`{ast.unparse(node)}` builds modules for its caller, outside of the class"
                yield Refused("MN101", node, reason)


def _locals(cls: LinenClass) -> set[ast.AST]:
    """Names inside of methods that are arguments or locals there, whatever else the file calls so."""
    found: set[ast.AST] = set()
    for method in cls.methods.values():
        own = {a.arg for a in walk(method.node) if isinstance(a, ast.arg)} | stored(method.node)
        found |= {n for n in walk(method.node) if isinstance(n, ast.Name) and n.id in own}
    return found


def _references(cls: LinenClass, made: Collection[ast.AST], project: Project) -> Iterator[Refused]:
    for function, name in called_otherwise(cls.node, cls.names):
        yield Refused("MN102", function, f"nn.{name}: {advice(name)}")
    yield from check_parity(cls)
    skip: set[ast.AST] = {n for base in cls.node.bases for n in walk(base)}
    static = _of_static_calls(cls, project)
    for node in walk(cls.node):
        if node in skip or not isinstance(node, ast.Name | ast.Attribute):
            continue
        linen = cls.names.linen(node)
        if isinstance(node, ast.Attribute):
            skip.update(n for n in walk(node) if n is not node) if linen else None
        full = cls.names.resolve(node) or ""
        if full.startswith("flax.nnx.bridge."):
            yield Refused("MN111", node, _of_bridge(cls, node, project))
        elif linen == "RNNCellBase" and node in cls.node.bases:
            continue
        elif linen and node not in made:
            yield from _linen(node, linen)
        elif not linen and project.canonical(cls.names.resolve(node) or "") in project.classes:
            yield from _class(cls, node, {*made, *static}, project)


def _of_bridge(cls: LinenClass, node: ast.expr, project: Project) -> str:
    """Says which class is built through the bridge that `node` names, and why it is not read back."""
    calls = (n for n in walk(cls.node) if isinstance(n, ast.Call) and n.func is node and n.args)
    built = (project.canonical(cls.names.resolve(call.args[0]) or "") for call in calls)
    target = next((name for name in built if name in project.unread), None)
    return through_bridge(target, project) if target is not None else f"it uses `{ast.unparse(node)}`"


def _of_static_calls(cls: LinenClass, project: Project) -> set[ast.expr]:
    """The class in `Cell.initialize_carry(n)`, which calls a method that needs no instance."""
    found = set()
    for call in (n for n in walk(cls.node) if isinstance(n, ast.Call)):
        if isinstance(call.func, ast.Attribute):
            owner = project.classes.get(project.canonical(cls.names.resolve(call.func.value) or ""))
            method = owner.methods.get(call.func.attr) if owner is not None else None
            if owner is None or method is None or not method.is_free:
                continue
            if not _makes_modules(owner, method, project):
                found.add(call.func.value)
    return found


def _class(cls: LinenClass, node: ast.expr, made: Collection[ast.AST], project: Project) -> Iterator[Refused]:
    """A class of the project that is named without being constructed here: handed on, or its own in `super`."""
    annotations = (getattr(n, "annotation", None) or getattr(n, "returns", None) for n in walk(cls.node))
    harmless = {n for a in annotations if a is not None for n in walk(a)} | set(cls.node.bases)
    own = isinstance(node, ast.Name) and node.id == cls.short and node in _asked_alone(cls)
    before = project.canonical(cls.names.resolve(node) or "") in project.before  # NNX, whoever has it
    if node not in made and node not in harmless and not own and not before:
        yield Refused("MN101", node, f"it hands on the class `{ast.unparse(node)}`")


def _asked_alone(cls: LinenClass) -> set[ast.AST]:
    """What stands in `super(Net, self)`, `isinstance(x, Net)`, `type(x) is Net` or `Net.name`: no module is made."""
    found: set[ast.AST] = set()
    for node in walk(cls.node):
        match node:
            case ast.Call(func=ast.Name(id="super"), args=[first, _]):
                found.add(first)
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, kinds]):
                found.update([kinds, *(kinds.elts if isinstance(kinds, ast.Tuple) else ())])
            case ast.Compare():
                found.update([node.left, *node.comparators])
            case ast.Attribute(value=value):
                found.add(value)
    return found


def _makes_modules(cls: LinenClass, method: Method, project: Project) -> bool:
    """Tells whether a static or class method constructs a layer or a class of the project, also as `cls(...)`."""
    functions = [n.func for n in walk(method.node) if isinstance(n, ast.Call)]
    named = {project.canonical(cls.names.resolve(f) or "") for f in functions}
    first = method.parameters[0] if method.parameters else ""
    own = any(isinstance(f, ast.Name) and f.id == first for f in functions)
    return own or any(n in project.classes or find(n.removeprefix("flax.linen.")) for n in named)


def _linen(node: ast.expr, name: str) -> Iterator[Refused]:
    if name in (
        "Module",
        "compact",
        "nowrap",
        "merge_param",
        "with_partitioning",
        "with_logical_partitioning",
    ):
        return
    if nnx_name(name) or name in PLAIN or name in TUPLED or name in PARITY:
        return
    if find(name):
        yield Refused("MN101", node, f"it names nn.{name} without constructing it")
    elif name in ("Partitioned", "LogicallyPartitioned", "unbox"):
        yield Refused("MN210", node, f"it uses nn.{name}")
    else:
        instead = LINEN_ONLY.get(name) or DIFFERENT.get(name) or "it has no counterpart of the same meaning"
        yield Refused("MN102", node, f"nn.{name}: {instead}")
