"""Every leaf exactly once on each side, equal in shape, dtype and collection; all else is listed, refused."""

import pytest
from migrate_norm.catalog.mapping import VariableMapping
from migrate_norm.catalog.numbered import filled
from migrate_norm.catalog.pairing import Leaf, PairingError, normal_form, pair, target_path


def leaf(
    path: str, shape: tuple[int, ...] = (2,), dtype: str = "float32", collection: str = "params"
) -> Leaf:
    return Leaf(tuple(path.split("/")), shape, dtype, collection)


def rule(linen: str, nnx: str, collection: str = "params") -> VariableMapping:
    return VariableMapping(collection, tuple(linen.split("/")), tuple(nnx.split("/")), "flax.nnx.Param")


def names(pairs: tuple) -> dict[str, str]:
    return {p.linen.name: p.nnx.name for p in pairs}


def refused(linen: list[Leaf], nnx: list[Leaf], *rules: VariableMapping) -> PairingError:
    with pytest.raises(PairingError) as caught:
        pair(linen, nnx, rules)
    return caught.value


@pytest.mark.parametrize(
    ("linen", "nnx"),
    [
        ("scale", "scale"),
        ("Dense_0/kernel", "dense_0/kernel"),
        ("Dense_0/kernel", "dense/0/kernel"),
        ("Dense_10/kernel", "dense/10/kernel"),
        ("RMSNorm_0/scale", "rms_norm_0/scale"),
        ("RMSNorm_0/scale", "rmsnorm/0/scale"),
        ("encoderblock_3/MlpBlock_0/w", "encoderblock/3/mlp_block_0/w"),
        ("if/lambda", "if_/lambda"),
    ],
)
def test_names_that_are_one(linen: str, nnx: str) -> None:
    assert names(pair([leaf(linen)], [leaf(nnx)])) == {linen: nnx}


@pytest.mark.parametrize(
    ("linen", "nnx"),
    [
        ("Dense_1/kernel", "dense/10/kernel"),
        ("Dense_0/kernel", "dense/kernel"),
        ("conv2/w", "conv/2/w"),
        ("a/b", "ab"),
    ],
)
def test_names_that_are_not(linen: str, nnx: str) -> None:
    error = refused([leaf(linen)], [leaf(nnx)])
    assert (error.unmatched_linen, error.unmatched_nnx) == ((leaf(linen),), (leaf(nnx),))


def test_a_slash_inside_an_element_is_no_level() -> None:
    assert normal_form(("a/b",)) != normal_form(("a", "b"))


def test_order_is_that_of_the_linen_side() -> None:
    linen = [leaf(f"Dense_{i}/kernel") for i in (11, 2, 0, 10, 1)]
    pairs = pair(linen, [leaf(f"dense/{i}/kernel") for i in (0, 1, 2, 10, 11)])
    assert [p.linen for p in pairs] == linen
    assert [p.nnx.path[1] for p in pairs] == ["11", "2", "0", "10", "1"]


def test_the_same_names_on_both_sides_pair_although_they_share_a_normal_form() -> None:
    both = [leaf("Dense_0"), leaf("dense_0", (3,))]
    assert names(pair(both, both[::-1])) == {"Dense_0": "Dense_0", "dense_0": "dense_0"}


def test_several_candidates_are_ambiguous() -> None:
    error = refused([leaf("Dense_0"), leaf("dense_0")], [leaf("dense_0"), leaf("dense/0")])
    assert len(error.ambiguous) == 1
    assert "one name for several leaves (1)" in str(error)


@pytest.mark.parametrize(
    ("nnx", "said"),
    [
        (leaf("w", (3, 2)), "shape (2, 3) is not (3, 2)"),
        (leaf("w", (2, 3), "bfloat16"), "dtype float32 is not bfloat16"),
        (leaf("w", (2, 3), collection="cache"), "collection params is not cache"),
    ],
)
def test_same_name_other_contents(nnx: Leaf, said: str) -> None:
    error = refused([leaf("w", (2, 3))], [nnx])
    assert len(error.mismatched) == 1
    assert said in str(error)


def test_missing_and_extra_are_listed_in_full_with_candidates() -> None:
    error = refused([leaf("norm/scale"), leaf("a/x"), leaf("b")], [leaf("norm/scales"), leaf("b")])
    assert [found.name for found in error.unmatched_linen] == ["a/x", "norm/scale"]
    assert [found.name for found in error.unmatched_nnx] == ["norm/scales"]
    lines = str(error).splitlines()
    assert "  params: norm/scale float32[2]; did you mean params: norm/scales float32[2]?" in lines
    assert "  params: a/x float32[2]" in lines
    assert "NNX leaves without a Linen leaf (1):" in lines


def test_two_models_with_nothing_in_common_are_listed_without_guesses() -> None:
    error = refused([leaf(f"block_a{i}") for i in range(200)], [leaf(f"block_b{i}") for i in range(200)])
    assert len(str(error).splitlines()) == 1 + 2 * 201
    assert "did you mean" not in str(error)


def test_two_collections_with_one_path() -> None:
    error = refused([leaf("bn/mean"), leaf("bn/mean", collection="cache")], [leaf("bn/mean")])
    assert [len(side) for side in error.ambiguous[0]] == [2, 1]


def test_nothing_pairs_with_nothing() -> None:
    assert pair([], []) == ()


def test_a_leaf_listed_twice_is_no_tree() -> None:
    with pytest.raises(ValueError, match="listed twice"):
        pair([leaf("a"), leaf("a")], [leaf("a")])


def test_rules_come_before_names() -> None:
    linen, nnx = [leaf("a"), leaf("b")], [leaf("a"), leaf("b")]
    assert names(pair(linen, nnx, [rule("a", "b"), rule("b", "a")])) == {"a": "b", "b": "a"}


def test_a_rule_is_final_and_does_not_fall_back_to_names() -> None:
    error = refused([leaf("a")], [leaf("a")], rule("a", "gone"))
    assert (error.unmatched_linen, error.unmatched_nnx) == ((leaf("a"),), (leaf("a"),))


def test_what_no_rule_names_pairs_by_name() -> None:
    pairs = pair([leaf("a"), leaf("Dense_0/w")], [leaf("dense/0/w"), leaf("z")], [rule("a", "z")])
    assert names(pairs) == {"a": "z", "Dense_0/w": "dense/0/w"}


def test_numbers_in_rules_are_the_same_on_both_sides() -> None:
    rules = [rule("block_{}/w_{}", "blocks/{}/w/{}")]
    pairs = pair(
        [leaf("block_12/w_3"), leaf("block_3/w_12")], [leaf("blocks/3/w/12"), leaf("blocks/12/w/3")], rules
    )
    assert names(pairs) == {"block_12/w_3": "blocks/12/w/3", "block_3/w_12": "blocks/3/w/12"}


def test_a_number_that_is_greater_than_its_place() -> None:
    rules = [rule("block_{+2}/w_{}", "blocks/{}/w/{}")]
    pairs = pair(
        [leaf("block_12/w_3"), leaf("block_2/w_12")], [leaf("blocks/0/w/12"), leaf("blocks/10/w/3")], rules
    )
    assert names(pairs) == {"block_12/w_3": "blocks/10/w/3", "block_2/w_12": "blocks/0/w/12"}
    assert target_path(leaf("block_1/w_3"), rules) == ("block_1", "w_3")
    assert [filled("block_{+2}/w_{}", numbers) for numbers in (["0", "12"], ["10", "3"])] == [
        "block_2/w_12",
        "block_12/w_3",
    ]


def test_a_number_that_counts_every_second_place() -> None:
    rules = [rule("dense_{:2}/w", "layers/{}/w")]
    pairs = pair([leaf("dense_3/w"), leaf("dense_0/w")], [leaf("layers/0/w"), leaf("layers/6/w")], rules)
    assert names(pairs) == {"dense_3/w": "layers/6/w", "dense_0/w": "layers/0/w"}
    assert [filled("dense_{:2}/w_{}", numbers) for numbers in (["6", "1"], ["0", "6"])] == [
        "dense_3/w_1",
        "dense_0/w_6",
    ]


@pytest.mark.parametrize(
    "path", ["block_x/w", "block_/w", "block_1_/w", "block_01/w", "block_-1/w", "xblock_1/w"]
)
def test_only_a_decimal_number_matches(path: str) -> None:
    assert target_path(leaf(path), [rule("block_{}/w", "blocks/{}/w")]) == leaf(path).path


def test_a_rule_is_no_regular_expression() -> None:
    assert target_path(leaf("a.b"), [rule("a.b", "hit")]) == ("hit",)
    assert target_path(leaf("axb"), [rule("a.b", "hit")]) == ("axb",)


def test_a_rule_holds_for_its_collection_only() -> None:
    rules = [rule("mean", "mu", "batch_stats")]
    assert target_path(leaf("mean"), rules) == ("mean",)
    assert target_path(leaf("mean", collection="batch_stats"), rules) == ("mu",)


def test_rules_that_contradict_each_other() -> None:
    with pytest.raises(ValueError, match="to several places"):
        pair([leaf("a")], [leaf("b")], [rule("a", "b"), rule("a", "c")])


@pytest.mark.parametrize("bad", [rule("a_{}", "a"), rule("a_{}", "a/{}/{}")])
def test_rules_that_lose_or_invent_a_number(bad: VariableMapping) -> None:
    with pytest.raises(ValueError, match=r"more \{\} on one side"):
        pair([leaf("a_1")], [leaf("a")], [bad])


def test_two_leaves_never_land_on_one_path() -> None:
    error = refused([leaf("a"), leaf("b")], [leaf("c")], rule("a", "c"), rule("b", "c"))
    assert [len(side) for side in error.ambiguous[0]] == [2, 1]
