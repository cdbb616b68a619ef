from dataclasses import fields
from pathlib import Path

import pytest
from dotenv import dotenv_values

from bot.settings import Secret, Settings, SettingsError

PROJECT = Path(__file__).resolve().parents[2]
TOKEN = "12345:AbC-dEf_123"


def test_without_any_variable_it_is_the_local_chat() -> None:
    settings = Settings.from_env({})
    assert settings.is_local
    assert settings.bot_api_url == "https://api.telegram.org"
    assert settings.data_dir == PROJECT / "data"
    assert settings.gallery_dir == PROJECT / "data" / "gallery"
    assert settings.threads is None
    assert settings.matches == 4


def test_values_are_read(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {
            "BOT_TOKEN": TOKEN,
            "BOT_API_URL": "http://localhost:8081/",
            "DATA_DIR": str(tmp_path),
            "THREADS": "2",
            "PRECISION": "BFloat16",
            "OPEN_BROWSER": "no",
            "LOG_LEVEL": "debug",
            "QUEUE_SIZE": " 7 ",
            "OWNER_ID": "1001",
            "ALLOWED_CHATS": "-1001234567890, 1001,",
            "STORAGE_CHAT": "-5",
            "SOMETHING_ELSE": "!",
        }
    )
    assert not settings.is_local
    assert settings.bot_token.reveal() == TOKEN
    assert settings.bot_api_url == "http://localhost:8081"
    assert settings.gallery_dir == tmp_path / "gallery"
    assert settings.precision == "bfloat16"
    assert (settings.owner_id, settings.storage_chat) == (1001, -5)
    assert (settings.allowed_chats, settings.banned_chats) == ({-1001234567890, 1001}, frozenset())
    assert (settings.threads, settings.open_browser, settings.log_level, settings.queue_size) == (
        2,
        False,
        "DEBUG",
        7,
    )


def test_relative_paths_start_at_the_project() -> None:
    assert Settings.from_env({"DATA_DIR": "elsewhere"}).data_dir == PROJECT / "elsewhere"


def test_all_wrong_variables_are_reported_at_once_and_no_secret_is_shown() -> None:
    wrong = {
        "BOT_TOKEN": "hunter2",
        "BOT_API_URL": "api.telegram.org",
        "GALLERY_DIR": "/no/such/folder",
        "THREADS": "many",
        "PRECISION": "half",
        "QUEUE_SIZE": "0",
        "MATCHES": "11",
        "LOCAL_PORT": "99999",
        "OPEN_BROWSER": "perhaps",
        "WEBHOOK_URL": "http://example.org",
        "WEBHOOK_SECRET": "päßwort",
        "OWNER_ID": "-100",
        "ALLOWED_CHATS": "-100, friends",
        "BANNED_CHATS": "0",
        "STORAGE_CHAT": "@mychannel",
        "LOG_LEVEL": "LOUD",
    }
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(wrong)
    lines = str(caught.value).splitlines()
    assert [line.split("=")[0].split(" ")[0] for line in lines] == list(wrong)
    assert "THREADS='many' is wrong: expected a whole number from 1 to 1024." in lines
    assert "PRECISION='half' is wrong: expected float32 or bfloat16." in lines
    assert "hunter2" not in str(caught.value)
    assert "päßwort" not in str(caught.value)


def test_a_webhook_needs_a_token() -> None:
    with pytest.raises(SettingsError, match="BOT_TOKEN is not"):
        Settings.from_env({"WEBHOOK_URL": "https://example.org/hook"})


def test_the_token_is_hidden_in_every_print() -> None:
    settings = Settings.from_env({"BOT_TOKEN": TOKEN})
    for text in (repr(settings), str(settings), f"{settings.bot_token}", repr(settings.bot_token)):
        assert TOKEN not in text
        assert "AbC" not in text


def test_secrets_compare_by_what_they_hide() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert not Secret("")


def test_the_example_file_names_every_setting_and_is_itself_valid() -> None:
    example = {name: value or "" for name, value in dotenv_values(PROJECT / ".env.example").items()}
    assert set(example) == {field.name.upper() for field in fields(Settings)}
    assert Settings.from_env(example) == Settings.from_env({})


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("http://milvus:19530", "http://milvus:19530"),
        ("file:data/milvus.db", f"file:{PROJECT / 'data' / 'milvus.db'}"),
        ("data/milvus.db", f"file:{PROJECT / 'data' / 'milvus.db'}"),
        ("/var/milvus.db", "file:/var/milvus.db"),
    ],
)
def test_an_index_is_at_an_address_or_in_a_file(value: str, url: str) -> None:
    assert Settings.from_env({"INDEX_URL": value}).index_url == url


def test_the_password_of_an_index_is_hidden() -> None:
    settings = Settings.from_env({"INDEX_URL": "https://somebody:secret@milvus:19530"})
    assert settings.index_password.reveal() == "secret"
    assert not Settings.from_env({}).index_password
    with pytest.raises(SettingsError, match="INDEX_URL is wrong: expected an address"):
        Settings.from_env({"INDEX_URL": "http://"})
