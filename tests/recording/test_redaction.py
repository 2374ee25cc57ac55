from __future__ import annotations

import json
from typing import Any

import pytest

from cloudwatch_mcp.recording.redaction import Redaction
from cloudwatch_mcp.recording.sensitive import is_example_account

OURS, THEIRS, THIRD = "998877665544", "887766554433", "776655443322"


def redacted(redaction: Redaction, value: Any) -> Any:
    """As a recorder does with each body: learn, then scrub."""
    redaction.learn(json.dumps(value))
    return redaction.scrub(value)


@pytest.mark.parametrize(
    "value",
    [
        {"arn": f"arn:aws:logs:us-east-1:{OURS}:log-group:/a:*"},
        {"arn": f"arn:aws-cn:iam::{OURS}:role/a"},
        {"field": "@log", "value": f"{OURS}:/a"},
        {"OwningAccounts": [OURS]},
        {"accountIdentifiers": ["123456789012", OURS]},
        {"AccountId": OURS},
        {"message": json.dumps({"recipientAccountId": OURS})},
        {"message": f"account {OURS} was denied"},
    ],
)
def test_an_account_id_is_known_by_where_it_stands(value: dict[str, Any]) -> None:
    assert OURS not in json.dumps(redacted(Redaction(), value))


def test_an_account_id_once_known_is_replaced_wherever_it_stands_alone() -> None:
    redaction = Redaction()
    redaction.learn(f"arn:aws:iam::{OURS}:root")
    text = f"user of {OURS}, 1{OURS}, trace {OURS}9"
    assert redaction.scrub(text) == f"user of 123456789012, 1{OURS}, trace {OURS}9"


def test_numbers_of_twelve_digits_that_are_no_account_stay() -> None:
    value = {"storedBytes": 123123123123, "message": "order 555566667777"}
    assert redacted(Redaction(), value) == value


def test_each_account_has_a_stand_in_of_its_own_and_ours_is_the_first() -> None:
    redaction = Redaction(account=OURS)
    accounts = [THEIRS, OURS, THIRD, THEIRS]
    assert redacted(redaction, {"accounts": accounts})["accounts"] == [
        "210987654321",
        "123456789012",
        "111122223333",
        "210987654321",
    ]


def test_example_accounts_stay_and_nobody_elses_becomes_one_of_them() -> None:
    value = {"accounts": ["111122223333", OURS, THEIRS, THIRD]}
    assert redacted(Redaction(), value)["accounts"] == ["111122223333", "123456789012", "210987654321", "444455556666"]


def test_there_is_a_stand_in_for_every_account() -> None:
    accounts = [f"9{number:011d}" for number in range(40)]
    stand_ins = redacted(Redaction(), {"accounts": accounts})["accounts"]
    assert len(set(stand_ins)) == 40
    assert all(map(is_example_account, stand_ins))


def test_a_page_token_is_the_same_short_hash_in_answer_and_follow_up() -> None:
    redaction = Redaction()
    answered = redacted(redaction, {"nextToken": "AQIDBA==", "results": []})["nextToken"]
    asked = redacted(redaction, {"nextToken": "AQIDBA=="})["nextToken"]
    assert answered == asked
    assert len(answered) == 18
    assert redacted(redaction, {"NextToken": "other"})["NextToken"] != answered


def test_the_pointer_to_a_record_is_replaced() -> None:
    row = [{"field": "@message", "value": "hello"}, {"field": "@ptr", "value": "CmEKJgoiOTk4ODc3NjY1NTQ0Oi9h"}]
    assert redacted(Redaction(), row) == [row[0], {"field": "@ptr", "value": "ptr"}]


def test_key_ids_are_replaced_unless_they_are_examples() -> None:
    text = "AKIAIOSFODNN7EXAMPLE and AKIAABCDEFGHIJKLMNOP, ASIAABCDEFGHIJKLMNOP"
    assert redacted(Redaction(), text) == "AKIAIOSFODNN7EXAMPLE and AKIA-redacted, ASIA-redacted"


def test_what_the_user_names_is_numbered_and_the_same_everywhere() -> None:
    redaction = Redaction([r"[\w-]+\.acme\.example", "jane"])
    said = [
        redacted(redaction, text) for text in ("db1.acme.example asked", "jane at db2.acme.example", "db1.acme.example")
    ]
    assert said == ["redacted-1 asked", "redacted-3 at redacted-2", "redacted-1"]


@pytest.mark.parametrize(
    "value",
    [
        {"arn": f"arn:aws:logs:us-east-1:{OURS}:log-group:/a", "nextToken": "abc", "accounts": [OURS, THEIRS]},
        [{"field": "@ptr", "value": "abc"}, "AKIAABCDEFGHIJKLMNOP"],
    ],
)
def test_what_is_redacted_stays_as_it_is_when_redacted_again(value: Any) -> None:
    once = redacted(Redaction(), value)
    assert redacted(Redaction(), once) == once


def test_what_was_written_before_an_account_was_known_is_mended_later() -> None:
    redaction = Redaction()
    assert OURS in redacted(redaction, f"tenant {OURS}")
    redaction.learn(f"arn:aws:iam::{OURS}:root")
    assert redaction.accounts(f"tenant {OURS}") == "tenant 123456789012"
