"""The catalogue's files, and files with faults."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.support import catalog_files
from tests.support.places import ROOT

ALARM = {
    "source": "ours",
    "intent": "Catches a shop that sells nothing.",
    "statistic": "Sum",
    "comparison": "LessThanThreshold",
    "threshold": 1.0,
    "reasoning": "A shop without a sale is shut.",
    "period": 300,
    "evaluation_periods": 3,
    "datapoints_to_alarm": 2,
    "treat_missing_data": "breaching",
    "dimensions": [{"name": "Shop"}],
}
ENTRY: dict[str, Any] = {
    "namespace": "AWS/Shop",
    "dimensions": ["Shop"],
    "metrics": {
        "Prices": {"description": "What things cost, in the mean.", "source": "name"},
        "Sales": {
            "description": "Sales of all shops.",
            "unit": "Count",
            "statistics": ["Sum"],
            "source": "table",
            "alarms": [ALARM],
        },
    },
}
Spoil = Callable[[dict[str, Any]], object]


@pytest.fixture
def complaints(tmp_path: Path) -> Callable[..., list[str]]:
    """What is wrong with a catalogue of one file."""

    def of(entry: Any = ENTRY, *, text: str | None = None, name: str = "AWS.Shop.json", aliases: str = "{}") -> Any:
        data = tmp_path / "data"
        data.mkdir(exist_ok=True)
        (data / name).write_text(catalog_files.written(entry) if text is None else text, "utf-8")
        (tmp_path / "aliases.json").write_text(aliases, "utf-8")
        return list(catalog_files.complaints(data, tmp_path / "aliases.json"))

    return of


def test_the_catalogue_is_as_it_should_be() -> None:
    assert list(catalog_files.complaints()) == []


def test_a_file_as_it_should_be_has_no_complaint(complaints: Callable[..., list[str]]) -> None:
    assert complaints() == []


def test_the_documented_examples_are_as_they_should_be(complaints: Callable[..., list[str]]) -> None:
    file, alarm = re.findall(r"```json\n(.+?)```", (ROOT / "docs" / "catalogue.md").read_text("utf-8"), re.DOTALL)
    assert complaints(text=file, name="AWS.Example.json") == []
    entry = json.loads(file)
    entry["metrics"]["MessagesLost"]["alarms"] = [json.loads(alarm)]
    assert complaints(entry, name="AWS.Example.json") == []


def _metric(change: dict[str, Any]) -> Spoil:
    return lambda entry: entry["metrics"]["Sales"].update(change)


def _alarm(change: dict[str, Any]) -> Spoil:
    return lambda entry: entry["metrics"]["Sales"]["alarms"][0].update(change)


def _guide(comparison: str, guide: str) -> Spoil:
    def spoil(entry: dict[str, Any]) -> None:
        alarm = entry["metrics"]["Sales"]["alarms"][0]
        del alarm["threshold"]
        alarm.update(comparison=comparison, threshold_guide=guide)

    return spoil


def _percent(comparison: str, threshold: float) -> Spoil:
    def spoil(entry: dict[str, Any]) -> None:
        _metric({"unit": "Percent"})(entry)
        _alarm({"statistic": "Average", "comparison": comparison, "threshold": threshold})(entry)

    return spoil


def _required(entry: dict[str, Any]) -> None:
    entry.update(dimensions=["Shop", "Street"], required_dimensions=["Shop", "Street"])


def _missing_is_fine(entry: dict[str, Any]) -> None:
    _metric({"nonzero_only": True})(entry)
    _alarm({"treat_missing_data": "notBreaching"})(entry)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (_missing_is_fine, "Sales: an alarm on low values never sees a zero"),
        (_metric({"description": "Sales of all shops"}), "metrics Sales description"),
        (_metric({"description": f"Sales of {'very ' * 50}many shops."}), "metrics Sales description"),
        (_metric({"description": "Sales of  all shops."}), "metrics Sales description"),
        (_metric({"description": "What things cost, in the mean."}), "Sales: described as Prices is"),
        (_metric({"unit": "Pieces"}), "metrics Sales unit: 'Pieces' is not one of"),
        (_metric({"statistics": ["p99"]}), "metrics Sales statistics 0: 'p99' is not one of"),
        (_metric({"source": "name"}), "metrics Sales"),
        (_metric({"source": "guess"}), "metrics Sales source"),
        (_metric({"colour": "red"}), "metrics Sales: Additional properties"),
        (lambda entry: entry["metrics"]["Prices"].update(source="table"), "metrics Prices"),
        (_alarm({"datapoints_to_alarm": 4}), "Sales: 4 of 3 datapoints can never alarm"),
        (_alarm({"period": 45}), "metrics Sales alarms 0 period"),
        (_alarm({"period": 1_800, "evaluation_periods": 49}), "Sales: 49 x 1800 s is longer than"),
        (_alarm({"period": 86_400, "evaluation_periods": 8}), "Sales: 8 x 86400 s is longer than"),
        (_alarm({"comparison": ">"}), "metrics Sales alarms 0 comparison"),
        (_alarm({"statistic": "Mean"}), "metrics Sales alarms 0 statistic"),
        (_alarm({"threshold_guide": "Take what you like best."}), "metrics Sales alarms 0"),
        (lambda entry: entry["metrics"]["Sales"]["alarms"][0].pop("threshold"), "metrics Sales alarms 0"),
        (lambda entry: entry["metrics"]["Sales"]["alarms"][0].pop("reasoning"), "'reasoning' is a required property"),
        (_alarm({"source": "aws"}), "metrics Sales alarms 0"),
        (_alarm({"dimensions": [{"name": "Street"}]}), "dimensions that the metric has not: Street"),
        (_metric({"dimensions": ["Street"]}), "dimensions that the metric has not: Shop"),
        (_required, "Sales: an alarm lacks dimensions that every series has: Street"),
        (_alarm({"dimensions": []}), "Sales: an alarm has no dimensions, but no account_total is known"),
        (_alarm({"dimensions": [{"name": "Shop", "value": "Global"}]}), "Sales: an alarm on a global resource"),
        (_metric({"region": "Virginia"}), "metrics Sales region: 'Virginia' does not match"),
        (_metric({"period": 60}), "metrics Sales period: 60 is less than"),
        (_metric({"period": 3_600}), "Sales: an alarm every 300 s on a datapoint every 3600 s"),
        (lambda entry: entry.update(period=900), "Sales: an alarm every 300 s on a datapoint every 900 s"),
        (_metric({"nonzero_only": True, "description": "Sales; zero means shut."}), "Sales: described at zero"),
        (
            _guide("GreaterThanThreshold", "Twice the share of a normal day."),
            "Sales: a share as the threshold of a Sum",
        ),
        (_alarm({"threshold": 0.0}), "Sales: an alarm whose threshold is never crossed"),
        (_alarm({"comparison": "GreaterThanOrEqualToThreshold", "threshold": 0.0}), "threshold is always crossed"),
        (_percent("GreaterThanThreshold", 100.0), "Sales: an alarm whose threshold is never crossed"),
        (_percent("LessThanOrEqualToThreshold", 100.0), "Sales: an alarm whose threshold is always crossed"),
        (lambda entry: entry.update(namespace="AWS.Shop"), "namespace: 'AWS.Shop' does not match"),
        (lambda entry: entry.update(namespace="AWS/Shops"), "a file of AWS/Shops is called AWS.Shops.json"),
        (lambda entry: entry.update(metrics={}), "metrics: "),
    ],
)
def test_a_fault_is_reported_with_its_place(complaints: Callable[..., list[str]], spoil: Spoil, complaint: str) -> None:
    entry = deepcopy(ENTRY)
    spoil(entry)
    (reported,) = complaints(entry)
    assert reported.startswith("AWS.Shop.json: ")
    assert complaint in reported


@pytest.mark.parametrize(
    "spoil",
    [
        _metric({"nonzero_only": True}),
        _metric({"period": 300}),
        _metric({"dimensions": ["Shop", "Street"]}),
        _metric({"required_dimensions": ["Shop"]}),
        _metric({"region": "us-east-1"}),
        _guide("GreaterThanThreshold", "A share of 2%: divide by Visits in metric math."),
        _percent("GreaterThanOrEqualToThreshold", 100.0),
    ],
)
def test_an_alarm_that_can_fire_has_no_complaint(complaints: Callable[..., list[str]], spoil: Spoil) -> None:
    entry = deepcopy(ENTRY)
    spoil(entry)
    assert complaints(entry) == []


def test_required_dimensions_are_some_of_the_dimensions(complaints: Callable[..., list[str]]) -> None:
    entry: dict[str, Any] = deepcopy(ENTRY)
    entry["metrics"]["Prices"]["required_dimensions"] = ["Street"]
    assert complaints(entry) == ["AWS.Shop.json: Prices: required dimensions that the metric has not: Street"]


def test_an_alarm_on_the_account_needs_no_dimensions(complaints: Callable[..., list[str]]) -> None:
    entry = deepcopy(ENTRY)
    _metric({"account_total": True, "required_dimensions": ["Shop"]})(entry)
    _alarm({"dimensions": []})(entry)
    assert complaints(entry) == []


@pytest.mark.parametrize("change", [{"period": 10}, {"period": 86_400, "evaluation_periods": 7}])
def test_periods_that_cloudwatch_takes_pass(complaints: Callable[..., list[str]], change: dict[str, Any]) -> None:
    entry = deepcopy(ENTRY)
    _alarm(change)(entry)
    assert complaints(entry) == []


def test_a_metric_that_is_there_twice_is_reported(complaints: Callable[..., list[str]]) -> None:
    text = catalog_files.written(ENTRY).replace('    "Sales"', '    "Prices": {"description": "X."},\n    "Sales"')
    assert complaints(text=text) == ["AWS.Shop.json: named twice: Prices"]


def test_a_file_in_another_order_is_reported_and_put_in_order(complaints: Callable[..., list[str]]) -> None:
    upside_down = {**ENTRY, "metrics": {"Sales": ENTRY["metrics"]["Sales"], "Prices": ENTRY["metrics"]["Prices"]}}
    (reported,) = complaints(text=json.dumps(upside_down))
    assert "scripts/catalog.py format" in reported
    assert catalog_files.written(upside_down) == catalog_files.written(ENTRY)


def test_a_file_that_is_not_json_is_reported(complaints: Callable[..., list[str]]) -> None:
    assert len(complaints(text="{")) == 1


@pytest.mark.parametrize(
    ("aliases", "complaint"),
    [
        ('{"Store": ["AWS/Shop", "AWS/Store"]}', "Store stands for what is not in the catalogue: AWS/Store"),
        ('{"Store": []}', "Store stands for what is not in the catalogue: nothing"),
        ('{"Store": ["AWS/Shop"], "Market": ["AWS/Shop"]}', "not in order"),
        ('{"Store": ["AWS/Shop"], "Store": ["AWS/Shop"]}', "named twice: Store"),
    ],
)
def test_an_alias_stands_for_namespaces_that_exist(
    complaints: Callable[..., list[str]], aliases: str, complaint: str
) -> None:
    assert complaints(aliases=aliases) == [f"aliases.json: {complaint}"]
