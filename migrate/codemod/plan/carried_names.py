"""The locals of a constructor that follow sizes through loops: what they are called, in which order they change."""

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..flow.found import Phi, PhiKey
from ..flow.terms import Kind, Term
from ..model import Method, MethodKind, Refused
from .records import Carried

if TYPE_CHECKING:
    from .needs import Needs


def carry(needs: "Needs", taken: Collection[str]) -> None:
    """Fills `plan.names` and `plan.phis`. Raises Refused where sizes change one from the other."""
    plan, phis = needs.plan, needs.phis
    names = _Names(needs, taken).run()
    plan.names = names
    for key, phi in phis.items():
        assert phi.entry is not None
        assert phi.back is not None
        plan.phis.setdefault(phi.loop, []).append(Carried(names[key], phi.entry, phi.back))
    for loop, group in plan.phis.items():
        plan.phis[loop] = _in_turn(group, names, loop)


@dataclass(eq=False)
class _Names:
    needs: "Needs"
    taken: Collection[str]
    names: dict[PhiKey, str] = field(default_factory=dict)

    def run(self) -> dict[PhiKey, str]:
        phis = self.needs.phis
        shared = {key: self._shared_with(key, phi) for key, phi in phis.items()}
        for key in sorted(phis, key=lambda k: (shared[k] is not None, phis[k].loop.lineno)):
            outer = shared[key]
            if outer is not None and outer in self.names:
                self.names[key] = self.names[outer]
            else:
                self.names[key] = self._local(key)
        return self.names

    def _shared_with(self, key: PhiKey, phi: Phi) -> PhiKey | None:
        """An inner loop goes on with the size of the outer one: one local will do for both."""
        entry = phi.entry
        if entry is None or entry.kind is not Kind.PHI:
            return None
        outer = self.needs.phis[entry.value]
        back = outer.back
        if back is None or back.kind is not Kind.PHI or back.value != key:
            return None
        behind = {n for n in ast.walk(outer.loop) if getattr(n, "lineno", 0) >= phi.loop.lineno}
        again = any(
            place in behind and place is not self.needs.plan.flow.place(phi.loop) and entry in t.walk()
            for t, place in self.needs.all()
        )
        outside: PhiKey = entry.value
        return None if again else outside

    def _local(self, key: PhiKey) -> str:
        phi, (_, _, axis) = self.needs.phis[key], key
        entry = phi.entry
        assert entry is not None
        name = self.needs.plan.dims[entry.value] if entry.kind is Kind.DIM else ""
        if name in self.needs.added and not self._read_later(entry, phi):
            return name
        if entry.kind is Kind.PHI and self._is_over(self.names.get(entry.value, ""), phi):
            return self.names[entry.value]
        wanted = "features" if axis < 2 else "size"
        if self._is_over(wanted, phi):
            return wanted
        return self.needs.free(wanted, {*self.taken, *self.names.values()})

    def _is_over(self, name: str, phi: Phi) -> bool:
        """Tells whether earlier loops alone use a local, whose last value nothing but this loop starts from."""
        earlier = [key for key, found in self.names.items() if found == name]
        loops = [phi.loop, *(self.needs.phis[key].loop for key in earlier)]
        methods = {self._once(loop) for loop in loops}
        if not earlier or None in methods or len(methods) > 1:
            return False
        if any((loop.end_lineno or 0) >= phi.loop.lineno for loop in loops[1:]):
            return False
        return not any(
            part.kind is Kind.PHI and part.value in earlier
            for term, line in self._read_behind(phi)
            for part in term.walk()
            if line >= phi.loop.lineno
        )

    def _once(self, loop: ast.For) -> Method | None:
        """The method of a loop that the constructor runs once, where it stands."""
        if loop in self.needs.plan.list_loops:
            return None
        place = self.needs.plan.flow.place(loop)
        found = next(m for m in self.needs.plan.cls.methods.values() if place in m.parents)
        inside = any(isinstance(a, ast.For) for a in found.above(place))
        taken_over = found.kind in (MethodKind.COMPACT, MethodKind.SETUP)
        return found if taken_over and not inside else None

    def _read_behind(self, phi: Phi) -> Iterator[tuple[Term, float]]:
        """Yields the sizes with the line where the constructor reads them, but for what this loop starts from."""
        late = {s.construction.call for s in self.needs.plan.submodules if s.hoisted}
        for term, place in self.needs.all():
            if term is not phi.entry or place is not self.needs.plan.flow.place(phi.loop):
                yield term, float("inf") if place in late else getattr(place, "lineno", 0)

    def _read_later(self, dim: Term, phi: Phi) -> bool:
        """Tells whether the size that came in is needed once the loop has begun."""
        plan, phis = self.needs.plan, self.needs.phis
        own = self.needs.plan.flow.place(phi.loop)
        sites = [(t, place) for t, place in self.needs.all() if dim in t.walk() and place is not own]
        if phi.loop in plan.list_loops and sites:
            return True  # setup makes things in an order of its own
        return (
            any(getattr(place, "lineno", 0) >= phi.loop.lineno for _, place in sites)
            or any(p is not phi and p.entry is not None and dim in p.entry.walk() for p in phis.values())
            or bool(plan.size_terms)
        )


def _in_turn(group: list[Carried], names: Mapping[PhiKey, str], loop: ast.For) -> list[Carried]:
    """Returns the sizes in an order in which each is read by the others before it changes. Raises Refused."""
    reads = {c.name: {names[t.value] for t in c.back.walk() if t.kind is Kind.PHI} - {c.name} for c in group}
    found: list[Carried] = []
    waiting = list(group)
    while waiting:
        free = next((c for c in waiting if not any(c.name in reads[o.name] for o in waiting)), None)
        if free is None:
            raise Refused("MN108", loop, "several sizes change in the loop, one from the other")
        waiting.remove(free)
        found.append(free)
    return found
