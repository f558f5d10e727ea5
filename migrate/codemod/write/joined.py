"""A call that has become short: on one line where it fits."""

import libcst as cst


def joined(call: cst.Call, room: int) -> cst.Call:
    """Returns `call` on one line of at most `room` characters, as it was where it does not fit or has comments."""
    text = cst.Module([]).code_for_node
    if "\n" not in text(call) or not call.args:
        return call
    seen = _Comments()
    call.visit(seen)
    args = [_flat(argument) for argument in call.args]
    line = call.with_changes(args=args, whitespace_before_args=cst.SimpleWhitespace(""))
    return line if not seen.found and "\n" not in text(line) and len(text(line)) <= room else call


def _flat(argument: cst.Arg) -> cst.Arg:
    none = cst.SimpleWhitespace("")
    return argument.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=none)


class _Comments(cst.CSTVisitor):
    found = False

    def visit_Comment(self, node: cst.Comment) -> None:
        self.found = True
