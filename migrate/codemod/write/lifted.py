"""Calls behind transforms: the module becomes the first argument of what is called."""

import libcst as cst


def with_first(call: cst.Call, code: str) -> cst.Call:
    """Returns the call with one more argument, in front of all others."""
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")) if call.args else cst.MaybeSentinel.DEFAULT
    first = cst.Arg(cst.parse_expression(code), comma=comma)
    return call.with_changes(args=[first, *call.args])
