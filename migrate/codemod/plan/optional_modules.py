"""`self.proj = None`, and a module in its place on a condition: in NNX the one or the other from the start."""

import ast
from collections.abc import Collection
from itertools import combinations

from ..bindings import bound_to, stores_in
from ..branches import exclude
from ..constructions import Construction
from ..factories.followed import asks_whether_there
from ..model import LinenClass, Method, MethodKind
from .asked_fields import asked_name


def optional(construction: Construction) -> tuple[ast.If | ast.IfExp, str] | None:
    """Returns the condition of `setup` under which a module takes the place of None, and the attribute."""
    assign = construction.method.parents[construction.call]
    if isinstance(assign, ast.IfExp):
        return _half(construction, assign)
    return instead_of_none(construction) or _beside_none(construction)


def instead_of_none(construction: Construction) -> tuple[ast.If, str] | None:
    """`self.proj = None` in front of the one condition, or in its else, where the constructor has it in any case."""
    method = construction.method
    assign = method.parents[construction.call]
    if method.kind is not MethodKind.SETUP or not isinstance(assign, ast.Assign) or len(assign.targets) != 1:
        return None
    target, test = assign.targets[0], method.parents[assign]
    if not isinstance(target, ast.Attribute) or not method.is_this(target) or not isinstance(test, ast.If):
        return None
    others = [s for n in stores_in(method, target.attr) if (s := method.statement(n)) is not assign]
    if len(others) != 1 or assign not in test.body or method.parents[test] is not method.node:
        return None
    (other,) = others
    empty = (
        isinstance(other, ast.Assign) and isinstance(other.value, ast.Constant) and other.value.value is None
    )
    before = method.parents[other] is method.node and not test.orelse and other.lineno < assign.lineno
    return (test, target.attr) if empty and (before or test.orelse == others) else None


def _beside_none(construction: Construction) -> tuple[ast.If, str] | None:
    method = construction.method
    target, test = (
        bound_to(construction.call, method.parents),
        method.parents[method.statement(construction.call)],
    )
    if not instead(construction) or not isinstance(target, ast.Attribute) or not isinstance(test, ast.If):
        return None
    return test, target.attr


def instead(construction: Construction) -> list[ast.Assign]:
    """Returns what gives None to the attribute where `setup` does not make the module, each on a side of its own.

    `if self.kind is None: self.proj = None`, `elif self.kind == "a": self.proj = nn.Dense(3)`.
    """
    method = construction.method
    target = bound_to(construction.call, method.parents)
    if method.kind is not MethodKind.SETUP or not isinstance(target, ast.Attribute):
        return []
    nodes = stores_in(method, target.attr) if method.is_this(target) else []
    stores = [s for n in nodes if isinstance(s := method.parents[n], ast.Assign) and s.targets == [n]]
    empty = [s for s in stores if isinstance(s.value, ast.Constant) and s.value.value is None]
    apart = all(exclude(method, one, two) for one, two in combinations(stores, 2))
    conditions = all(isinstance(a, ast.If) for s in stores for a in method.above(s))
    one = len(nodes) == len(stores) == len(empty) + 1
    return empty if one and apart and conditions else []


def _half(construction: Construction, choice: ast.IfExp) -> tuple[ast.IfExp, str] | None:
    """`self.proj = nn.Dense(features) if self.projects else None`, which is assigned nowhere else."""
    target = bound_to(choice, construction.method.parents)
    if construction.method.kind is not MethodKind.SETUP or not isinstance(target, ast.Attribute):
        return None
    mine = construction.method.is_this(target) and len(stores_in(construction.method, target.attr)) == 1
    other = choice.orelse if construction.call is choice.body else choice.body
    empty = isinstance(other, ast.Constant) and other.value is None
    return (choice, target.attr) if mine and empty else None


def asks_for_module(cls: LinenClass, node: ast.AST, made: Collection[ast.AST]) -> bool:
    """Tells whether `node` is `hasattr(self, "proj")`, and whatever setup assigns to that is a module."""
    match node:
        case ast.Call(func=ast.Name(id="hasattr"), args=[_, ast.Constant(value=str(name))], keywords=[]):
            setup = cls.methods.get("setup")
            stores = [(m, n) for m in cls.methods.values() for n in stores_in(m, name)]
            values = [getattr(m.parents[n], "value", None) for m, n in stores if m is setup]
            return bool(stores) and len(values) == len(stores) and all(v in made for v in values)
    return False


def _asked_name(method: Method, test: ast.AST) -> str:
    """Returns the attribute that `hasattr(self, "proj")`, or `not` that, asks for."""
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test = test.operand
    return asked_name(method, test)


def _alone(construction: Construction) -> str:
    """The attribute that setup gives to this module, and to nothing else."""
    method = construction.method
    target = bound_to(construction.call, method.parents)
    if method.kind is not MethodKind.SETUP or not isinstance(target, ast.Attribute):
        return ""
    return target.attr if method.is_this(target) and len(stores_in(method, target.attr)) == 1 else ""


def asks_for_it(construction: Construction, condition: ast.AST, method: Method) -> bool:
    """Tells whether a condition is `self.proj is not None`, or `self.proj`, of the module or of one made beside it.

    `hasattr(self, "proj")` asks the same where nothing else is assigned to it.
    """
    if not isinstance(condition, ast.If | ast.IfExp):
        return False
    test = condition.test
    if (asked := _asked_name(method, test)) and asked == _alone(construction):
        return True
    found = optional(construction)
    if found is None:
        return False
    parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    (where, own), setup = found, construction.method
    beside = isinstance(where, ast.If) and setup.statement(construction.call) in where.body
    names = [_asked_attribute(method, part) for part in parts]
    return all(name == own or (beside and _made_beside(setup, where, name)) for name in names)


def asks_if_missing(construction: Construction, condition: ast.If, method: Method) -> bool:
    """Tells whether a condition is `self.proj is None`, or `not self.proj`, of an optional module itself."""
    found = optional(construction)
    match condition.test:
        case ast.Compare(left=left, ops=[ast.Is()]) if asks_whether_there(condition.test, left):
            asked = left
        case ast.UnaryOp(op=ast.Not(), operand=asked):
            pass
        case _:
            return False
    return found is not None and method.is_this(asked, found[1])


def _asked_attribute(method: Method, test: ast.expr) -> str:
    """The attribute of which `self.proj is not None`, or `self.proj`, asks whether it is there."""
    match test:
        case ast.Compare(left=left, ops=[ast.IsNot()]) if asks_whether_there(test, left):
            test = left
    return test.attr if isinstance(test, ast.Attribute) and method.is_this(test) else ""


def _made_beside(setup: Method, condition: ast.If | ast.IfExp, name: str) -> bool:
    """Tells whether setup assigns an attribute under a condition, and otherwise None."""
    stores = [s for n in stores_in(setup, name) if isinstance(s := setup.parents[n], ast.Assign)]
    if not name or not isinstance(condition, ast.If) or len(stores) != 2:
        return False
    made, empty = stores
    is_empty = isinstance(empty.value, ast.Constant) and empty.value.value is None
    return made in condition.body and empty in condition.orelse and is_empty
