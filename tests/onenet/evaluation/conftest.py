import pytest


@pytest.fixture
def without_meteor(monkeypatch: pytest.MonkeyPatch) -> None:
    """METEOR starts Java, which takes seconds."""
    monkeypatch.setattr("onenet.evaluation.captions._meteor", lambda *_: None)
