from __future__ import annotations

import json
import random

import pytest

from cloudwatch_mcp.logs.differences import Difference, find_differences
from cloudwatch_mcp.logs.event_fields import TEXT
from tests.support.generated_logs import FORMS, generated_group


def names_planted(planted: str | None, found: list[Difference]) -> bool:
    return bool(found) and found[0].field.split(".")[-1] in {planted, TEXT}


def test_the_planted_field_comes_first_in_95_of_100_groups() -> None:
    correct = 0
    for seed in range(100):
        group = generated_group(seed, planted=True, form=FORMS[seed % len(FORMS)])
        correct += names_planted(group.planted, find_differences(group.in_question, group.others))
    assert correct >= 95


def test_nothing_is_named_in_95_of_100_groups_whose_events_fail_at_random() -> None:
    silent = 0
    for seed in range(100):
        group = generated_group(1_000 + seed, planted=False, form=FORMS[seed % len(FORMS)])
        silent += not find_differences(group.in_question, group.others)
    assert silent >= 95


def messages(count: int, **fields: object) -> list[str]:
    return [json.dumps(fields)] * count


def test_a_value_is_named_with_its_shares() -> None:
    (found,) = find_differences(messages(30, build="1.10"), messages(90, build="1.9") + messages(10, build="1.10"))
    assert (found.field, found.condition) == ("build", '= "1.10"')
    assert (found.share_in_question, found.share_elsewhere) == (1.0, 0.1)


def test_values_stay_as_they_are_written() -> None:
    inside = [f"build=61.0 zip=007 n={number}" for number in range(30)]
    others = [f"build=60.0 zip=008 n={number}" for number in range(30)]
    assert {found.condition for found in find_differences(inside, others)} == {'= "61.0"', '= "007"'}


def test_several_values_of_a_field_are_named_together() -> None:
    inside = messages(20, host="a") + messages(20, host="b")
    (found,) = find_differences(inside, messages(40, host="c") + messages(40, host="d"))
    assert found.condition == 'in ["a", "b"]'


def test_a_number_is_named_by_its_cut_and_medians() -> None:
    rng = random.Random(1)
    inside = [json.dumps({"pieces": rng.randrange(51, 90)}) for _ in range(100)]
    others = [json.dumps({"pieces": rng.randrange(1, 51)}) for _ in range(100)]
    (found,) = find_differences(inside, others)
    assert (found.field, found.condition) == ("pieces", "> 50")
    assert found.medians is not None
    assert found.medians[0] > 51 > found.medians[1]


def test_a_nested_member_is_named_by_its_path() -> None:
    (found,) = find_differences(messages(20, a={"b": {"c": "x"}}), messages(20, a={"b": {"c": "y"}}))
    assert found.field == "a.b.c"


def test_an_identifier_in_plain_text_is_named() -> None:
    inside = [f"timeout on web-3 after {number} s" for number in range(20)]
    others = [f"fine on web-{number % 2 + 1} after {number} s" for number in range(20)]
    (found,) = find_differences(inside, others)
    assert (found.field, found.condition) == (TEXT, '= "web-3"')


@pytest.mark.parametrize("field", ["level", "msg", "status", "error.message", "ts", "@timestamp", "created_at"])
def test_outcomes_and_times_are_not_named(field: str) -> None:
    assert find_differences(messages(50, **{field: "x"}), messages(50, **{field: "y"})) == []


def test_ids_and_epoch_times_are_not_named() -> None:
    inside = [json.dumps({"key": f"order-{number}", "when": 1.8e9 + number}) for number in range(50)]
    others = [json.dumps({"key": f"order-{number}", "when": 1.7e9 + number}) for number in range(50, 100)]
    assert find_differences(inside, others) == []


def test_the_fields_that_define_what_is_in_question_are_not_named() -> None:
    assert find_differences(messages(50, host="a"), messages(50, host="b"), ignored={"host"}) == []


def test_what_only_the_events_in_question_have_comes_last() -> None:
    inside = [json.dumps({"host": "a" if number % 10 else "b", "code": "E1"}) for number in range(100)]
    found = find_differences(inside, messages(100, host="b"))
    assert [difference.field for difference in found] == ["host", "code"]


def test_a_number_that_most_events_in_question_lack_is_not_named() -> None:
    inside = [json.dumps({"size": 8} if number < 30 else {"other": 1}) for number in range(100)]
    others = [json.dumps({"size": 8 if number < 60 else 64}) for number in range(100)]
    assert "size" not in {found.field for found in find_differences(inside, others)}


def test_a_handful_of_events_proves_nothing() -> None:
    assert find_differences(messages(9, host="a"), messages(500, host="b")) == []
