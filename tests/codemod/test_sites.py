"""Call sites of migrated classes: what becomes of them, and which are refused and why."""

import ast
import textwrap
from pathlib import Path

import pytest
from migrate_norm.codemod import Options, migrate_files
from migrate_norm.codemod.constructors import Constructor, SizeArgument
from migrate_norm.codemod.edits import Edit, Insert, Remove
from migrate_norm.codemod.names import read_names
from migrate_norm.codemod.sites import SitePlan, plan_sites
from migrate_norm.codemod.source import Source, parse

from .sites_refused import REFUSED
from .sites_transformed import TRANSFORMED

EXAMPLES = Path(__file__).parents[2] / "examples"
HEADER = """\
import flax
import jax
import jax.numpy as jnp
import numpy as np
import optax
from norms import BN, LN, Plain, Inner

"""
SIZE = SizeArgument("d", parameter="x", template="{}.shape[-1]")
CLASSES = {
    "norms.LN": Constructor(
        "norms.LN", ("eps",), (SIZE,), {"__call__": ("x",), "encode": ("x",)}, {"params": {"gamma": "gamma"}}
    ),
    "norms.BN": Constructor(
        "norms.BN",
        ("momentum", "eps"),
        (SIZE,),
        {"__call__": ("x", "train")},
        {"params": {"gamma": "gamma"}, "batch_stats": {"mean": "mean", "var": "var"}},
    ),
    "norms.Plain": Constructor(
        "norms.Plain", ("features",), (), {"__call__": ("x",)}, {"params": {"w": "w", "step": "step_"}}
    ),
    "norms.Inner": Constructor(
        "norms.Inner", (), (SizeArgument("d"),), {"__call__": ("x",)}, {"params": {"w": "w"}}
    ),
}


def read(text: str, classes: dict[str, Constructor] = CLASSES, stays: str = "") -> tuple[Source, SitePlan]:
    """Plans the file `m.py`, in which the class `stays` stays Linen."""
    source = parse("m.py", text.encode(), "m")
    linen = [node for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef) and node.name == stays]
    return source, plan_sites(source, read_names(source.tree, "m"), classes, linen)


def splice(source: Source, edits: tuple[Edit, ...]) -> str:
    """Applies the edits: a removed statement takes its lines along, and what goes ahead gets lines of its own."""
    starts = [0]
    for line in source.lines:
        starts.append(starts[-1] + len(line))
    text = source.text
    for edit in sorted(edits, key=lambda edit: (edit.span[:2], not isinstance(edit, Insert)), reverse=True):
        line, column, end_line, end_column = edit.span
        if isinstance(edit, Remove):
            text = text[: starts[line - 1]] + text[starts[end_line] :]
        elif isinstance(edit, Insert):
            assert edit.place == "ahead"
            at = starts[line - 1] + column
            text = text[:at] + edit.code + source.lines[line - 1][:column] + text[at:]
        else:
            text = text[: starts[line - 1] + column] + edit.code + text[starts[end_line - 1] + end_column :]
    ast.parse(text)
    return text


def function(name: str, body: str, parameters: str) -> str:
    return f"def {name}({parameters}):\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"


def check_transformed(before: str, after: str, parameters: str = "key, x") -> None:
    compile(function("f", after, parameters), "expected", "exec")
    source, plan = read(HEADER + function("f", before, parameters))
    assert plan.refusals == ()
    assert splice(source, plan.edits) == HEADER + function("f", after, parameters)


def check_refused(body: str, message: str, parameters: str = "key, x") -> None:
    _, plan = read(HEADER + function("f", body, parameters))
    assert {refusal.code for refusal in plan.refusals} == {"MN301"}
    assert message in " / ".join(refusal.message for refusal in plan.refusals)


@pytest.mark.parametrize("case", TRANSFORMED.values(), ids=TRANSFORMED)
def test_transformed(case: tuple[str, str]) -> None:
    check_transformed(*case)


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_refused(case: tuple[str, str]) -> None:
    check_refused(*case)


def defined(text: str, name: str) -> str:
    tree = ast.parse(text)
    found = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    return str(ast.get_source_segment(text, found))


TUTORIAL = {
    "m.MyLayerNorm": Constructor("m.MyLayerNorm", ("eps",), (SIZE,), {"__call__": ("x",)}, {"params": {}}),
    "m.MyBatchNorm": Constructor(
        "m.MyBatchNorm",
        ("momentum", "eps"),
        (SIZE,),
        {"__call__": ("x", "use_running_average")},
        {
            "params": {"gamma": "gamma", "beta": "beta"},
            "batch_stats": {"running_mean": "running_mean", "running_var": "running_var"},
        },
    ),
}


@pytest.mark.parametrize(
    ("lesson", "name"),
    [
        ("tutorial_layer_norm", "layernorm_forward"),
        ("tutorial_batch_norm", "batchnorm_forward"),
        ("tutorial_batch_norm", "train"),
    ],
)
def test_lessons_become_what_a_person_wrote(lesson: str, name: str) -> None:
    folder = EXAMPLES / lesson
    source, plan = read((folder / "linen.py").read_text(), classes=TUTORIAL)
    assert plan.refusals == ()
    assert defined(splice(source, plan.edits), name) == defined((folder / "nnx.py").read_text(), name)


def refusals(text: str, stays: str = "") -> list[tuple[str, str]]:
    return [(refusal.class_name, refusal.code) for refusal in read(text, stays=stays)[1].refusals]


def test_a_linen_class_that_stays_cannot_own_a_migrated_one() -> None:
    body = "class Net(nn.Module):\n    def setup(self):\n        self.norm = LN()\n"
    assert refusals(HEADER + body, stays="Net") == [("norms.LN", "MN302")]


def test_a_linen_class_that_stays_cannot_inherit_from_a_migrated_one() -> None:
    assert refusals(HEADER + "class Net(LN):\n    pass\n", stays="Net") == [("norms.LN", "MN302")]


def test_an_annotation_in_a_linen_class_that_stays_does_no_harm() -> None:
    assert refusals(HEADER + "class Net(nn.Module):\n    norm: type[LN]\n", stays="Net") == []


def test_a_migrated_class_mentions_itself_but_no_other() -> None:
    body = "class LN:\n    def twin(self):\n        return LN(), BN()\n"
    text = "from norms import BN\n\n" + body
    classes = {**CLASSES, "m.LN": Constructor("m.LN")}
    assert [each[:2] for each in read(text, classes)[1].refusals] == [("norms.BN", "MN302")]


def test_a_plain_class_that_keeps_a_module_is_refused() -> None:
    assert refusals(HEADER + "class Test:\n    layer = LN()\n") == [("norms.LN", "MN301")]


def test_a_script_whose_function_reads_a_variable_keeps_states() -> None:
    body = "model = LN()\nv = model.init(jax.random.key(0), jnp.ones((1, 8)))\n"
    _, plan = read(HEADER + body + "def f(x):\n    return model.apply(v, x)\n")
    assert plan.refusals == ()
    assert plan.globals == (("m.model", "norms.LN"), ("m.v", "norms.LN"))
    assert plan.split == (("norms.LN", 9, 5),)
    assert [e.code for e in plan.edits if not isinstance(e, Remove)] == [
        "graphdef, v = nnx.split(LN(8, rngs=nnx.Rngs(0)))\n",
        "nnx.merge(graphdef, v)(x)",
    ]


def test_a_script_names_the_variables_that_change_for_who_imports_them() -> None:
    body = "x = jnp.ones((1, 8))\nmodel = LN()\nv = model.init(jax.random.key(0), x)\ny = model.apply(v, x)\n"
    after = "x = jnp.ones((1, 8))\nmodel = LN(x.shape[-1], rngs=nnx.Rngs(0))\ny = model(x)\n"
    source, plan = read(HEADER + body)
    assert plan.globals == (("m.model", "norms.LN"), ("m.v", "norms.LN"))
    assert splice(source, plan.edits) == HEADER + after


@pytest.mark.parametrize(
    ("imported", "spelled"),
    [
        ("import norms", "norms.LN"),
        ("import norms as n", "n.LN"),
        ("from norms import LN as Layer", "Layer"),
        ("from norms import *", "LN"),
    ],
)
def test_import_styles(imported: str, spelled: str) -> None:
    body = f"model = {spelled}()\nv = model.init(key, x)\nreturn model.apply(v, x)"
    after = f"model = {spelled}(x.shape[-1], rngs=nnx.Rngs(key))\nreturn model(x)"
    source, plan = read(f"{imported}\n\n" + function("f", body, "key, x"))
    assert splice(source, plan.edits) == f"{imported}\n\n" + function("f", after, "key, x")


def test_places_are_right_beyond_ascii_and_with_crlf() -> None:
    body = "s = 'äöü'; model = LN(); v = model.init(key, x)\nreturn 'äöü', model.apply(v, x)"
    text = (HEADER + function("f", body, "key, x")).replace("\n", "\r\n")
    source, plan = read(text)
    codes = {edit.code for edit in plan.edits if not isinstance(edit, Remove)}
    assert codes == {"LN(x.shape[-1], rngs=nnx.Rngs(key))", "model(x)"}
    (removed,) = [edit.span for edit in plan.edits if isinstance(edit, Remove)]
    assert source.lines[removed.line - 1][removed.column : removed.end_column] == "v = model.init(key, x)"


def test_the_only_comment_stays_with_the_construction() -> None:
    body = "model = LN()\n# the sizes come from x\nv = model.init(key, x)\nreturn model.apply(v, x)"
    check_transformed(
        body, "# the sizes come from x\nmodel = LN(x.shape[-1], rngs=nnx.Rngs(key))\nreturn model(x)"
    )


def test_a_file_without_the_classes_has_nothing_to_do() -> None:
    assert read("from flax import linen as nn\nmodel = nn.LayerNorm()\n")[1] == SitePlan()


def test_places_count_from_one() -> None:
    (refusal,) = read(HEADER + "layers = [LN()]\n")[1].refusals
    assert (refusal.line, refusal.column) == (HEADER.count("\n") + 1, 11)


LOCAL = {
    "m.f.Local": Constructor("m.f.Local", (), (SIZE,), {"__call__": ("x",)}, {"params": {"gamma": "gamma"}}),
    "m.Outer.Nested": Constructor("m.Outer.Nested", (), (SIZE,), {"__call__": ("x",)}, {"params": {}}),
}


def test_a_class_of_a_function_is_followed_in_it() -> None:
    before = "class Local:\n    pass\nmodel = Local()\nv = model.init(key, x)\nreturn model.apply(v, x)"
    after = "class Local:\n    pass\nmodel = Local(x.shape[-1], rngs=nnx.Rngs(key))\nreturn model(x)"
    source, plan = read(function("f", before, "key, x"), LOCAL)
    assert splice(source, plan.edits) == function("f", after, "key, x")


@pytest.mark.parametrize("spelled", ["Outer.Nested", "self.Nested"])
def test_a_class_of_a_class_is_seen(spelled: str) -> None:
    text = (
        f"class Outer:\n    class Nested:\n        pass\n\n    def make(self):\n        return {spelled}()\n"
    )
    _, plan = read(text, LOCAL)
    assert [(each.class_name, each.code) for each in plan.refusals] == [("m.Outer.Nested", "MN301")]


def test_a_yield_among_the_arguments_keeps_its_parentheses() -> None:
    body = "model = LN()\nv = model.init(key, x)\nreturn model.apply(v, (yield x))"
    check_transformed(body, "model = LN(x.shape[-1], rngs=nnx.Rngs(key))\nreturn model((yield x))")


_NET = """\
import jax
import jax.numpy as jnp
from flax import linen as nn


class Net(nn.Module):
    f: int = 8

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.Dense(self.f)(x)
        x = nn.BatchNorm(use_running_average=not train)(x)
        return nn.Dense(1)(nn.relu(x))
"""
_MAIN = """

def main():
    model = Net(f=4)
    variables = model.init(jax.random.key(0), jnp.ones((1, 28)))
    params, stats = variables["params"], variables["batch_stats"]
    x = jnp.ones((5, 28))
    y, updates = model.apply({"params": params, "batch_stats": stats}, x, train=True, mutable=["batch_stats"])
    return y
"""
_MADE = """

def make():
    return [Net()]
"""


def test_a_whole_model_is_constructed_from_its_sample_input() -> None:
    file = migrate_files({"a.py": (_NET + _MAIN).encode()}).files[0]
    assert not file.diagnostics
    assert file.after.decode().endswith(
        "    model = Net(28, f=4, rngs=nnx.Rngs(0))\n"
        "    x = jnp.ones((5, 28))\n    y = model(x, train=True)\n    return y\n"
    )


@pytest.mark.usefixtures("no_bridges")
def test_apply_without_the_statistics_of_a_submodule_is_refused() -> None:
    text = _NET + _MAIN.replace('{"params": params, "batch_stats": stats}', '{"params": params}')
    file = migrate_files({"a.py": text.encode()}).files[0]
    assert not file.changed
    assert {d.code for d in file.diagnostics} == {"MN301"}


def test_a_call_that_is_not_followed_keeps_the_class_or_is_left_to_do_by_hand() -> None:
    sources = {"a.py": (_NET + _MADE).encode()}
    assert not migrate_files(sources).files[0].changed
    file = migrate_files(sources, Options(calls_by_hand=True)).files[0]
    assert b"class Net(nnx.Module):" in file.after
    assert file.after.decode().endswith(_MADE)
    (found,) = file.diagnostics
    assert (found.code, found.line) == ("MN301", 17)
    assert "by hand" in found.message
