"""Plans the submodules of a class: which are placed in the constructor, how they are called, with which sizes."""

import ast
from collections.abc import Mapping

from ..bindings import loads, statements, stored
from ..constructions import Construction, constructions
from ..flow.layers import SUPPORTED
from ..flow.run import Found, run
from ..flow.terms import Term
from ..flow.values import Use
from ..model import LinenClass, Method, MethodKind, Refused
from ..project import Project
from .children import Children
from .layer_rules import check_layer, has_modes, moved_arguments
from .module_names import Named, is_automatic, name_submodules
from .records import ClassPlan, Form, Submodule


def plan_submodules(
    plan: ClassPlan, project: Project, plans: Mapping[str, ClassPlan], linen_names: bool
) -> None:
    """Adds the submodules to `plan`. Raises Refused where one cannot be followed."""
    made = constructions(plan.cls, project)
    if made:
        _Planner(plan, project, plans, made).run(linen_names)


class _Planner:
    def __init__(
        self,
        plan: ClassPlan,
        project: Project,
        plans: Mapping[str, ClassPlan],
        made: list[Construction],
    ):
        self.plan, self.cls, self.made = plan, plan.cls, made
        self.children = Children(project, plans)

    def run(self, linen_names: bool) -> None:
        for construction in self.made:
            self._check(construction)
        fields = {f.name: is_activation(self.cls, f.name) for f in self.plan.fields}
        self.plan.flow = run(self.cls, self.made, fields, self.children.used)
        names = name_submodules(self.plan, self.made, linen_names)
        for construction in self.made:
            self.plan.submodules.append(self._submodule(construction, names[construction]))
        _check_order(self.plan.submodules)

    def _check(self, construction: Construction) -> None:
        call, kind = construction.call, construction.kind
        layer = construction.layer
        if layer is not None and layer.linen not in SUPPORTED:
            reason = layer.refused or "this release does not place that layer in a constructor"
            raise Refused("MN109", call, f"it builds nn.{kind}: {reason}")
        if construction.odd:
            raise Refused("MN101", call, f"it builds `{kind}`, and {construction.odd}")
        if construction.method.kind not in (MethodKind.COMPACT, MethodKind.SETUP):
            place = construction.method.node.name
            raise Refused(
                "MN101", call, f"it builds `{kind}` in `{place}`, which is neither setup nor compact"
            )
        if layer is None:
            self.children.require(construction)
        else:
            check_layer(construction)
        _check_place(self.cls, construction)

    def _submodule(self, construction: Construction, named: Named) -> Submodule:
        found = self.plan.flow.found.get(construction.call)
        if found is None or not found.uses:
            raise Refused(
                "MN101", construction.call, f"where `{construction.kind}` is called is not followed"
            )
        _check_used(self.cls, construction, found.uses)
        moved = moved_arguments(construction, found.uses)
        if construction.layer is not None and has_modes(construction):
            self._see_every_call(construction, {use.call for use in found.uses})
        sizes = tuple(self._size(found, name, size) for name, size in found.sizes or ())
        child = self.children.plan_of(construction)
        if child is not None:
            _check_calls(construction, child, found.uses)
        above = construction.method.above(construction.call)
        loop = next((a for a in reversed(above) if isinstance(a, ast.For)), None)
        return Submodule(
            construction, named.attribute, named.form, sizes, named.linen, named.path, moved,
            named.hoisted, named.tests, loop, named.iterated, is_automatic(construction), child,
        )  # fmt: skip

    def _see_every_call(self, construction: Construction, seen: set[ast.Call]) -> None:
        """A call that the engine did not come to would be left without its mode, and NNX would take a default."""
        unseen = next((c for c in _calls(self.cls, construction) if c not in seen), None)
        if unseen is not None:
            raise Refused("MN101", unseen, f"this call of nn.{construction.kind} is not followed")

    def _size(self, found: Found, name: str, size: Term | None) -> Term:
        if size is None:
            place = found.uses[0].call
            reason = f"the size `{name}` of `{found.construction.kind}` cannot be told from the source"
            raise Refused("MN108", place, reason)
        return size


def _check_used(cls: LinenClass, construction: Construction, uses: list[Use]) -> None:
    """Linen makes variables at the first call: a module that is only called on a condition may have none.

    The constructor follows the place where the module is built, so the condition has to stand around that.
    """
    if (
        construction.layer is not None
        and not construction.layer.variables
        and not construction.layer.children
    ):
        return
    around = set(construction.method.above(construction.call))
    if all(_conditions(cls, use.call) - around for use in uses):
        reason = f"`{construction.kind}` is built in any case, but called, which makes its variables, on a condition"
        raise Refused("MN201", uses[0].call, reason)


def _conditions(cls: LinenClass, call: ast.Call) -> set[ast.AST]:
    method = next((m for m in cls.methods.values() if call in m.parents), None)
    above = () if method is None else method.above(call)
    return {a for a in above if isinstance(a, ast.If | ast.IfExp | ast.While | ast.Try | ast.Match)}


def _check_order(submodules: list[Submodule]) -> None:
    """Automatic names that mix the rounds of a loop: two of one class in it, one of them not in every round."""
    groups: dict[tuple[str, ast.For], list[Submodule]] = {}
    for submodule in submodules:
        if submodule.loop is not None and submodule.automatic and not submodule.hoisted:
            groups.setdefault((submodule.construction.kind, submodule.loop), []).append(submodule)
    for (kind, _), group in groups.items():
        odd = next((s for s in group if s.iterated or _some_rounds(s)), None)
        if odd is not None and len(group) > 1:
            reason = f"the automatic names of `{kind}` in this loop depend on which rounds make one"
            raise Refused("MN204", odd.construction.call, reason)


def _some_rounds(submodule: Submodule) -> bool:
    above = submodule.construction.method.above(submodule.construction.call)
    return any(isinstance(a, ast.If | ast.IfExp) for a in above)


def is_activation(cls: LinenClass, name: str) -> bool:
    """A field that is called on an array alone and named or typed as a function of one: it keeps the shape."""
    field = next((f for f in cls.fields if f.name == name), None)
    if field is None:
        return "act" in name or "nonlin" in name
    typed = "Callable" in ast.unparse(field.statement.annotation)
    return ("act" in name or "nonlin" in name) or (
        typed and field.default is not None and cls.names.resolve(field.default) in _KEEPING
    )


_KEEPING = frozenset(
    f"{module}.{name}"
    for module in ("flax.linen", "jax.nn", "jax.numpy")
    for name in ("relu", "gelu", "silu", "swish", "tanh", "sigmoid", "elu", "selu", "leaky_relu", "softplus")
)


def _check_calls(construction: Construction, child: ClassPlan, uses: list[Use]) -> None:
    methods = {m for c in (child.cls, *(b.cls for b in child.bases)) for m in c.methods}
    for use in uses:
        if use.method not in methods:
            reason = f"`{use.method}` is no method of `{construction.kind}` that is seen here"
            raise Refused("MN101", use.call, reason)


def _calls(cls: LinenClass, construction: Construction) -> list[ast.AST]:
    """What calls a submodule, as far as the source shows it; a list of them stands for a call that is not seen."""
    method, call = construction.method, construction.call
    above = method.parents[call]
    if isinstance(above, ast.Call) and above.func is call:
        return [above]
    target = above.targets[0] if isinstance(above, ast.Assign) else getattr(above, "target", None)
    if isinstance(target, ast.Name):
        return [method.parents[read] for read in loads(method.node.body, target.id)]
    if not isinstance(target, ast.Attribute):
        return [call]
    return [
        m.parents[n]
        for m in cls.methods.values()
        for n in ast.walk(m.node)
        if m.is_this(n, target.attr) and isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load)
    ]


def _check_place(cls: LinenClass, construction: Construction) -> None:
    """A submodule has to be called at once, or be bound to one name that is only ever called."""
    method, call = construction.method, construction.call
    above = method.parents[call]
    if isinstance(above, ast.Call) and above.func is call:
        return None
    held: ast.AST = call
    if isinstance(above, ast.ListComp) and above.elt is call and method.kind is MethodKind.SETUP:
        held, above = above, method.parents[above]
    target = above.targets[0] if isinstance(above, ast.Assign) and len(above.targets) == 1 else None
    if isinstance(above, ast.AnnAssign):
        target = above.target
    if isinstance(target, ast.Name) and held is call:
        return _check_local(construction, target.id)
    if target is not None and method.is_this(target) and method.kind is MethodKind.SETUP:
        assert isinstance(target, ast.Attribute)
        return _check_attribute(cls, construction, target.attr, held is not call)
    raise Refused("MN101", call, f"it builds `{construction.kind}`, and hands it on instead of calling it")


def _check_local(construction: Construction, name: str) -> None:
    method = construction.method
    spelled = [n for n in ast.walk(method.node) if isinstance(n, ast.Name) and n.id == name]
    bound = [n for n in spelled if not isinstance(n.ctx, ast.Load)]
    if len(bound) != 1 or name in method.parameters:
        raise Refused("MN101", construction.call, f"`{name}`, which holds a module, is bound more than once")
    if method.kind is MethodKind.SETUP:
        raise Refused("MN101", construction.call, f"setup keeps a module in the local `{name}`")
    reads = set(loads(method.node.body, name))
    every = set(spelled) - set(bound)
    for read in every:
        if read not in reads or not _is_called(method, read):
            raise Refused("MN101", read, f"the module `{name}` is handed on instead of being called")
    loops = [a for a in method.above(construction.call) if isinstance(a, ast.For)]
    for read in reads:
        if any(loop not in method.above(read) for loop in loops):
            raise Refused("MN101", read, f"the module `{name}` outlives its round of the loop")


def _is_called(method: Method, node: ast.expr) -> bool:
    above = method.parents[node]
    if isinstance(above, ast.Attribute) and above.value is node:
        node, above = above, method.parents[above]
    inside = any(isinstance(a, ast.JoinedStr | ast.Lambda | ast.FunctionDef) for a in method.above(node))
    return isinstance(above, ast.Call) and above.func is node and not inside


def _check_attribute(cls: LinenClass, construction: Construction, name: str, many: bool) -> None:
    """Every use of `self.name` in the class has to be a call; one of a list, an element that is called."""
    for method in cls.methods.values():
        for node in ast.walk(method.node):
            if not method.is_this(node, name) or not isinstance(node, ast.Attribute):
                continue
            if isinstance(node.ctx, ast.Store):
                if method is not construction.method or _stores(cls, name) > 1:
                    raise Refused("MN101", node, f"`self.{name}`, which holds a module, is assigned again")
            elif not (_is_element(method, node) if many else _is_called(method, node)):
                raise Refused("MN101", node, f"the module `self.{name}` is handed on instead of being called")


def _stores(cls: LinenClass, name: str) -> int:
    return sum(
        isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store) and m.is_this(n, name)
        for m in cls.methods.values()
        for n in ast.walk(m.node)
    )


def _is_element(method: Method, node: ast.expr) -> bool:
    """`self.layers[i](x)`, `for layer in self.layers`, `len(self.layers)`, where `layer` is only called."""
    above = method.parents[node]
    match above:
        case ast.Subscript(slice=index) if above.value is node and not isinstance(index, ast.Slice):
            return _is_called(method, above)
        case ast.For(target=ast.Name(id=name)) if above.iter is node:
            return _only_called(method, above, name)
        case ast.Call(func=ast.Name(id="len")):
            return True
        case ast.Call(func=ast.Name(id="enumerate" | "zip" as function)):
            loop = method.parents[above]
            if not isinstance(loop, ast.For) or not isinstance(loop.target, ast.Tuple):
                return False
            place = 1 if function == "enumerate" else above.args.index(node)
            target = loop.target.elts[place] if place < len(loop.target.elts) else None
            only_first = function == "enumerate" or place == 0
            return isinstance(target, ast.Name) and only_first and _only_called(method, loop, target.id)
    return False


def _only_called(method: Method, loop: ast.For, name: str) -> bool:
    again = sum(
        name in stored(s) for s in statements(method.node.body) if not isinstance(s, ast.If | ast.For)
    )
    loops = sum(
        isinstance(s, ast.For) and name in stored(s.target) and s is not loop
        for s in statements(method.node.body)
    )
    uses = [
        n for n in ast.walk(loop) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
    ]
    return not again and not loops and all(_is_called(method, n) for n in uses)


__all__ = ["Form", "plan_submodules"]
