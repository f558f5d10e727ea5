"""Proofs: how many pairs are proved, what a proof costs beside tracing, and the hunt for a false one.

Times are ratios taken in the same process: a proof (tracing both sides, normal forms, comparison) over plain
`jax.make_jaxpr` of the same two programs. Peak memory is that of a process of its own.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from flax import linen as nn  # noqa: E402
from flax import nnx  # noqa: E402
from migrate_norm import InputSpec, check_equivalence  # noqa: E402


class LinenBlock(nn.Module):
    """Pre-norm transformer block."""

    width: int
    heads: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        h = nn.LayerNorm(name="norm")(x)
        shape = (self.heads, self.width // self.heads)
        q, k, v = (nn.DenseGeneral(shape, name=name)(h) for name in "qkv")
        x = x + nn.DenseGeneral(self.width, axis=(-2, -1), name="out")(attend(q, k, v))
        h = nn.Dense(4 * self.width, name="up")(nn.LayerNorm(name="norm_2")(x))
        return x + nn.Dense(self.width, name="down")(nn.gelu(h))


class LinenStack(nn.Module):
    """Blocks one after the other."""

    depth: int
    width: int
    heads: int

    @nn.compact
    def __call__(self, tokens: jax.Array) -> jax.Array:
        x = nn.Embed(32_000, self.width, name="embed")(tokens)
        for i in range(self.depth):
            x = LinenBlock(self.width, self.heads, name=f"blocks_{i}")(x)
        return nn.LayerNorm(name="norm")(x)


class LinenScan(nn.Module):
    """Blocks as a scan with remat."""

    depth: int
    width: int
    heads: int

    @nn.compact
    def __call__(self, tokens: jax.Array) -> jax.Array:
        x = nn.Embed(32_000, self.width, name="embed")(tokens)
        blocks = nn.scan(
            nn.remat(_Turn), variable_axes={"params": 0}, split_rngs={"params": True}, length=self.depth
        )
        return nn.LayerNorm(name="norm")(blocks(self.width, self.heads, name="blocks")(x, None)[0])


class _Turn(nn.Module):
    width: int
    heads: int

    @nn.compact
    def __call__(self, x: jax.Array, _: None) -> tuple[jax.Array, None]:
        return LinenBlock(self.width, self.heads, name="block")(x), None


class NnxBlock(nnx.Module):
    """The twin of LinenBlock."""

    def __init__(self, width: int, heads: int, *, rngs: nnx.Rngs):
        shape = (heads, width // heads)
        self.norm, self.norm_2 = nnx.LayerNorm(width, rngs=rngs), nnx.LayerNorm(width, rngs=rngs)
        self.q, self.k, self.v = (nnx.LinearGeneral(width, shape, rngs=rngs) for _ in range(3))
        self.out = nnx.LinearGeneral(shape, width, axis=(-2, -1), rngs=rngs)
        self.up, self.down = nnx.Linear(width, 4 * width, rngs=rngs), nnx.Linear(4 * width, width, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        h = self.norm(x)
        x = x + self.out(attend(self.q(h), self.k(h), self.v(h)))
        return x + self.down(nnx.gelu(self.up(self.norm_2(x))))


class NnxStack(nnx.Module):
    """The twin of LinenStack."""

    def __init__(self, depth: int, width: int, heads: int, *, rngs: nnx.Rngs):
        self.embed, self.norm = nnx.Embed(32_000, width, rngs=rngs), nnx.LayerNorm(width, rngs=rngs)
        self.blocks = nnx.List([NnxBlock(width, heads, rngs=rngs) for _ in range(depth)])

    def __call__(self, tokens: jax.Array) -> jax.Array:
        x = self.embed(tokens)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class NnxTurn(nnx.Module):
    """One turn of the scan."""

    def __init__(self, width: int, heads: int, *, rngs: nnx.Rngs):
        self.block = NnxBlock(width, heads, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.block(x)


class NnxScan(nnx.Module):
    """The twin of LinenScan."""

    def __init__(self, depth: int, width: int, heads: int, *, rngs: nnx.Rngs):
        @nnx.split_rngs(splits=depth)
        @nnx.vmap(in_axes=0, out_axes=0)
        def create(rngs: nnx.Rngs) -> NnxTurn:
            return NnxTurn(width, heads, rngs=rngs)

        self.embed, self.norm = nnx.Embed(32_000, width, rngs=rngs), nnx.LayerNorm(width, rngs=rngs)
        self.blocks = create(rngs)

    def __call__(self, tokens: jax.Array) -> jax.Array:
        @nnx.scan(in_axes=(0, nnx.Carry), out_axes=nnx.Carry)
        @nnx.remat
        def forward(block: NnxTurn, x: jax.Array) -> jax.Array:
            return block(x)

        return self.norm(forward(self.blocks, self.embed(tokens)))


def attend(q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
    """Causal attention."""
    logits = jnp.einsum("bqhd,bkhd->bhqk", q, k) / jnp.sqrt(q.shape[-1])
    mask = jnp.tril(jnp.ones((q.shape[1], k.shape[1]), bool))
    return jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(jnp.where(mask, logits, -1e9)), v)


MODELS: dict[str, tuple[Any, Any]] = {"unrolled": (LinenStack, NnxStack), "scanned": (LinenScan, NnxScan)}
WIDTH, HEADS = 4096, 32  # 24 blocks: 5 billion parameters; 32 blocks: the 7 billion of a common size
TOKENS = InputSpec("int32", (2, 128))


def pair(kind: str, depth: int) -> tuple[nn.Module, Callable[[], nnx.Module]]:
    linen, twin = MODELS[kind]
    return linen(depth, WIDTH, HEADS), lambda: twin(depth, WIDTH, HEADS, rngs=nnx.Rngs(0))


def one(kind: str, depth: int) -> None:
    """Measures one model in this process, and prints the figures as JSON."""
    from migrate_norm.equivalence import linen_side
    from migrate_norm.equivalence.inputs import arguments
    from migrate_norm.equivalence.proof import prove
    from migrate_norm.equivalence.proof.prove import _trace
    from migrate_norm.equivalence.twins import twins

    linen, build = pair(kind, depth)
    call = arguments([TOKENS], None)
    shapes = linen_side.abstract(linen, call, "__call__")
    both = twins(linen, shapes, build, "__call__", ())
    parameters = sum(leaf.size for leaf in jax.tree.leaves(shapes))
    _trace(both, both.shapes(), call, True)  # what JAX caches on the way
    plain = _seconds(lambda: _trace(both, both.shapes(), call, True))
    proof = _seconds(lambda: prove(both, call, True, 1))
    level = str(prove(both, call, True, 1).proof.level)
    whole = _seconds(lambda: check_equivalence(linen, build, TOKENS, samples=0))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        json.dumps(
            {
                "parameters": parameters,
                "plain": plain,
                "proof": proof,
                "whole": whole,
                "peak": peak,
                "level": level,
            }
        )
    )


def _seconds(run: Callable[[], Any]) -> float:
    """The median of three runs; JAX forgets what it traced before each."""
    found = []
    for _ in range(3):
        jax.clear_caches()
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def cost(depths: list[int]) -> None:
    print(
        "\nCost of a proof, outputs + state + gradients, transformer of width 4096, each in a process of its own"
    )
    print(
        f"{'model':10} {'blocks':>6} {'parameters':>12} {'proof / make_jaxpr':>19} {'whole / make_jaxpr':>19}"
        f" {'peak GB':>8}  proved"
    )
    for kind in MODELS:
        for depth in depths:
            done = subprocess.run(
                [sys.executable, __file__, "--one", kind, str(depth)],
                capture_output=True,
                text=True,
                check=True,
            )
            found = json.loads(done.stdout.splitlines()[-1])
            ratio, whole = found["proof"] / found["plain"], found["whole"] / found["plain"]
            print(
                f"{kind:10} {depth:6} {found['parameters']:12.3g} {ratio:19.2f} {whole:19.2f} {found['peak']:8.2f}"
                f"  {found['level']}"
                f"   (make_jaxpr {found['plain']:.1f} s)",
                flush=True,
            )


def completeness() -> None:
    """Every pair of the tests that is the same by construction, and the layers that flax.nnx has under one name."""
    from migrate_norm.catalog.layers import find

    from tests.catalog.test_layers_parity import CASES
    from tests.equivalence.proof.pairs import PAIRS
    from tests.equivalence.test_equal import PAIRS as EQUAL
    from tests.equivalence.test_proved import SAME, norm_cases, rules

    outcomes: dict[str, list[str]] = {}

    def verdict(group: str, name: str, linen: Any, build: Any, *inputs: Any, **options: Any) -> None:
        report = check_equivalence(linen, build, *inputs, samples=1, steps=1, poison=False, **options)
        outcomes.setdefault(group, []).append(str(report.verdict))
        if not report.proved:
            print(f"  {group}: {name}: {report.verdict}")

    for name, found in PAIRS.items():
        verdict(
            "models and layers",
            name,
            found.linen,
            found.nnx,
            *found.inputs,
            kwargs=found.kwargs,
            mapping=found.mapping,
        )
    for name, (linen, model, inputs, kwargs) in EQUAL.items():
        verdict("pairs of the samples", name, linen, model, *inputs, kwargs=kwargs)
    for name in SAME:
        for case in CASES[name]:
            twin, arguments = find(name), dict(case.nnx)
            first = arguments.pop("fns", ())
            rngs = {"rngs": nnx.Rngs(0)} if twin.rngs == "required" else {}
            model = getattr(nnx, twin.nnx)(*first, **arguments, **rngs)
            inputs = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), case.inputs)
            verdict(
                "rows marked =",
                name,
                getattr(nn, name)(**case.linen),
                model,
                *inputs,
                kwargs=case.call,
                mapping=rules(name, case),
            )
    from migrate_norm.layers import nnx as ours

    for parameters in list(norm_cases()):
        name, given, dtype = parameters.values
        build = getattr(ours, name)((4, 5, 6), **given, rngs=nnx.Rngs(0))
        verdict("norms", str(parameters.id), getattr(nn, name)(**given), build, InputSpec(dtype, (4, 5, 6)))
    total = sum(map(len, outcomes.values()))
    proved = sum(v.count("PROVED") for v in outcomes.values())
    for group, verdicts in outcomes.items():
        print(f"{group:22} {verdicts.count('PROVED'):4} of {len(verdicts):4} proved")
    print(f"{'all':22} {proved:4} of {total:4} proved: {100 * proved / total:.1f} %")


def hunt(number: int) -> bool:
    from tests.equivalence.proof.hunt import count
    from tests.equivalence.proof.pairs import PAIRS

    print(f"\nMutants: {number} of each of {len(PAIRS)} pairs, without and with gradients")
    found, unsound = count(number, seed=100)
    for outcome, times in sorted(found.items()):
        print(f"{times:7} {outcome}")
    print(f"{len(unsound):7} proved, though they compute something else")
    for mutant in unsound:
        print(f"{mutant.pair}:\n{mutant.jaxpr}")
    return not unsound


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=20, help="mutants of each pair and mode (default 20)")
    parser.add_argument(
        "--depths", type=int, nargs="+", default=[6, 12, 24, 32], help="blocks of the transformer"
    )
    parser.add_argument("--one", nargs=2, metavar=("MODEL", "DEPTH"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one(given.one[0], int(given.one[1]))
        return 0
    print(f"jax {jax.__version__}, {jax.devices()[0].device_kind}")
    completeness()
    cost(given.depths)
    return 0 if hunt(given.mutants) else 1


if __name__ == "__main__":
    sys.exit(main())
