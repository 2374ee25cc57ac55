"""CloudWatch Logs of the sandbox: log groups, definitions, detectors and anomalies, over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from cloudwatch_mcp.sandbox.clock import Clock
from cloudwatch_mcp.sandbox.direct import clients
from cloudwatch_mcp.sandbox.logs import add_anomalies, install
from cloudwatch_mcp.sandbox.server import Application, Server
from tests.support.sandbox_clients import client_of

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
ACCOUNT = "123456789012"
LINKED = "111122223333"
ARN = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:"


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture(scope="module")
def server(clock: Clock) -> Iterator[Server]:
    install(clock, linked_accounts=[LINKED])
    server = Server(Application())
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shared_client(server: Server) -> Any:
    return client_of("logs", server.endpoint_url)


@pytest.fixture
def logs(shared_client: Any, clock: Clock) -> Any:
    """A client of an empty CloudWatch Logs."""
    install(clock, linked_accounts=[LINKED])
    return shared_client


@pytest.fixture(scope="module")
def linked_logs(server: Server) -> Any:
    """A client of the linked account."""
    client = client_of("logs", server.endpoint_url)
    client.meta.events.register(
        "before-sign.logs", lambda request, **_: request.headers.add_header("x-moto-account-id", LINKED)
    )
    return client


def create(logs: Any, *names: str, **options: Any) -> None:
    for name in names:
        logs.create_log_group(logGroupName=name, **options)
        logs.create_log_stream(logGroupName=name, logStreamName="s")


def put(logs: Any, name: str, *messages: str) -> None:
    events = [{"timestamp": milliseconds(NOW), "message": message} for message in messages]
    logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=events)


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def names(answer: dict[str, Any]) -> list[str]:
    return [group["logGroupName"] for group in answer["logGroups"]]


def error(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    details = raised.value.response["Error"]
    return details["Code"], details["Message"]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/130dfaa00861.json",
    behaviour="DescribeLogGroups returns deletionProtectionEnabled and bearerTokenAuthenticationEnabled.",
)
def test_a_log_group_is_described_with_all_its_members(logs: Any) -> None:
    create(logs, "/app/checkout")
    logs.put_retention_policy(logGroupName="/app/checkout", retentionInDays=30)
    put(logs, "/app/checkout", "hello", "Grüße")

    (group,) = logs.describe_log_groups()["logGroups"]

    assert group == {
        "logGroupName": "/app/checkout",
        "creationTime": milliseconds(NOW),
        "retentionInDays": 30,
        "metricFilterCount": 0,
        "arn": f"{ARN}/app/checkout:*",
        "logGroupArn": f"{ARN}/app/checkout",
        "storedBytes": 5 + 7 + 2 * 26,
        "logGroupClass": "STANDARD",
        "deletionProtectionEnabled": False,
        "bearerTokenAuthenticationEnabled": False,
    }


def test_a_log_group_is_created_at_the_time_of_the_clock(logs: Any, clock: Clock) -> None:
    clock.travel(NOW - timedelta(days=40))
    create(logs, "/old")
    clock.resume()

    (group,) = logs.describe_log_groups()["logGroups"]

    assert group["creationTime"] == milliseconds(NOW - timedelta(days=40))


def test_log_groups_are_sorted_by_name_and_filtered_by_prefix(logs: Any) -> None:
    create(logs, "/b/two", "/a/one", "/B/three", "/a/four")

    assert names(logs.describe_log_groups()) == ["/B/three", "/a/four", "/a/one", "/b/two"]
    assert names(logs.describe_log_groups(logGroupNamePrefix="/a/")) == ["/a/four", "/a/one"]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, DescribeLogGroups",
    behaviour="With logGroupNamePattern, log groups have only arn, creationTime and logGroupName.",
)
def test_a_name_pattern_matches_part_of_the_name_and_returns_three_members(logs: Any) -> None:
    create(logs, "/aws/DataLogs", "/aws/datalogs")

    (group,) = logs.describe_log_groups(logGroupNamePattern="DataLogs")["logGroups"]

    assert sorted(group) == ["arn", "creationTime", "logGroupName"]
    assert group["logGroupName"] == "/aws/DataLogs"


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, DescribeLogGroups",
    behaviour="logGroupNamePrefix and logGroupNamePattern exclude each other.",
)
def test_a_prefix_and_a_pattern_exclude_each_other(logs: Any) -> None:
    with pytest.raises(ClientError) as raised:
        logs.describe_log_groups(logGroupNamePrefix="a", logGroupNamePattern="b")

    assert error(raised)[0] == "InvalidParameterException"
    assert "mutually exclusive" in error(raised)[1]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, DescribeLogGroups",
    behaviour="DescribeLogGroups returns at most 50 log groups and a nextToken.",
)
def test_log_groups_come_fifty_a_page(logs: Any) -> None:
    writer, _ = clients("us-east-1")
    for number in range(60):
        writer.create_log_group(logGroupName=f"/g/{number:02}")

    pages = list(logs.get_paginator("describe_log_groups").paginate())

    assert [len(page["logGroups"]) for page in pages] == [50, 10]
    assert [name for page in pages for name in names(page)] == [f"/g/{number:02}" for number in range(60)]


def test_a_limit_sets_the_page_size(logs: Any) -> None:
    create(logs, "/a", "/b", "/c")

    first = logs.describe_log_groups(limit=2)
    second = logs.describe_log_groups(limit=2, nextToken=first["nextToken"])

    assert names(first) + names(second) == ["/a", "/b", "/c"]
    assert "nextToken" not in second


def test_a_limit_over_fifty_is_refused_in_the_words_of_aws(logs: Any) -> None:
    with pytest.raises(ClientError) as raised:
        logs.describe_log_groups(limit=51)

    assert error(raised) == (
        "InvalidParameterException",
        (
            "1 validation error detected: Value '51' at 'limit' failed to satisfy constraint: "
            "Member must have value less than or equal to 50"
        ),
    )


def test_an_invalid_token_is_refused(logs: Any) -> None:
    with pytest.raises(ClientError) as raised:
        logs.describe_log_groups(nextToken="moreplease")

    assert error(raised) == ("InvalidParameterException", "The specified nextToken is invalid.")


def test_log_groups_are_filtered_by_class(logs: Any) -> None:
    create(logs, "/standard")
    create(logs, "/rare", logGroupClass="INFREQUENT_ACCESS")

    assert names(logs.describe_log_groups(logGroupClass="STANDARD")) == ["/standard"]
    assert names(logs.describe_log_groups(logGroupClass="INFREQUENT_ACCESS")) == ["/rare"]


def test_log_groups_are_described_by_name_or_arn(logs: Any) -> None:
    create(logs, "/a", "/b", "/c")

    answer = logs.describe_log_groups(logGroupIdentifiers=["/a", f"{ARN}/c"])

    assert names(answer) == ["/a", "/c"]


def test_log_groups_of_linked_accounts_are_included_on_request(logs: Any, linked_logs: Any) -> None:
    create(logs, "/mine")
    create(linked_logs, "/theirs")

    both = logs.describe_log_groups(includeLinkedAccounts=True)
    theirs = logs.describe_log_groups(includeLinkedAccounts=True, accountIdentifiers=[LINKED])

    assert names(logs.describe_log_groups()) == ["/mine"]
    assert names(both) == ["/mine", "/theirs"]
    assert theirs["logGroups"][0]["logGroupArn"] == f"arn:aws:logs:us-east-1:{LINKED}:log-group:/theirs"


def test_more_than_twenty_accounts_are_refused(logs: Any) -> None:
    with pytest.raises(ClientError) as raised:
        logs.describe_log_groups(includeLinkedAccounts=True, accountIdentifiers=[LINKED] * 21)

    assert "at 'accountIdentifiers' failed to satisfy constraint" in error(raised)[1]


def test_an_existing_log_group_is_not_created_again(logs: Any) -> None:
    create(logs, "/a")

    with pytest.raises(ClientError) as raised:
        logs.create_log_group(logGroupName="/a")

    assert error(raised) == ("ResourceAlreadyExistsException", "The specified log group already exists")


def test_an_existing_log_stream_is_not_created_again(logs: Any) -> None:
    create(logs, "/a")

    with pytest.raises(ClientError) as raised:
        logs.create_log_stream(logGroupName="/a", logStreamName="s")

    assert error(raised) == ("ResourceAlreadyExistsException", "The specified log stream already exists")


def test_a_long_name_is_refused(logs: Any) -> None:
    with pytest.raises(ClientError) as raised:
        logs.create_log_group(logGroupName="x" * 513)

    assert error(raised) == (
        "InvalidParameterException",
        "Invalid LogGroup or LogStream, both must have length less than or equal to 512.",
    )


def test_events_of_any_age_are_accepted(logs: Any) -> None:
    create(logs, "/a")
    events = [{"timestamp": milliseconds(NOW - timedelta(days=days)), "message": "m"} for days in (400, 0)]

    answer = logs.put_log_events(logGroupName="/a", logStreamName="s", logEvents=events)

    assert "rejectedLogEventsInfo" not in answer
    assert len(logs.get_log_events(logGroupName="/a", logStreamName="s")["events"]) == 2


def test_events_out_of_order_are_refused(logs: Any) -> None:
    create(logs, "/a")
    events = [{"timestamp": milliseconds(NOW) - age, "message": "m"} for age in (0, 1)]

    with pytest.raises(ClientError) as raised:
        logs.put_log_events(logGroupName="/a", logStreamName="s", logEvents=events)

    assert "must be in chronological order" in error(raised)[1]


def test_events_for_an_unknown_stream_are_refused(logs: Any) -> None:
    create(logs, "/a")

    with pytest.raises(ClientError) as raised:
        logs.put_log_events(logGroupName="/a", logStreamName="other", logEvents=[{"timestamp": 0, "message": "m"}])

    assert error(raised) == ("ResourceNotFoundException", "The specified log stream does not exist.")


def test_deleting_a_log_group_deletes_its_events(logs: Any) -> None:
    create(logs, "/a")
    put(logs, "/a", "hello")
    logs.delete_log_group(logGroupName="/a")
    create(logs, "/a")

    assert logs.describe_log_groups()["logGroups"][0]["storedBytes"] == 0


def test_a_query_definition_is_returned_as_it_was_put(logs: Any) -> None:
    put_answer = logs.put_query_definition(
        name="checkout/errors", queryString="filter level = 'ERROR'", logGroupNames=["/app/checkout"]
    )

    (definition,) = logs.describe_query_definitions()["queryDefinitions"]

    assert definition == {
        "queryLanguage": "CWLI",
        "queryDefinitionId": put_answer["queryDefinitionId"],
        "name": "checkout/errors",
        "queryString": "filter level = 'ERROR'",
        "lastModified": milliseconds(NOW),
        "logGroupNames": ["/app/checkout"],
    }


def test_query_definitions_are_filtered_by_prefix_and_paged(logs: Any) -> None:
    for name in ("b", "a/2", "a/1", "a/3"):
        logs.put_query_definition(name=name, queryString="fields @message")

    first = logs.describe_query_definitions(queryDefinitionNamePrefix="a/", maxResults=2)
    second = logs.describe_query_definitions(queryDefinitionNamePrefix="a/", maxResults=2, nextToken=first["nextToken"])

    assert [each["name"] for each in first["queryDefinitions"]] == ["a/1", "a/2"]
    assert [each["name"] for each in second["queryDefinitions"]] == ["a/3"]


def test_a_query_definition_is_replaced_by_its_id(logs: Any) -> None:
    saved = logs.put_query_definition(name="a", queryString="fields @message")
    logs.put_query_definition(name="b", queryString="fields @log", queryDefinitionId=saved["queryDefinitionId"])

    (definition,) = logs.describe_query_definitions()["queryDefinitions"]

    assert (definition["name"], definition["queryString"]) == ("b", "fields @log")


def test_a_deleted_query_definition_is_gone(logs: Any) -> None:
    saved = logs.put_query_definition(name="a", queryString="fields @message")

    answer = logs.delete_query_definition(queryDefinitionId=saved["queryDefinitionId"])

    assert answer["success"] is True
    assert logs.describe_query_definitions()["queryDefinitions"] == []


def test_a_new_anomaly_detector_trains_and_then_analyses(logs: Any, clock: Clock) -> None:
    create(logs, "/a")
    clock.travel(NOW - timedelta(days=3))
    settings = {"detectorName": "d", "tags": {"team": "shop"}}
    arn = logs.create_log_anomaly_detector(logGroupArnList=[f"{ARN}/a"], **settings)["anomalyDetectorArn"]
    training = logs.list_log_anomaly_detectors()["anomalyDetectors"][0]["anomalyDetectorStatus"]
    clock.resume()

    (detector,) = logs.list_log_anomaly_detectors()["anomalyDetectors"]

    assert training == "TRAINING"
    assert detector == {
        "anomalyDetectorArn": arn,
        "detectorName": "d",
        "logGroupArnList": [f"{ARN}/a"],
        "evaluationFrequency": "FIVE_MIN",
        "anomalyDetectorStatus": "ANALYZING",
        "creationTimeStamp": milliseconds(NOW - timedelta(days=3)),
        "lastModifiedTimeStamp": milliseconds(NOW - timedelta(days=3)),
        "anomalyVisibilityTime": 21,
    }


def test_anomaly_detectors_are_filtered_by_log_group_and_paged(logs: Any) -> None:
    create(logs, "/a", "/b")
    for name in ("/a", "/b", "/a"):
        logs.create_log_anomaly_detector(logGroupArnList=[f"{ARN}{name}"])

    of_a = logs.list_log_anomaly_detectors(filterLogGroupArn=f"{ARN}/a", limit=1)
    rest = logs.list_log_anomaly_detectors(filterLogGroupArn=f"{ARN}/a", limit=1, nextToken=of_a["nextToken"])

    assert len(of_a["anomalyDetectors"]) == len(rest["anomalyDetectors"]) == 1
    assert "nextToken" not in rest


def test_a_detector_for_an_unknown_log_group_is_refused(logs: Any) -> None:
    with pytest.raises(ClientError) as raised:
        logs.create_log_anomaly_detector(logGroupArnList=[f"{ARN}/none"])

    assert error(raised)[0] == "ResourceNotFoundException"


def detector_with_anomalies(logs: Any, *suppressed: bool) -> str:
    create(logs, "/a")
    arn: str = logs.create_log_anomaly_detector(logGroupArnList=[f"{ARN}/a"])["anomalyDetectorArn"]
    add_anomalies("us-east-1", [anomaly(arn, number, state) for number, state in enumerate(suppressed)])
    return arn


def anomaly(detector_arn: str, number: int, suppressed: bool) -> dict[str, Any]:
    return {
        "anomalyId": f"a1b2c3d4-5678-90ab-cdef-{number:012}",
        "patternId": "12345678901abc12345def1a2b3c4d5f",
        "anomalyDetectorArn": detector_arn,
        "patternString": "timed out after <*> ms",
        "firstSeen": milliseconds(NOW),
        "lastSeen": milliseconds(NOW),
        "description": "new pattern",
        "active": True,
        "state": "Suppressed" if suppressed else "Active",
        "histogram": {str(milliseconds(NOW)): 4},
        "logSamples": [{"timestamp": milliseconds(NOW), "message": "timed out after 3000 ms"}],
        "patternTokens": [],
        "logGroupArnList": [f"{ARN}/a"],
        "suppressed": suppressed,
    }


def test_anomalies_are_returned_as_they_were_added(logs: Any) -> None:
    arn = detector_with_anomalies(logs, False)

    assert logs.list_anomalies()["anomalies"] == [anomaly(arn, 0, suppressed=False)]


def test_anomalies_are_filtered_by_suppression_and_paged(logs: Any) -> None:
    arn = detector_with_anomalies(logs, False, True, False)

    first = logs.list_anomalies(anomalyDetectorArn=arn, suppressionState="UNSUPPRESSED", limit=1)
    second = logs.list_anomalies(
        anomalyDetectorArn=arn, suppressionState="UNSUPPRESSED", limit=1, nextToken=first["nextToken"]
    )
    suppressed = logs.list_anomalies(suppressionState="SUPPRESSED")

    assert [each["anomalyId"][-1] for each in first["anomalies"] + second["anomalies"]] == ["0", "2"]
    assert [each["anomalyId"][-1] for each in suppressed["anomalies"]] == ["1"]


def test_deleting_a_detector_deletes_its_anomalies(logs: Any) -> None:
    arn = detector_with_anomalies(logs, False)
    logs.delete_log_anomaly_detector(anomalyDetectorArn=arn)

    assert logs.list_anomalies()["anomalies"] == []
    with pytest.raises(ClientError) as raised:
        logs.list_anomalies(anomalyDetectorArn=arn)
    assert error(raised)[0] == "ResourceNotFoundException"


def test_regions_do_not_share_log_groups(logs: Any, server: Server) -> None:
    create(logs, "/a")
    elsewhere = client_of("logs", server.endpoint_url, "eu-west-1")

    assert names(elsewhere.describe_log_groups()) == []
