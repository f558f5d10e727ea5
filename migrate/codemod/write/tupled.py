"""Positional arguments that become one tuple."""

import libcst as cst


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
