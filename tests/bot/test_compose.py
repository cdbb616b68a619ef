"""The bot and Milvus for an engine of containers, as far as that can be checked without one."""

import json
import re
import shutil
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from bot.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
FILE = PROJECT / "bot" / "deploy" / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (FILE.parent / "Dockerfile").read_text()
EACH = pytest.mark.parametrize("name", SERVICES)


def test_it_starts_milvus_with_what_that_needs_and_the_bot() -> None:
    assert set(COMPOSE) == {"name", "services", "networks", "volumes"}
    assert set(SERVICES) == {"bot", "milvus", "etcd", "minio"}


@EACH
def test_images_are_pinned(name: str) -> None:
    service = SERVICES[name]
    if "build" not in service:
        _, colon, tag = service["image"].rpartition(":")
        assert colon
        assert re.search(r"\d+[.-]\d+[.-]\d+", tag), tag  # a whole version, which stays what it is


@EACH
def test_each_is_started_again_and_keeps_what_it_has_in_a_volume(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    named = [volume.partition(":")[0] for volume in service["volumes"] if volume[0] not in "./$"]
    assert len(named) == 1
    assert named[0] in COMPOSE["volumes"]


def test_no_volume_and_no_network_is_left_over() -> None:
    used = {volume.partition(":")[0] for service in SERVICES.values() for volume in service["volumes"]}
    assert COMPOSE["volumes"].keys() <= used
    networks = {network for service in SERVICES.values() for network in service["networks"]}
    assert networks == COMPOSE["networks"].keys()


@EACH
def test_each_waits_for_what_there_is_and_reaches_it(name: str) -> None:
    service = SERVICES[name]
    for other, how in service.get("depends_on", {}).items():
        assert set(service["networks"]) & set(SERVICES[other]["networks"])
        assert how["condition"] in ("service_started", "service_healthy")
        assert how["condition"] == "service_started" or "healthcheck" in SERVICES[other]


@EACH
def test_each_says_whether_it_is_well(name: str) -> None:
    if name == "bot":
        assert "HEALTHCHECK" in DOCKERFILE
        return
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    for duration in ("interval", "timeout", "start_period"):
        assert re.fullmatch(r"\d+s", check[duration])
    assert check["retries"] >= 1


@EACH
def test_addresses_name_services(name: str) -> None:
    for variable, value in SERVICES[name]["environment"].items():
        host = urlsplit(value if "://" in value else f"//{value}").hostname
        if variable.endswith(("URL", "ENDPOINTS", "ADDRESS")):
            assert host in SERVICES
            assert set(SERVICES[name]["networks"]) & set(SERVICES[host]["networks"])


def test_nothing_is_reached_from_other_computers() -> None:
    for service in SERVICES.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert COMPOSE["networks"]["storage"]["internal"] is True
    for name in ("etcd", "minio"):
        assert SERVICES[name]["networks"] == ["storage"]
        assert "ports" not in SERVICES[name]


def test_what_is_set_for_the_bot_are_settings_that_it_takes(tmp_path: Path) -> None:
    environ = SERVICES["bot"]["environment"]
    assert environ.keys() <= {field.name.upper() for field in fields(Settings)}
    mounted = {
        volume.split(":")[-2 if volume.endswith(":ro") else -1] for volume in SERVICES["bot"]["volumes"]
    }
    assert mounted == {environ["DATA_DIR"], environ["GALLERY_DIR"]}
    here = environ | {"DATA_DIR": str(tmp_path), "GALLERY_DIR": str(tmp_path)}
    settings = Settings.from_env(here, own=here)
    _, port, _ = SERVICES["milvus"]["ports"][0].rsplit(":", 2)
    assert settings.index_url == f"http://milvus:{port}"


def test_the_rest_of_the_settings_comes_from_the_file_that_is_explained() -> None:
    assert (FILE.parent / SERVICES["bot"]["env_file"]).resolve() == PROJECT / ".env"
    variables = set(re.findall(r"\$\{(\w+)", FILE.read_text()))
    assert variables == {"GALLERY", "MINIO_PASSWORD"}
    assert not re.search(r"\$\{\w+\}", FILE.read_text())  # each has a value if it is not set


def test_the_bot_is_built_with_what_talks_to_milvus() -> None:
    build = SERVICES["bot"]["build"]
    assert (FILE.parent / build["context"]).resolve() == PROJECT
    assert (PROJECT / build["dockerfile"]).read_text() == DOCKERFILE
    for name in build["args"]:
        assert re.search(rf"^ARG {name}=", DOCKERFILE, re.MULTILINE)
    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert build["args"]["PACKAGES"] in extras["milvus"]


def test_minio_and_milvus_know_the_same_password() -> None:
    minio, milvus = SERVICES["minio"]["environment"], SERVICES["milvus"]["environment"]
    assert minio["MINIO_ROOT_USER"] == milvus["MINIO_ACCESS_KEY_ID"]
    assert minio["MINIO_ROOT_PASSWORD"] == milvus["MINIO_SECRET_ACCESS_KEY"]
    assert len(re.sub(r"\$\{\w+:-|\}", "", minio["MINIO_ROOT_PASSWORD"])) >= 8  # MinIO takes no shorter one


def test_it_is_plain_data() -> None:
    """Values are text, numbers and lists: nothing that YAML reads as a date or as yes."""
    assert json.loads(json.dumps(COMPOSE)) == COMPOSE
    for service in SERVICES.values():
        assert all(isinstance(value, str) for value in service["environment"].values())


@pytest.mark.skipif(shutil.which("docker") is None, reason="there is no Docker")
def test_docker_understands_it(tmp_path: Path) -> None:
    for name in ("bot/deploy/compose.yaml", "bot/deploy/Dockerfile"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    (tmp_path / ".env").write_text("BOT_TOKEN=\n")
    command = ["docker", "compose", "-f", str(tmp_path / "bot/deploy/compose.yaml"), "config", "--quiet"]
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        pytest.skip("this Docker has no compose")
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
