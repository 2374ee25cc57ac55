"""PutMetricData, ListMetrics and GetMetricData through boto3 over HTTP."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudwatch_mcp.sandbox.clock import Clock
from cloudwatch_mcp.sandbox.cloudwatch import install
from cloudwatch_mcp.sandbox.server import Server
from tests.support.sandbox_clients import client_of

NOW = datetime(2026, 3, 4, 12, tzinfo=timezone.utc)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def endpoint_url() -> Iterator[str]:
    install(Clock(NOW))
    server = Server()
    yield server.endpoint_url
    server.stop()


@pytest.fixture(scope="module")
def client(endpoint_url: str) -> Iterator[Any]:
    client = client_of("cloudwatch", endpoint_url)
    yield client
    client.close()


@pytest.fixture(autouse=True)
def nothing_stored(endpoint_url: str) -> None:  # noqa: ARG001  # the server comes first
    install(Clock(NOW))


def dimensions(**pairs: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in pairs.items()]


def put(client: Any, *values: float, name: str = "Latency", first: datetime = NOW - HOUR, **datum: Any) -> None:
    """One value per minute, starting at `first`."""
    data = [
        {"MetricName": name, "Timestamp": first + minute * MINUTE, "Value": value, **datum}
        for minute, value in enumerate(values)
    ]
    client.put_metric_data(Namespace="Shop", MetricData=data)


def stat(
    query_id: str = "m1", *, name: str = "Latency", period: int = 60, stat: str = "Average", **more: Any
) -> dict[str, Any]:
    metric = {"Namespace": "Shop", "MetricName": name, "Dimensions": more.pop("dimensions", [])}
    unit = {"Unit": more.pop("unit")} if "unit" in more else {}
    return {"Id": query_id, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat, **unit}, **more}


def get(client: Any, *queries: dict[str, Any], **request: Any) -> Any:
    window = {"StartTime": NOW - HOUR, "EndTime": NOW}
    return client.get_metric_data(MetricDataQueries=list(queries), **{**window, **request})


def values(client: Any, *queries: dict[str, Any], **request: Any) -> list[Any]:
    return [result["Values"] for result in get(client, *queries, **request)["MetricDataResults"]]


def labels(client: Any, *queries: dict[str, Any]) -> list[str]:
    return [result["Label"] for result in get(client, *queries)["MetricDataResults"]]


def refused(client: Any, *queries: dict[str, Any], **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        get(client, *queries, **request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, GetMetricData",
    behaviour="GetMetricData returns the newest point first unless ScanBy says otherwise.",
)
def test_points_come_newest_first(client: Any) -> None:
    put(client, 1, 2, 3)
    result = get(client, stat())["MetricDataResults"][0]
    assert result == {
        "Id": "m1",
        "Label": "Latency",
        "Timestamps": [NOW - HOUR + 2 * MINUTE, NOW - HOUR + MINUTE, NOW - HOUR],
        "Values": [3, 2, 1],
        "StatusCode": "Complete",
    }


def test_points_come_oldest_first_on_request(client: Any) -> None:
    put(client, 1, 2, 3)
    assert values(client, stat(), ScanBy="TimestampAscending") == [[1, 2, 3]]


def test_data_written_out_of_order_is_in_order(client: Any) -> None:
    put(client, 2, first=NOW - 10 * MINUTE)
    put(client, 1, first=NOW - 20 * MINUTE)
    assert values(client, stat(), ScanBy="TimestampAscending") == [[1, 2]]


def test_periods_are_aligned_to_the_clock(client: Any) -> None:
    put(client, *range(10), first=NOW - HOUR + 3 * MINUTE)
    request = {"ScanBy": "TimestampAscending", "StartTime": NOW - HOUR + 3 * MINUTE}
    result = get(client, stat(period=300, stat="SampleCount"), **request)["MetricDataResults"][0]
    assert result["Timestamps"][0] == NOW - HOUR
    assert result["Values"] == [2, 5, 3]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, GetMetricData",
    behaviour="The end of a GetMetricData window is exclusive.",
)
def test_end_is_exclusive(client: Any) -> None:
    put(client, 1, 2, 3)
    assert values(client, stat(), EndTime=NOW - HOUR + 2 * MINUTE) == [[2, 1]]


def test_dimensions_are_part_of_the_metric_in_any_order(client: Any) -> None:
    put(client, 1, Dimensions=dimensions(Service="pay", Zone="a"))
    put(client, 2, Dimensions=dimensions(Service="pay"))
    asked = stat(dimensions=dimensions(Zone="a", Service="pay"))
    assert values(client, asked, stat("m2")) == [[1], []]


def test_counts_and_statistic_sets_are_samples(client: Any) -> None:
    client.put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {"MetricName": "Duration", "Timestamp": NOW - MINUTE, "Values": [1.0, 5.0], "Counts": [3.0, 1.0]},
            {
                "MetricName": "Duration",
                "Timestamp": NOW - MINUTE,
                "StatisticValues": {"SampleCount": 2.0, "Sum": 12.0, "Minimum": 4.0, "Maximum": 8.0},
            },
        ],
    )
    asked = stat(name="Duration", stat="Average")
    asked["MetricStat"]["Metric"]["Namespace"] = "AWS/Lambda"
    assert values(client, asked) == [[pytest.approx(20 / 6)]]


def test_datum_without_a_timestamp_has_the_current_time(client: Any) -> None:
    client.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Latency", "Value": 4.0}])
    assert values(client, stat(), EndTime=NOW + MINUTE) == [[4]]


def test_regions_do_not_share_metrics(client: Any, endpoint_url: str) -> None:
    elsewhere = client_of("cloudwatch", endpoint_url, "eu-west-1")
    put(client, 1)
    assert values(elsewhere, stat()) == [[]]
    elsewhere.close()


def test_return_data_false_omits_a_query_from_the_results(client: Any) -> None:
    put(client, 2)
    assert values(client, stat(ReturnData=False), {"Id": "e1", "Expression": "m1 * 2"}) == [[4]]


def test_unit_selects_data_by_unit(client: Any) -> None:
    put(client, 1, Unit="Seconds")
    put(client, 1000, Unit="Milliseconds")
    assert values(client, stat(unit="Seconds"), stat("m2", unit="Bytes")) == [[1], []]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="localstack/localstack tests/aws/services/cloudwatch/test_cloudwatch.snapshot.json",
    behaviour="A metric of several units is Complete with a MultipleUnits message if the request names none.",
)
def test_several_units_return_the_first_by_name_and_a_message(client: Any) -> None:
    put(client, 1, Unit="Seconds")
    put(client, 1000, Unit="Milliseconds")
    result = get(client, stat())["MetricDataResults"][0]
    assert result["Values"] == [1000]
    message = {"Code": "MultipleUnits", "Value": "Multiple units returned: '[Milliseconds, Seconds]'"}
    assert result["Messages"] == [message]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, GetMetricData",
    behaviour="A start 15 days ago needs a period of 300 s or a multiple, one 63 days ago 3,600 s; data is kept for 455"
    " days.",
)
@pytest.mark.parametrize(
    ("age", "period", "kept"),
    [
        (2 * HOUR, 10, True),
        (4 * HOUR, 10, False),
        (4 * HOUR, 60, True),
        (16 * DAY, 60, False),
        (16 * DAY, 300, True),
        (64 * DAY, 300, False),
        (64 * DAY, 3600, True),
        (500 * DAY, 3600, False),
    ],
)
def test_old_starts_need_a_retained_period(client: Any, age: timedelta, period: int, *, kept: bool) -> None:
    put(client, 1, StorageResolution=1)
    assert values(client, stat(period=period), StartTime=NOW - age) == [[1] if kept else []]


def test_sub_minute_periods_read_high_resolution_data_only(client: Any) -> None:
    put(client, 1)
    put(client, 5, StorageResolution=1, first=NOW - HOUR + timedelta(seconds=15))
    result = get(client, stat(period=10))["MetricDataResults"][0]
    assert (result["Timestamps"], result["Values"]) == ([NOW - HOUR + timedelta(seconds=10)], [5])


def test_pages_split_a_series(client: Any) -> None:
    put(client, 1, 2, 3)
    put(client, 4, 5, name="Errors")
    queries = [stat(), stat("m2", name="Errors")]
    request = {"ScanBy": "TimestampAscending", "MaxDatapoints": 2}
    first = get(client, *queries, **request)
    second = get(client, *queries, **request, NextToken=first["NextToken"])
    third = get(client, *queries, **request, NextToken=second["NextToken"])
    shown = [
        [(result["Id"], result["Values"], result["StatusCode"]) for result in page["MetricDataResults"]]
        for page in (first, second, third)
    ]
    assert shown == [
        [("m1", [1, 2], "PartialData")],
        [("m1", [3], "Complete"), ("m2", [4], "PartialData")],
        [("m2", [5], "Complete")],
    ]
    assert "NextToken" not in third


def test_paginator_collects_every_point_once(client: Any) -> None:
    put(client, *range(7))
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[stat()], StartTime=NOW - HOUR, EndTime=NOW, MaxDatapoints=3
    )
    found = [value for page in pages for result in page["MetricDataResults"] for value in result["Values"]]
    assert found == [6, 5, 4, 3, 2, 1, 0]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="philipp-classen/awscr-cloudwatch spec/fixtures/get_metric_data.xml",
    behaviour="When the points of a request with metric math are cut, there is no NextToken: the remaining series "
    "are PartialData without points, and an expression has a message.",
)
def test_partial_metric_math_has_a_message(client: Any) -> None:
    put(client, 1, 2, 3)
    doubled = {"Id": "e1", "Expression": "m1 * 2", "Label": "Doubled"}

    answer = get(client, stat(), doubled, MaxDatapoints=2)

    assert "NextToken" not in answer
    metric, expression = answer["MetricDataResults"]
    assert (metric["StatusCode"], metric["Values"]) == ("PartialData", [3, 2])
    assert expression == {
        "Id": "e1",
        "Label": "Doubled",
        "Timestamps": [],
        "Values": [],
        "Messages": [
            {
                "Code": "PartialData",
                "Value": "The expression may contain partial data as one or more metrics have StatusCode 'Paginated'",
            }
        ],
        "StatusCode": "PartialData",
    }


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, GetMetricData",
    behaviour="GetMetricData returns no NextToken for a request with metric math.",
)
def test_metric_math_has_no_next_page(client: Any) -> None:
    put(client, 1, 2, 3)
    answer = get(client, stat(ReturnData=False), {"Id": "e1", "Expression": "m1 * 2"}, MaxDatapoints=2)
    assert "NextToken" not in answer
    assert answer["MetricDataResults"][0]["StatusCode"] == "PartialData"


def test_token_of_another_request_is_invalid(client: Any) -> None:
    put(client, 1, 2, 3)
    token = get(client, stat(), MaxDatapoints=1)["NextToken"]
    code, _ = refused(client, stat(stat="Sum"), MaxDatapoints=1, NextToken=token)
    assert code == "InvalidNextToken"


@pytest.mark.parametrize("token", ["nonsense", "bm9uc2Vuc2U=", "WzFd"])
def test_unknown_token_is_invalid(client: Any, token: str) -> None:
    assert refused(client, stat(), NextToken=token)[0] == "InvalidNextToken"


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/89f169052bc0.json",
    behaviour="Results that differ by their statistic alone have it in their labels.",
)
def test_labels_distinguish_statistics_and_periods(client: Any) -> None:
    assert labels(client, stat(stat="Sum"), stat("m2", stat="Minimum", period=300)) == [
        "Latency Sum 60",
        "Latency Minimum 300",
    ]


def test_labels_distinguish_dimensions(client: Any) -> None:
    queries = [stat("m1", dimensions=dimensions(S="a")), stat("m2", dimensions=dimensions(S="b"))]
    assert labels(client, *queries) == ["a", "b"]


def test_labels_distinguish_names(client: Any) -> None:
    assert labels(client, stat(), stat("m2", name="Errors")) == ["Latency", "Errors"]


def test_dynamic_label_parts_are_filled_in(client: Any) -> None:
    put(client, 1, 2, 6, Dimensions=dimensions(Service="pay"))
    template = "${PROP('MetricName')} of ${PROP('Dim.Service')}: ${LABEL} ${MIN} ${AVG} ${MAX} ${SUM} ${LAST}"
    asked = stat(dimensions=dimensions(Service="pay"), Label=template)
    assert labels(client, asked) == ["Latency of pay: Latency 1 3 6 9 6"]


def test_dynamic_label_without_data_has_dashes(client: Any) -> None:
    assert labels(client, stat(Label="max ${MAX}")) == ["max --"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            stat("M1"),
            (
                "The value M1 for parameter MetricDataQueries.member.1.Id is not matching the expected pattern "
                "^[a-z][a-zA-Z0-9_]*$.\n"
            ),
        ),
        (
            stat(period=45),
            (
                "The value for parameter MetricDataQueries.member.1.MetricStat.Period must be 1, 5, 10, 20, 30 "
                "or a multiple of 60.\n"
            ),
        ),
        (
            stat(stat="Median"),
            "The value for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic.\n",
        ),
        ({"Id": "m1"}, "The parameter MetricDataQueries.member.1.MetricStat is required.\n"),
        (
            {"Id": "q1", "Expression": "SELECT AVG(Latency) FROM Shop"},
            "The parameter MetricDataQueries.member.1.Period is required.\n",
        ),
        ({"Id": "e1", "Expression": "m7 * 2"}, "Error in expression 'e1': ID 'm7' not found"),
    ],
)
def test_bad_queries_are_refused_in_the_words_of_aws(client: Any, query: dict[str, Any], message: str) -> None:
    assert refused(client, query) == ("ValidationError", message)


def test_ids_are_unique(client: Any) -> None:
    message = "The values for parameter id in MetricDataQueries are not unique.\n"
    assert refused(client, stat(), stat()) == ("ValidationError", message)


def test_start_is_before_the_end(client: Any) -> None:
    message = "The parameter StartTime must be less than the parameter EndTime."
    assert refused(client, stat(), StartTime=NOW, EndTime=NOW) == ("ValidationError", message)


def test_one_request_has_500_queries_at_most(client: Any) -> None:
    queries = [stat(f"m{number}") for number in range(501)]
    assert refused(client, *queries)[0] == "ValidationError"


def test_one_request_has_one_metrics_insights_query_at_most(client: Any) -> None:
    queries = [{"Id": f"q{number}", "Expression": "SELECT AVG(Latency) FROM Shop", "Period": 60} for number in range(2)]
    assert refused(client, *queries) == ("ValidationError", "Maximum number of queries (1) exceeded\n")


def test_enum_values_are_checked(client: Any) -> None:
    assert refused(client, stat(), ScanBy="Newest") == (
        "ValidationError",
        (
            "1 validation error detected: Value 'Newest' at 'scanBy' failed to satisfy constraint: "
            "Member must satisfy enum value set: [TimestampAscending, TimestampDescending]"
        ),
    )


@pytest.mark.parametrize(
    ("datum", "code", "message"),
    [
        (
            {"Value": 1.0, "Values": [1.0]},
            "InvalidParameterCombination",
            (
                "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive "
                "and you have specified both."
            ),
        ),
        (
            {"Values": [1.0, 2.0], "Counts": [1.0]},
            "InvalidParameterValue",
            "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.",
        ),
        (
            {"Value": float("nan")},
            "InvalidParameterValue",
            "The value NaN for parameter MetricData.member.1.Value is invalid.",
        ),
    ],
)
def test_bad_datums_are_refused(client: Any, datum: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(ClientError) as caught:
        client.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Latency", **datum}])
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, message)


def test_one_bad_datum_refuses_the_whole_request(client: Any) -> None:
    data = [{"MetricName": "Good", "Value": 1.0}, {"MetricName": "Bad"}]
    with pytest.raises(ClientError):
        client.put_metric_data(Namespace="Shop", MetricData=data)
    assert client.list_metrics()["Metrics"] == []


def test_one_request_has_1000_datums_at_most(client: Any) -> None:
    with pytest.raises(ClientError, match="must not have a size greater than 1000"):
        put(client, *range(1001))


def listed(client: Any, **request: Any) -> list[str]:
    return [metric["MetricName"] for metric in client.list_metrics(**request)["Metrics"]]


def test_each_metric_is_listed_once(client: Any) -> None:
    put(client, 1, 2, 3, Dimensions=dimensions(Service="pay"))
    assert client.list_metrics()["Metrics"] == [
        {"Namespace": "Shop", "MetricName": "Latency", "Dimensions": dimensions(Service="pay")}
    ]


def test_listing_filters_by_namespace_and_name(client: Any) -> None:
    put(client, 1)
    put(client, 1, name="Errors")
    assert listed(client, Namespace="Shop", MetricName="Errors") == ["Errors"]
    assert listed(client, Namespace="Elsewhere") == []


def test_listing_filters_by_dimension_with_and_without_value(client: Any) -> None:
    put(client, 1, name="A", Dimensions=dimensions(Service="pay", Zone="a"))
    put(client, 1, name="B", Dimensions=dimensions(Service="list"))
    assert listed(client, Dimensions=[{"Name": "Service"}]) == ["A", "B"]
    assert listed(client, Dimensions=[{"Name": "Service", "Value": "pay"}]) == ["A"]
    assert listed(client, Dimensions=[{"Name": "Zone", "Value": "a"}, {"Name": "Service"}]) == ["A"]


def test_recently_active_metrics_have_data_of_the_last_three_hours(client: Any) -> None:
    put(client, 1, name="Fresh", first=NOW - 2 * HOUR)
    put(client, 1, name="Stale", first=NOW - 4 * HOUR)
    assert listed(client, RecentlyActive="PT3H") == ["Fresh"]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, ListMetrics",
    behaviour="ListMetrics lists only metrics that had data in the last two weeks.",
)
def test_metrics_without_data_for_two_weeks_are_not_listed(client: Any) -> None:
    put(client, 1, name="Old", first=NOW - 15 * DAY)
    assert listed(client) == []


def test_listing_has_500_metrics_a_page(client: Any) -> None:
    data = [{"MetricName": f"M{number:03}", "Value": 1.0} for number in range(501)]
    client.put_metric_data(Namespace="Shop", MetricData=data)
    pages = [len(page["Metrics"]) for page in client.get_paginator("list_metrics").paginate()]
    assert pages == [500, 1]


def test_listing_with_linked_accounts_names_the_owners(client: Any) -> None:
    put(client, 1)
    assert client.list_metrics(IncludeLinkedAccounts=True)["OwningAccounts"] == ["123456789012"]
    assert listed(client, IncludeLinkedAccounts=True, OwningAccount="111122223333") == []


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, GetMetricStatistics",
    behaviour="GetMetricStatistics returns a datapoint for each period with data, with its unit and the statistics.",
)
def test_metric_statistics_are_datapoints(client: Any) -> None:
    put(client, 1, 2, 6, Unit="Seconds")
    metric = {"Namespace": "Shop", "MetricName": "Latency", "StartTime": NOW - HOUR, "EndTime": NOW, "Period": 120}

    answer = client.get_metric_statistics(**metric, Statistics=["Sum", "Maximum"])
    percentiles = client.get_metric_statistics(**metric, ExtendedStatistics=["p50"])

    assert answer["Label"] == "Latency"
    assert answer["Datapoints"] == [
        {"Timestamp": NOW - HOUR, "Sum": 3.0, "Maximum": 2.0, "Unit": "Seconds"},
        {"Timestamp": NOW - HOUR + 2 * MINUTE, "Sum": 6.0, "Maximum": 6.0, "Unit": "Seconds"},
    ]
    assert [each["ExtendedStatistics"] for each in percentiles["Datapoints"]] == [{"p50": 1.5}, {"p50": 6.0}]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Statistics": None}, "Must specify either Statistics or ExtendedStatistics"),
        ({"StartTime": NOW}, "The parameter StartTime must be less than the parameter EndTime."),
        ({"Period": 90}, "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60."),
        (
            {"StartTime": NOW - 2 * DAY},
            (
                "You have requested up to 2,880 datapoints, which exceeds the limit of 1,440. You may reduce the "
                "datapoints requested by increasing Period, or decreasing the time range."
            ),
        ),
    ],
)
def test_bad_metric_statistics_requests_are_refused(client: Any, change: dict[str, Any], message: str) -> None:
    request = {"Namespace": "Shop", "MetricName": "Latency", "StartTime": NOW - HOUR, "EndTime": NOW, "Period": 60}

    changed = {**request, "Statistics": ["Sum"], **change}
    with pytest.raises(ClientError) as caught:
        client.get_metric_statistics(**{name: value for name, value in changed.items() if value is not None})

    assert caught.value.response["Error"]["Message"] == message
