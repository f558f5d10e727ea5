"""The outcome of planning one class, as data for the writer."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from ..constructions import Construction
from ..factories.records import Factory
from ..flow.found import Flow, Found, PhiKey
from ..flow.run import called_methods
from ..flow.terms import Size as DimSize
from ..flow.terms import Taken, Term
from ..flow.values import Ranks, Root
from ..iterations import Iteration
from ..model import Creation, Field, LinenClass, Method
from ..sizes import Parameter
from ..slices import HelperCall
from ..source import Span
from .automatic import Counted

TRUE, FALSE = "_migrate_norm_true", "_migrate_norm_false"
"""Stand for what a call such as `self.is_initializing()` always is in NNX; the writer folds them away."""


class Carried(NamedTuple):
    """A local of the constructor that follows a size through a loop: before it, and at the end of each round."""

    name: str
    entry: Term
    back: Term


class Stacked(NamedTuple):
    """What the constructor does for a statement that makes a list of arrays, fills it or takes from it.

    It has a list `name` of their sizes, which it makes where this `starts`; `row` takes the last one, unless something
    that is made there does.
    """

    name: str
    puts: tuple[Term, ...]
    starts: bool
    row: str


class Form(Enum):
    """How `__init__` creates a variable."""

    BIND = "self.name = ..."
    APPEND = "self.names.append(...)"
    SETATTR = "setattr(self, name, ...)"
    LIST = "self.names = nnx.List([...])"
    ITEM = "nnx.Sequential(..., ...)"
    ELEMENT = "self.names = nnx.List([..., ...])"
    ADDED = "self.names.append(...) behind such a list"


@dataclass(frozen=True, eq=False)
class Variable:
    """One declared variable: its NNX attribute and type, and its Linen and NNX paths (`{}` is a number).

    One that is `asked` for is None until a call makes it. The initial value of an `optional` one may be None, that of
    a `tree` is a tuple or a dict of arrays.
    """

    creation: Creation
    attribute: str
    type: str
    form: Form
    linen: str
    path: tuple[str, ...]
    index: str = ""
    conditional: bool = False
    asked: bool = False
    optional: bool = False
    tree: bool = False

    @property
    def read(self) -> str:
        """What takes the value out of a variable: an index does where an array is there for sure."""
        return ".get_value()" if self.optional or self.tree else "[...]"


@dataclass(frozen=True, eq=False)
class Submodule:
    """One submodule: its NNX attribute and form, the sizes in front of its arguments, its Linen path.

    `moved` are constructor arguments that become arguments of the call, by the name that the call has for them: an
    expression, or the name of an argument of the method.
    A `hoisted` one has no variables and is made once, behind everything else, under the conditions `tests`.
    `loop` is the outermost one around it; the list of an `iterated` one is run through by an iterator.
    `linen` and `path` are empty where the name depends on configuration; `automatic` says that Linen made it up.
    Where `path` alone is there, Linen has its variables among those of the class. `within` leads from the attribute to
    one layer of a Sequential. `at_call` has what each call of it gets besides its own arguments; `iteration` says how a
    vmap or a scan runs it. Only where `guard` holds is there one.
    """

    construction: Construction
    attribute: str
    form: Form
    sizes: tuple[Term, ...]
    linen: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    moved: tuple[tuple[str, ast.expr | str], ...] = ()
    hoisted: bool = False
    tests: tuple[Term, ...] = ()
    loop: ast.For | ast.ListComp | None = None
    iterated: bool = False
    automatic: bool = False
    child: "ClassPlan | None" = None
    within: tuple[str, ...] = ()
    at_call: dict[ast.Call, tuple[tuple[str, ast.expr | str], ...]] = field(default_factory=dict)
    iteration: Iteration | None = None
    guard: Term | None = None

    @property
    def shares_scope(self) -> bool:
        """Whether its variables stand among those of the class in Linen."""
        return self.path != () and self.linen == ()


@dataclass(frozen=True, eq=False)
class SharedScope:
    """A `statement` that has the class share its scope with what it has `made`, one at a time, by this `mention`."""

    statement: ast.Expr
    mention: ast.expr
    made: tuple[Construction, ...]

    @property
    def call(self) -> ast.Call:
        assert isinstance(self.statement.value, ast.Call)
        return self.statement.value


def spelled(variable: Variable, this: str) -> str:
    """Returns the code that reaches a variable from a method that calls its module `this`."""
    if variable.form in (Form.APPEND, Form.LIST):
        return f"{this}.{variable.attribute}[{variable.index}]"
    if variable.form is Form.SETATTR:
        return f"getattr({this}, {variable.index or repr(variable.attribute)})"
    return f"{this}.{variable.attribute}"


Decorator = tuple[str, tuple[str | tuple[str, ast.expr], ...]]
"""A decorator's function and its options."""


@dataclass(frozen=True, eq=False)
class LocalFunction:
    """A local function behind a vmap or a scan: it calls the module that is its argument `module`.

    `decorators` have options, as code or by name with an expression of the method. `arguments` are what the module is
    called with: parameters as code, or expressions of the method that every round gets as they are. Where `carry` is
    set, it is all that is returned. A local of the method that is `called` takes the module as its first argument.
    """

    name: str
    decorators: tuple[Decorator, ...]
    parameters: tuple[str, ...]
    module: str
    arguments: tuple[str | ast.expr, ...]
    carry: str = ""
    called: ast.Name | None = None

    @property
    def reads(self) -> tuple[ast.expr, ...]:
        """The expressions of the method that it evaluates."""
        options = (o for _, given in self.decorators for o in given)
        return (
            *(o[1] for o in options if not isinstance(o, str)),
            *(a for a in self.arguments if isinstance(a, ast.expr)),
            *([self.called] if self.called is not None else []),
        )


@dataclass(frozen=True, eq=False)
class Zeros:
    """The first carry of a cell that nothing else is asked of: `count` arrays of zeros, made by `function`.

    Their shape is `batch` and the `features`; with `cut`, `batch` is the shape of an input, without its last size.
    """

    function: str
    batch: tuple[ast.expr, ...]
    cut: bool
    features: ast.expr
    dtype: ast.expr | None
    count: int

    @property
    def reads(self) -> tuple[ast.expr, ...]:
        return (*self.batch, self.features, *([self.dtype] if self.dtype is not None else []))


@dataclass(frozen=True)
class Borrowed:
    """A product with the kernel of another layer: how the file calls jax.numpy, and the field or code of the dtype.

    Without jax.numpy, it is what the layer itself computes with the variables of others.
    """

    numpy: str = ""
    field: str = ""
    dtype: str = ""


@dataclass(eq=False)
class Body:
    """Edits to one method: code that replaces expressions, statements that go, and come first (a tab is one level).

    `keywords` are arguments that calls get, `named` positional ones that get a name; a `counted` loop gets a counter,
    an `unwrapped` one gives way to its body. A comprehension that is `paired`, by its target, runs through lists of
    modules too, beside those of its own whose names are read. A call gets a `first` argument; an `uncalled` one gives
    way to its function. `before` has functions that are defined in front of a statement, `recalled` calls of them: with
    arguments of the call by their place, or as code. A statement that is `made` creates the variable unless it is
    there. One that is `sown` by does so within nnx.capture alone; it has what the method calls its module. `zeros` are
    first carries of cells, `carried` calls of `initialize_carry` with the shape that they are given; `borrowed` are
    calls of `apply`, with the variables of others. The method itself has `asked` parameters: by name, what they are;
    keywords that it hands on, it takes as `rest`.
    """

    asked: dict[str, str] = field(default_factory=dict)
    rest: str = ""
    replace: dict[ast.AST, str] = field(default_factory=dict)
    counted: dict[ast.For, str] = field(default_factory=dict)
    unwrapped: set[ast.For] = field(default_factory=set)
    paired: dict[ast.expr, tuple[Mapping[str, str], frozenset[str]]] = field(default_factory=dict)
    keywords: dict[ast.Call, list[tuple[str, ast.expr | str]]] = field(default_factory=dict)
    named: dict[ast.Call, tuple[str, ...]] = field(default_factory=dict)
    first: dict[ast.Call, str] = field(default_factory=dict)
    uncalled: set[ast.Call] = field(default_factory=set)
    before: dict[ast.stmt, LocalFunction] = field(default_factory=dict)
    recalled: dict[ast.Call, tuple[str, tuple[str | int, ...]]] = field(default_factory=dict)
    zeros: dict[ast.Call, Zeros] = field(default_factory=dict)
    carried: dict[ast.Call, ast.expr] = field(default_factory=dict)
    borrowed: dict[ast.Call, Borrowed] = field(default_factory=dict)
    remove: set[ast.stmt] = field(default_factory=set)
    hoist: list[str] = field(default_factory=list)
    iterators: dict[ast.For, list[str]] = field(default_factory=dict)
    made: dict[ast.stmt, Variable] = field(default_factory=dict)
    sown: dict[ast.stmt, str] = field(default_factory=dict)
    put: dict[ast.AST, tuple[str, ast.expr]] = field(default_factory=dict)
    merge: dict[ast.AST, str] = field(default_factory=dict)
    reads: set[str] = field(default_factory=set)
    field_reads: list[tuple[ast.AST, str]] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Derived:
    """A `setup` attribute that follows a parameter: it becomes a method that computes it at each call.

    `keep` are the statements of `setup` that make it. One that is assigned more than once is a local of the method,
    returned at its end; `local` says so. `early` says that it follows fields alone: the constructor may ask for it.
    """

    attribute: str
    method: str
    keep: frozenset[ast.stmt]
    local: bool = False
    early: bool = False


@dataclass(frozen=True, eq=False)
class PartialEdit:
    """A partial of a layer or class: `names` are its positional arguments', `dropped` go to the call or say nothing."""

    factory: Factory
    names: tuple[str, ...]
    dropped: frozenset[str]


class Retold(NamedTuple):
    """The sizes that the constructor of the base is given, where the class replaces the method that tells them there.

    `place` is the method that tells them here, or its call of the one that it replaces.
    """

    sizes: tuple[Term, ...]
    place: ast.AST


class Told(NamedTuple):
    """A size that traced models have told: what the constructor spells, and the numbers that were seen."""

    size: Term
    seen: tuple[Any, ...]


@dataclass(eq=False)
class ClassPlan:
    """Everything the writer needs; `spans` of one file only, the class's own."""

    # What the class is, and what it inherits.
    cls: LinenClass
    fields: list[Field] = field(default_factory=list)
    base: "ClassPlan | None" = None
    apart: bool = False
    """The base is what is left of one whose constructor is not called: it keeps fields alone."""
    stands: bool = False
    """An earlier run migrated it: nothing is written, and its variables are called in Linen as they are in NNX."""
    called_up: ast.Call | None = None
    """The call of the base's method by the one that takes its place, where that makes something."""
    retold: Retold | None = None
    """Sizes of the base that are told here."""
    taken_alike: list[tuple[ast.AST, str]] = field(default_factory=list)
    """Layers of the base whose sizes nothing here tells, each with the place of a call."""
    counted: Counted = field(default_factory=Counted)
    """The submodules with automatic names behind its own."""
    inherited_references: dict[Span, str] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    """What inherited fields name."""

    # The constructor.
    constructor: bool = True
    parameters: list[Parameter] = field(default_factory=list)
    stores: list[tuple[str, str]] = field(default_factory=list)
    made_only: set[str] = field(default_factory=set)
    frozen: set[str] = field(default_factory=set)
    """Fields that are kept as tuples."""
    held: set[str] = field(default_factory=set)
    """Fields that hold arrays and are kept: data, which a constructor under a transform of Flax does not tell."""
    listed: set[str] = field(default_factory=set)
    """Fields that hold a list of modules."""
    left_out: list[Field] = field(default_factory=list)
    """Fields for an array that nobody gives one."""
    takeover: list[tuple[Method, set[ast.stmt]]] = field(default_factory=list)
    from_start: set[ast.If | ast.IfExp] = field(default_factory=set)
    """Conditions that ask for an argument: submodules behind them are made in any case."""
    handed_without: set[Root] = field(default_factory=set)
    """Arguments that are handed on to a submodule which makes others of its own without them."""
    leaves: set[ast.stmt] = field(default_factory=set)
    """Statements that return what they make, before others are made."""
    unset: dict[str, ast.Attribute] = field(default_factory=dict)
    through_self: dict[str, str] = field(default_factory=dict)
    computed: dict[str, str] = field(default_factory=dict)
    """What setup computes, as the constructor spells it."""
    derived: list[Derived] = field(default_factory=list)
    computed_once: frozenset[str] = frozenset()
    partials: dict[ast.Call, PartialEdit] = field(default_factory=dict)
    factories: set[ast.expr] = field(default_factory=set)
    modes: list[str] = field(default_factory=list)
    draws: bool = False
    note: str = ""
    unguarded: ast.AST | None = None

    # Variables and submodules.
    variables: list[Variable] = field(default_factory=list)
    collections: set[str] = field(default_factory=set)
    calls: list[HelperCall] = field(default_factory=list)
    submodules: list[Submodule] = field(default_factory=list)
    shared: set[Construction] = field(default_factory=set)
    """Layers that are given to fields of submodules too."""
    handed: set[ast.expr] = field(default_factory=set)
    """What spells those."""
    looks: dict[ast.expr, str] = field(default_factory=dict)
    """Where submodules are looked into."""
    shared_scopes: list[SharedScope] = field(default_factory=list)
    """Statements that have variables of submodules among the class's own."""
    thrown_away: set[ast.stmt] = field(default_factory=set)
    """Statements that make submodules which nothing mentions again."""
    scanned: dict[str, Iteration] = field(default_factory=dict)

    # Sizes.
    flow: Flow = field(default_factory=Flow)
    asked_again: dict[str, "ClassPlan"] = field(default_factory=dict)
    """What its methods give where fields and numbers of axes are as some call has them, by how these are spelled."""
    guessed: Sequence[Ranks] = ()
    """Numbers of axes that arguments are taken to have until a caller confirms them."""
    ranks: Ranks = field(default_factory=dict)
    """Numbers of axes that they have at every call."""
    sizes: dict[Span, str] = field(default_factory=dict)
    dims: dict[DimSize, str] = field(default_factory=dict)
    size_terms: dict[Span, Term] = field(default_factory=dict)
    read: list[tuple[Term, ast.AST]] = field(default_factory=list)
    """What the constructor has in the places of expressions of the methods."""
    grouped: set[Span] = field(default_factory=set)
    settled: set[ast.stmt] = field(default_factory=set)
    unpacked: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    whole: dict[Term, str] = field(default_factory=dict)
    spelled: dict[Submodule, tuple[Term, ...]] = field(default_factory=dict)
    phis: dict[ast.For, list[Carried]] = field(default_factory=dict)
    list_loops: dict[ast.For, Submodule] = field(default_factory=dict)
    """Loops of methods over a list that setup makes, whose sizes change from one element to the next."""
    names: dict[PhiKey, str] = field(default_factory=dict)
    stacked: dict[ast.stmt, list[Stacked]] = field(default_factory=dict)
    """Statements that fill and empty lists of arrays."""
    taken: dict[Taken, str] = field(default_factory=dict)
    """The sizes that are taken from those, as the constructor spells them."""
    asked_sizes: dict[str, tuple[Found, str]] = field(default_factory=dict)
    """The submodule and the size behind each argument that the source does not tell."""
    behind: Term | None = None
    """What it gives behind its loops, where the constructor keeps that for who makes the next layer."""
    told: dict[tuple[ast.Call, str], Told] = field(default_factory=dict)
    """Sizes that traced models have told, by the submodule's call and their name."""

    # The methods.
    bodies: dict[str, Body] = field(default_factory=dict)
    references: dict[Span, str] = field(default_factory=dict)
    asked: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    """Modes that a method has to be given, each with the fields whose factories were bound to them."""
    handed_on: dict[str, set[str]] = field(default_factory=dict)
    """Of these the modes that some of what a field may hold does not take: the method hands them on behind `**`."""
    uncalled: list[tuple[ast.Call, Field]] = field(default_factory=list)
    """Calls of fields that nobody gives a function."""
    given_self: Mapping[ast.Name, frozenset[str]] = field(default_factory=dict)
    """Where the module is given to a function, with the fields that this reads."""

    @property
    def bases(self) -> list["ClassPlan"]:
        """The plans that this class inherits from, nearest first."""
        return [self.base, *self.base.bases] if self.base else []

    @property
    def every_partial(self) -> dict[ast.Call, PartialEdit]:
        return {**(self.base.every_partial if self.base else {}), **self.partials}

    @property
    def every_variable(self) -> list[Variable]:
        return [*(self.base.every_variable if self.base else ()), *self.variables]

    @property
    def every_parameter(self) -> list[Parameter]:
        """Size arguments of the constructor: those of the base first, unless a method of this class tells them."""
        inherited = self.base.every_parameter if self.base is not None and self.retold is None else ()
        return [*inherited, *self.parameters]

    @property
    def assumed(self) -> dict[Root, int]:
        """The number of axes that arguments of its methods have at least, those of the bases' own too."""
        return {root: n for p, root in self._roots if (n := p.flow.assumed.get(root)) is not None}

    @property
    def exact(self) -> dict[Root, int]:
        """The same of those that have exactly so many."""
        return {root: n for p, root in self._roots if (n := p.flow.exact.get(root)) is not None}

    @property
    def _roots(self) -> Iterator[tuple["ClassPlan", Root]]:
        """The arguments that a class takes to have so many axes: of methods that it, or what it inherits, runs."""
        for plan in reversed((self, *self.bases)):
            for root in plan.flow.assumed.keys() | plan.flow.exact.keys():
                owner = next((p for p in (self, *self.bases) if root[0] in p.cls.methods), plan)
                if owner is plan or plan is self:
                    yield plan, root

    @property
    def replaces_hooks(self) -> bool:
        """Tells whether it replaces methods that its bases call."""
        return any(called_methods(above.cls) & self.cls.methods.keys() for above in self.bases)

    @property
    def methods(self) -> dict[str, Method]:
        """The methods of the class and its bases; of two, the nearer one's."""
        return {name: m for plan in reversed((self, *self.bases)) for name, m in plan.cls.methods.items()}
