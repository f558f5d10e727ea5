"""Arguments of a call that stays: named, added, in one tuple."""

from collections.abc import Sequence

import libcst as cst

from ..plan.layer_rules import GONE


def with_first(call: cst.Call, code: str) -> cst.Call:
    """Returns the call with one more argument, in front of all others."""
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")) if call.args else cst.MaybeSentinel.DEFAULT
    first = cst.Arg(cst.parse_expression(code), comma=comma)
    return call.with_changes(args=[first, *call.args])


def with_names(call: cst.Call, names: Sequence[str], added: Sequence[tuple[str, str]]) -> cst.Call:
    """Returns the call with these names of its arguments, and `added` ones at the end, a dict by the name `**`."""
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    call, names = _without_gone(call, names)
    args = [
        a.with_changes(keyword=cst.Name(name), equal=a.equal if a.keyword else equal) if name else a
        for a, name in zip(call.args, [*names, *[""] * len(call.args)], strict=False)
    ]
    for name, code in added:
        value = cst.parse_expression(code)
        args.append(cst.Arg(value, star="**") if name == "**" else cst.Arg(value, cst.Name(name), equal))
    if added and len(args) > len(added):
        at = len(args) - len(added) - 1
        last = args[at].comma
        if not isinstance(last, cst.Comma):
            args[at] = args[at].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        elif isinstance(last.whitespace_after, cst.ParenthesizedWhitespace):  # one below another
            apart = cst.Comma(whitespace_after=call.whitespace_before_args)
            args[at:] = [a.with_changes(comma=apart) for a in args[at:]]
            args[-1] = args[-1].with_changes(comma=last)
    return call.with_changes(args=args)


def _without_gone(call: cst.Call, names: Sequence[str]) -> tuple[cst.Call, Sequence[str]]:
    """Takes out what the constructor has; the argument that is the last one then ends as that did."""
    pairs = list(zip(call.args, [*names, *[""] * len(call.args)], strict=False))
    kept = [(argument, name) for argument, name in pairs if name != GONE]
    if len(kept) == len(pairs) or not kept:
        return call, names
    last, name = kept[-1]
    kept[-1] = last.with_changes(comma=call.args[-1].comma), name
    return call.with_changes(args=[argument for argument, _ in kept]), [name for _, name in kept]


def with_tuple(call: cst.Call) -> cst.Call:
    """Returns `f((a, b), k=c)` for `f(a, b, k=c)`."""
    given = [argument for argument in call.args if argument.keyword is None and argument.star != "**"]
    apart = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    elements = [
        (cst.StarredElement if argument.star else cst.Element)(argument.value, comma=apart)
        for argument in given
    ]
    if len(elements) > 1:
        elements[-1] = elements[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    else:
        elements[0] = elements[0].with_changes(comma=cst.Comma())
    first = given[-1].with_changes(value=cst.Tuple(elements), star="")
    return call.with_changes(args=[first, *(a for a in call.args if a not in given)])
