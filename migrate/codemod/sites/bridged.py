"""Models whose init and apply stay as they are: `nnx.bridge.to_linen(Net, 3)` makes a Linen module of the NNX class.

For code that hands on the model itself, or keeps it in an attribute. The module has the variables of the NNX class, by
its names. See https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/bridge.html.
"""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from ..bindings import paired
from ..edits import Replace
from ..supplied import Supply
from ..trees import is_none
from .calls import Init, NotRead, read_init
from .construct import arguments, is_partial, nnx_name, sizes_of
from .initialised import block
from .mentions import Mentions
from .records import Refused
from .references import binders, is_hidden, is_rebound, references
from .scopes import Function, Scope, arguments_of, direct, mentioned, stored
from .states import States
from .text import Text
from .values import Site

_OFFERED = frozenset({"init", "init_with_output", "apply"})
_OWN = frozenset({"nnx_class", "args", "kwargs", "metadata_fn", "skip_rng", "name", "parent"})


def keep_linen(mentions: Mentions, text: Text, scope: Scope, supply: Supply, asked: str) -> States:
    """Plans the models of `scope` as Linen modules around the NNX classes.

    Raises Refused, if it can be for the class that is `asked` about.
    """
    found, refusals = States(), list[Refused]()
    nodes = [n for n in direct(scope) if n in mentions.found and not mentions.harmless(n)]
    for node in sorted(nodes, key=lambda n: (n.lineno, n.col_offset)):  # type: ignore[attr-defined]
        try:
            bridged = _Bridged(mentions, text, scope, _site(mentions, node))
            if reason := bridged.kept_by(supply):
                raise bridged.refused(node, reason)
            found.edits.append(bridged.edit())
        except Refused as refused:
            refusals.append(refused)
            continue
        found.understood.add(node)
        found.bridged.append(bridged.site)
    if refusals:
        raise min(refusals, key=lambda r: r.class_name != asked)
    return found


def _site(mentions: Mentions, node: ast.AST) -> Site:
    """The construction that a mention is, and the name or attribute that alone holds the model, if it is kept."""
    call = mentions.parents[node]
    name = mentions.found[node]
    if not isinstance(call, ast.Call) or call.func is not node:
        raise Refused(name, node, "the class itself is handed on")
    match mentions.parents[call]:
        case (ast.Assign(targets=[target]) | ast.AnnAssign(target=target)) as owner if isinstance(
            target, ast.Name | ast.Attribute
        ):
            return Site(call, mentions.classes[name], ast.unparse(target), owner)
        case ast.Tuple() as values:
            both = mentions.parents[values]
            targets = [target for target, value in paired(both) if value is call]
            if isinstance(both, ast.Assign) and targets and isinstance(targets[0], ast.Name | ast.Attribute):
                return Site(call, mentions.classes[name], ast.unparse(targets[0]), both)
        case ast.Attribute(attr=attribute) if attribute in _OFFERED:
            around = next(up for _, up in mentions.above(call) if isinstance(up, ast.stmt))
            return Site(call, mentions.classes[name], "", around)
    raise Refused(name, node, "the model is given no name")


@dataclass(eq=False)
class _Bridged:
    """One model of a scope."""

    mentions: Mentions
    text: Text
    scope: Scope
    site: Site

    def refused(self, node: ast.AST, message: str) -> Refused:
        return Refused(self.site.constructor.name, node, message)

    def kept_by(self, supply: Supply) -> str:
        """Says which code keeps the model Linen. The bridge goes by names, but takes a new one of a leaf as it is."""
        if supply.loads and self.site.constructor.renamed:
            return supply.by_name or f"{supply.loads} may load variables by the names that Linen has"
        return supply.by_name

    def edit(self) -> Replace:
        """Returns the Linen module in the place of the construction. Raises Refused."""
        self._check()
        site, mentions = self.site, self.mentions
        try:
            own = arguments(site, self.text.of)
        except NotRead as reason:
            raise self.refused(reason.node, reason.message) from reason
        rows = [self.text.of(site.call.func), *self._sizes(), *own]
        code = f"{nnx_name(mentions.names)}.bridge.to_linen({', '.join(rows)})"
        return Replace(mentions.source.span(site.call), code)

    def _check(self) -> None:
        site, mentions = self.site, self.mentions
        if not site.constructor.bridged:
            raise self.refused(
                site.call, "it draws random numbers, sows, or has more than parameters and statistics"
            )
        if _OWN & {*site.constructor.fields, *(a.name for a in site.constructor.arguments)}:
            raise self.refused(site.call, "a field of it is called as an argument of the bridge is")
        if is_partial(site, mentions.names):
            raise self.refused(site.call, "a partial of the class makes it")
        given = [n for part in (*site.call.args, *site.call.keywords) for n in ast.walk(part)]
        names = [mentions.names.linen(n) or "" for n in given if isinstance(n, ast.expr)]
        if any(n in mentions.found for n in given) or any(n.rpartition(".")[2][:1].isupper() for n in names):
            raise self.refused(site.call, "it is given a module, or what makes one")
        for node, name in mentions.found.items():
            if name == site.constructor.name and mentions.is_checked(node):
                raise self.refused(node, "a check for the class would see the bridge")
        for receiver in self._receivers():
            self._check_use(receiver)

    def _receivers(self) -> list[ast.expr]:
        """Every read of the model by its name: in the scope for a variable, in its class for an attribute.

        A model without a name is read where it is made.
        """
        if not self.site.name:
            return [self.site.call]
        target = ast.parse(self.site.name, mode="eval").body
        if isinstance(target, ast.Name):
            if is_rebound(self.scope, target.id):
                raise self.refused(self.site.owner, f"`{target.id}` is bound in more than one place")
            return [use.node for use in references(self.scope, target.id)]
        around = next((up for _, up in self.mentions.above(self.scope) if isinstance(up, ast.ClassDef)), None)
        spelled = [n for n in ast.walk(around or self.scope) if isinstance(n, ast.Attribute)]
        same = [n for n in spelled if ast.unparse(n) == self.site.name]
        if sum(not isinstance(n.ctx, ast.Load) for n in same) > 1:
            raise self.refused(self.site.owner, f"`{self.site.name}` is assigned in more than one place")
        return [n for n in same if isinstance(n.ctx, ast.Load)]

    def _check_use(self, receiver: ast.expr) -> None:
        """What a Linen module around the class offers: init and apply, which run `__call__`."""
        above = self.mentions.parents[receiver]
        if not isinstance(above, ast.Attribute):
            return
        if above.attr not in _OFFERED:
            raise self.refused(above, f"`{ast.unparse(receiver)}` is asked for `.{above.attr}`")
        call = self.mentions.parents[above]
        if not isinstance(call, ast.Call) or call.func is not above:
            return
        if any(k.arg in ("method", None) for k in call.keywords):
            raise self.refused(call, f"`{ast.unparse(above)}` may run another method than `__call__`")
        given = call.args[0] if above.attr == "apply" and call.args else None
        if isinstance(given, ast.Dict):
            has = {k.value for k in given.keys if isinstance(k, ast.Constant)}
            lacks = sorted(self.site.collections - has) if None not in given.keys else []
            if lacks:
                raise self.refused(given, f"`{lacks[0]}` is not among what it is applied to")

    def _sizes(self) -> list[str]:
        """The sizes that an init tells, spelled so that they are known where the model is made. Raises Refused."""
        if not self.site.constructor.arguments:
            return []
        reasons, found = list[Refused](), set[tuple[str, ...]]()
        for init in self._inits():
            try:
                sizes = sizes_of(self.site, init, self.mentions.names, self.text.of, stays=True)
            except NotRead as reason:
                reasons.append(self.refused(reason.node, reason.message))
                continue
            if (unknown := self._unknown(sizes, init)) is None:
                found.add(tuple(sizes))
                continue
            what = f"`{unknown}`, from which its size comes, is not known where the model is made"
            reasons.append(self.refused(init.call, what))
        if len(found) > 1:
            raise self.refused(self.site.call, "its inits are given inputs of other sizes")
        if found:
            return list(found.pop())
        raise next(iter(reasons), self.refused(self.site.call, "no init here tells its sizes"))

    def _inits(self) -> Iterator[Init]:
        for receiver in self._receivers():
            node: ast.AST = receiver
            while isinstance(node, ast.expr):
                node = self.mentions.parents[node]
                if isinstance(node, ast.Call):
                    try:
                        call = _of_one(node, self.mentions)
                        init = read_init(call, self.mentions.names, lambda r, own=receiver: r is own)  # type: ignore[misc]
                    except NotRead:
                        init = None
                    if init is not None:
                        told = replace(init, args=[self._sample(a, node) for a in init.args], call=node)
                        yield self._as_called(told) or told
                        break

    def _sample(self, node: ast.expr, place: ast.AST) -> ast.expr:
        """What makes the sample that a local holds, where nothing else binds that."""
        scope = next(up for _, up in self.mentions.above(place) if isinstance(up, ast.Module | Function))
        if not isinstance(node, ast.Name) or is_rebound(scope, node.id):
            return node
        own = binders(scope, node.id)
        given = [(s.targets[0], s.value) for s in block(scope) if isinstance(s, ast.Assign)]
        given += [pair for s in block(scope) for pair in paired(s)]
        values = [value for target, value in given if target in own]
        return values[0] if len(values) == 1 and isinstance(values[0], ast.Call) else node

    def _as_called(self, init: Init) -> Init | None:
        """An init in another method, as it is with what the scope passes to that: `self.init_model(images)`.

        None where the method is not called here alone, or the init takes anything else of it.
        """
        parents, scope = self.mentions.parents, self.scope
        method = next(up for _, up in self.mentions.above(init.call) if isinstance(up, ast.Module | Function))
        together = isinstance(parents.get(scope), ast.ClassDef) and parents.get(method) is parents[scope]
        if not together or method is scope or isinstance(method, ast.Module) or method.decorator_list:
            return None
        spelled = [
            n
            for n in ast.walk(self.mentions.source.tree)
            if isinstance(n, ast.Attribute) and n.attr == method.name
        ]
        call = parents[spelled[0]] if len(spelled) == 1 else None
        if not isinstance(call, ast.Call) or call not in direct(scope):
            return None
        names = [a.arg for a in (*method.args.posonlyargs, *method.args.args)][1:]
        given = dict(zip(names, call.args, strict=False)) | {k.arg: k.value for k in call.keywords}
        told = [a for a in init.args if isinstance(a, ast.Name) and isinstance(given.get(a.id), ast.Name)]
        rest = [*(a for a in init.args if a not in told), *(k.value for k in init.keywords)]
        own = stored(method) | arguments_of(method)
        if (
            any(isinstance(a, ast.Starred) for a in call.args)
            or any(is_rebound(method, a.id) for a in told)
            or any(own & mentioned(a) for a in rest)
        ):
            return None
        return replace(init, args=[given[a.id] if a in told else a for a in init.args], call=call)

    def _unknown(self, sizes: list[str], init: Init) -> str | None:
        """A name in the sizes that may mean nothing, or something else, where the model is made."""
        names = mentioned(ast.parse(f"[{', '.join(sizes)}]"))
        for _, up in self.mentions.above(init.call):
            if up is self.scope:
                break
            if isinstance(up, Function | ast.Lambda) and (hidden := names & (stored(up) | arguments_of(up))):
                return min(hidden)
        return next((name for name in sorted(names) if not self._is_known(name, init)), None)

    def _is_known(self, name: str, init: Init) -> bool:
        """Tells whether a name holds what it does at the init already where the model is made."""
        own = binders(self.scope, name)
        if not own:
            return isinstance(self.scope, Function)  # a name of the file, which is there by then
        ahead = [n.lineno < self.site.owner.lineno for n in own]  # type: ignore[attr-defined]
        if not is_rebound(self.scope, name):
            return all(ahead)
        return any(ahead) and not is_hidden(self.scope, name) and not self._changes(own, init)

    def _changes(self, own: Collection[ast.AST], init: Init) -> bool:
        """Tells whether what binds a variable may run between the construction and the init."""
        owner, made = self.site.owner, {up for _, up in self.mentions.above(self.site.call)}
        for _, up in self.mentions.above(init.call):
            if up is self.scope:
                break
            later = isinstance(up, Function | ast.Lambda | ast.GeneratorExp)
            again = isinstance(up, ast.For | ast.AsyncFor | ast.While) and up not in made
            if later or (again and any(n in own for n in ast.walk(up))):
                return True
        end = init.call.end_lineno or init.call.lineno
        return any(owner.lineno <= n.lineno <= end for n in own)  # type: ignore[attr-defined]


def _of_one(call: ast.Call, mentions: Mentions) -> ast.Call:
    """`jax.vmap(model.init, in_axes=(0, None))(keys, x)` as the init of one: it is given x as it is."""
    match call.func:
        case ast.Call(
            func=function,
            args=[init],
            keywords=[ast.keyword(arg="in_axes", value=ast.Tuple(elts=[ast.Constant(value=0), *others]))],
        ) if mentions.names.resolve(function) == "jax.vmap" and all(map(is_none, others)):
            return ast.Call(init, call.args, call.keywords) if len(call.args) == 1 + len(others) else call
    return call
