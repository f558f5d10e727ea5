"""Convolutions of lax that ask Flax for their layout: what a kernel gives is last, however many axes there are."""

from .check import Call, check_equivalent, check_refused, f32, listed, migrate, refusals, with_header

_NET = """\
class Net(nn.Module):
    features: int = 4

    @nn.compact
    def __call__(self, x):
        kernel = self.param("kernel", nn.initializers.normal(), (3, 3, x.shape[3], self.features))
        layout = nn.linear._conv_dimension_numbers(x.shape)
        x = jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=layout)
        return nn.Dense(2)(x)
"""


def test_the_outputs_are_last() -> None:
    before = with_header(_NET)
    text, file, _ = migrate(before)
    assert not refusals(file), listed(file)
    assert "self.dense_0 = nnx.Linear(features, 2, rngs=rngs)" in text
    check_equivalent(before, Call("Net", (3,), {"features": 5}, (f32(2, 8, 8, 3),)))


def test_a_layout_of_ones_own() -> None:
    """Where the outputs of the kernel are is known of that of Flax alone."""
    before = with_header(_NET).replace("nn.linear._conv_dimension_numbers(x.shape)", "LAYOUTS[x.ndim]")
    check_refused(
        before.replace("class Net", 'LAYOUTS = {4: ("NCHW", "OIHW", "NCHW")}\n\n\nclass Net'), "MN108"
    )


def test_a_kernel_that_is_not_known() -> None:
    before = with_header(_NET).replace("(x, kernel, (1, 1)", "(x, KERNELS[0], (1, 1)")
    check_refused(before.replace("class Net", "KERNELS = make()\n\n\nclass Net"), "MN108")
