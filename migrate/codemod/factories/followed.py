"""Uses of factories that lead to nothing but submodules: all others could be anything."""

import ast
from collections.abc import Iterator, Sequence

from ..constructions import Construction
from ..model import LinenClass, Method, Refused
from ..project import Project
from ..trees import walk
from .choices import halves_of, made_by
from .reaching import reaching
from .records import Factory, Scope
from .resolve import line


def followed(cls: LinenClass, project: Project, made: Sequence[Construction]) -> "Followed":
    """Returns the factories that a class names, which are found once for what it makes."""
    kept = project.factories.followed
    known = kept.get(cls.name)
    if known is None or known[0] is not cls or known[1] != [*made]:
        known = kept[cls.name] = (cls, [*made], Followed(cls, project, made))
    found: Followed = known[2]
    return found


class Followed:
    """The factories that a class names. `names` are the layers and classes among them, `partials` the calls."""

    def __init__(self, cls: LinenClass, project: Project, made: Sequence[Construction]):
        self.cls, self.project, self.factories = cls, project, project.factories
        self.made = {c.call: c for c in made}
        self.lifted = {n for c in made if c.lifted is not None for n in c.lifted.nodes}
        self.names: set[ast.expr] = set()
        self.partials: list[ast.Call] = []
        for method in cls.methods.values():
            self._in(method)
        self._defaults()

    def refusals(self) -> Iterator[Refused]:
        """Yields each use of a field that makes modules which is not followed."""
        held = {name for above in line(self.cls, self.project) for name in (f.name for f in above.fields)}
        for method in self.cls.methods.values():
            for node in walk(method.node):
                if not isinstance(node, ast.Attribute) or not method.is_this(node) or node.attr not in held:
                    continue
                reason = self._unclear(node.attr)
                if reason:
                    yield Refused("MN101", node, f"`self.{node.attr}` makes modules, and {reason}")
                elif self.factories.makes(self.cls, node.attr) and not self._fine(node, method):
                    yield Refused("MN101", node, f"`self.{node.attr}`, which makes modules, is handed on")

    def _unclear(self, name: str) -> str:
        keys = [(above.name, name) for above in line(self.cls, self.project)]
        return next((self.factories.unclear[key] for key in keys if key in self.factories.unclear), "")

    def _in(self, method: Method) -> None:
        scope = Scope(self.cls.names, self.cls, method)
        for node in walk(method.node):
            if not isinstance(node, ast.Name | ast.Attribute | ast.Call) or node not in method.parents:
                continue
            made = made_by(node, scope, self.factories)
            if not made or not self._fine(node, method):
                continue
            if isinstance(node, ast.Call):
                self.partials.append(node)
            elif all(factory.direct for factory in made):
                self.names.add(node)

    def _defaults(self) -> None:
        """What stands behind a field of the class itself."""
        for field in self.cls.fields:
            if field.default is None or not self.factories.makes(self.cls, field.name):
                continue
            for node in walk(field.default):
                factory = (
                    self.factories.factory(node, Scope(self.cls.names))
                    if isinstance(node, ast.expr)
                    else None
                )
                if factory is not None and isinstance(node, ast.Call):
                    self.partials.append(node)
                elif factory is not None and factory.direct and isinstance(node, ast.expr):
                    self.names.add(node)

    def _fine(self, node: ast.expr, method: Method) -> bool:
        """Tells whether `node`, a factory, is called, handed to a field that is one, or bound for more of that."""
        if node in self.lifted:
            return True
        above = method.parents[node]
        match above:
            case ast.Call(func=function) if function is node:
                return above in self.made
            case ast.Call(args=[first, *_]) if first is node and self._is_partial(above):
                return self._fine(above, method)
            case ast.Call():
                return self._placed(above, node, method)
            case ast.keyword():
                return self._placed(method.parents[above], node, method)
            case ast.Compare(
                left=left, ops=[ast.Eq() | ast.NotEq() | ast.Is() | ast.IsNot()], comparators=[right]
            ):
                return self._compares(left, right, method) or asks_whether_there(above, node)
            case ast.IfExp(body=one, orelse=two) if node in (one, two):
                return self._fine(above, method)
            case ast.Dict(values=values) if node in values:
                whole = method.parents[above]
                return isinstance(whole, ast.Subscript) and whole.value is above and self._fine(whole, method)
            case ast.Assign(targets=[ast.Name(id=name)]):
                spelled = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name]
                reads = [n for n in spelled if isinstance(n.ctx, ast.Load)]
                once = len(spelled) == len(reads) + 1 and name not in method.parameters
                before = not any(n in walk(above) for n in reads)
                chosen = all(node in halves_of(n, method, self.factories) for n in reads)
                if not once and not chosen:
                    return self._on_its_side(above, name, method)
                return before and all(self._fine(n, method) for n in reads)
            case ast.Attribute(attr="__name__"):
                return self._is_class(node, method)
        return asks_whether_there(above, node)

    def _on_its_side(self, bound: ast.Assign, name: str, method: Method) -> bool:
        """Tells whether each read of a name that is bound several times, and reads this binding, is followed."""
        binders = self.factories.binders(name, method)
        reads = [
            n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name and n not in binders
        ]
        found = {n: reaching(n, method, binders) for n in reads}
        own = [n for n, value in found.items() if value is bound.value]
        return None not in found.values() and all(self._fine(n, method) for n in own)

    def _compares(self, field: ast.expr, named: ast.expr, method: Method) -> bool:
        """`self.block_cls == Basic`, of a field that holds classes of the project: they are compared in NNX too."""
        own = (
            method.is_this(field)
            and isinstance(field, ast.Attribute)
            and self.factories.either(self.cls, field.attr)
        )
        made = self.factories.factory(named, Scope(self.cls.names, self.cls, method))
        return bool(own) and made is not None and made.layer is None and made.direct

    def _is_class(self, node: ast.expr, method: Method) -> bool:
        """Tells whether it is a class of the project, which is called the same in NNX."""
        each = made_by(node, Scope(self.cls.names, self.cls, method), self.factories)
        return bool(each) and all(f.layer is None and not f.bound and not f.function for f in each)

    def _is_partial(self, call: ast.Call) -> bool:
        return self.factories.is_partial(call, self.cls.names)

    def _placed(self, call: ast.AST, node: ast.expr, method: Method) -> bool:
        """Tells whether the argument `node` of a call is for a field that is known to be a factory."""
        if not isinstance(call, ast.Call):
            return False
        scope = Scope(self.cls.names, self.cls, method)
        partial = self._is_partial(call)
        each = made_by(call.args[0] if partial and call.args else call.func, scope, self.factories)
        args = call.args[1:] if partial else call.args
        if not each or not all(self._takes(factory, args, call.keywords, node) for factory in each):
            return False
        return self._fine(call, method) if partial else call in self.made

    def _takes(
        self, factory: Factory, args: Sequence[ast.expr], keywords: Sequence[ast.keyword], node: ast.expr
    ) -> bool:
        """Tells whether one argument of a call of the factory is for a field that makes modules."""
        if factory.layer is not None:
            return False
        given = dict(zip(factory.order, args, strict=False)) | {str(k.arg): k.value for k in keywords}
        name = next((name for name, value in given.items() if value is node), "")
        return self.factories.makes(self.project.classes[factory.target], name)


def asks_whether_there(above: ast.AST, node: ast.expr) -> bool:
    """Tells whether the expression `above` only asks if the value of `node` is there: `if self.norm`, `is None`."""
    match above:
        case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return left is node
        case ast.If(test=test) | ast.IfExp(test=test) | ast.UnaryOp(op=ast.Not(), operand=test):
            return test is node
    return False
