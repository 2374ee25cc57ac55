"""The ledger of AWS's behaviour: the page follows from the markers, and a run on AWS is compared with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.generated import behaviour
from tests.support.behaviours import behaviours, report

MARKED = '''
@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="example/example responses/a.json",
    behaviour="A page has | 50 "
    "<groups>.",
)
async def test_pages() -> None:
    """Text."""


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.aws_behaviour(evidence="assumed", source="nothing public", behaviour="A token lives a day.")
@pytest.mark.aws_behaviour(evidence="assumed", source="nothing public", behaviour="A token is short.")
def test_tokens(size: int) -> None: ...


def test_without_marker() -> None: ...
'''
FILE = "tests/logs/test_groups.py"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with three behaviours of CloudWatch Logs."""
    return with_tests(tmp_path, MARKED)


def with_tests(root: Path, text: str, file: str = "tests/logs/test_groups.py") -> Path:
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return root


def test_a_row_has_the_behaviour_its_evidence_source_and_test(root: Path) -> None:
    page = behaviour.behaviour(root)
    test = "[logs/test_groups.py](../tests/logs/test_groups.py) `test_pages`"
    assert "## CloudWatch Logs\n" in page
    assert f"| A page has \\| 50 \\<groups\\>. | recorded | example/example responses/a.json | {test} |" in page
    assert "| CloudWatch Logs | 1 | 0 | 0 | 2 |" in page


def test_tests_that_state_the_same_share_a_row(root: Path) -> None:
    with_tests(root, MARKED, "tests/logs/test_more_groups.py")
    pages = behaviours(root)[0]
    assert pages.tests == ("tests/logs/test_groups.py::test_pages", "tests/logs/test_more_groups.py::test_pages")


@pytest.mark.parametrize(
    ("file", "service"),
    [
        ("tests/metrics/test_requests.py", "CloudWatch metrics"),
        ("tests/sandbox/test_metrics_insights.py", "CloudWatch metrics"),
        ("tests/tools/test_get_alarm_history.py", "CloudWatch alarms"),
        ("tests/sandbox/test_insights.py", "CloudWatch Logs"),
        ("tests/aws/test_retries.py", "All services"),
    ],
)
def test_the_path_of_a_test_gives_the_service(tmp_path: Path, file: str, service: str) -> None:
    assert {each.service for each in behaviours(with_tests(tmp_path, MARKED, file))} == {service}


def test_a_marker_can_name_its_service(tmp_path: Path) -> None:
    text = MARKED.replace('evidence="recorded"', 'evidence="recorded", service="CloudWatch alarms"')
    services = [each.service for each in behaviours(with_tests(tmp_path, text))]
    assert services == ["CloudWatch Logs", "CloudWatch Logs", "CloudWatch alarms"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'evidence="recorded"',
            'evidence="seen"',
            "evidence\n  Input should be 'recorded', 'documented', 'pasted' or 'assumed'",
        ),
        ('source="example/example responses/a.json"', 'source=""', "source\n  String should have at least 1 character"),
        ('    source="example/example responses/a.json",\n', "", "source\n  Field required"),
        ("<groups>.", "<groups>", "behaviour\n  String should match pattern"),
        (
            'evidence="recorded"',
            'evidence="recorded", service="S3"',
            "service\n  Input should be 'CloudWatch metrics', 'CloudWatch alarms'",
        ),
        (
            'source="nothing public", behaviour="A token is short."',
            'source="a guess", behaviour="A token lives a day."',
            "another marker gives other evidence",
        ),
    ],
)
def test_a_bad_marker_is_an_error_that_names_its_place(tmp_path: Path, old: str, new: str, problem: str) -> None:
    root = with_tests(tmp_path, MARKED.replace(old, new))
    with pytest.raises(ValueError, match=r"^tests/logs/test_groups.py:") as error:
        behaviours(root)
    assert problem in str(error.value)


def test_the_page_lists_what_authored_cassettes_follow(root: Path) -> None:
    for name, metadata in {
        "a": "target: authored\n  evidence: example/example#1",
        "b": "target: authored",
        "c": "target: sandbox",
    }.items():
        path = root / "cassettes" / "tool" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"version: 1\nmetadata:\n  {metadata}\ninteractions: []\n", "utf-8")
    page = behaviour.authored_cassettes(root / "cassettes")
    assert "1 of 2 have the shape of public responses" in page
    assert page.endswith("| tool/a.yaml | example/example#1 |")


def test_a_run_on_aws_confirms_and_refutes(root: Path) -> None:
    passed = [f"{FILE}::{name}" for name in ("test_pages", "test_tokens[1]", "test_without_marker")]
    assert report(passed, [f"{FILE}::test_tokens[2]"], root) == (
        "Of 3 behaviours of AWS: 2 refuted, 1 confirmed, 0 not checked.\n"
        "\nrefuted:\n"
        "  CloudWatch Logs: A token is short. (assumed)\n"
        "      tests/logs/test_groups.py::test_tokens\n"
        "  CloudWatch Logs: A token lives a day. (assumed)\n"
        "      tests/logs/test_groups.py::test_tokens\n"
        "\nconfirmed:\n"
        "  CloudWatch Logs: A page has | 50 <groups>. (recorded)"
    )


def test_a_test_that_did_not_run_on_aws_checks_nothing(root: Path) -> None:
    text = report([f"{FILE}::test_without_marker"], [], root)
    assert text.startswith("Of 3 behaviours of AWS: 0 refuted, 0 confirmed, 3 not checked.")
