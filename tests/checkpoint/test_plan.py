"""Where leaves go by the mapping alone; against a model it is the pairing's business."""

from collections.abc import Sequence

import pytest
from migrate_norm.catalog.mapping import VariableMapping
from migrate_norm.catalog.pairing import Leaf, PairingError
from migrate_norm.checkpoint.errors import ConversionError
from migrate_norm.checkpoint.plan import plan
from migrate_norm.checkpoint.records import DiskPath, Layout, Stored, Target


def stored(*paths: DiskPath) -> list[Stored]:
    return [Stored(path, (2,), "float32") for path in paths]


def rule(linen: str, nnx: str, collection: str = "params") -> VariableMapping:
    return VariableMapping(collection, tuple(linen.split("/")), tuple(nnx.split("/")), "")


def ends(
    source: Sequence[Stored],
    *rules: VariableMapping,
    layout: Layout = Layout.STATE,
    model: Sequence[str] = (),
) -> list[DiskPath]:
    targets = [Target(Leaf(tuple(name.split("/")), (2,), "float32", "params")) for name in model] or None
    return [move.target.disk(layout) for move in plan(source, targets, rules, layout).moves]


def test_names_are_kept_without_mapping_and_model() -> None:
    source = stored(("params", "Dense_0", "kernel"), ("batch_stats", "mean"))
    assert ends(source) == [("Dense_0", "kernel", "value"), ("mean", "value")]
    assert ends(source, layout=Layout.PURE_DICT) == [("Dense_0", "kernel"), ("mean",)]


def test_the_mapping_renames() -> None:
    source = stored(("params", "Dense_3", "kernel"))
    assert ends(source, rule("Dense_{}/kernel", "dense/{}/w")) == [("dense", "3", "w", "value")]


def test_a_leaf_that_the_mapping_does_not_name_is_refused_without_a_model() -> None:
    with pytest.raises(ConversionError, match="no rule for these leaves") as caught:
        ends(stored(("params", "a"), ("params", "b")), rule("a", "x"))
    assert "params: b float32[2]" in str(caught.value)


def test_and_paired_by_name_with_one() -> None:
    source = stored(("params", "a"), ("params", "Dense_0", "w"))
    assert ends(source, rule("a", "x"), model=("x", "dense/0/w")) == [
        ("x", "value"),
        ("dense", "0", "w", "value"),
    ]


def test_boxes_open_by_default_and_not_where_the_model_has_such_a_leaf() -> None:
    source = stored(("params", "Dense_0", "kernel", "value"))
    assert ends(source) == [("Dense_0", "kernel", "value")]
    assert ends(source, model=["dense_0/kernel"]) == [("dense_0", "kernel", "value")]
    assert ends(source, model=["dense_0/kernel/value"]) == [("dense_0", "kernel", "value", "value")]
    assert ends(source, rule("Dense_0/kernel/value", "a/b")) == [("a", "b", "value")]
    assert ends(source, rule("Dense_0/kernel", "a/b")) == [("a", "b", "value")]


def test_a_list_inside_a_variable_stays_inside() -> None:
    source = stored(*(("cache", "m", "x", place) for place in range(12)))
    assert ends(source)[11] == ("m", "x", "value", 11)
    assert ends(source, rule("m/x/{}", "n/{}", "cache"))[11] == ("n", "value", 11)
    assert ends(source, rule("m/x/{}", "n_{}", "cache"))[11] == ("n_11", "value")


A, B, AB = ("params", "a"), ("params", "b"), ("params", "a", "b")
COLLISIONS = {
    "two collections with one path": ([("params", "m"), ("cache", "m")], [], "have the path m.value"),
    "two leaves to one path": ([A, B], [rule("a", "c"), rule("b", "c")], "have the path c.value"),
    "leaf and folder": (
        [AB, ("cache", "a")],
        [rule("a/b", "a/value"), rule("a", "a", "cache")],
        "the folder of",
    ),
    "names that join alike": ([A, B], [rule("a", "x.y"), rule("b", "x/y")], "would both be stored below"),
}


@pytest.mark.parametrize(("paths", "rules", "said"), COLLISIONS.values(), ids=COLLISIONS)
def test_one_target_for_two_leaves(paths: list[DiskPath], rules: list[VariableMapping], said: str) -> None:
    with pytest.raises(ConversionError, match=said):
        ends(stored(*paths), *rules)


def test_against_a_model_nothing_may_be_left_on_either_side() -> None:
    with pytest.raises(PairingError):
        ends(stored(("params", "a")), model=["a", "b"])
    with pytest.raises(PairingError):
        ends(stored(("params", "a"), ("params", "b")), model=["a"])
