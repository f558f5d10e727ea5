"""A proof in words."""

from collections.abc import Iterator

from .result import Level, Proof

UNPROVED = {
    Level.EXACT: "",
    Level.REASSOCIATED: "equal in real arithmetic, not in every rounding",
    Level.NOTHING: "not proved",
}
SECTIONS = {"output": "outputs", "state": "state", "gradient": "gradients"}


def scope(proof: Proof) -> str:
    """Returns what a proof is about."""
    shapes = f"every {', '.join(proof.sizes)} and " if proof.sizes else ""
    given = f", given equal random draws ({proof.draws} from {proof.keys} keys)" if proof.draws else ""
    return f"{shapes}every value of inputs and leaves{given}"


def proof_lines(proof: Proof, *, different: bool = False) -> Iterator[str]:
    """Yields what a report says of a proof, or of the attempt, where the sides are `different` or not."""
    if proof.level is not Level.NOTHING:
        yield from _sections(proof)
        yield from (f"no result depends on leaf {name}" for name in proof.unseen)
    if proof.sizes:
        names = ", ".join(proof.sizes)
        yield f"sizes: any {names} for which the code compares sizes as it does for symbolic ones (jax.export)"
    if proof.only:
        yield f"sizes: only {proof.only}"
    if proof.calls > 1:
        yield f"the state changes its shapes: {proof.calls} successive calls were traced"
    if why := proof.why_not():
        yield why if different else f"{UNPROVED[proof.level]}: {why}"


def _sections(proof: Proof) -> Iterator[str]:
    for section, count in proof.results.items():
        same = count - sum(1 for place in proof.parted if place.split(" ")[0] == section)
        yield f"{SECTIONS[section]}: {same} of {count} by the same floating-point operations"
    yield f"operations: {proof.operations} distinct ones"
