"""What holds after one of two paths."""

from .terms import Kind, Term
from .values import SOMEWHERE, Array, Value


def merged(test: Value, yes: Value, no: Value) -> Value:
    """Returns what holds after one of two paths: a choice of sizes where configuration decides."""
    if yes == no:
        return yes
    decided = test if isinstance(test, Term) else None
    if isinstance(yes, Term) and isinstance(no, Term):
        return _chosen(decided, yes, no)
    if isinstance(yes, Array) and isinstance(no, Array):
        count = max(len(yes.tail), len(no.tail))
        one, two = yes.spelled(count), no.spelled(count)
        if (one.root, one.cut, len(one.tail)) == (two.root, two.cut, len(two.tail)):
            pairs = zip(one.tail, two.tail, strict=True)
            tail = tuple(a if a == b else _chosen(decided, a, b) for a, b in pairs)
            return Array(one.root, one.cut, tail, one.rank if one.rank == two.rank else None)
        last = yes.at(-1) if yes.at(-1) == no.at(-1) else _chosen(decided, yes.at(-1), no.at(-1))
        return None if last is None else Array(SOMEWHERE, 1, (last,))
    return None


def _chosen(test: Term | None, yes: Term | None, no: Term | None) -> Term | None:
    if test is None or yes is None or no is None:
        return None
    return Term(Kind.CHOICE, None, (test, yes, no))
