"""Names the declared variables: attribute, type and form of each, and what keeps two of them apart."""

import ast
from collections.abc import Collection, Sequence
from dataclasses import replace

from ..bindings import stored
from ..branches import exclude
from ..model import Creation, Refused
from .helpers import Helper, Helpers, variables_of
from .initial_values import check_optional, check_tree, is_tree, may_be_none
from .loop_names import loop_name
from .naming import MODULE_NAMES, attribute_of, variable_type
from .records import ClassPlan, Form, Variable
from .setup import Setup


def name_variables(
    plan: ClassPlan, creations: Sequence[Creation], helpers: Helpers, setup: Setup, linen_names: bool,
    asked: Collection[Creation],
) -> None:  # fmt: skip
    """Adds a Variable to the plan for each declaration. Raises Refused where names collide."""
    _Names(plan, creations, helpers, linen_names, asked).run(setup)


class _Names:
    def __init__(
        self, plan: ClassPlan, creations: Sequence[Creation], helpers: Helpers, linen_names: bool,
        asked: Collection[Creation],
    ):  # fmt: skip
        self.plan, self.cls = plan, plan.cls
        self.creations, self.helpers, self.linen_names = creations, helpers, linen_names
        self.asked = asked

    def run(self, setup: Setup) -> None:
        by_name: dict[tuple[str, str], list[Variable]] = {}
        for creation in self.creations:
            variable = self._variable(creation)
            if may_be_none(self.cls, creation):
                variable = replace(variable, optional=True)
                check_optional(variable)
            if is_tree(self.cls, creation):
                variable = replace(variable, tree=True)
                check_tree(variable)
            known = by_name.setdefault((creation.collection, variable.linen), [])
            twice = next((v for v in known if not _instead(variable, v)), None)
            if twice is not None:
                raise Refused(
                    "MN208",
                    creation.call,
                    f"the variable `{variable.linen}` is declared twice (line {twice.creation.call.lineno})",
                )
            known.append(variable)
            if variable.type not in ("nnx.Param", "nnx.BatchStat", "nnx.Cache", "nnx.Intermediate"):
                self.plan.collections.add(creation.collection)
                self._type_name(creation, variable.type)
            self.plan.variables.append(variable)
        for call in self.plan.calls:
            helper = self.helpers[call.helper]
            assert isinstance(helper, Helper)
            self.plan.variables += variables_of(helper, call)
        seen: dict[str, Variable] = {}
        for variable in self.plan.every_variable:
            if variable.form not in (Form.BIND, Form.LIST, Form.APPEND):
                continue
            other = seen.setdefault(variable.attribute, variable)
            if other is not variable and not _instead(variable, other):
                raise Refused(
                    "MN208", variable.creation.call, f"two collections have a variable `{variable.attribute}`"
                )
        methods = {m for c in (self.plan.cls, *(b.cls for b in self.plan.bases)) for m in c.methods}
        for variable in self.plan.variables:
            plain = setup.plain - {
                name for name, call in setup.aliases.items() if call is variable.creation.call
            }
            if variable.form is not Form.SETATTR and variable.attribute in MODULE_NAMES:
                raise Refused(
                    "MN208",
                    variable.creation.call,
                    f"nnx.Module has an attribute `{variable.attribute}` of its own",
                )
            if variable.attribute in plain:
                raise Refused(
                    "MN208",
                    variable.creation.call,
                    f"setup keeps something else as `self.{variable.attribute}`",
                )
            if variable.attribute in methods | self.cls.constants:
                raise Refused(
                    "MN208",
                    variable.creation.call,
                    f"the variable `{variable.attribute}` is called like a method",
                )

    def _variable(self, creation: Creation) -> Variable:
        kind = variable_type(creation.collection)
        above = creation.method.above(creation.call)
        conditional = any(isinstance(a, ast.IfExp | ast.If) for a in above)
        if creation.name is not None:
            looped = next((a for a in above if isinstance(a, ast.For | ast.ListComp)), None)
            if looped is not None:
                raise Refused(
                    "MN208",
                    creation.call,
                    f"the variable `{creation.name}` is created again and again in a loop",
                )
            attribute = attribute_of(creation.name)
            plain = attribute.isidentifier() and not attribute.startswith("__")  # Python renames self.__w
            form = Form.BIND if plain else Form.SETATTR
            asked = creation in self.asked and plain
            return Variable(
                creation, attribute, kind, form, creation.name, (attribute,), "", conditional, asked
            )
        loop = loop_name(creation.name_node, creation.method, creation.call, creation.node)
        if loop is not None and not loop.first and not self.linen_names:
            name = self._of_list(loop.prefix.rstrip("_"), loop.form)
            if name is not None:
                linen, path = loop.prefix + "{}", (name, "{}")
                return Variable(creation, name, kind, loop.form, linen, path, loop.counter)
        if any(isinstance(a, ast.ListComp) for a in above):
            raise Refused(
                "MN204", creation.call, "the names in the comprehension are not a prefix and its counter"
            )
        text = self.cls.source.segment(creation.name_node)
        return Variable(creation, text, kind, Form.SETATTR, "", (), text)

    def _of_list(self, name: str, form: Form) -> str | None:
        """Returns the attribute for a list of variables: that of a comprehension in the plural, if one has the name."""
        taken = {c.name for c in self.creations} | {f.name for f in self.plan.fields} | {*self.cls.methods}
        names = (name, f"{name}s") if form is Form.LIST else (name,)
        return next((n for n in names if n.isidentifier() and n not in taken), None)

    def _type_name(self, creation: Creation, name: str) -> None:
        """A variable type that Flax has none for is written into the file: its name has to be free."""
        if not name.isidentifier() or name in self.cls.names.aliases or name in stored(self.cls.source.tree):
            reason = (
                f"the collection `{creation.collection}` would be the type `{name}`, which is no free name"
            )
            raise Refused("MN208", creation.call, reason)


def _instead(one: Variable, other: Variable) -> bool:
    """Tells whether two declarations are of one variable, on the two sides of an `if`."""
    method = one.creation.method
    calls = (one.creation.call, other.creation.call)
    alike = one.form is other.form is Form.BIND and (one.linen, one.type) == (other.linen, other.type)
    return alike and other.creation.method is method and exclude(method, *calls)
