"""The method by which `nnx.view` sets the modes of a module that keeps them."""

from collections.abc import Sequence


def set_view(modes: Sequence[str], indent: str) -> str:
    """Returns the code of `set_view` for the attributes `modes`."""
    parameters = ", ".join(f"{name}: bool | None = None" for name in modes)
    rows = [
        f"def set_view(self, {parameters}) -> None:",
        f'{indent}"""Called by nnx.view: sets the mode where it is given."""',
    ]
    for name in modes:
        rows += [f"{indent}if {name} is not None:", f"{indent * 2}self.{name} = {name}"]
    return "\n".join(rows) + "\n"
