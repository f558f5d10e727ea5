"""Sizes of what becomes of a variable: another variable is created in the shape of what its name holds by then."""

import pytest

from .check import (
    Call,
    changed,
    check_equivalent,
    check_refused,
    f32,
    listed,
    load,
    migrate,
    refusals,
    run_in_tree_mode,
    with_header,
)

_DENSE = """\
class SpectralDense(nn.Module):
    features: int
    dtype: Any = jnp.float32
    steps: int = 1

    @nn.compact
    def __call__(self, x):
        kernel = self.param("kernel", nn.initializers.lecun_normal(), (x.shape[-1], self.features))
        kernel = jnp.asarray(kernel, self.dtype)
        shape = kernel.shape
        if kernel.ndim > 2:
            kernel = jnp.reshape(kernel, (-1, kernel.shape[-1]))
        u0 = self.variable("sing_vec", "u0", jnp.ones, (1, kernel.shape[-1]))
        u = u0.value
        for _ in range(self.steps):
            v = u @ kernel.T
            v = v / jnp.sqrt((v * v).sum() + 1e-4)
            u = v @ kernel
            u = u / jnp.sqrt((u * u).sum() + 1e-4)
        kernel /= (v @ kernel @ u.T)[0, 0]
        kernel = kernel.reshape(shape)
        u0.value = u
        return x @ kernel
"""
_CREATED = """\
    ):
        self.dtype = dtype
        self.steps = steps
        self.kernel = nnx.Param(
            nnx.initializers.lecun_normal()(rngs.params(), (in_features, features))
        )
        self.u0 = SingVec(jnp.ones((1, features)))

    def __call__(self, x):
        kernel = self.kernel[...]
        kernel = jnp.asarray(kernel, self.dtype)
        shape = kernel.shape
        if kernel.ndim > 2:
            kernel = jnp.reshape(kernel, (-1, kernel.shape[-1]))
        u = self.u0[...]
"""


def _source(*changes: tuple[str, str]) -> str:
    return changed("from typing import Any\n\n" + with_header(_DENSE), *changes)


def test_what_is_written() -> None:
    text, file, _ = migrate(_source())
    assert not refusals(file), listed(file)
    assert _CREATED in text, text


_TURNED = """\
class Net(nn.Module):
    features: int
    cut: bool = False

    @nn.compact
    def __call__(self, x):
        kernel = self.param("kernel", nn.initializers.ones, (x.shape[-1], self.features))
        kernel = kernel.T
        if self.cut:
            kernel = kernel[:2]
        n, d = kernel.shape
        u = self.variable("sing_vec", "u", jnp.ones, (n, d))
        return x @ (kernel + u.value).T
"""


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("dense", ["x", "nn.Dense(4)(x)"], ids=["alone", "with-a-layer"])
def test_computes_the_same(dense: str, *, cut: bool) -> None:
    source = with_header(changed(_TURNED, ("return x @", f"x = {dense}\n        return x @")))
    calls = [Call("Net", (4,), {"features": 3, "cut": cut}, (f32(5, 4),))]
    check_equivalent(source, *calls)
    run_in_tree_mode(load(migrate(source)[0]), calls[0])


@pytest.mark.parametrize("steps", [1, 3])
def test_computes_the_same_normalized(steps: int) -> None:
    call = Call("SpectralDense", (4,), {"features": 3, "steps": steps}, (f32(5, 4),))
    check_equivalent(_source(), call)
    run_in_tree_mode(load(migrate(_source())[0]), call)


_NET = """\
class Net(nn.Module):
    features: int
    turned: bool = False

    @nn.compact
    def __call__(self, x):
        kernel = self.param("kernel", nn.initializers.ones, (x.shape[-1], self.features))
"""
_IN_A_LOOP = """\
        for i in range(2):
            u = self.variable("sing_vec", f"u_{i}", jnp.ones, (kernel.shape[-1],))
            kernel = jnp.concatenate([kernel, kernel], axis=-1)
            x = x + u.value.mean()
        return x @ kernel
"""
_ON_THE_OTHER_SIDE = """\
        if self.turned:
            kernel = kernel.T
        else:
            x = x + self.variable("sing_vec", "u", jnp.ones, (kernel.shape[0],)).value
        return x @ kernel
"""
_PERHAPS = """\
        if self.turned:
            kernel = kernel.T
        return x @ kernel + self.variable("sing_vec", "u", jnp.ones, (kernel.shape[-1],)).value
"""
_ITS_VALUES = """\
        kernel = jnp.abs(kernel)
        return x @ kernel + self.variable("sing_vec", "u", lambda: kernel.sum()).value
"""
_ITS_DTYPE = """\
        kernel = jnp.asarray(kernel, jnp.float16)
        return x @ kernel + self.variable("sing_vec", "u", jnp.ones, (1,), kernel.dtype).value
"""
_UNKNOWN = """\
        kernel = pruned(kernel)
        return x @ kernel + self.variable("sing_vec", "u", jnp.ones, (kernel.shape[-1],)).value
"""


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("MN201", _IN_A_LOOP),
        ("MN201", _ON_THE_OTHER_SIDE),
        ("MN201", _PERHAPS),
        ("MN103", _ITS_VALUES),
        ("MN108", _ITS_DTYPE),
        ("MN108", _UNKNOWN),
    ],
    ids=["in-a-loop", "on-the-other-side", "perhaps", "its-values", "its-dtype", "unknown"],
)
def test_refused(code: str, body: str) -> None:
    check_refused(with_header("from somewhere import pruned\n\n\n" * ("pruned" in body) + _NET + body), code)
