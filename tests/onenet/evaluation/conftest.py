import pytest


@pytest.fixture
def without_meteor(monkeypatch: pytest.MonkeyPatch) -> None:
    """METEOR starts Java, which takes seconds."""
    for module in ("captions", "languages"):
        monkeypatch.setattr(f"onenet.evaluation.{module}.meteor_score", lambda *_: None)
