"""What the tree of a checkpoint says about collections, boxes and what lies inside one variable."""

from collections.abc import Callable

import pytest
from migrate_norm.catalog.pairing import Leaf
from migrate_norm.checkpoint.errors import ConversionError
from migrate_norm.checkpoint.linen_tree import read_linen
from migrate_norm.checkpoint.records import DiskPath, Source, Stored


def read(*paths: DiskPath, named: Callable[[Leaf], bool] = lambda _: False, known: str = "") -> list[Source]:
    stored = [Stored(path, (2,), "float32") for path in paths]
    return list(read_linen(stored, named, frozenset({known} - {""})))


def places(sources: list[Source]) -> list[tuple[str, str]]:
    return [(source.leaf.collection, source.leaf.name) for source in sources]


def test_collections_at_the_top() -> None:
    found = read(("params", "a", "w"), ("batch_stats", "a", "mean"), ("my_stats", "a", "n"))
    assert places(found) == [("params", "a/w"), ("batch_stats", "a/mean"), ("my_stats", "a/n")]


def test_a_bare_tree_of_params() -> None:
    assert places(read(("scale",), ("Dense_0", "kernel"))) == [
        ("params", "scale"),
        ("params", "Dense_0/kernel"),
    ]


def test_only_collections_that_flax_or_the_mapping_names() -> None:
    assert places(read(("batch_stats", "mean"))) == [("batch_stats", "mean")]
    assert places(read(("codebook", "mean"))) == [("params", "codebook/mean")]
    assert places(read(("codebook", "mean"), known="codebook")) == [("codebook", "mean")]


def test_a_submodule_called_params_is_not_lost() -> None:
    assert places(read(("params", "params", "w"), ("params", "a", "w")))[0] == ("params", "params/w")


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        ([("params", "w"), ("step",)], "like a train state"),
        ([("params", "w"), ("opt_state", 0, "mu", "w")], "like a train state"),
        ([("Dense_0", "w"), ("batch_stats", "mean")], "neither collections"),
        ([(0, "w"), (1, "w")], "a list at its top"),
        ([("params", "a.b"), ("params", "a", "b")], "both be stored below 'params.a.b/'"),
        ([("params", "l", 0), ("params", "l", 2)], "has gaps"),
        ([], "no arrays"),
    ],
)
def test_what_is_no_tree_of_variables(paths: list[DiskPath], said: str) -> None:
    with pytest.raises(ConversionError, match=said):
        read(*paths)


def test_a_box_is_an_only_child_called_value() -> None:
    found = read(("params", "d", "kernel", "value"), ("params", "d", "bias"))
    assert places(found) == [("params", "d/kernel"), ("params", "d/bias")]
    assert [source.boxed for source in found] == [True, False]


@pytest.mark.parametrize(
    "paths",
    [
        [("params", "m", "value"), ("params", "m", "bias")],
        [("params", "m", "value"), ("params", "m", "query", "kernel")],
        [("params", "value")],
        [("params", "value", "kernel")],
    ],
)
def test_a_variable_or_module_called_value_is_no_box(paths: list[DiskPath]) -> None:
    assert not any(source.boxed for source in read(*paths))


def test_a_name_that_the_other_side_knows_is_no_box() -> None:
    (found,) = read(("params", "m", "value"), named=lambda leaf: leaf.path == ("m", "value"))
    assert (found.leaf.name, found.boxed) == ("m/value", False)


def test_a_sequence_lies_inside_a_variable() -> None:
    found = read(("cache", "m", "x", 0), ("cache", "m", "x", 1, "k"))
    assert [source.inner for source in found] == [(0,), (1, "k")]
    assert places(found) == [("cache", "m/x/0"), ("cache", "m/x/1/k")]
