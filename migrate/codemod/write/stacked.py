"""Lists of sizes, which the constructor fills and empties as the method does with its arrays."""

from collections.abc import Iterator, Sequence

from ..plan.needs import spell
from ..plan.records import ClassPlan, Stacked


def size_rows(stacked: Sequence[Stacked], plan: ClassPlan) -> tuple[list[str], list[str]]:
    """Returns the rows in front of what a statement makes, and those behind it."""
    return [each.row for each in stacked if each.row], [row for each in stacked for row in _puts(each, plan)]


def _puts(stacked: Stacked, plan: ClassPlan) -> Iterator[str]:
    sizes = [spell(plan, size) for size in stacked.puts]
    if stacked.starts:
        yield f"{stacked.name} = [{', '.join(sizes)}]"
    else:
        yield from (f"{stacked.name}.append({size})" for size in sizes)
