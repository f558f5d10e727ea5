"""`self.param("scale", init, shape)` as what NNX puts into the variable: `init(rngs.params(), shape)`."""

import ast

import libcst as cst

from ...catalog.streams import key_from
from ..plan.records import ClassPlan, Variable
from ..plan.sharded import PARTITIONED
from ..plan.streams import asked_stream
from .units import code_of

_KEY = "rngs.params()"
_HEADS = {"param": ("name", "init_fn"), "variable": ("col", "name", "init_fn")}


def drawn(call: ast.Call) -> str:
    """Returns the key that `self.make_rng(...)` stands for in a constructor."""
    stream = asked_stream(call)
    return key_from("rngs", ast.literal_eval(stream) if stream is not None else "params")


def constructed(variable: Variable, call: cst.Call, plan: ClassPlan) -> tuple[str, str]:
    """Returns the arguments of the variable's type, and its Linen name, both as code."""
    assert isinstance(call.func, cst.Attribute)
    heads = _HEADS[call.func.attr.value]
    given: dict[str, str] = {}
    rest: list[str] = []
    init: cst.BaseExpression | None = None
    for position, argument in enumerate(call.args):
        head = (
            argument.keyword.value if argument.keyword else heads[position] if position < len(heads) else None
        )
        if head in heads:
            given[head] = code_of(argument.value)
            init = argument.value if head == "init_fn" else init
        elif head != "unbox":
            rest.append(code_of(argument.with_changes(comma=cst.MaybeSentinel.DEFAULT)))
    assert init is not None
    return _initial(variable, init, rest, plan), given["name"]


def _initial(variable: Variable, init: cst.BaseExpression, rest: list[str], plan: ClassPlan) -> str:
    creation = variable.creation
    arguments = [_KEY, *rest] if creation.is_param else rest
    source = creation.init
    if (
        isinstance(source, ast.Call)
        and plan.cls.names.linen(source.func) in PARTITIONED
        and isinstance(init, cst.Call)
    ):
        inner, names = (code_of(a.value) for a in init.args)
        return f"{_called(inner, arguments)}, out_sharding={names}, eager_sharding=False"
    if isinstance(init, cst.Lambda) and (body := _reduced(init, arguments)) is not None:
        return body
    text = code_of(init)
    simple = isinstance(init, cst.Name | cst.Attribute | cst.Call | cst.Subscript) or text.startswith("(")
    return _called(text if simple else f"({text})", arguments)


def _called(function: str, arguments: list[str]) -> str:
    return f"{function}({', '.join(arguments)})"


def _reduced(function: cst.Lambda, arguments: list[str]) -> str | None:
    """Puts the arguments into the body of a lambda; None where they do not match one to one."""
    parameters = function.params
    if (
        parameters.star_arg is not cst.MaybeSentinel.DEFAULT
        or parameters.star_kwarg
        or parameters.kwonly_params
    ):
        return None
    names = [p.name.value for p in (*parameters.posonly_params, *parameters.params)]
    if len(names) != len(arguments) or any("=" in a.split("(")[0] for a in arguments):
        return None
    values = dict(zip(names, arguments, strict=True))
    if names and _count(function.body, names[0]) > 1 and _KEY in arguments[:1]:
        return None  # a key drawn twice is another key
    body = function.body.visit(_Substitute(values))
    assert isinstance(body, cst.BaseExpression)
    return code_of(body)


def _count(node: cst.CSTNode, name: str) -> int:
    return sum(_count(child, name) for child in node.children) + (
        isinstance(node, cst.Name) and node.value == name
    )


class _Substitute(cst.CSTTransformer):
    def __init__(self, values: dict[str, str]):
        super().__init__()
        self.values = values

    def visit_Attribute_attr(self, node: cst.Attribute) -> None:
        return

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        code = self.values.get(original_node.value)
        return cst.parse_expression(code) if code is not None else updated_node
