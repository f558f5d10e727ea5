"""`make demo`: train with Linen, migrate source and checkpoint, train on with both, compare.

Everything is written to `out/` beside this file, or to the folder given. Exits with 1 when anything is not
as it should be.
"""

import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import orbax.checkpoint as ocp
from flax import nnx

HERE = Path(__file__).parent
OUT = Path(sys.argv[1] if __name__ == "__main__" and sys.argv[1:] else HERE / "out").absolute()
EPOCHS = 6
LEAVES = 7  # what the classifier declares
CLOSE = 1e-5  # between losses after the same steps

sys.path.insert(0, str(HERE))
mpl.use("agg")


def run(command: str, *arguments: str) -> str:
    """Runs one of this project's commands, or Python; returns what it printed."""
    print(f"$ {command} {shlex.join(arguments)}", flush=True)
    program = sys.executable if command == "python" else str(Path(sys.executable).parent / command)
    path = {**os.environ, "PYTHONPATH": str(OUT)}  # so that `migrated.linen_model` can be imported
    done = subprocess.run(
        [program, *arguments], cwd=HERE, env=path, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout}{command} ended with exit code {done.returncode}")
    return done.stdout


def migrate() -> tuple[dict[str, Any], dict[str, Any]]:
    """Trains with Linen, then migrates the source and the checkpoint; returns both reports."""
    print(run("python", "train_linen.py", str(OUT / "linen")), end="")
    summary = run(
        *("migrate-norm", "linen_model.py", "--output", str(OUT / "migrated")),
        *("--mapping", str(OUT / "mapping.json"), "--report", str(OUT / "report.json")),
    )
    print(summary, end="")
    converted = run(
        *("migrate-checkpoint", str(OUT / "linen"), str(OUT / "checkpoint")),
        *("--mapping", str(OUT / "mapping.json"), "--json"),
        *("--linen", "linen_model:Classifier()"),
        *("--nnx", "migrated.linen_model:Classifier(64, rngs=nnx.Rngs(0))"),
        *("--input", "f32[16,64]", "--input", "train=True"),
    )
    return json.loads((OUT / "report.json").read_text()), json.loads(converted)


def restore_linen() -> Any:
    """Returns the variables that the Linen training saved."""
    with ocp.StandardCheckpointer() as checkpointer:
        return checkpointer.restore(OUT / "linen")


def restore_nnx() -> nnx.Module:
    """Builds the migrated model and gives it the converted checkpoint."""
    spec = importlib.util.spec_from_file_location("nnx_model", OUT / "migrated" / "linen_model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.Classifier(64, rngs=nnx.Rngs(0))
    with ocp.StandardCheckpointer() as checkpointer:
        nnx.update(model, checkpointer.restore(OUT / "checkpoint", nnx.state(model)))
    return model


def draw(linen: list[float], ours: list[float]) -> None:
    """Draws both loss curves over each other."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    axes.plot(linen, linewidth=5, color="tab:orange", alpha=0.5, label="Linen")
    axes.plot(ours, linewidth=1, color="black", linestyle="--", label="NNX, migrated")
    axes.set(
        xlabel="step after the checkpoint", ylabel="loss", title="Handwritten digits, training continued"
    )
    axes.legend()
    figure.savefig(OUT / "loss.png", dpi=150)


def table(rows: dict[str, tuple[str, bool]]) -> None:
    """Prints what was found, and whether it is what it should be."""
    width = max(map(len, rows))
    for name, (found, good) in rows.items():
        print(f"{name:{width}}  {found}{'' if good else '   <- not as it should be'}")


def main() -> int:
    """Returns 0 when both sides agree."""
    shutil.rmtree(HERE / "out", ignore_errors=True)  # of an earlier run; a folder that was given is not ours
    OUT.mkdir(parents=True)
    report, converted = migrate()
    rows = reports(report, converted) | continued()
    print()
    table(rows)
    return 0 if all(good for _, good in rows.values()) else 1


def reports(report: dict[str, Any], converted: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    """Returns the rows about source and checkpoint."""
    total, classes = report["total"], [entry["name"] for entry in report["classes"]]
    counts = f"{total['migrated']} migrated, {total['left']} left, {total['refused']} refused"
    verdict = (converted["verification"] or "none").splitlines()[0]
    return {
        "classes migrated": (", ".join(classes), len(classes) == 1),
        "Linen symbols": (counts, total["migrated"] > 0 and not total["left"] + total["refused"]),
        "leaves converted": (str(len(converted["leaves"])), len(converted["leaves"]) == LEAVES),
        "verification": (verdict, verdict.startswith("PROVED")),
    }


def continued() -> dict[str, tuple[str, bool]]:
    """Trains on with both sides from the same checkpoint; returns the rows about it."""
    import train_linen
    import train_nnx
    from data import batches, digits

    training, test = digits()
    variables, model = restore_linen(), restore_nnx()
    logits = train_linen.logits(variables, test), train_nnx.logits(model, test)
    start = train_linen.accuracy(variables, test), train_nnx.accuracy(model, test)
    variables, linen_losses = train_linen.train(variables, batches(training, EPOCHS, seed=2))
    nnx_losses = train_nnx.train(model, batches(training, EPOCHS, seed=2))
    end = train_linen.accuracy(variables, test), train_nnx.accuracy(model, test)
    draw(linen_losses, nnx_losses)
    apart = farthest(*logits), farthest(linen_losses, nnx_losses)
    return {
        "accuracy, converted": (f"Linen {start[0]:.2%}, NNX {start[1]:.2%}", start[0] == start[1]),
        "accuracy, trained on": (f"Linen {end[0]:.2%}, NNX {end[1]:.2%}", abs(end[0] - end[1]) <= CLOSE),
        "largest difference": (f"logits {apart[0]:.1e}, losses {apart[1]:.1e}", max(apart) <= CLOSE),
        "loss curves": (f"{len(nnx_losses)} steps, {OUT / 'loss.png'}", (OUT / "loss.png").is_file()),
    }


def farthest(linen: Any, ours: Any) -> float:
    """Returns the largest difference of two arrays."""
    return float(np.max(np.abs(np.subtract(linen, ours))))


if __name__ == "__main__":
    sys.exit(main())
