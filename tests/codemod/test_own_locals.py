"""A size is spelled with a local of the method where that is worth the same, and is there whatever branch ran."""

import pytest

from .check import HEADER, Call, check_equivalent, f32, migrate

_MODEL = """\
class Model(nn.Module):
    width: int = 4
    wide: bool = True

    @nn.compact
    def __call__(self, x):
{body}
        return nn.Dense(2, name="last")(x)
"""
_CASES = {
    "used": (
        "h = self.width * 2\nx = nn.Dense(h, name='a')(x)",
        "self.last = nnx.Linear(h, 2",
    ),
    "bound-again": (
        "h = self.width * 2\nx = nn.Dense(h, name='a')(x)\nh = 3\ny = nn.Dense(h, name='b')(x)",
        "self.last = nnx.Linear(width * 2, 2",
    ),
    "in-a-branch": (
        (
            "if self.wide:\n    h = self.width * 2\n    x = nn.Dense(h, name='a')(x)\n"
            "else:\n    x = nn.Dense(self.width * 2, name='b')(x)"
        ),
        "self.last = nnx.Linear(width * 2, 2",
    ),
    "in-the-other-branch": (
        (
            "x = nn.Dense(self.width * 2, name='a')(x)\nif self.wide:\n    x = nn.Dense(3, name='b')(x)\n"
            "else:\n    h = self.width * 2\n    x = nn.Dense(h, name='c')(x)"
        ),
        "self.b = nnx.Linear(width * 2, 3",
    ),
    "only-in-a-loop": (
        (
            "x = nn.Dense(self.width * 2, name='a')(x)\nfor i in range(self.width - 4):\n    h = self.width * 2\n"
            "    x = nn.Dense(h, name=f'b_{i}')(x)"
        ),
        "self.last = nnx.Linear(width * 2, 2",
    ),
    "behind-it": (
        (
            "x = nn.Dense(self.width * 2, name='a')(x)\nx = nn.Dense(5, name='b')(x)\nh = self.width * 2\n"
            "x = nn.Dense(h, name='c')(x)"
        ),
        "self.b = nnx.Linear(width * 2, 5",
    ),
    "called-like-a-field": (
        "width = self.width * 2\nx = nn.Dense(width, name='a')(x)",
        "self.last = nnx.Linear(self.width * 2, 2",
    ),
    "of-a-shape-that-is-gone": (
        "x = nn.Dense(self.width * 2, name='a')(x)\nh = x.shape[-1] // 2\nx = nn.Dense(h, name='b')(x)",
        "nnx.Linear(",
    ),
}


@pytest.mark.parametrize("case", _CASES)
def test_spelled_with_a_local(case: str) -> None:
    body, expected = _CASES[case]
    source = HEADER + _MODEL.format(body="\n".join(f"        {line}" for line in body.splitlines()))
    text = migrate(source)[0]
    assert expected in text, text
    modes = ({}, {"wide": False}) if "wide:" in body else ({},)
    check_equivalent(source, *(Call("Model", (3,), mode, (f32(2, 3),)) for mode in modes))
