"""Models whose init and apply stay as they are: `nnx.bridge.to_linen(Net, 3)` makes a Linen module of the NNX class.

For code that hands on the model itself, or keeps it in an attribute. The module has the variables of the NNX class, by
its names. See https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/bridge.html.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ..bindings import paired
from ..constructors import Constructor
from ..edits import Replace
from ..flow.callables import Lookup
from ..supplied import Supply
from .calls import NotRead
from .construct import arguments, is_partial, method_name
from .given_models import partial_of
from .init_keys import nnx_name
from .linen_inits import LinenInits
from .mentions import Mentions
from .records import Refused
from .references import is_rebound, references
from .scopes import Scope, direct
from .states import States
from .text import Text
from .values import Site

_OFFERED = frozenset({"init", "init_with_output", "apply", "tabulate"})
_OWN = frozenset({"nnx_class", "args", "kwargs", "metadata_fn", "skip_rng", "name", "parent"})


def keep_linen(
    mentions: Mentions, text: Text, scope: Scope, supply: Supply, lookup: Lookup, asked: str
) -> States:
    """Plans the models of `scope` as Linen modules around the NNX classes; `lookup` finds functions of other files.

    Raises Refused, if it can be for the class that is `asked` about.
    """
    found, refusals = States(), list[Refused]()
    nodes = [n for n in direct(scope) if n in mentions.found and not mentions.harmless(n)]
    named = {n: keyword for n in nodes if (keyword := _method_of(mentions, n)) is not None}
    made = [n for n in nodes if n not in named]
    for node in sorted(made, key=lambda n: (n.lineno, n.col_offset)):  # type: ignore[attr-defined]
        try:
            bridged = Bridged(mentions, text, scope, _site(mentions, node), lookup)
            if reason := bridged.kept_by(supply):
                raise bridged.refused(node, reason)
            found.edits += bridged.edits()
        except Refused as refused:
            refusals.append(refused)
            continue
        found.understood.add(node)
        found.bridged.append(bridged.site)
    spelled = {edit.span for edit in found.edits if isinstance(edit, Replace)}
    for node, keyword in named.items():
        if mentions.source.span(keyword) not in spelled:
            refusals.append(Refused(mentions.found[node], node, "the class itself is handed on"))
        found.understood.add(node)
    if refusals:
        raise min(refusals, key=lambda r: r.class_name != asked)
    return found


def _method_of(mentions: Mentions, node: ast.AST) -> ast.keyword | None:
    """The `method=Net.encode` in which a mention stands."""
    keyword = mentions.parents[mentions.parents[node]]
    return keyword if isinstance(keyword, ast.keyword) and keyword.arg == "method" else None


def _site(mentions: Mentions, node: ast.AST) -> Site:
    """The construction that a mention is, and the name or attribute that alone holds the model, if it is kept."""
    call = mentions.parents[node]
    name = mentions.found[node]
    if not isinstance(call, ast.Call) or call.func is not node:
        raise Refused(name, node, "the class itself is handed on")
    return site_of(mentions, call, mentions.classes[name])


def site_of(mentions: Mentions, call: ast.Call, constructor: Constructor) -> Site:
    """Returns the model that `call` makes, with the name or attribute that alone holds it. Raises Refused."""
    match mentions.parents[call]:
        case (ast.Assign(targets=[target]) | ast.AnnAssign(target=target)) as owner if isinstance(
            target, ast.Name | ast.Attribute
        ):
            return Site(call, constructor, ast.unparse(target), owner)
        case ast.Tuple() as values:
            both = mentions.parents[values]
            targets = [target for target, value in paired(both) if value is call]
            if isinstance(both, ast.Assign) and targets and isinstance(targets[0], ast.Name | ast.Attribute):
                return Site(call, constructor, ast.unparse(targets[0]), both)
        case ast.Attribute(attr=attribute) if attribute in _OFFERED:
            around = next(up for _, up in mentions.above(call) if isinstance(up, ast.stmt))
            return Site(call, constructor, "", around)
    raise Refused(constructor.name, call.func, "the model is given no name")


@dataclass(eq=False)
class Bridged:
    """One model of a `scope`; `lookup` finds functions of other files.

    What makes it may be in a function that is given the class, and returns it: `handed` is the class in that call.
    """

    mentions: Mentions
    text: Text
    scope: Scope
    site: Site
    lookup: Lookup
    handed: ast.expr | None = None

    def refused(self, node: ast.AST, message: str) -> Refused:
        return Refused(self.site.constructor.name, node, message)

    def kept_by(self, supply: Supply) -> str:
        """Says which code keeps the model Linen. The bridge goes by names, but takes a new one of a leaf as it is."""
        if supply.by_name or not self.site.constructor.renamed:
            return supply.by_name
        if supply.loads:
            return f"{supply.loads} may load variables by the names that Linen has"
        above = (self.mentions.parents[receiver] for receiver in self.receivers)
        made = any(isinstance(up, ast.Attribute) and up.attr.startswith("init") for up in above)
        return "" if made else "its variables may come from elsewhere, by the names that Linen has"

    def edits(self) -> list[Replace]:
        """Returns the Linen module in the place of the construction, and the keys of its inits. Raises Refused."""
        self._check()
        site, mentions = self.site, self.mentions
        try:
            own = arguments(site, self.text.of)
        except NotRead as reason:
            raise self.refused(reason.node, reason.message) from reason
        inits = LinenInits(mentions, self.text, self.scope, site, self.receivers, self.lookup)
        for asked, above in inits.asked():
            self._check_asked(asked, above)
        to_linen = f"{nnx_name(mentions.names)}.bridge.to_linen"
        if self.handed is not None:
            rows = [to_linen, self.text.of(self.handed), *inits.sizes()]
            made = Replace(mentions.source.span(self.handed), f"{partial_of(mentions)}({', '.join(rows)})")
        else:
            rows = [self.text.of(site.call.func), *inits.sizes(), *own]
            made = Replace(mentions.source.span(site.call), f"{to_linen}({', '.join(rows)})")
        return [made, *inits.keys(), *self._methods()]

    def _methods(self) -> Iterator[Replace]:
        """Yields `nnx_method="encode"` for each `method=`: the bridge calls the method of the NNX module by it."""
        for receiver in self.receivers:
            above = self.mentions.parents[receiver]
            call = self.mentions.parents[above]
            given = call.keywords if isinstance(above, ast.Attribute) and isinstance(call, ast.Call) else []
            for keyword in (k for k in given if k.arg == "method" and call.func is above):  # type: ignore[attr-defined]
                name = self._runs(keyword, receiver)
                yield Replace(self.mentions.source.span(keyword), f'nnx_method="{name}"')

    def _names_method(self, node: ast.Attribute) -> bool:
        """Tells whether this is `method=model.encode` of an apply of the model itself."""
        keyword = _method_of(self.mentions, node.value)
        call = self.mentions.parents[keyword] if keyword is not None else None
        function = call.func if isinstance(call, ast.Call) else None
        return isinstance(function, ast.Attribute) and function.value in self.receivers

    def _runs(self, keyword: ast.keyword, receiver: ast.expr) -> str:
        """Returns the method of the class that `method=` names, if it is one; nothing otherwise."""
        try:
            own = (self.site.constructor.name, self.mentions.names)
            name = method_name(keyword.value, receiver, own) if keyword.arg == "method" else ""
        except NotRead:
            return ""
        return name if name in self.site.constructor.methods else ""

    def _check(self) -> None:
        site, mentions = self.site, self.mentions
        if not site.constructor.bridged:
            what = "it sows, averages over devices, draws from streams it does not name"
            raise self.refused(site.call, f"{what}, or has variables that calls fill")
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
        for receiver in self.receivers:
            above = mentions.parents[receiver]
            if isinstance(above, ast.Attribute) and not self._names_method(above):
                self._check_asked(above, mentions.parents[above], receiver)

    @cached_property
    def receivers(self) -> list[ast.expr]:
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

    def _check_asked(self, asked: ast.Attribute, above: ast.AST, receiver: ast.expr | None = None) -> None:
        """What a Linen module around the class offers: init, tabulate, and apply, which here may run any method."""
        place = asked if asked in self.mentions.parents else self.site.call  # it is of another file
        if asked.attr in {k.arg for k in self.site.call.keywords}:
            return  # the bridge hands out what it was given by name
        if asked.attr not in _OFFERED:
            raise self.refused(place, f"`{ast.unparse(asked.value)}` is asked for `.{asked.attr}`")
        if not isinstance(above, ast.Call) or above.func is not asked:
            return
        method = next((k for k in above.keywords if k.arg in ("method", None)), None)
        if method is not None and not (asked.attr == "apply" and receiver and self._runs(method, receiver)):
            raise self.refused(place, f"`{ast.unparse(asked)}` may run another method than `__call__`")
        given = above.args[0] if asked.attr == "apply" and above.args else None
        if isinstance(given, ast.Dict):
            has = {k.value for k in given.keys if isinstance(k, ast.Constant)}
            lacks = sorted(self.site.collections - has) if None not in given.keys else []
            if lacks:
                raise self.refused(place, f"`{lacks[0]}` is not among what it is applied to")
