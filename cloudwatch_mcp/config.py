"""The server's settings: one frozen object, read once from the environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from cloudwatch_mcp.errors import nearest

PREFIX = "CLOUDWATCH_MCP_"
GIGABYTE = 1_000_000_000
LOG_LEVELS = ("TRACE", "DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR", "CRITICAL")


class SettingsError(ValueError):
    """A setting is unknown, invalid or contradicts another; the message names it and says what to do."""


def _whole(text: str, minimum: int) -> int:
    number = int(text)
    if number < minimum:
        raise ValueError
    return number


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError
    return text.upper()


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise ValueError
    return names


def _variable(default: Any, name: str, accepts: str, read: Callable[[str], Any], about: str) -> Any:
    return field(default=default, metadata={"name": name, "accepts": accepts, "read": read, "about": about})


@dataclass(frozen=True)
class Settings:
    """What a user can set. Each field's metadata has its environment variable and a description."""

    log_level: str = _variable(
        "WARNING",
        "CLOUDWATCH_MCP_LOG_LEVEL",
        "one of " + ", ".join(LOG_LEVELS),
        _log_level,
        "What is logged to stderr; INFO adds a line for each tool call.",
    )
    log_file: str | None = _variable(
        None,
        "CLOUDWATCH_MCP_LOG_FILE",
        "a path",
        str,
        "A file for the same log; rotated at 10 MB, three old files are kept.",
    )
    profiles: tuple[str, ...] = _variable(
        (),
        "CLOUDWATCH_MCP_PROFILES",
        "names separated by commas",
        _names,
        "The only AWS profiles that can be used, separated by commas; `default` stands for credentials without a named "
        "profile: environment keys, roles, the default profile.",
    )
    max_response_chars: int = _variable(
        40_000,
        "CLOUDWATCH_MCP_MAX_RESPONSE_CHARS",
        "a whole number of at least 2000",
        lambda text: _whole(text, 2_000),
        "The longest answer, in characters; a note says what was left out.",
    )
    max_scan_gb: float | None = _variable(
        None,
        "CLOUDWATCH_MCP_MAX_SCAN_GB",
        "a positive number",
        _positive,
        "A Logs Insights query that has scanned more than this is stopped; its rows so far are kept.",
    )
    max_queries: int = _variable(
        10,
        "CLOUDWATCH_MCP_MAX_QUERIES",
        "a whole number of at least 1",
        lambda text: _whole(text, 1),
        "Logs Insights queries that run at once; more wait. AWS allows 100 per account and Region, often fewer.",
    )
    price_per_gb: float = _variable(
        0.005,
        "CLOUDWATCH_MCP_PRICE_PER_GB",
        "a positive number",
        _positive,
        "US dollars per GB that Logs Insights scans, for cost estimates; the default is the price in US Regions.",
    )
    connect_timeout: float = _variable(
        5.0,
        "CLOUDWATCH_MCP_CONNECT_TIMEOUT",
        "a positive number",
        _positive,
        "Seconds to wait for a connection to AWS.",
    )
    read_timeout: float = _variable(
        30.0,
        "CLOUDWATCH_MCP_READ_TIMEOUT",
        "a positive number",
        _positive,
        "Seconds that a call to AWS can take, retries included.",
    )
    region: str | None = None
    profile: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **flags: Any) -> Settings:
        """The settings in `CLOUDWATCH_MCP_*`; a flag that is not empty takes precedence.

        Raises:
            SettingsError: a variable is unknown or invalid, or the profile is not among those allowed.
        """
        _refuse_unknown(environment)
        values = {f.name: _read(environment, f.metadata) for f in fields(cls) if f.metadata}
        if values["log_level"] is None and environment.get("FASTMCP_LOG_LEVEL", "").upper() in LOG_LEVELS:
            values["log_level"] = environment["FASTMCP_LOG_LEVEL"].upper()
        values |= {name: value or None for name, value in flags.items()}
        settings = cls(**{name: value for name, value in values.items() if value is not None})
        if settings.profile and settings.profiles and settings.profile not in settings.profiles:
            listed = ", ".join(settings.profiles)
            raise SettingsError(f"--profile {settings.profile} is not allowed: CLOUDWATCH_MCP_PROFILES lists {listed}.")
        return settings


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = [name for name, _, _ in variables()]
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known:
            near = nearest(name.removeprefix(PREFIX), [each.removeprefix(PREFIX) for each in known], 1)
            hint = f"did you mean {PREFIX}{near[0]}?" if near else f"the settings are {', '.join(known)}."
            raise SettingsError(f"{name} is not a setting: {hint}")


def _read(environment: Mapping[str, str], variable: Mapping[str, Any]) -> Any:
    text = environment.get(variable["name"], "").strip()
    if not text:
        return None
    try:
        return variable["read"](text)
    except ValueError:
        raise SettingsError(f"{variable['name']}={text!r} is invalid: it must be {variable['accepts']}.") from None


def variables() -> list[tuple[str, str, str]]:
    """(name, description, default) of each variable, for the help and the docs."""
    named = [each for each in fields(Settings) if each.metadata]
    return [
        (each.metadata["name"], each.metadata["about"], "none" if each.default in {None, ()} else str(each.default))
        for each in named
    ]
