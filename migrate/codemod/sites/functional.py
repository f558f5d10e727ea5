"""The text of a model that is called on states: how it is split, and what runs it on parts that are handed to it.

See https://flax.readthedocs.io/en/latest/nnx_basics.html#the-flax-functional-api.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .values import PARAMS, Site

_FILTERS = {PARAMS: "Param", "batch_stats": "BatchStat"}
COLLECTIONS = frozenset(_FILTERS)
_STEP = "    "
NAMES_ASKED = "# A merge goes by the order of leaves: these names are asked of variables that were loaded.\n"


@dataclass(frozen=True)
class Parts:
    """What a model is split into: `graphdef`, a state for each collection in `states`, and the `rest`, if it has one.

    Where the variables are `bare`, they are the state of the parameters, and not a dict of collections. `apply` is
    the name of a function that takes what Linen's `apply` took, with `rngs=` if it `draws`; it is empty where none is
    needed. `abstract` is the name of the states' shapes, which a merge puts what it is given over: it goes by the order
    of leaves, and this by their names. It is empty where no variables come from elsewhere.
    """

    site: Site
    nnx: str
    graphdef: str
    states: Mapping[str, str]
    rest: str = ""
    bare: bool = False
    apply: str = ""
    draws: bool = False
    abstract: str = ""

    @property
    def targets(self) -> str:
        return ", ".join([self.graphdef, *self.states.values(), *([self.rest] if self.rest else [])])

    @property
    def as_dict(self) -> str:
        """The variables in Linen's form."""
        return "{" + ", ".join(f'"{collection}": {name}' for collection, name in self.states.items()) + "}"

    def split(self, construction: str) -> str:
        """The call that makes the model and takes it apart."""
        filters = [f"{self.nnx}.{_FILTERS[collection]}" for collection in self.states]
        filters = [*filters, "..."] if self.rest else filters if len(filters) > 1 else []
        return f"{self.nnx}.split({', '.join([construction, *filters])})"

    def merge(self, states: list[str]) -> str:
        """The call that puts the model together. What it may change is a copy: a merge shares variables."""
        named = [self._joined([self.abstract, *states])] if self.abstract else states
        rest = [self.rest] if self.rest else []
        copy = ["copy=True"] if len(self.states) > 1 or rest else []
        return f"{self.nnx}.merge({', '.join([self.graphdef, *named, *rest, *copy])})"

    def shapes(self) -> str:
        """The assignment of `abstract`, behind the split, if there is one."""
        if not self.abstract:
            return ""
        states = [*self.states.values()]
        joined = self._joined(states) if len(states) > 1 else states[0]
        return f"{NAMES_ASKED}{self.abstract} = {self.nnx}.eval_shape(lambda: {joined})\n"

    def _joined(self, states: list[str]) -> str:
        return f"{self.nnx}.merge_state({', '.join(states)})"

    def adapter(self) -> str:
        """The function `apply`."""
        variables = PARAMS if self.bare else "variables"
        states = [variables if self.bare else f'{variables}["{name}"]' for name in self.states]
        updated = [name for name in self.states if name != PARAMS]
        options = [*(["rngs=None"] if self.draws else []), *(["mutable=False"] if updated else [])]
        head = f"def {self.apply}({', '.join([variables, '*args', *options, '**kwargs'])}):"
        merged = self.merge(states)
        if not options:
            return f"{head}\n{_STEP}return {merged}(*args, **kwargs)\n"
        body = [f"model = {merged}"]
        if self.draws:
            policy = 'policy="match_shape", ' if self.site.constructor.streams.rows else ""
            body.append(f"{self.nnx}.reseed(model, {policy}**(rngs or {{}}))")
        if updated:
            pairs = ", ".join(
                f'"{name}": {self.nnx}.state(model, {self.nnx}.{_FILTERS[name]})' for name in updated
            )
            body.append("out = model(*args, **kwargs)")
            body += ["if mutable is False:", f"{_STEP}return out", f"return out, {{{pairs}}}"]
        else:
            body.append("return model(*args, **kwargs)")
        return "".join([f"{head}\n", *(f"{_STEP}{line}\n" for line in body)])
