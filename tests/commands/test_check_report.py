"""The findings of a check, as text and as JSON, and the advice about a wrong clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from cloudwatch_mcp.aws.identity import Caller, Credentials
from cloudwatch_mcp.commands import check
from cloudwatch_mcp.commands.check_report import Findings, Verdict, as_json, as_text
from tests.support.frozen_time import NOW


@pytest.mark.parametrize(
    ("ahead", "advice"),
    [
        (timedelta(minutes=17), "This machine's clock is 17 min ahead of AWS's: set it right."),
        (timedelta(hours=-2), "This machine's clock is 2 h 0 min behind AWS's: set it right."),
        (None, "Check that this machine's clock is right."),
    ],
)
def test_a_wrong_clock_is_named(ahead: timedelta | None, advice: str) -> None:
    findings = Findings(NOW, None)
    findings.caller = Caller(aws_time=None if ahead is None else NOW - ahead)
    reason = "ListMetrics in us-east-1 failed: SignatureDoesNotMatch: Signature expired."
    assert check._about_the_clock(reason, findings) == f" {advice}"


def test_a_bad_key_is_not_blamed_on_a_clock_that_is_right() -> None:
    findings = Findings(NOW, None)
    findings.caller = Caller(aws_time=NOW - timedelta(minutes=1))
    assert check._about_the_clock("X failed: SignatureDoesNotMatch: it does not match.", findings) == ""


def test_a_wrong_clock_is_not_blamed_for_throttling() -> None:
    findings = Findings(NOW, None)
    findings.caller = Caller(aws_time=NOW - timedelta(hours=1))
    assert check._about_the_clock("X failed: ThrottlingException: Rate exceeded.", findings) == ""


@pytest.mark.parametrize(
    ("remaining", "text"),
    [
        (timedelta(minutes=42, seconds=10), "expire 2026-11-20 13:42 CET, in 42 min"),
        (timedelta(hours=11, minutes=5), "expire 2026-11-21 00:05 CET, in 11 h 5 min"),
        (timedelta(days=3, hours=2), "expire 2026-11-23 15:00 CET, in 3 d 2 h"),
        (timedelta(minutes=-12), "expired 2026-11-20 12:48 CET, 12 min ago"),
    ],
)
def test_expiry_is_shown_in_local_time_with_the_time_remaining(
    in_zone: Callable[[str], None], remaining: timedelta, text: str
) -> None:
    in_zone("Europe/Berlin")
    findings = Findings(NOW, None)
    findings.credentials = Credentials("SSO (IAM Identity Center)", NOW + remaining)
    assert f"Credentials  from SSO (IAM Identity Center), {text}\n" in as_text(findings, "utf-8")


def test_expiry_in_json_is_in_utc(in_zone: Callable[[str], None]) -> None:
    in_zone("Europe/Berlin")
    findings = Findings(NOW, None)
    findings.credentials = Credentials("an assumed role", NOW + timedelta(minutes=42))
    expected = {"source": "an assumed role", "expires": "2026-11-20T12:42:00Z"}
    assert as_json(findings)["credentials"] == expected


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", None])
def test_a_terminal_without_check_marks_gets_words(encoding: str | None) -> None:
    findings = Findings(NOW, None)
    findings.verdicts["ListMetrics"] = Verdict("allowed")
    findings.verdicts["StopQuery"] = Verdict("denied", "AccessDenied")
    text = as_text(findings, encoding)
    text.encode(encoding or "ascii")
    assert "ok cloudwatch:ListMetrics\nNO logs:StopQuery  AccessDenied\n" in text
