import pytest

from tests.onenet.cli.command import CommandLine


@pytest.fixture
def onenet_command(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)
