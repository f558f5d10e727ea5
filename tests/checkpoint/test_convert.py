"""A conversion is what saving the NNX model would have written, and it restores as Flax documents."""

import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
import pytest
from flax import nnx
from flax.core import freeze
from migrate_norm.checkpoint import convert_checkpoint

from .disk import as_bytes, as_numpy, contents, described, save
from .models import SIZE, LinenNet, build


class Equal:
    equal = True


PLAIN = nnx.All(nnx.Variable, nnx.Not(nnx.RngState))


def filled(variables: Any) -> nnx.State:
    """The NNX state by hand: what the conversion has to write."""
    params, state = variables["params"], nnx.state(build(), PLAIN)
    for i in range(11):
        for name in ("kernel", "bias"):
            state["dense"][i][name].set_value(params[f"Dense_{i}"][name])
    state["head"]["kernel"].set_value(params["head"]["kernel"].value)
    state["head"]["bias"].set_value(params["head"]["bias"])
    for name in ("scale", "bias"):
        state["batch_norm_0"][name].set_value(params["BatchNorm_0"][name])
    for name in ("mean", "var"):
        state["batch_norm_0"][name].set_value(variables["batch_stats"]["BatchNorm_0"][name])
    state["seen"].set_value(variables["tally"]["seen"])
    return state


@pytest.mark.parametrize("layout", ["state", "pure-dict"])
def test_disk_is_as_if_the_model_had_been_saved(
    layout: str, saved: Path, variables: Any, tmp_path: Path
) -> None:
    state = filled(variables)
    real = save(tmp_path / "real", state if layout == "state" else nnx.to_pure_dict(state))
    done = convert_checkpoint(saved, tmp_path / "ours", model=build, layout=layout)
    assert done.written
    assert described(tmp_path / "ours") == described(real)
    ours, theirs = as_numpy(tmp_path / "ours"), as_numpy(real)
    assert {k: (v.dtype, v.tobytes()) for k, v in ours.items()} == {
        k: (v.dtype, v.tobytes()) for k, v in theirs.items()
    }
    assert len(ours) == 11 * 2 + 2 + 4 + 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ours", "real"]


def test_restore_as_flax_documents_it(saved: Path, variables: Any, tmp_path: Path) -> None:
    convert_checkpoint(saved, tmp_path / "nnx", model=build)
    graphdef, streams, wanted = nnx.split(nnx.eval_shape(build), nnx.RngState, ...)
    restored = ocp.StandardCheckpointer().restore(tmp_path / "nnx", wanted)
    model = nnx.merge(graphdef, nnx.state(build(), nnx.RngState), restored)
    x = jax.random.normal(jax.random.key(1), (5, SIZE))
    np.testing.assert_array_equal(model(x), LinenNet().apply(variables, x))
    assert len(jax.tree.leaves(streams)) == 2


def test_restore_as_the_help_shows_it(saved: Path, variables: Any, tmp_path: Path) -> None:
    convert_checkpoint(saved, tmp_path / "nnx", model=build)
    model = build()
    state = nnx.state(model, nnx.Not(nnx.RngState))
    nnx.update(model, ocp.StandardCheckpointer().restore(tmp_path / "nnx", state))
    x = jax.random.normal(jax.random.key(1), (5, SIZE))
    expected, updates = LinenNet().apply(variables, x, train=True, mutable=["batch_stats", "tally"])
    np.testing.assert_array_equal(model(x, train=True), expected)
    np.testing.assert_array_equal(model.batch_norm_0.var, updates["batch_stats"]["BatchNorm_0"]["var"])
    assert model.seen == updates["tally"]["seen"]


def test_a_pure_dict_restores_as_flax_documents_it(saved: Path, variables: Any, tmp_path: Path) -> None:
    convert_checkpoint(saved, tmp_path / "nnx", model=build, layout="pure-dict")
    model = build()
    state = nnx.state(model, nnx.Not(nnx.RngState))
    restored = ocp.StandardCheckpointer().restore(tmp_path / "nnx")
    nnx.replace_by_pure_dict(state, nnx.restore_int_paths(restored))
    nnx.update(model, state)
    x = jax.random.normal(jax.random.key(1), (5, SIZE))
    np.testing.assert_array_equal(model(x), LinenNet().apply(variables, x))


FORMATS = {
    "PyTreeCheckpointer": {},
    "one folder per array": {"use_ocdbt": False},
    "zarr3": {"use_zarr3": True},
}


@pytest.mark.parametrize("options", FORMATS.values(), ids=FORMATS)
def test_source_formats(options: dict[str, bool], saved: Path, variables: Any, tmp_path: Path) -> None:
    with ocp.PyTreeCheckpointer(**options) as checkpointer:
        checkpointer.save(tmp_path / "src", freeze(variables))
    convert_checkpoint(saved, tmp_path / "a", model=build)
    convert_checkpoint(tmp_path / "src", tmp_path / "b", model=build)
    assert as_bytes(tmp_path / "a") == as_bytes(tmp_path / "b")


def test_a_step_of_a_checkpoint_manager(variables: Any, tmp_path: Path) -> None:
    with ocp.CheckpointManager(tmp_path / "run") as manager:
        manager.save(3, args=ocp.args.StandardSave(variables))
    assert convert_checkpoint(tmp_path / "run" / "3" / "default", tmp_path / "nnx", model=build).written


class TwoParams(nnx.Module):
    def __init__(self) -> None:
        self.scale, self.rms_norm_0 = nnx.Param(jnp.zeros(3)), nnx.Dict(scale=nnx.Param(jnp.zeros(2)))


def test_a_bare_tree_of_params(tmp_path: Path) -> None:
    src = save(tmp_path / "src", {"scale": jnp.arange(3.0), "RMSNorm_0": {"scale": jnp.arange(2.0) + 5}})
    convert_checkpoint(src, tmp_path / "nnx", model=TwoParams())
    found = as_numpy(tmp_path / "nnx")
    assert {name: value.tolist() for name, value in found.items()} == {
        "['rms_norm_0']['scale']['value']": [5.0, 6.0],
        "['scale']['value']": [0.0, 1.0, 2.0],
    }


NAN = np.array([0x7FC01234, 0x7F800001, 0xFFFFFFFF], np.uint32)
KINDS: dict[str, Any] = {
    "f32": np.array([0.0, -0.0, np.inf, 1e-45], np.float32),
    "nan": NAN.view(np.float32),
    "bf16": np.asarray(jnp.array([1.5, -2.0, np.nan], jnp.bfloat16)),
    "f16": np.array([65504, 6e-8], np.float16),
    "f8": np.asarray(jnp.array([1, 2], jnp.float8_e4m3fn)),
    "i4": np.asarray(jnp.array([-8, 7], jnp.int4)),
    "i8": np.array([-128, 127], np.int8),
    "u32": np.array([2**32 - 1], np.uint32),
    "i64": np.array([-(2**63), 2**63 - 1], np.int64),
    "f64": np.array([0.1, 1e300]),
    "bool": np.array([True, False]),
    "complex": np.array([1 + 2j, np.nan], np.complex64),
    "scalar": np.float32(2.5),
    "large": np.arange(70_000, dtype=np.float32).reshape(7, 100, 100),
}
ODD_NAMES = ("a/b", "a.b", "if", "lambda", "None", "0", "with space", "größe", "__x__", "[a]", "{}", "%2F")


def odd_tree() -> dict[str, Any]:
    names = {name: jnp.full((2,), i, jnp.float32) for i, name in enumerate(ODD_NAMES)}
    many = [jnp.full((1,), i) for i in range(12)]
    inner = {"pair": (jnp.ones(2), {"deep": jnp.zeros(1)}), "python": 7}
    return {"params": KINDS, "batch_stats": {"odd": names}, "my cache": {"many": many, **inner}}


def test_every_kind_of_leaf_keeps_every_byte(tmp_path: Path) -> None:
    src = save(tmp_path / "src", odd_tree())
    before = contents(src)
    convert_checkpoint(src, tmp_path / "nnx")
    found = as_numpy(tmp_path / "nnx")
    for name, value in KINDS.items():
        kept = found[f"['{name}']['value']"]
        assert (kept.dtype, kept.shape, kept.tobytes()) == (value.dtype, value.shape, value.tobytes()), name
    for i, name in enumerate(ODD_NAMES):
        assert found[f"['odd']['{name}']['value']"].tolist() == [i, i]
    assert [found[f"['many']['value'][{i}]"].item() for i in range(12)] == list(range(12))
    assert found["['pair']['value'][1]['deep']"].tolist() == [0.0]
    assert found["['python']['value']"] == 7
    assert len(found) == len(KINDS) + len(ODD_NAMES) + 12 + 3
    assert contents(src) == before


class Streams(nnx.Module):
    """Typed keys in Variables that are no RngState, and a Variable whose value is a tree."""

    def __init__(self) -> None:
        self.key = nnx.Cache(jax.random.key(0))
        self.keys = nnx.Cache(jax.random.split(jax.random.key(0, impl="rbg"), 3))
        self.tree = nnx.Cache([jnp.zeros(1), {"x": jnp.zeros(2)}])


def test_typed_keys_and_trees_inside_a_variable(tmp_path: Path) -> None:
    keys = jax.random.split(jax.random.key(5, impl="rbg"), 3)
    value = {"key": jax.random.key(9), "keys": keys, "tree": [jnp.ones(1), {"x": jnp.arange(2.0)}]}
    src = save(tmp_path / "src", {"params": {}, "cache": value})

    def verify(linen: Any, model: Any) -> Equal:
        assert linen["cache"]["keys"].dtype == model.keys.get_value().dtype == keys.dtype
        assert (
            linen["cache"]["tree"][1]["x"].tolist() == model.tree.get_value()[1]["x"].tolist() == [0.0, 1.0]
        )
        return Equal()

    done = convert_checkpoint(src, tmp_path / "nnx", model=Streams, verify=verify)
    assert {move.source.leaf.dtype for move in done.moves} == {"key<fry>", "key<rbg>", "float32"}
    model = Streams()
    nnx.update(model, ocp.StandardCheckpointer().restore(tmp_path / "nnx", nnx.state(model)))
    np.testing.assert_array_equal(jax.random.key_data(model.keys.get_value()), jax.random.key_data(keys))
    assert jax.random.key_data(model.key.get_value()).tolist() == [0, 9]
    assert model.tree.get_value()[1]["x"].tolist() == [0.0, 1.0]
    real = save(tmp_path / "real", nnx.state(model))
    assert described(tmp_path / "nnx") == described(real)


class Masked(nnx.Module):
    """A Variable that holds None."""

    def __init__(self) -> None:
        self.scale, self.mask = nnx.Param(jnp.zeros(3)), nnx.Cache(None)


@pytest.mark.parametrize("layout", ["state", "pure-dict"])
@pytest.mark.parametrize(
    "more", [{}, {"opt_state": {"count": jnp.zeros((), jnp.int32)}}], ids=["", "training"]
)
def test_a_variable_that_holds_none_is_a_node_without_data(
    layout: str, more: dict[str, Any], tmp_path: Path
) -> None:
    variables = {"params": {"scale": jnp.ones(3)}, "cache": {"mask": None}}
    src = save(tmp_path / "src", variables | more)
    convert_checkpoint(src, tmp_path / "nnx", model=Masked, layout=layout)
    filled = nnx.state(Masked())
    filled["scale"].set_value(jnp.ones(3))
    state = filled if layout == "state" else nnx.to_pure_dict(filled)
    found = ocp.StandardCheckpointer().restore(tmp_path / "nnx")
    if not more:
        assert described(tmp_path / "nnx") == described(save(tmp_path / "real", state))
    model = found["model"] if more else found
    assert model["mask"] == ({"value": None} if layout == "state" else None)
    convert_checkpoint(tmp_path / "nnx", tmp_path / "back", reverse=True)
    assert described(tmp_path / "back") == described(src)


@pytest.mark.parametrize("layout", ["state", "pure-dict"])
@pytest.mark.parametrize("given", ["instance", "function"])
def test_verification_gets_both_sides(
    layout: str, given: str, saved: Path, variables: Any, tmp_path: Path
) -> None:
    model = build() if given == "instance" else build
    x = jax.random.normal(jax.random.key(1), (5, SIZE))
    seen = []

    def verify(linen: Any, converted: Any) -> Equal:
        seen.append(converted)
        np.testing.assert_array_equal(converted(x), LinenNet().apply(linen, x))
        np.testing.assert_array_equal(converted(x), LinenNet().apply(variables, x))
        return Equal()

    done = convert_checkpoint(saved, tmp_path / "nnx", model=model, layout=layout, verify=verify)
    assert len(seen) == 1
    assert seen[0] is not model
    assert isinstance(done.evidence, Equal)
    if given == "instance":
        assert not np.array_equal(model.head.kernel, variables["params"]["head"]["kernel"].value)


def test_dry_run_plans_and_writes_nothing(saved: Path, tmp_path: Path) -> None:
    done = convert_checkpoint(saved, tmp_path / "nnx", model=build, dry_run=True)
    assert (done.written, len(done.moves)) == (False, 29)
    assert list(tmp_path.iterdir()) == []


def test_notes_say_what_is_assumed_and_left_out(saved: Path, tmp_path: Path) -> None:
    alone = " ".join(convert_checkpoint(saved, tmp_path / "a").notes)
    assert "no NNX model was given" in alone
    assert "names are kept" in alone
    assert "boxes" in alone
    assert "head/kernel" in alone
    paired = " ".join(convert_checkpoint(saved, tmp_path / "b", model=build).notes)
    assert "dropout/rngs/key" in paired
    assert "nnx.Not(nnx.RngState)" in paired


class WithTable(nnx.Module):
    def __init__(self) -> None:
        self.scale, self.table = nnx.Param(jnp.zeros(3)), jnp.arange(4.0)


def test_arrays_that_are_no_variables_are_left_out_and_named(tmp_path: Path) -> None:
    src = save(tmp_path / "src", {"params": {"scale": jnp.ones(3)}})
    done = convert_checkpoint(src, tmp_path / "nnx", model=WithTable())
    assert any("(table)" in note for note in done.notes)
    assert list(as_numpy(tmp_path / "nnx")) == ["['scale']['value']"]


def test_paths_may_be_relative_and_go_through_links(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "source").symlink_to(saved)
    monkeypatch.chdir(tmp_path)
    done = convert_checkpoint("source", "link/nnx", model=build)
    assert done.target == tmp_path / "real" / "nnx"
    assert json.loads((tmp_path / "real" / "nnx" / "_METADATA").read_text())["use_ocdbt"]
