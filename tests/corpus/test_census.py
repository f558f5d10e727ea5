"""The census: its verdicts on a codemod that does the wrong thing, its golden file, and a small part of it anew."""

import ast
import dataclasses
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from migrate_norm.codemod import Options, Result, migrate_files
from migrate_norm.codemod.traced.records import Facts

from .census import golden, observed, rows, verify, worker
from .census.fields import calls_by_name
from .census.rows import Class, single
from .census.traced import traced
from .census.verify import Found, Verdict
from .census.ways import Known
from .census.worker import Job, Worker
from .isolate import isolate, users
from .models.model import Model
from .oracle import Linen, Program, read
from .test_small import SMALL, fetched

HEAD = b"import jax.numpy as jnp\nfrom flax import linen as nn\n\n\n"
LAYER = b"""class Layer(nn.Module):
    width: int
    act: Callable = nn.relu
    use_bias: bool = True

    @nn.compact
    def __call__(self, x, train=None):
        x = nn.BatchNorm(use_running_average=not train)(nn.Dense(self.width, use_bias=self.use_bias)(x))
        return self.act(x)
"""
HUNGRY = b"class Hungry(nn.Module):\n    thing: Unheard\n\n    def __call__(self, x):\n        return self.thing(x)\n"
ENDLESS = (
    b"class Endless(nn.Module):\n    def __call__(self, x):\n        while True:\n            x = x + 1\n"
)
PROGRAM = read({"pkg/layers.py": HEAD + b"\n\n".join([LAYER, HUNGRY, ENDLESS])})


def _job(name: str, change: Callable[[bytes], bytes] = lambda text: text) -> Job:
    isolated = isolate(PROGRAM, "pkg/layers.py", name)
    result = migrate_files(isolated.files, Options())
    files = tuple(dataclasses.replace(file, after=change(file.after)) for file in result.files)
    return Job(isolated, Result(files, result.mapping), Known())


def _found(change: Callable[[bytes], bytes] = lambda text: text) -> Found:
    return verify.verify(*_job("Layer", change))


def test_a_good_migration_is_proved() -> None:
    assert _found() == Found(Verdict.PROVED)


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (b"use_running_average=not train", b"use_running_average=True", Verdict.DIFFERENT),
        (b"use_bias=use_bias", b"use_bias=True", Verdict.UNPAIRED),
        (b"self.act(x)", b"self.act(x, 1, 2)", Verdict.FAILED),
        (b"in_features: int", b"in_features: int, more: int", Verdict.FAILED),
    ],
)
def test_a_bad_migration_is_seen(old: bytes, new: bytes, verdict: Verdict) -> None:
    assert old in _job("Layer").result.files[-1].after
    assert _found(lambda text: text.replace(old, new)).verdict is verdict


def test_what_no_value_is_known_for_is_not_constructed() -> None:
    found = verify.verify(*_job("Hungry"))
    assert found.verdict is Verdict.UNBUILT
    assert "thing" in found.detail


WHOLE = b"""class Part(nn.Module):
    config: Any
    table: nn.Embed

    @nn.compact
    def __call__(self, places, *, scale):
        x = nn.relu(nn.Dense(self.config.first)(self.table(places)))
        return scale * nn.Dense(self.config.second)(x)


class Whole(nn.Module):
    config: Any

    def setup(self):
        self.table = nn.Embed(5, 7)
        self.part = Part(self.config, self.table)

    def __call__(self, places):
        return self.part(places, scale=2.0) + self.table(places)
"""


def test_a_class_is_built_and_called_as_a_whole_model_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    program = read({"pkg/whole.py": HEAD + WHOLE})
    config = SimpleNamespace(first=4, second=7)
    model = Model("pkg", "pkg/whole.py", "Whole", {"config": config}, (np.array([[1, 2], [4, 0]], "int32"),))
    monkeypatch.setattr(observed, "MODELS", (model,))
    shown = observed.models_of("pkg", program)
    part = next(linen for linen in program.linen() if linen.name == "Part")
    for models, verdict in (((), Verdict.UNBUILT), (shown, Verdict.PROVED)):
        found = single(program, part, worker.answer, calls_by_name(program), None, models)
        assert found.outcome == verdict, found.detail
    assert shown
    assert not observed.models_of("other", program)


def test_a_class_that_takes_too_long_does_not_keep_the_others() -> None:
    workers = Worker(limit=3.0)
    try:
        assert workers.run(_job("Endless")).verdict is Verdict.SLOW
        workers.limit = 120.0
        assert workers.run(_job("Layer")) == Found(Verdict.PROVED)
    finally:
        workers.close()


def test_the_row_of_a_package() -> None:
    said: list[Class] = []
    row = rows.row("pkg", PROGRAM, None, said.append)
    assert [c.name for c in said] == ["Layer", "Hungry", "Endless"]
    entry = golden.entry(row)
    assert entry["whole"]["classes"] == 3
    assert entry["alone"]["seen"] == 3
    assert entry["alone"]["migrated"] + sum(entry["alone"]["refused"].values()) == 3


MAKER = b"""class Block(nn.Module):
    conv: Any

    @nn.compact
    def __call__(self, x):
        return self.conv(8, (3, 3))(x)


class Net(nn.Module):
    block: Any

    @nn.compact
    def __call__(self, x):
        return self.block(conv=nn.Conv)(x)


Net8 = partial(Net, block=Block)
Other = partial(nn.Conv, 8)
"""


def test_a_class_whose_fields_its_file_fills_is_migrated_with_that() -> None:
    head = b"from functools import partial\nfrom typing import Any\n\n" + HEAD
    program = read({"pkg/nets.py": head + MAKER})
    assert users(program.files["pkg/nets.py"], "Block") == ["Net8"]
    assert users(program.files["pkg/nets.py"], "Net") == ["Net8"]
    found = rows.row("pkg", program, None, lambda _: None).classes
    assert {c.name: (c.outcome, c.detail) for c in found} == dict.fromkeys(
        ("Block", "Net"), ("not constructed", "with Net8")
    )
    alone = read({"pkg/nets.py": head + MAKER.split(b"Net8")[0]})
    assert {c.outcome for c in rows.row("pkg", alone, None, lambda _: None).classes} == {"MN101"}


def test_a_crash_and_output_that_does_not_compile_are_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(files: dict[str, bytes], options: Options, facts: Facts | None = None) -> Result:
        result = migrate_files(files, options, facts)
        return Result(
            tuple(dataclasses.replace(f, after=f.after + b"class (") for f in result.files), result.mapping
        )

    def crashing(*_: object) -> Result:
        raise RuntimeError("no")

    for stand_in, outcome in ((broken, rows.BROKEN), (crashing, rows.CRASH)):
        monkeypatch.setattr(rows, "migrate_files", stand_in)
        found = rows.row("pkg", PROGRAM, None, lambda _: None)
        assert found.classes[0].outcome == outcome
        assert found.whole.violations


@pytest.mark.parametrize(
    ("before", "now", "good"),
    [
        ("PROVED", "PROVED", True),
        ("PROVED", "EQUAL", True),
        ("MN101", "PROVED", True),
        ("PROVED", "MN101", False),
        ("EQUAL", "fails", False),
        ("MN101", "DIFFERENT", False),
        ("", "BROKEN", False),
    ],
)
def test_what_is_worse(before: str, now: str, good: bool) -> None:
    assert good == (not [*golden.worse([Class("a.py", "A", now)], {"a.py:A": before})])


def test_the_golden_census_adds_up_and_has_nothing_wrong_in_it() -> None:
    packages = golden.load()
    total = golden.total(packages)["alone"]
    assert "flax-0.12.8" in packages
    assert total["seen"] == sum(len(found["classes"]) for found in packages.values())
    assert total["seen"] == total["missing imports"] + total["migrated"] + sum(total["refused"].values())
    assert not total["verdicts"].keys() & set(map(str, golden.WRONG))
    assert not any(found["whole"]["violations"] for found in packages.values())
    verified = sum(total["verdicts"].get(verdict, 0) for verdict in golden.VERIFIED)
    assert verified >= 0.9 * (total["migrated"] - total["verdicts"].get(Verdict.UNBUILT, 0))


@pytest.mark.corpus
@pytest.mark.parametrize("name", SMALL[-1:])
def test_small_part_is_not_worse(name: str) -> None:
    package, sources = fetched(name)
    program, known = read(sources), golden.load()[str(package)]["classes"]
    calls, shown = calls_by_name(program), observed.models_of(package.name, program)
    there = [each for each in program.linen() if f"{each.path}:{each.name}" in known]
    found = [_again(program, each, known, calls, shown) for each in there]
    assert len(found) > 20
    if not observed.are_all_shown(package.name, program, shown):  # some cannot be constructed without
        found = [each for each in found if each.outcome != Verdict.UNBUILT]
    assert not [*golden.worse(found, known)]


def _again(
    program: Program,
    each: Linen,
    known: dict[str, str],
    calls: dict[str, list[ast.Call]],
    shown: tuple[observed.Shown, ...],
) -> Class:
    compared = known[f"{each.path}:{each.name}"] != Verdict.UNBUILT
    return single(program, each, worker.answer if compared else None, calls, None, shown)


FLAT = b"""flat = jax.jit(lambda x: x.reshape(x.shape[0], -1))


class Flat(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(3)(nn.LayerNorm()(flat(x)))
"""


def test_a_class_whose_sizes_only_a_run_tells_is_compared_too() -> None:
    program = read({"pkg/flat.py": b"import jax\n" + HEAD + FLAT})
    (linen,) = program.linen()
    found = single(program, linen, worker.answer, calls_by_name(program), lambda job: traced(*job))
    assert (found.outcome, found.traced) == ("MN108", Verdict.PROVED), found.detail
