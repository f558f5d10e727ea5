"""Sizes as expressions: of fields, literals, loop variables and the shapes of a method's arguments."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..constructors import GIVEN, WHOLE


class Kind(Enum):
    """What a term is; those of `PLACED` hold at some places of a method only."""

    CONST = "a literal"
    FIELD = "an attribute of self"
    COMPUTED = "an attribute of self that setup computes"
    HELD = "the features of a layer that is given to a field"
    GLOBAL = "a name of the module"
    GIVEN = "a size of the caller, in a class that is constructed there"
    ASKED = "an argument of the constructor that nothing in the source tells"
    ARGUMENT = "an argument of a static method"
    LOCAL = "a local variable that a constructor can compute too"
    KEPT = "a field of the submodule that a call makes, which the submodule keeps"
    PASSED = "a local, as the call that makes a submodule hands it on"
    DIM = "one size of an argument of a method"
    PHI = "a size that changes from one round of a loop to the next"
    TAKEN = "a size at the end of a list, which the constructor fills and empties as the method does"
    ATTRIBUTE = "an attribute of the part"
    ITEM = "an item of the first part"
    OP = "an operator between the parts"
    NOT = "not or minus"
    CALL = "a call of a pure builtin on the parts, or of the first on the others"
    TUPLE = "a tuple of the parts"
    DICT = "a dict of the parts by the keys that its value has"
    CHOICE = "the second part if the first, else the third"
    ROUNDS = "the first part before a loop in a class that is called, the second after each of its rounds"
    ADDED = "the size of either part, of two arguments that are added: the same, unless one is 1"
    BESIDE = "the size of the part, unless that is 1 and vectors beside it are more"


PLACED = frozenset({Kind.LOCAL, Kind.KEPT, Kind.PASSED, Kind.PHI, Kind.TAKEN, Kind.ROUNDS})
"""What holds at some places of a method only."""

_OF_SEVERAL = frozenset({Kind.ROUNDS, Kind.ADDED, Kind.BESIDE})


@dataclass(frozen=True)
class Term:
    """`value` is the literal, the name or the operator; equal terms stand for equal values."""

    kind: Kind
    value: Any = None
    parts: tuple["Term", ...] = ()

    def walk(self) -> Iterator["Term"]:
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def spelled(self) -> bool:
        """Whether it is one size, whatever a loop of a child does, or another argument widens."""
        return not any(term.kind in _OF_SEVERAL for term in self.walk())

    @property
    def number(self) -> int | None:
        """The value of an integer literal."""
        return self.value if self.kind is Kind.CONST and type(self.value) is int else None


@dataclass(frozen=True)
class Size:
    """The value of a DIM: axis `index` of the array that `method` gets as `array`.

    With `many` it is the product of that axis, counted from the front, and all behind it.
    """

    method: str
    array: str
    index: int
    many: bool = False

    @property
    def template(self) -> str:
        """What a caller passes who has the array `{}`."""
        if not self.many:
            return f"{{}}.shape[{self.index}]"
        return "{}" + "[0]" * self.index + ".size"


@dataclass(frozen=True)
class Differs(Size):
    """The value of a DIM that is no size: whether the array has another shape than that of the argument `other`."""

    other: str = ""

    @property
    def template(self) -> str:
        return f"{{}}.shape != {self.other}"


@dataclass(frozen=True)
class Given(Size):
    """The value of a DIM that is no size: whether the argument is given, which is optional."""

    @property
    def template(self) -> str:
        return GIVEN


@dataclass(frozen=True)
class Passed(Size):
    """The value of a DIM that is the argument itself, of which an axis is made: `jnp.zeros((2, features))`."""

    @property
    def template(self) -> str:
        return "{}"

    @staticmethod
    def of(method: str, array: str) -> Term:
        return Term(Kind.DIM, Passed(method, array, 0, many=True))


@dataclass(frozen=True)
class Whole(Size):
    """The value of a DIM that is a whole shape, of an array of any number of axes."""

    @property
    def template(self) -> str:
        return WHOLE

    @staticmethod
    def of(method: str, array: str) -> Term:
        return Term(Kind.DIM, Whole(method, array, 0, many=True))


@dataclass(frozen=True)
class Maker:
    """The value of a LOCAL: its name and the statement, by its place, that bound it: in `setup`, and not in a loop."""

    name: str
    line: int
    column: int
    setup: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Taken:
    """The value of a TAKEN: a list, the expression that reads its end or takes it away, and the axis from the end.

    `list` names the class, the method and the local; `popped` says that the array is taken away.
    """

    list: tuple[str, str, str]
    line: int
    column: int
    popped: bool
    axis: int


@dataclass(frozen=True)
class Widened(Size):
    """The value of a DIM that is 1 where the array has so many axes, as `x.ndim < 3` says, and else the axis."""

    sign: str = "<"
    count: int = 0

    @property
    def template(self) -> str:
        return f"1 if {{}}.ndim {self.sign} {self.count} else {{}}.shape[{self.index}]"

    @staticmethod
    def read(template: str, method: str, array: str) -> "Widened | None":
        """Returns the size that a template spells."""
        found = _WIDENED.fullmatch(template)
        return Widened(method, array, int(found[3]), sign=found[1], count=int(found[2])) if found else None


_WIDENED = re.compile(r"1 if \{\}\.ndim (<|<=|==) (\d+) else \{\}\.shape\[(-?\d+)\]")


class ClassName(str):
    """The value of a GLOBAL: what a file calls the class of the project whose full name is `target`."""

    target: str

    def __new__(cls, name: str, target: str) -> "ClassName":
        named = super().__new__(cls, name)
        named.target = target
        return named


def asks_class(field: Term, name: str, target: str) -> Term:
    """Returns `field is name`."""
    return Term(Kind.OP, "is", (field, Term(Kind.GLOBAL, ClassName(name, target))))


def is_given(method: str, argument: str) -> Term:
    """Returns whether a method is given an argument, which is optional."""
    return Term(Kind.DIM, Given(method, argument, 0, many=True))


def _is_of_class(term: Term) -> bool:
    return term.value == "is" and isinstance(term.parts[1].value, ClassName)


def is_test(term: Term | None) -> bool:
    """Tells whether a term is no size, but what holds or does not."""
    if term is None or term.kind in (Kind.DIM, Kind.NOT):
        return term is not None and (term.value == "not" or isinstance(term.value, Differs | Given))
    return term.kind is Kind.OP and (term.value in ("and", "or") or term.value in _COMPARED)


def const(value: Any) -> Term:
    return Term(Kind.CONST, value)


OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**", ast.Div: "/",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in", ast.And: "and", ast.Or: "or",
}  # fmt: skip
_COMPARED = ("==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in")
_NUMBERS = ("+", "-", "*", "//", "%", "**", "/")
_FOLD: dict[str, Callable[[int, int], int]] = {
    "+": int.__add__, "-": int.__sub__, "*": int.__mul__, "//": int.__floordiv__,
}  # fmt: skip


def op(operator: str, left: Term, right: Term) -> Term:
    """Returns `left operator right`; literals are computed, a factor of one goes away, `a + a` is `2 * a`.

    What was added last goes when it is taken away: `a + 1 - 1` is `a`. So is `a // 2 * 2 + a % 2`.
    """
    a, b = left.number, right.number
    if a is not None and b is not None and operator in _FOLD and not (operator == "//" and b == 0):
        return const(_FOLD[operator](a, b))
    if (operator in ("*", "//") and b == 1) or (operator in ("+", "-") and b == 0):
        return left
    if (operator == "*" and a == 1) or (operator == "+" and a == 0):
        return right
    if (
        operator in ("is", "is not")
        and right == const(None)
        and left.kind is Kind.OP
        and left.value in _NUMBERS
    ):
        return const(operator == "is not")
    if operator == "-" and left.kind is Kind.OP and left.value == "+" and left.parts[1] == right:
        return left.parts[0]
    if operator == "+" and left == right:
        return op("*", const(2), left)
    if (
        operator == "+"
        and right.kind is Kind.OP
        and right.value == "%"
        and left == _whole_times(*right.parts)
    ):
        return right.parts[0]
    if operator == "//" and left.kind is Kind.OP and left.value == "*" and right in left.parts:
        return left.parts[0] if left.parts[1] == right else left.parts[1]
    return Term(Kind.OP, operator, (left, right))


def item(whole: Term, index: Term) -> Term:
    """Returns `whole[index]`, the item itself where both are spelled out."""
    place, keys = index.number, whole.value
    if whole.kind is Kind.DICT and index.kind is Kind.CONST and index.value in keys:
        found: Term = whole.parts[keys.index(index.value)]
        return found
    items: Any = (
        whole.parts if whole.kind is Kind.TUPLE else whole.value if whole.kind is Kind.CONST else None
    )
    if isinstance(items, tuple) and place is not None and -len(items) <= place < len(items):
        return items[place] if whole.kind is Kind.TUPLE else const(items[place])
    return Term(Kind.ITEM, None, (whole, index))


def choice(test: Term, yes: Term, no: Term) -> Term:
    """Returns `yes if test else no`, where that is a choice at all."""
    if test.kind is Kind.CONST:
        return yes if test.value else no
    if yes.value is True and no.value is False and is_test(test):
        return test
    if _alike_unless(test, yes, no):
        return yes  # `f if n != f else n`
    odd = _asked_if_odd(test)
    if odd is not None and no == _whole_times(odd, const(2)) and yes in _one_more(no):
        return odd  # `2 * (n // 2) + 1 if n % 2 else 2 * (n // 2)`
    if no.kind is Kind.CHOICE and no.parts[1] == yes:  # `a if p else a if q else b`
        return Term(Kind.CHOICE, None, (Term(Kind.OP, "or", (test, no.parts[0])), yes, no.parts[2]))
    return yes if yes == no or _swapped(yes) == no else Term(Kind.CHOICE, None, (test, yes, no))


def _whole_times(size: Term, by: Term) -> Term:
    """The largest multiple of a number that a size has room for."""
    return op("*", by, op("//", size, by))


def _one_more(size: Term) -> tuple[Term, Term]:
    """A size and 1, either way round."""
    return op("+", size, const(1)), op("+", const(1), size)


def _asked_if_odd(test: Term) -> Term | None:
    """Returns the size that a test asks whether it is odd: `n % 2`, `n % 2 == 1`, `n % 2 != 0`."""
    if test.kind is not Kind.OP or len(test.parts) != 2:
        return None
    one, two = test.parts
    if (test.value, two) in (("==", const(1)), ("!=", const(0)), (">", const(0))):
        return _asked_if_odd(one)
    return one if test.value == "%" and two == const(2) else None


def _alike_unless(test: Term, one: Term, two: Term) -> bool:
    """Tells whether two sizes are the same where a test does not hold."""
    if test.kind is Kind.OP and test.value == "or":
        return any(_alike_unless(part, one, two) for part in test.parts)
    if test.kind is Kind.OP and test.value == "!=":
        return {one, two} == {*test.parts}
    asked = test.value
    if not isinstance(asked, Differs) or one.kind is not Kind.DIM or two.kind is not Kind.DIM:
        return False
    arrays = {(asked.method, asked.array), (asked.method, asked.other)}
    sizes = (one.value, two.value)
    return {(s.method, s.array) for s in sizes} == arrays and len({(s.index, s.many) for s in sizes}) == 1


def is_whole_number(size: Term) -> bool:
    """Tells whether a size is made of literals and sizes of arrays by operators that give whole numbers for these."""
    if size.kind is Kind.OP:
        return size.value in ("+", "-", "*", "//") and all(map(is_whole_number, size.parts))
    return size.kind is Kind.DIM or size.number is not None


def _swapped(size: Term) -> Term | None:
    """The same product or sum with its parts the other way round."""
    commutes = size.kind is Kind.OP and size.value in ("*", "+")
    return Term(Kind.OP, size.value, (size.parts[1], size.parts[0])) if commutes else None


def substitute(term: Term, by: Callable[[Term], Term | None]) -> Term | None:
    """Replaces the terms without parts, and tests for a class; None as soon as one of them has no replacement."""
    if not term.parts or _is_of_class(term):
        return by(term)
    parts = []
    for part in term.parts:
        new = substitute(part, by)
        if new is None:
            return None
        parts.append(new)
    if term.kind is Kind.OP and len(parts) == 2:
        return op(term.value, *parts)
    if term.kind is Kind.ITEM:
        return item(*parts)
    if term.kind is Kind.CHOICE:
        return choice(*parts)
    if term.kind in (Kind.ROUNDS, Kind.ADDED) and parts[0] == parts[1]:
        return parts[0]
    return Term(term.kind, term.value, tuple(parts))


def code(term: Term, name: Callable[[Term], str]) -> str:
    """Spells a term; `name` spells those that have no parts and are no literals."""
    text = re.sub(r"\b(\w+) \*\* (\w+)\b", r"\1**\2", ast.unparse(_node(term, name)))
    text = re.sub(r"\b(and|or) \((not [\w.]+)\)", r"\1 \2", text)
    return re.sub(r"'([^'\"\\]*)'", r'"\1"', text)


def _node(term: Term, name: Callable[[Term], str]) -> ast.expr:
    parts = [_node(part, name) for part in term.parts]
    match term.kind:
        case Kind.ROUNDS | Kind.ADDED | Kind.BESIDE:
            raise ValueError(f"a size that is one of two: {term}")
        case Kind.CONST:
            return ast.Constant(term.value)
        case Kind.ATTRIBUTE:
            return ast.Attribute(parts[0], term.value, ast.Load())
        case Kind.ITEM:
            return ast.Subscript(parts[0], parts[1], ast.Load())
        case Kind.TUPLE:
            return ast.Tuple(parts, ast.Load())
        case Kind.DICT:
            return ast.Dict([ast.Constant(key) for key in term.value], list(parts))
        case Kind.CHOICE:
            return ast.IfExp(*parts)
        case Kind.CALL if term.value is None:
            return ast.Call(parts[0], parts[1:], [])
        case Kind.CALL:
            return ast.Call(ast.parse(term.value, mode="eval").body, parts, [])
        case Kind.NOT:
            denied = _denied(parts[0]) if term.value == "not" else None
            return denied or ast.UnaryOp(ast.Not() if term.value == "not" else ast.USub(), parts[0])
        case Kind.OP:
            return _operation(term.value, parts)
    return ast.parse(name(term), mode="eval").body


_DENIED: dict[type[ast.cmpop], ast.cmpop] = {
    ast.Eq: ast.NotEq(), ast.NotEq: ast.Eq(), ast.Is: ast.IsNot(), ast.IsNot: ast.Is(),
    ast.In: ast.NotIn(), ast.NotIn: ast.In(),
}  # fmt: skip


def _denied(node: ast.expr) -> ast.expr | None:
    """Spells `not a == b` as `a != b`."""
    match node:
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _DENIED:
            return ast.Compare(left, [_DENIED[type(sign)]], [right])
    return None


def _operation(operator: str, parts: list[ast.expr]) -> ast.expr:
    kind = next(k for k, text in OPERATORS.items() if text == operator)()
    if isinstance(kind, ast.boolop):
        return ast.BoolOp(kind, parts)
    if isinstance(kind, ast.cmpop):
        return ast.Compare(parts[0], [kind], parts[1:])
    assert isinstance(kind, ast.operator)
    return ast.BinOp(parts[0], kind, parts[1])
