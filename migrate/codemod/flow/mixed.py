"""Lists of arrays that are filled and emptied in a way that no rule tells."""

from .values import Array, Items, Many, Mixed, Pushed, Stack, Value


def mixed(*lists: Value) -> Mixed | None:
    """Returns what is known of a list that is one of these, or has what stands on them all; None if one is no list."""
    kinds = (Items, Many, Stack, Mixed)
    if not all(isinstance(each, kinds) for each in lists):
        return None
    counts = {count for each in lists for count in _axes(each)}
    return Mixed(counts.pop() if len(counts) == 1 else None)


def one_by_one(*lists: Value) -> Mixed | None:
    """Returns the list of what is on one after the other, which no rule takes from again."""
    found = mixed(*lists)
    known = [_parts(each) for each in lists]
    if found is None or any(parts is None for parts in known):
        return found
    return Mixed(found.axes, tuple(part for parts in known for part in parts or ()))


def filled_in_turn(*lists: Value) -> Mixed | None:
    """Returns the same, where a loop or a comprehension has filled one of the lists: `outs + [x]`, `[x, *outs]`."""
    filled = any(isinstance(each, Many | Stack | Mixed) for each in lists)
    found = one_by_one(*lists) if filled else None
    return found if found is not None and found.parts else None


def _parts(value: Value) -> tuple[Value | Pushed, ...] | None:
    match value:
        case Many():
            return (value,)
        case Items(items=parts) | Stack(parts=parts):
            return parts
        case Mixed(parts=parts) if parts:
            return parts
    return None


def _axes(value: Value) -> set[int | None]:
    """How many axes each of the arrays has; None among them says that one of these is not known."""
    match value:
        case Mixed(axes=axes):
            return {axes}
        case Many(item=item):
            return _axes_of(item)
        case Items(items=parts) | Stack(parts=parts):
            return {count for part in parts for count in _axes_of(part)}
    return set()


def _axes_of(part: Value | Pushed) -> set[int | None]:
    if isinstance(part, Pushed):
        return {count for each in part.items for count in _axes_of(each)}
    return {part.axes if isinstance(part, Array) else None}


def still_a_list(before: Value, after: Value) -> Mixed | None:
    """Returns what a list is at the start of any round of a loop, which goes through it once more with that."""
    if isinstance(before, Mixed):
        return mixed(before, after) or Mixed()
    return mixed(before, after) or mixed(before)
