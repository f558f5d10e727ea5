"""Submodules in the halves of a choice within a choice: each is made where all of its conditions hold."""

from migrate_norm.codemod.conditions import conjunction, negated

from .check import Call, check_equivalent, f32, migrate, with_header

CHOSEN = with_header("""\
class Block(nn.Module):
    norm: str = "batch"
    deep: bool = False

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.Dense(8)(x)
        x = (
            nn.BatchNorm(use_running_average=not train)(x)
            if self.norm == "batch"
            else nn.GroupNorm(2)(x)
            if self.norm == "group" or self.deep
            else (nn.Dense(8)(x) if not self.deep else x)
        )
        return nn.tanh(x)
""")


def test_each_condition_counts() -> None:
    text, _, _ = migrate(CHOSEN)
    assert 'if norm != "batch" and (norm == "group" or deep) else None' in text
    assert 'if norm != "batch" and not (norm == "group" or deep) and not deep' in text
    given = [{"norm": norm, "deep": deep} for norm in ("batch", "group", "none") for deep in (False, True)]
    check_equivalent(CHOSEN, *(Call("Block", (4,), fields, (f32(2, 4),)) for fields in given))


def test_conditions() -> None:
    assert negated("kind == (a or b)") == "kind != (a or b)"
    assert negated("x is None") == "x is not None"
    assert negated("x < y") == "not (x < y)"
    assert negated("1 < x == y") == "not (1 < x == y)"
    assert negated("not (a and b)") == "a and b"
    assert negated("flags[0]") == "not flags[0]"
    assert conjunction(["a or b", "c if d else e", "not f"]) == "(a or b) and (c if d else e) and not f"
    assert conjunction(["kind != 'a'", "kind != 'b'", "kind == 'c'"]) == "kind == 'c'"
    assert conjunction(["kind != 'a'", "other == 'c'"]) == "kind != 'a' and other == 'c'"
    assert conjunction(["kind != 'a'", "kind == 'a'"]) == "kind != 'a' and kind == 'a'"
