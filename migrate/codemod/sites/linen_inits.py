"""What the inits of a model that stays a Linen module around its class say: its sizes, and the keys that they have.

Sizes are spelled where the model is made. An init may be in a function that is given the model, or in another method.
"""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from ..edits import Replace
from ..flow.callables import Lookup
from ..names import Names, first_name
from ..trees import is_none
from .callees import Callee, callee, is_other, spelled
from .calls import Init, NotRead, read_init
from .construct import confirmed, sizes_of
from .handed import element, held, means_the_same, passed, sample, spelled_out, through, unpacked, with_passed
from .init_keys import KEYS
from .mentions import Mentions
from .records import Refused
from .references import binders, is_hidden, is_rebound
from .scopes import Function, Scope, arguments_of, direct, mentioned, stored
from .sizes import is_chain, is_made
from .text import Text
from .values import Site

_INIT = ("init", "init_with_output")
_OPTIONS = frozenset({"variables", "rngs", "method", "mutable", "capture_intermediates"})


@dataclass(frozen=True)
class _Found:
    """An init in `scope`, whose file has these `names`.

    With `call`, that gives the model to the function which `scope` is, and for its parameters what is `given`.
    """

    init: Init
    names: Names
    scope: Scope
    call: ast.Call | None = None
    given: Mapping[str, ast.expr] = field(default_factory=dict)


@dataclass(frozen=True)
class _Told:
    """A call that tells sizes, and what the names in it mean; `only` these mean the same where the model is made."""

    init: Init
    names: Names
    only: frozenset[str] | None = None


@dataclass(frozen=True)
class LinenInits:
    """Of the model of one `site`, which `receivers` read; `lookup` finds functions of other files."""

    mentions: Mentions
    text: Text
    scope: Scope
    site: Site
    receivers: Sequence[ast.expr]
    lookup: Lookup

    def sizes(self) -> list[str]:
        """Returns the sizes that they tell, or what the model is applied to. Raises Refused."""
        if not self.site.constructor.arguments:
            return []
        reasons, found = list[Refused](), set[tuple[str, ...]]()
        for told in filter(None, map(self._told, self._found)) if self._found else self._applies():
            try:
                sizes = sizes_of(self.site, told.init, told.names, self._spelled, stays=True)
                self.mentions.ranked.update(confirmed(self.site, told.init, told.names))
            except NotRead as reason:
                reasons.append(self._refused(reason.node, reason.message))
                continue
            if (unknown := self._unknown(sizes, told)) is None:
                found.add(tuple(sizes))
                continue
            what = f"`{unknown}`, from which its size comes, is not known where the model is made"
            reasons.append(self._refused(told.init.call, what))
        if len(found) > 1:
            raise self._refused(self.site.call, "its inits are given inputs of other sizes")
        if found:
            return list(found.pop())
        raise next(iter(reasons), self._refused(self.site.call, "no init here tells its sizes"))

    def _refused(self, node: ast.AST, message: str) -> Refused:
        place = node if node in self.mentions.parents else self.site.call  # it is of another file
        return Refused(self.site.constructor.name, place, message)

    def _spelled(self, node: ast.AST) -> str:
        return self.text.of(node) if node in self.mentions.parents else ast.unparse(node)

    def keys(self) -> Iterator[Replace]:
        """Yields what becomes of their keys, where layers of the class ask for streams in any case. Raises Refused."""
        streams = sorted(self.site.constructor.streams.names)
        if not streams:
            return
        for receiver in self.receivers:
            if not self._are_all_there(receiver):
                what = f"an init of it may be given no key for `{streams[0]}`, from which it draws"
                raise self._refused(receiver, what)
        if not self._found:
            raise self._refused(self.site.call, f"no init here is given a key for `{streams[0]}`")
        for each in self._found:
            yield from self._keyed(each, streams)

    def asked(self) -> Iterator[tuple[ast.Attribute, ast.AST]]:
        """Yields what functions and classes that are given the model ask it for, with what each stands in."""
        for receiver, call, called in self._calls():
            ours = self._spelled_in(called, call, receiver)
            kept = {name for name in ours if "." in name}
            others = [n for n in called.owner.body if n is not called.node] if called.owner else []
            for root, names in ((called.node, ours), *((n, kept) for n in others)):
                for above in ast.walk(root) if names else ():
                    for node in ast.iter_child_nodes(above):
                        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in names:
                            yield node, above

    @cached_property
    def _found(self) -> list[_Found]:
        return [*self._inits(), *self._inits_of_functions()]

    def _are_all_there(self, receiver: ast.expr) -> bool:
        """Tells whether every init of a model that is read here is among those that were found."""
        above = self.mentions.parents[receiver]
        if isinstance(above, ast.Attribute):
            runs = above.attr in (*_INIT, "tabulate")
            return not runs or any(f.init.receiver is receiver for f in self._found)
        call = self.mentions.call_around(receiver)
        if call is None:
            return True
        called = self._callee(call)
        if called is None or called.node not in self.mentions.parents:
            return False
        within = ast.walk(called.owner if called.node.name == "__init__" and called.owner else called.node)
        ours = self._spelled_in(called, call, receiver)
        asked = [n.value for n in within if isinstance(n, ast.Attribute) and n.attr in _INIT]
        return sum(not is_other(n, called, ours) for n in asked) == sum(f.call is call for f in self._found)

    def _keyed(self, found: _Found, streams: list[str]) -> Iterator[Replace]:
        """`{"params": key, "dropout": key}` in the place of a key."""
        own, scope, names = element(found.init.key, found.given), found.scope, found.names
        if (
            listed := found.call is not None and own is not found.init.key
        ):  # in a list that the function is given
            scope, names = self.mentions.around(found.call), self.mentions.names
        key = held(own, scope, ast.Dict)
        if isinstance(key, ast.Dict):
            given = {k.value for k in key.keys if isinstance(k, ast.Constant)}
            if missing := [s for s in streams if s not in given]:
                raise self._refused(key, f"init is given no key for `{missing[0]}`, from which it draws")
            return
        if _spelled_last(key).endswith("s"):  # `rngs`, as a dict of them is called
            raise self._refused(
                key, f"`{ast.unparse(key)}` may be a dict of keys: spell it where it is given to init"
            )
        made = isinstance(key, ast.Call) and names.resolve(key.func) in KEYS
        if not is_chain(key) and not (made and all(map(_is_plain, key.args))):  # type: ignore[attr-defined]
            raise self._refused(
                key, "the key of init is needed for more than one random stream: give it a name"
            )
        alone = found.call is None or listed
        asked = dict.fromkeys(["params", *(streams if alone else self._streams_of_all())])
        rows = ", ".join(f'"{name}": {self._spelled(key)}' for name in asked)
        yield Replace(self.mentions.source.span(key), f"{{{rows}}}")

    def _streams_of_all(self) -> list[str]:
        """What any model of the file asks for: more than one may be given to a function."""
        names = {*self.mentions.found.values()}
        return sorted({stream for name in names for stream in self.mentions.classes[name].streams.names})

    def _told(self, found: _Found) -> _Told | None:
        """What an init tells where the model is made; None where it takes anything else of the function around it."""
        if found.call is None:
            return _Told(self._of_method(found.init, found.scope) or found.init, found.names)
        assert isinstance(found.scope, Function)
        names, given = self.mentions.names, found.given
        own = found.names.module == names.module
        if not own:
            given = {name: node for name, node in given.items() if means_the_same(node, names, found.names)}
        called = with_passed(given, found.init, found.scope, found.call)
        only = None if own else frozenset(name for node in given.values() for name in mentioned(node))
        return None if called is None else _Told(called, found.names, only)

    def _given(self, call: ast.Call, called: Callee) -> dict[str, ast.expr]:
        """What a call passes for the parameters of a function, with the samples that variables of the scope hold."""
        names, around = self.mentions.names, self.mentions.around(call)
        given = passed(called.node, self._direct(call), called.first)
        samples = {name: sample(node, around) for name, node in given.items()}
        return given | {name: node for name, node in samples.items() if is_made(node, names)}

    def _inits(self) -> Iterator[_Found]:
        names = self.mentions.names
        for receiver in self.receivers:
            node: ast.AST = receiver
            while isinstance(node, ast.expr):
                node = self.mentions.parents[node]
                init = _init_of(_of_one(node, names), names, receiver) if isinstance(node, ast.Call) else None
                if isinstance(node, ast.Call) and init is not None:
                    scope = self.mentions.around(node)
                    told = replace(init, args=[sample(a, scope) for a in init.args], call=node)
                    yield _Found(told, names, scope)
                    break
        for call in (n for n in ast.walk(self.scope) if isinstance(n, ast.Call)):
            scope = self.mentions.around(call)
            meant = through(call, scope, names)
            inits = (_init_of(meant, names, receiver) for receiver in self.receivers if meant is not call)
            for init in filter(None, inits):
                yield _Found(
                    replace(init, args=[sample(a, scope) for a in init.args], call=call), names, scope
                )

    def _inits_of_functions(self) -> Iterator[_Found]:
        """The inits of functions that are given the model: `create_train_state(key, model)`."""
        for receiver, call, called in self._calls():
            node, given = called.node, self._given(call, called)
            ours = self._spelled_in(called, call, receiver)
            for inner in ast.walk(node) if ours else ():
                if not isinstance(inner, ast.Call):
                    continue
                meant = unpacked(through(_of_one(inner, called.names), node, called.names), given)
                if init := _init_of(meant, called.names, ours):
                    told = replace(init, args=[spelled_out(a, node) for a in init.args])
                    yield _Found(told, called.names, node, call, given)

    def _calls(self) -> Iterator[tuple[ast.expr, ast.Call, Callee]]:
        """Yields each call of the project's functions that is given the model, with what reads it there."""
        for receiver in self.receivers:
            call = self.mentions.call_around(receiver)
            called = self._callee(call) if call is not None else None
            if call is not None and called is not None:
                yield receiver, call, called

    def _spelled_in(self, called: Callee, call: ast.Call, receiver: ast.expr) -> frozenset[str]:
        """How a function spells the model that a call gives it; nothing where its parameter is bound again."""
        given = passed(called.node, self._direct(call), called.first)
        name = next((n for n, value in given.items() if value is receiver), "")
        return spelled(name, called.node) if name and not is_rebound(called.node, name) else frozenset()

    def _callee(self, call: ast.Call) -> Callee | None:
        """The function of the project that a call is of, or a partial; a class stands for its `__init__`."""
        function = self._direct(call).func
        name, first = self.mentions.names.resolve(function), first_name(function)
        scopes = (up for _, up in self.mentions.above(call) if isinstance(up, Function | ast.Lambda))
        if not name or any(first in stored(scope) for scope in scopes):
            return None
        return callee(name, self.lookup) or callee(f"{self.mentions.source.module}.{name}", self.lookup)

    def _direct(self, call: ast.Call) -> ast.Call:
        """`partial(step, model=model)` as the call of the function that it is for."""
        if self.mentions.names.resolve(call.func) != "functools.partial" or not call.args:
            return call
        return ast.copy_location(ast.Call(call.args[0], call.args[1:], call.keywords), call)

    def _applies(self) -> Iterator[_Told]:
        """What the model is applied to, as if it were initialised with that: it fits variables of no other size."""
        for receiver in self.receivers:
            function = self.mentions.parents[receiver]
            call = self.mentions.parents[function]
            applied = isinstance(function, ast.Attribute) and function.attr == "apply"
            if not applied or not isinstance(call, ast.Call) or call.func is not function:
                continue
            named = {k.arg for k in call.keywords}
            if None not in named:
                args = call.args if "variables" in named else call.args[1:]
                own = [k for k in call.keywords if k.arg not in _OPTIONS]
                method = next((k.value for k in call.keywords if k.arg == "method"), None)
                init = Init(call, receiver, True, ast.Constant(None), args, own, method)
                yield _Told(init, self.mentions.names)

    def _of_method(self, init: Init, method: ast.AST) -> Init | None:
        """An init in another method, as it is with what the scope passes to that: `self.init_model(images)`.

        None where the method is not called here alone, or the init takes anything else of it.
        """
        parents, scope = self.mentions.parents, self.scope
        together = isinstance(parents.get(scope), ast.ClassDef) and parents.get(method) is parents[scope]
        if not together or method is scope or not isinstance(method, Function) or method.decorator_list:
            return None
        attributes = (n for n in ast.walk(self.mentions.source.tree) if isinstance(n, ast.Attribute))
        spelled = [n for n in attributes if n.attr == method.name]
        call = parents[spelled[0]] if len(spelled) == 1 else None
        if not isinstance(call, ast.Call) or call not in direct(scope):
            return None
        return with_passed(passed(method, call, 1), init, method, call)

    def _unknown(self, sizes: list[str], told: _Told) -> str | None:
        """A name in the sizes that may mean nothing, or something else, where the model is made."""
        names, call = mentioned(ast.parse(f"[{', '.join(sizes)}]")), told.init.call
        if told.only is not None and names - told.only:
            return min(names - told.only)
        for _, up in self.mentions.above(call):
            if up is self.scope:
                break
            if isinstance(up, Function | ast.Lambda) and (hidden := names & (stored(up) | arguments_of(up))):
                return min(hidden)
        return next((name for name in sorted(names) if not self._is_known(name, call)), None)

    def _is_known(self, name: str, call: ast.Call) -> bool:
        """Tells whether a name holds what it does at the call already where the model is made."""
        own = binders(self.scope, name)
        if not own:
            return isinstance(self.scope, Function)  # a name of the file, which is there by then
        ahead = [n.lineno < self.site.owner.lineno for n in own]  # type: ignore[attr-defined]
        if not is_rebound(self.scope, name):
            return all(ahead)
        return any(ahead) and not is_hidden(self.scope, name) and not self._changes(own, call)

    def _changes(self, own: Collection[ast.AST], call: ast.Call) -> bool:
        """Tells whether what binds a variable may run between the construction and the call."""
        owner, made = self.site.owner, {up for _, up in self.mentions.above(self.site.call)}
        for _, up in self.mentions.above(call):
            if up is self.scope:
                break
            later = isinstance(up, Function | ast.Lambda | ast.GeneratorExp)
            again = isinstance(up, ast.For | ast.AsyncFor | ast.While) and up not in made
            if later or (again and any(n in own for n in ast.walk(up))):
                return True
        end = call.end_lineno or call.lineno
        return any(owner.lineno <= n.lineno <= end for n in own)  # type: ignore[attr-defined]


def _init_of(call: ast.Call, names: Names, receiver: ast.expr | Collection[str]) -> Init | None:
    """The init that a call is, of the model that `receiver` reads, or that has one of these names."""

    def ours(node: ast.expr) -> bool:
        return node is receiver if isinstance(receiver, ast.expr) else ast.unparse(node) in receiver

    try:
        return read_init(call, names, ours)
    except NotRead:
        return None


def _spelled_last(node: ast.expr) -> str:
    return getattr(node, "attr", getattr(node, "id", ""))


def _is_plain(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or is_chain(node)


def _of_one(call: ast.Call, names: Names) -> ast.Call:
    """`jax.vmap(model.init, in_axes=(0, None))(keys, x)` as the init of one: it is given x as it is.

    `jax.eval_shape(model.init, key, x)` is given the same as the init.
    """
    if names.resolve(call.func) == "jax.eval_shape" and call.args:
        return ast.Call(call.args[0], call.args[1:], call.keywords)
    match call.func:
        case ast.Call(
            func=function,
            args=[init],
            keywords=[ast.keyword(arg="in_axes", value=ast.Tuple(elts=[ast.Constant(value=0), *others]))],
        ) if names.resolve(function) == "jax.vmap" and all(map(is_none, others)):
            return ast.Call(init, call.args, call.keywords) if len(call.args) == 1 + len(others) else call
    return call
