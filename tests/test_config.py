from __future__ import annotations

import pytest

from cloudwatch_mcp.config import Settings, SettingsError, variables


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
    ],
)
def test_an_unreadable_variable_is_named_with_what_it_takes(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}='{text}' cannot be read: it takes"):
        Settings.from_environment({name: text})


def test_the_log_level_of_people_who_switch_is_honoured() -> None:
    assert Settings.from_environment({"FASTMCP_LOG_LEVEL": "error"}).log_level == "ERROR"
    ours_too = {"FASTMCP_LOG_LEVEL": "ERROR", "CLOUDWATCH_MCP_LOG_LEVEL": "info"}
    assert Settings.from_environment(ours_too).log_level == "INFO"


def test_every_variable_says_what_it_is_for() -> None:
    assert all(name.startswith("CLOUDWATCH_MCP_") and about.endswith(".") for name, about, _ in variables())
