"""Takes a model of this folder from Linen to NNX: source, checkpoint, proof. `python run.py mlp vae`, or all of them.

`linen.py` is migrated, and has to become `nnx.py` beside it; random variables are saved as a Linen checkpoint,
converted and restored; the outputs are compared, and that both compute the same is proved.
"""

import argparse
import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import jax
import numpy as np
import orbax.checkpoint as ocp
from flax import nnx
from migrate_norm import InputSpec, check_equivalence, convert_checkpoint, migrate_source
from migrate_norm.catalog.findings import Severity
from migrate_norm.catalog.mapping import ClassMapping
from migrate_norm.codemod import Options

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from models import MODELS, Model  # noqa: E402

RNG = np.random.default_rng(0)


class Done(NamedTuple):
    """What was seen: leaves that were converted, how far the outputs are apart, the verdict of each mode."""

    leaves: int
    difference: float
    verdicts: tuple[str, ...]


def run(folder: str, out: Path) -> Done:
    """Goes through all steps for one model; what is written goes to `out`."""
    model, mapping = MODELS[folder], migrated(folder)
    linen, nnx_file = (load(f"{folder}/{side}.py") for side in ("linen", "nnx"))
    module = getattr(linen, model.name)(**model.fields)

    def build() -> nnx.Module:
        return getattr(nnx_file, model.name)(**model.sizes, **model.fields, rngs=nnx.Rngs(0))

    variables = _variables(module, model)
    leaves = _converted(variables, build, mapping, out)
    twin = _restored(build, out)
    return Done(leaves, _difference(module, variables, twin, model), _verdicts(module, build, mapping, model))


def migrated(folder: str) -> ClassMapping:
    """Migrates `linen.py`; returns where the variables of the model went. Raises ValueError if it is not `nnx.py`."""
    source, expected = ((HERE / folder / name).read_text() for name in ("linen.py", "nnx.py"))
    result = migrate_source(source, path="linen.py", options=Options(line_length=110))
    refused = [each for each in result.diagnostics if each.severity is not Severity.NOTE]
    if result.code != expected or refused:
        raise ValueError(f"{folder}/linen.py becomes something else than nnx.py: {refused}")
    return next(c for c in result.mapping.classes if c.name == f"linen.{MODELS[folder].name}")


def load(path: str) -> ModuleType:
    """Imports a file of this folder."""
    name = "example_" + path.removesuffix(".py").replace("/", "_")
    spec = importlib.util.spec_from_file_location(name, HERE / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _variables(module: Any, model: Model) -> Any:
    """Returns random variables, as if trained: nothing is zero or one any more."""

    def init(key: jax.Array) -> Any:
        return module.init(key, *_arrays(model), **model.modes[-1])

    shapes = jax.eval_shape(init, jax.random.key(0))
    return {name: jax.tree.map(RANDOM.get(name, positive), tree) for name, tree in shapes.items()}


def signed(leaf: jax.ShapeDtypeStruct) -> np.ndarray:
    return RNG.normal(0, 0.2, leaf.shape).astype(leaf.dtype)


def positive(leaf: jax.ShapeDtypeStruct) -> np.ndarray:
    return RNG.uniform(0.5, 1.5, leaf.shape).astype(leaf.dtype)


RANDOM = {"params": signed}  # statistics are variances, among others


def _arrays(model: Model) -> list[Any]:
    return [_array(value) if isinstance(value, InputSpec) else value for value in model.inputs]


def _array(spec: InputSpec) -> np.ndarray:
    return RNG.uniform(0, 3, spec.shape).astype(spec.dtype)


def _converted(variables: Any, build: Callable[[], nnx.Module], mapping: ClassMapping, out: Path) -> int:
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(out / "linen", variables)
    return len(convert_checkpoint(out / "linen", out / "nnx", mapping=mapping, model=build).moves)


def _restored(build: Callable[[], nnx.Module], out: Path) -> nnx.Module:
    model = nnx.jit(build)()  # one program instead of one for each layer
    with ocp.StandardCheckpointer() as checkpointer:
        state = nnx.state(model, nnx.Not(nnx.RngState))  # Linen saves no random streams
        nnx.update(model, checkpointer.restore(out / "nnx", state))
    return model


def _difference(module: Any, variables: Any, twin: Any, model: Model) -> float:
    """Returns the largest difference between the outputs of both sides, in inference."""
    inputs, mode = _arrays(model), model.modes[-1]
    linen = jax.jit(lambda tree, *args: module.apply(tree, *args, **mode))
    ours = nnx.jit(lambda model, *args: model(*args, **mode))
    sides = (linen(variables, *inputs), ours(twin, *inputs))
    pairs = zip(*map(jax.tree.leaves, sides), strict=True)
    return float(max(np.max(np.abs(np.subtract(*pair))) for pair in pairs))


def _verdicts(
    module: Any, build: Callable[[], nnx.Module], mapping: ClassMapping, model: Model
) -> tuple[str, ...]:
    reports = (
        check_equivalence(module, build, *model.inputs, kwargs=mode, mapping=mapping, samples=1, poison=False)
        for mode in model.modes
    )
    return tuple(str(report.verdict) for report in reports)


def main() -> None:
    """Prints one line for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"of {', '.join(MODELS)} (default: all)")
    for folder in parser.parse_args().models or MODELS:
        out = HERE / folder / "out"
        shutil.rmtree(out, ignore_errors=True)  # of an earlier run
        done = run(folder, out)
        print(f"{folder}: {done.leaves} leaves converted, outputs differ by {done.difference:.1e},", end=" ")
        print("; ".join(done.verdicts), flush=True)


if __name__ == "__main__":
    main()
