"""What several tests of the codemod ask for."""

import pytest


@pytest.fixture
def no_bridges(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model becomes a Linen module around its class: what other ways say of it is the last word."""
    monkeypatch.setattr("migrate_norm.codemod.plan.as_constructor.attention_in", lambda _: True)
