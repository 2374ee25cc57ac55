from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from loguru import logger

from cloudwatch_mcp.aws.clients import Clients
from cloudwatch_mcp.cli import main
from cloudwatch_mcp.config import Settings, SettingsError, variables
from cloudwatch_mcp.errors import InputError
from cloudwatch_mcp.server.logging import configure
from tests.support.server_process import ForkedServer


def test_the_defaults_need_no_environment() -> None:
    assert Settings.from_environment({}) == Settings()


def test_a_variable_sets_its_field_and_a_flag_wins() -> None:
    environment = {"CLOUDWATCH_MCP_MAX_RESPONSE_CHARS": " 9000 ", "CLOUDWATCH_MCP_MAX_SCAN_GB": "0.5"}
    settings = Settings.from_environment(environment, region="eu-west-1", profile=None)
    assert (settings.max_response_chars, settings.max_scan_gb, settings.region) == (9_000, 0.5, "eu-west-1")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CLOUDWATCH_MCP_MAX_RESPONSE_CHARS", "lots"),
        ("CLOUDWATCH_MCP_MAX_RESPONSE_CHARS", "10"),
        ("CLOUDWATCH_MCP_MAX_SCAN_GB", "-1"),
        ("CLOUDWATCH_MCP_READ_TIMEOUT", "inf"),
        ("CLOUDWATCH_MCP_LOG_LEVEL", "chatty"),
        ("CLOUDWATCH_MCP_PROFILES", "prod,,stage"),
    ],
)
def test_an_invalid_variable_is_named_with_the_values_it_accepts(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}='{text}' is invalid: it must be"):
        Settings.from_environment({name: text})


def test_the_log_level_variable_of_other_servers_is_honoured() -> None:
    assert Settings.from_environment({"FASTMCP_LOG_LEVEL": "error"}).log_level == "ERROR"
    ours_too = {"FASTMCP_LOG_LEVEL": "ERROR", "CLOUDWATCH_MCP_LOG_LEVEL": "info"}
    assert Settings.from_environment(ours_too).log_level == "INFO"


def test_every_variable_has_a_description() -> None:
    assert all(name.startswith("CLOUDWATCH_MCP_") and about.endswith(".") for name, about, _ in variables())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("CLOUDWATCH_MCP_LOGLEVEL", "did you mean CLOUDWATCH_MCP_LOG_LEVEL?"),
        ("CLOUDWATCH_MCP_PROFILE", "did you mean CLOUDWATCH_MCP_PROFILES?"),
        ("CLOUDWATCH_MCP_QQQ", "the settings are CLOUDWATCH_MCP_LOG_LEVEL, CLOUDWATCH_MCP_LOG_FILE, "),
    ],
)
def test_an_unknown_variable_is_refused_and_the_nearest_is_suggested(
    monkeypatch: pytest.MonkeyPatch, name: str, hint: str
) -> None:
    monkeypatch.setenv(name, "made-up secret")
    with pytest.raises(SystemExit) as left:
        main([])
    assert str(left.value.code).startswith(f"cloudwatch-mcp: {name} is not a setting: {hint}")
    assert "secret" not in str(left.value.code)


def test_a_profile_flag_outside_the_list_is_refused() -> None:
    with pytest.raises(SettingsError, match="--profile dev is not allowed: CLOUDWATCH_MCP_PROFILES lists prod, stage"):
        Settings.from_environment({"CLOUDWATCH_MCP_PROFILES": "prod, stage"}, profile="dev")


KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


@pytest.mark.parametrize(
    ("profile", "environment", "used"),
    [
        ("dev", {}, "dev"),
        (None, {}, "default"),
        (None, {"AWS_PROFILE": "dev"}, "dev"),
        (None, {"AWS_PROFILE": "prod", "AWS_DEFAULT_PROFILE": "dev"}, "dev"),
        (None, {"AWS_PROFILE": "prod", **KEYS}, "default"),
    ],
)
def test_a_profile_outside_the_list_is_refused_before_a_session_is_opened(
    profile: str | None, environment: dict[str, str], used: str
) -> None:
    clients = Clients(Settings(profiles=("prod", "stage")), environment, lambda _: pytest.fail("a session was opened"))
    with pytest.raises(InputError, match=f"The profile '{used}' is not allowed here: .* lists prod, stage"):
        clients.client(profile, "us-east-1", "logs")


@pytest.mark.parametrize(
    ("profile", "environment"),
    [("prod", {}), ("prod", KEYS), (None, {"AWS_PROFILE": "prod"}), (None, {}), (None, KEYS), ("default", {})],
)
def test_a_listed_profile_is_used(profile: str | None, environment: dict[str, str]) -> None:
    opened: list[str | None] = []

    def open_session(name: str | None) -> None:
        opened.append(name)

    Clients(Settings(profiles=("prod", "default")), environment, open_session).session(profile)
    assert opened == [profile]


@pytest.mark.anyio
async def test_a_call_that_names_an_unlisted_profile_is_refused(environment: dict[str, str]) -> None:
    with pytest.raises(InputError, match="The profile 'dev' is not allowed here"):
        await Clients(Settings(profiles=("prod",)), environment).at("dev", None)


@pytest.fixture
def _restored_logging() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logger.remove()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.mark.usefixtures("_restored_logging")
def test_a_log_file_gets_what_stderr_gets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure("WARNING", str(tmp_path / "new" / "server.log"))
    logger.warning("mind this")
    logger.info("but not this")
    logger.remove()
    written = (tmp_path / "new" / "server.log").read_text("utf-8")
    assert written.endswith("WARNING mind this\n")
    assert capsys.readouterr().err.endswith("WARNING mind this\n")
    assert "not this" not in written


@pytest.mark.usefixtures("_restored_logging")
def test_a_log_file_is_rotated_at_10_mb_and_three_old_files_are_kept(tmp_path: Path) -> None:
    configure("ERROR", str(tmp_path / "server.log"))
    logger.remove(min(logger._core.handlers))  # type: ignore[attr-defined]  # not to stderr: it is much
    for _ in range(6):
        logger.error("x" * 9_900_000)
    logger.remove()
    sizes = [file.stat().st_size for file in tmp_path.iterdir()]
    assert len(sizes) == 1 + 3
    assert max(sizes) < 10_000_000


@pytest.mark.usefixtures("_restored_logging")
@pytest.mark.parametrize("path", ["/dev/null/server.log", "/dev", "~nobody-of-this-name/server.log"])
def test_a_log_file_that_cannot_be_written_is_a_warning(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure("WARNING", path)
    (warning,) = capsys.readouterr().err.splitlines()
    assert f"WARNING The log file {path} cannot be written" in warning


@pytest.mark.parametrize("home", [{}, {"HOME": "/proc"}], ids=["no home", "a read-only home"])
def test_the_server_starts_and_answers_without_a_home_or_any_aws_configuration(home: dict[str, str]) -> None:
    nothing = {"PATH": os.defpath, "AWS_EC2_METADATA_DISABLED": "true", **home}
    with ForkedServer(env=nothing) as process:
        process.initialize()
        assert "Unable to locate credentials" in process.call("get_active_alarms").error
        process.end_input()
        assert (process.wait(), process.stderr) == (0, "")
