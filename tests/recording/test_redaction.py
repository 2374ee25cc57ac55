from __future__ import annotations

import json
from typing import Any

import pytest

from cloudwatch_mcp.recording.redaction import Redaction
from cloudwatch_mcp.recording.sensitive import is_example_account

OURS, THEIRS, THIRD = "998877665544", "887766554433", "776655443322"


def dashed(number: str) -> str:
    return f"{number[:4]}-{number[4:8]}-{number[8:]}"


def redacted(redaction: Redaction, value: Any) -> Any:
    """Learn, then scrub, as a recorder does with each body."""
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
        {"message": f"AWS_ACCOUNT_ID={OURS}"},
        {"message": f"account_{OURS}_x"},
        {"message": f"arn%3Aaws%3Aiam%3A%3A{OURS}%3Aroot"},
        {"message": json.dumps(json.dumps({"accountId": OURS}))},
        {"message": f"accountId\\u0022:\\u0022{OURS}"},
        {"ownerId": OURS},
        {"accountId": int(OURS)},
        {"accounts": [int(OURS)]},
        {"message": f"Account: {dashed(OURS)}"},
        {"bucket": f"my-logs-{OURS}-eu-west-1"},
        {"bucket": f"logs-us-gov-west-1-{OURS}"},
        {"image": f"{OURS}.dkr.ecr.us-east-1.amazonaws.com/a"},
        {"queue": f"https://sqs.us-east-1.amazonaws.com/{OURS}/a"},
    ],
)
def test_an_account_id_is_recognised_by_its_place(value: dict[str, Any]) -> None:
    text = json.dumps(redacted(Redaction(), value))
    assert OURS not in text
    assert dashed(OURS) not in text
    assert OURS not in Redaction().body(json.dumps(value))


def test_a_recognised_account_id_is_replaced_everywhere() -> None:
    redaction = Redaction()
    redaction.learn(f"arn:aws:iam::{OURS}:root")
    text = f"user of {OURS}, 1{OURS}, trace {OURS}9"
    assert redaction.scrub(text) == f"user of 123456789012, 1{OURS}, trace {OURS}9"


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        (f"acct_{OURS}_x-{OURS}-eu", "acct_123456789012_x-123456789012-eu"),
        (dashed(OURS), "1234-5678-9012"),
        (f"%20{OURS}", "%20123456789012"),
        (f"\\u0027{OURS}\\u0027", "\\u0027123456789012\\u0027"),
        (f"a{OURS}b", "a123456789012b"),
    ],
)
def test_a_recognised_account_id_is_replaced_in_every_form(text: str, scrubbed: str) -> None:
    redaction = Redaction(account=OURS)
    assert redaction.scrub({text: [text]}) == {scrubbed: [scrubbed]}
    assert json.loads(redaction.body(json.dumps({text: [text]}))) == {scrubbed: [scrubbed]}


@pytest.mark.parametrize("patterns", [[], ["nothing"]])
def test_a_recognised_account_id_is_replaced_as_a_number(patterns: list[str]) -> None:
    accounts = [int(OURS), *range(880_000_000_000, 880_000_000_020)]
    redaction = Redaction(patterns)
    stand_ins = json.loads(redaction.body(json.dumps({"accounts": list(map(str, accounts)), "ids": accounts})))
    assert list(map(str, stand_ins["ids"])) == stand_ins["accounts"]
    assert not {*map(str, accounts)} & {*stand_ins["accounts"]}
    assert redaction.scrub(float(OURS)) == 123456789012.0


def test_ten_thousand_accounts_have_stand_ins_in_time() -> None:
    accounts = [f"88{number:010d}" for number in range(20_000)]
    assert len(set(redacted(Redaction(), {"accounts": accounts})["accounts"])) == 20_000


def test_other_numbers_of_twelve_digits_stay() -> None:
    value = {"storedBytes": 123123123123, "message": "order 555566667777"}
    assert redacted(Redaction(), value) == value


def test_each_account_has_its_own_stand_in_and_the_recorded_one_the_first() -> None:
    redaction = Redaction(account=OURS)
    accounts = [THEIRS, OURS, THIRD, THEIRS]
    assert redacted(redaction, {"accounts": accounts})["accounts"] == [
        "210987654321",
        "123456789012",
        "111122223333",
        "210987654321",
    ]


def test_example_accounts_stay_and_no_other_account_becomes_one_of_them() -> None:
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


@pytest.mark.parametrize("text", ["key_{}", "key{}", "a\\n{}", "%3D{}", "\\u003d{}", "{}_old"])
def test_key_ids_are_replaced_everywhere(text: str) -> None:
    assert redacted(Redaction(), text.format("AKIAABCDEFGHIJKLMNOP")) == text.format("AKIA-redacted")
    assert redacted(Redaction(), text.format("AROAABCDEFGHIJKLMNOPQ")) == text.format("AROA-redacted")


@pytest.mark.parametrize(
    "text",
    [
        "aws_secret_access_key={}",
        "AWS_SECRET_ACCESS_KEY = '{}'",
        '{{"SecretAccessKey": "{}"}}',
        "aws_session_token={}",
        '"{{\\"sessionToken\\": \\"{}\\"}}"',
    ],
)
@pytest.mark.parametrize("patterns", [[], ["nothing"]])
def test_a_secret_is_replaced_after_its_name(text: str, patterns: list[str]) -> None:
    secret = "k3Jd8fLq0Zx7Vb2Nm5Tt/9Rr+1Ww6YyHhGgEeCcA"
    body = json.dumps({"message": text.format(secret)})
    assert json.loads(Redaction(patterns).body(body)) == {"message": text.format("secret-redacted")}
    assert Redaction(patterns).scrub({"aws_secret_access_key": secret}) == {"aws_secret_access_key": "secret-redacted"}


def test_a_pattern_is_replaced_in_the_names_of_members() -> None:
    redaction = Redaction(["acme[0-9]*", "name", "Alarm"])
    value = {"acme1": 1, "x": {"in-acme2": {"acme1": "acme1"}}, "tags": [{"acme2": None}]}
    assert redaction.scrub(value) == {
        "redacted-1": 1,
        "x": {"in-redacted-2": {"redacted-1": "redacted-1"}},
        "tags": [{"redacted-2": None}],
    }


def test_the_names_of_aws_and_of_the_server_stay() -> None:
    redaction = Redaction(["."], names=["include_linked_accounts", "get_active_alarms"])
    members = ["logGroupName", "AlarmContributorAttributes", "__type", "Message", "log_group_name", "metric_stat"]
    for name in [*members, "include_linked_accounts", "get_active_alarms"]:
        assert redaction.name(name) == name
    assert redaction.name("acme") != "acme"


def test_a_pattern_is_replaced_in_json_in_a_text() -> None:
    message = json.dumps({"acme-7": {"id": "acme-7"}})
    body = Redaction(["acme-[0-9]"]).body(json.dumps({"events": [{"message": message}]}))
    assert json.loads(json.loads(body)["events"][0]["message"]) == {"redacted-1": {"id": "redacted-1"}}


def test_a_body_with_half_a_character_is_redacted() -> None:
    text = Redaction(["acme"]).body('{"a": "acme \\ud83d"}')
    assert json.loads(text.encode()) == {"a": "redacted-1 \ud83d"}


def test_stand_ins_of_a_pattern_are_numbered_and_the_same_everywhere() -> None:
    redaction = Redaction([r"[\w-]+\.acme\.example", "jane"])
    logged = [
        redacted(redaction, text) for text in ("db1.acme.example asked", "jane at db2.acme.example", "db1.acme.example")
    ]
    assert logged == ["redacted-1 asked", "redacted-3 at redacted-2", "redacted-1"]


@pytest.mark.parametrize(
    "value",
    [
        {"arn": f"arn:aws:logs:us-east-1:{OURS}:log-group:/a", "nextToken": "abc", "accounts": [OURS, THEIRS]},
        [{"field": "@ptr", "value": "abc"}, "AKIAABCDEFGHIJKLMNOP"],
    ],
)
def test_redacting_again_changes_nothing(value: Any) -> None:
    once = redacted(Redaction(), value)
    assert redacted(Redaction(), once) == once


def test_an_account_recognised_later_is_replaced_in_earlier_text() -> None:
    redaction = Redaction()
    assert OURS in redacted(redaction, f"tenant {OURS}")
    redaction.learn(f"arn:aws:iam::{THEIRS}:root")
    assert not redaction.is_late
    redaction.learn(f"arn:aws:iam::{OURS}:root")
    assert redaction.is_late
    assert redaction.accounts(f"tenant {OURS}") == "tenant 210987654321"
