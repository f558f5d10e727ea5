"""Reads expressions: what each is worth, what replaces it, and whether it lets variables escape."""

import ast
from collections.abc import Callable

from ..edits import Edit, Replace
from .calls import Apply, NotRead, collection_names, freezes, literal_key, read_apply, trains
from .construct import method_name
from .counted import is_count
from .describe import fate
from .init_keys import nnx_name
from .mentions import Mentions
from .records import Refused
from .scopes import mentioned, run_later
from .text import Text
from .values import PARAMS, SOWN, TRANSIENT, Foreign, Mixed, Model, Site, Tree, Value


class Reader:
    """The state of a walk: what each name holds in `env`, and the `edits` so far."""

    def __init__(self, mentions: Mentions, text: Text) -> None:
        self.mentions, self.text = mentions, text
        self.env: dict[str, Value] = {}
        self.edits: list[Edit] = []
        self.understood: set[ast.AST] = set()
        self.sown: dict[str, Mixed] = {}  # what names hold that a call within nnx.capture has given

    def consume(self, node: ast.AST) -> None:
        """Reads what may use values but not keep a module or its variables. Raises Refused."""
        value = self.value(node)
        if isinstance(value, Model | Tree | Mixed):
            raise self.escape(value.site, node)

    def value(self, node: ast.AST) -> Value | None:
        """Returns what `node` is worth where that is tracked. Raises Refused."""
        if node in self.mentions.found:
            self._mention(node)
            return None
        return _READERS.get(type(node), Reader._parts)(self, node)

    def tracked(self, node: ast.AST) -> bool:
        """Tells whether anything that is followed occurs in `node`."""
        names = {name for name, value in self.env.items() if not isinstance(value, Foreign)}
        return bool(mentioned(node) & names) or any(child in self.mentions.found for child in ast.walk(node))

    def escape(self, site: Site, node: ast.AST) -> Refused:
        return self.refused(site, node, f"`{self.text.of(node)}` {fate(self.mentions, node)}")

    def refused(self, site: Site, node: ast.AST, message: str) -> Refused:
        return Refused(site.constructor.name, node, message)

    def is_ours(self, node: ast.expr) -> bool:
        """Tells whether `node` is a module that is followed: a variable that holds one, or a construction."""
        if isinstance(node, ast.Name):
            return isinstance(self.env.get(node.id), Model | Mixed)
        return isinstance(node, ast.Call) and node.func in self.mentions.found

    def span_edit(self, node: ast.AST, code: str) -> None:
        self.edits.append(Replace(self.mentions.source.span(node), code))

    def inside(self, *nodes: ast.AST) -> list[Edit]:
        """Consumes `nodes` and returns the edits inside of them, instead of adding them."""
        mark = len(self.edits)
        for node in nodes:
            self.consume(node)
        inner = self.edits[mark:]
        del self.edits[mark:]
        return inner

    def _parts(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            self.consume(child)

    def _mention(self, node: ast.AST) -> None:
        if not self.mentions.harmless(node):
            call = self.mentions.parents[node]
            made = isinstance(call, ast.Call) and call.func is node
            what = f"a new `{self.text.of(node)}`" if made else f"`{self.text.of(node)}`"
            raise Refused(
                self.mentions.found[node], node, f"{what} {fate(self.mentions, call if made else node)}"
            )

    def _name(self, node: ast.Name) -> Value | None:
        value = self.env.get(node.id)
        if isinstance(node.ctx, ast.Store) or not isinstance(value, Model | Tree | Mixed):
            return None
        if isinstance(value, Mixed) and self.sown.get(node.id) is value:
            what = f'`{node.id}["{SOWN}"]["name"][0]`, with a name that the class itself sows'
            raise self.refused(value.site, node, f"`{node.id}` is read otherwise than by {what}")
        if isinstance(value, Mixed):
            raise self.refused(value.site, node, f"`{node.id}` may hold something else here, by another path")
        return value

    def _attribute(self, node: ast.Attribute) -> None:
        value = self.value(node.value)
        if isinstance(value, Model) and value.live and isinstance(node.ctx, ast.Load):
            value = None if node.attr in value.site.constructor.fields else value
        if isinstance(value, Model | Tree | Mixed):
            raise self.escape(value.site, node.value)

    def _subscript(self, node: ast.Subscript) -> Value | None:
        if self._is_sown(node):
            self.span_edit(node.value, self.text.of(node.value.value))  # type: ignore[attr-defined]
            return None
        value = self.value(node.value)
        self.consume(node.slice)
        if not isinstance(value, Tree):
            if isinstance(value, Model | Mixed):
                raise self.escape(value.site, node.value)
            return None
        key = literal_key(node)
        if not key or not isinstance(node.ctx, ast.Load):
            raise self.refused(value.site, node, f"`{self.text.of(node)}` is not a read of one literal name")
        if not value.bare:
            return self._collection(node, value, key)
        self._variable(node, value, key)
        return None

    def _is_sown(self, node: ast.Subscript) -> bool:
        """`state["intermediates"]["features"]`, of which one value is taken by its number."""
        match node:
            case ast.Subscript(
                value=ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=collection)),
                slice=ast.Constant(value=key),
            ) if name in self.sown and self.env.get(name) is self.sown[name] and collection == SOWN:
                above = self.mentions.parents[node]
                index = above.slice if isinstance(above, ast.Subscript) and above.value is node else None
                index = index.operand if isinstance(index, ast.UnaryOp) else index
                numbered = isinstance(index, ast.Constant) and isinstance(index.value, int)
                return numbered and key in self.sown[name].site.constructor.sown
        return False

    def _collection(self, node: ast.Subscript, tree: Tree, key: str) -> Tree:
        if key not in tree.has:
            raise self.refused(tree.site, node, f"`{self.text.of(node.value)}` has no collection `{key}`")
        return tree.pick(key)

    def _variable(self, node: ast.Subscript, tree: Tree, key: str) -> None:
        attribute = tree.site.constructor.collections.get(tree.bare, {}).get(key)
        if attribute is None:
            raise self.refused(tree.site, node, f"the class has no variable `{key}` in `{tree.bare}`")
        self.check_current(node, tree)
        self.span_edit(node, f"{self.live_name(tree.site, node)}.{attribute}[...]")

    def check_current(self, node: ast.AST, tree: Tree) -> None:
        """Refuses variables that the module, which updates its own, no longer has."""
        for collection in sorted(tree.has - tree.current):
            held = f"the `{collection}` that the module holds after an update"
            raise self.refused(tree.site, node, f"`{self.text.of(node)}` is older than {held}")

    def live_name(self, site: Site, node: ast.AST) -> str:
        if self.env.get(site.name) != Model(site, live=True):
            raise self.refused(
                site, node, f"`{site.name}` no longer holds the module that these variables are of"
            )
        return site.name

    def _dict(self, node: ast.Dict) -> Value | None:
        parts: list[tuple[str, Tree, ast.AST]] = []
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.value(item)
            if isinstance(value, Model | Mixed):
                raise self.escape(value.site, item)
            if key is not None:
                self.consume(key)
            name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
            if isinstance(value, Tree):
                if bool(value.bare) != (key is not None) or value.bare != name:
                    raise self.escape(value.site, item)
                parts.append((name, value, item))
        if len(parts) not in (0, len(node.values)):
            raise self.escape(parts[0][1].site, parts[0][2])
        return self._merge(parts)

    def _merge(self, parts: list[tuple[str, Tree, ast.AST]]) -> Tree | None:
        if not parts:
            return None
        site, has, current = parts[0][1].site, frozenset[str](), frozenset[str]()
        for _, tree, node in parts:
            if tree.site is not site:
                raise self.refused(site, node, "variables of two modules are put into one dict")
            has, current = has | tree.has, (current - tree.has) | tree.current
        return Tree(site, has, current)

    def _binary(self, node: ast.BinOp) -> Value | None:
        left, right = self.value(node.left), self.value(node.right)
        united = isinstance(node.op, ast.BitOr) and isinstance(left, Tree) and isinstance(right, Tree)
        if united and isinstance(left, Tree) and isinstance(right, Tree) and not (left.bare or right.bare):
            return self._merge([("", left, node.left), ("", right, node.right)])
        for value, side in ((left, node.left), (right, node.right)):
            if isinstance(value, Model | Tree | Mixed):
                raise self.escape(value.site, side)
        return None

    def _call(self, node: ast.Call) -> Value | None:
        if freezes(node, self.mentions.names):
            return self.value(node.args[0])
        apply = self.apply_of(node)
        if apply is None:
            if is_count(node, self.mentions):
                self._counted(node.args[0])
            else:
                self._parts(node)
            return None
        site = self.applied(apply)
        if apply.mutable is not None:
            raise self.refused(
                site, node, "the updated variables that apply returns are not unpacked in a statement"
            )
        self.span_edit(node, self.called(apply, site))
        return None

    def _counted(self, node: ast.expr) -> None:
        """Reads variables of which only the sizes matter: parameters are those of the module itself."""
        value = self.value(node)
        if isinstance(value, Tree) and value.has == {PARAMS}:
            nnx = nnx_name(self.mentions.names)
            self.check_current(node, value)
            self.span_edit(node, f"{nnx}.state({self.live_name(value.site, node)}, {nnx}.Param)")
        elif isinstance(value, Model | Tree | Mixed):
            raise self.escape(value.site, node)

    def apply_of(self, node: ast.AST) -> Apply | None:
        try:
            return read_apply(node, self.is_ours)
        except NotRead as reason:
            receiver = node.func.value  # type: ignore[attr-defined]
            raise Refused(self.class_of(receiver), reason.node, reason.message) from reason

    def class_of(self, receiver: ast.expr) -> str:
        if isinstance(receiver, ast.Call):
            return self.mentions.found[receiver.func]
        value = self.env[receiver.id] if isinstance(receiver, ast.Name) else None
        assert isinstance(value, Model | Tree | Mixed)
        return value.site.constructor.name

    def applied(self, apply: Apply) -> Site:
        """Returns the module that an apply runs, after checking that its variables are the module's own."""
        class_name, given = self.class_of(apply.receiver), apply.variables
        tree = self.value(given)
        if not isinstance(tree, Tree):
            message = (
                f"`{self.text.of(given)}` does not come from an `init` of this module in the same function"
            )
            raise Refused(class_name, given, message)
        site = self._receiver(apply.receiver, tree.site)
        missing = site.collections - tree.has
        if tree.bare or missing:
            what = (
                f"without `{min(missing)}`" if missing else "with one collection where a dict of them is due"
            )
            raise self.refused(
                site, given, f"apply is called {what}, and Linen then does not use what the module has"
            )
        self.check_current(given, tree)
        self.live_name(site, given)
        self.check_mode(apply, site)
        return site

    def check_mode(self, apply: Apply, site: Site) -> None:
        """Refuses an apply that evaluates a module which trains by its own mode."""
        found, classes = self.mentions.found, self.mentions.classes
        inside = (classes[found[n]] for n in ast.walk(site.call) if n in found)
        if any(c.trains for c in (site.constructor, *inside)) and not trains(apply):
            reason = 'without `mutable=["batch_stats"]` it evaluates: NNX says that by `eval()`'
            raise self.refused(site, apply.call, reason)

    def _receiver(self, receiver: ast.expr, site: Site) -> Site:
        if isinstance(receiver, ast.Call):
            values = [*receiver.args, *(keyword.value for keyword in receiver.keywords)]
            literal = all(isinstance(value, ast.Constant) for value in values)
            if not literal or ast.dump(receiver) != ast.dump(site.call):
                what = "it is constructed again with arguments that may not be those of its init"
                raise Refused(self.class_of(receiver), receiver, what)
            self.understood.add(receiver.func)
            return site
        value = self.value(receiver)
        if not isinstance(value, Model) or value.site is not site:
            raise Refused(
                self.class_of(receiver), receiver, "it is applied to the variables of another module"
            )
        return site

    def called(self, apply: Apply, site: Site) -> str:
        """Returns the call of the NNX module that replaces an apply."""
        try:
            method = method_name(apply.method, apply.receiver, (site.constructor.name, self.mentions.names))
        except NotRead as reason:
            raise self.refused(site, reason.node, reason.message) from reason
        if method not in site.constructor.methods:
            raise self.refused(site, apply.call, f"the class has no public method `{method}`")
        self.understood |= set(ast.walk(apply.method)) if apply.method else set()
        given = [*apply.args, *apply.keywords]
        inner = self.inside(*given)
        function = site.name if method == "__call__" else f"{site.name}.{method}"
        return f"{function}({', '.join(self.text.of(argument, inner) for argument in given)})"

    def changed_by(self, apply: Apply, site: Site) -> frozenset[str]:
        """Returns the collections that an apply with `mutable=` changes. Raises Refused."""
        assert apply.mutable is not None
        always = isinstance(apply.mutable, ast.Constant) and apply.mutable.value is True
        names = site.collections if always else collection_names(apply.mutable)
        if names is None or names & TRANSIENT:
            raise self.refused(
                site, apply.mutable, f"`mutable={self.text.of(apply.mutable)}` is not followed"
            )
        return names & site.collections

    def _comprehension(self, node: ast.AST) -> None:
        targets = [child.target for child in ast.walk(node) if isinstance(child, ast.comprehension)]
        for target in targets:
            for name in sorted(mentioned(target)):
                value = self.env.get(name)
                if isinstance(value, Model | Tree | Mixed):
                    raise self.refused(
                        value.site, target, f"`{name}` is also a variable of the comprehension"
                    )
        self._parts(node)

    def _generator(self, node: ast.GeneratorExp) -> None:
        """Reads what a generator goes through first, which Python evaluates where the generator stands."""
        self.consume(node.generators[0].iter)
        for part in run_later(node):
            self._closed(part, type(node))

    def _closed(self, node: ast.AST, kind: type[ast.AST] | None = None) -> None:
        """Refuses what runs later, and f-strings, where Python 3.11 does not know the places."""
        where = _WHERE[kind or type(node)]
        for child in ast.walk(node):
            if child in self.mentions.found:
                raise Refused(self.mentions.found[child], child, where.format("it"))
            value = self.env.get(child.id) if isinstance(child, ast.Name) else None
            if isinstance(value, Model | Tree | Mixed):
                raise self.refused(value.site, child, where.format(f"`{self.text.of(child)}`"))

    def _walrus(self, node: ast.NamedExpr) -> None:
        self.consume(node.value)
        value = self.env.get(node.target.id)
        if isinstance(value, Model | Tree | Mixed):
            raise self.refused(value.site, node, f"`{node.target.id}` is bound again inside of an expression")
        self.env[node.target.id] = Foreign.VALUE


_WHERE: dict[type[ast.AST], str] = {
    ast.GeneratorExp: "{} is used in a generator, which runs later",
    ast.Lambda: "{} is used in a lambda, which runs later",
    ast.JoinedStr: "{} is used inside of an f-string: take it out into a variable",
}

_READERS: dict[type[ast.AST], Callable[..., Value | None]] = {
    ast.Name: Reader._name,
    ast.Attribute: Reader._attribute,
    ast.Subscript: Reader._subscript,
    ast.Dict: Reader._dict,
    ast.BinOp: Reader._binary,
    ast.Call: Reader._call,
    ast.ListComp: Reader._comprehension,
    ast.SetComp: Reader._comprehension,
    ast.DictComp: Reader._comprehension,
    ast.GeneratorExp: Reader._generator,
    ast.Lambda: Reader._closed,
    ast.JoinedStr: Reader._closed,
    ast.NamedExpr: Reader._walrus,
}
