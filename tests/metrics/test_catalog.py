from __future__ import annotations

import json
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from cloudwatch_mcp.metrics import catalog
from cloudwatch_mcp.metrics.catalog import PublishedMetric
from cloudwatch_mcp.metrics.statistics import parse_statistic

FOLDER = files("cloudwatch_mcp.metrics.catalog")
BARE = {"description": "What things cost.", "source": "name"}
ALL = [metric for namespace in catalog.namespaces() for metric in catalog.metrics_of(namespace).values()]


def test_the_catalogue_covers_thousands_of_metrics() -> None:
    alarms = Counter(alarm["source"] for metric in ALL for alarm in metric.alarms)
    assert len(ALL) >= 4_200
    assert len(catalog.namespaces()) >= 155
    assert alarms["aws"] >= 156
    assert alarms["ours"] >= 330


def test_the_shipped_files_are_small() -> None:
    shipped = [file for folder in (FOLDER, FOLDER / "data") for file in folder.iterdir() if file.is_file()]
    assert sum(len(zlib.compress(file.read_bytes())) for file in shipped) < 600_000


def test_a_namespace_with_a_leading_slash_has_a_file_that_is_not_hidden() -> None:
    assert "/aws/sagemaker/Endpoints" in catalog.namespaces()
    assert catalog.find_metric("/aws/sagemaker/Endpoints", "DiskUtilization") is not None
    assert not [file.name for file in (FOLDER / "data").iterdir() if file.name.startswith(".")]


def test_each_metric_knows_its_namespace() -> None:
    for namespace in catalog.namespaces():
        assert {metric.namespace for metric in catalog.metrics_of(namespace).values()} == {namespace}


def test_every_alarm_has_a_statistic_that_cloudwatch_has() -> None:
    assert {alarm["statistic"] for metric in ALL for alarm in metric.alarms} >= {"Sum", "Maximum", "p90"}
    for metric in ALL:
        for alarm in metric.alarms:
            assert parse_statistic(alarm["statistic"]) == alarm["statistic"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("AWS/Lambda", "AWS/Lambda"),
        ("aws/lambda", "AWS/Lambda"),
        (" lambda ", "AWS/Lambda"),
        ("AWS Lambda", "AWS/Lambda"),
        ("Amazon SQS", "AWS/SQS"),
        ("ALB", "AWS/ApplicationELB"),
        ("AWS/ALB", "AWS/ApplicationELB"),
        ("network load balancer", "AWS/NetworkELB"),
        ("OpenSearch", "AWS/ES"),
        ("msk", "AWS/Kafka"),
        ("Step-Functions", "AWS/States"),
        ("DocumentDB", "AWS/DocDB"),
        ("Aurora", "AWS/RDS"),
        ("CloudWatch agent", "CWAgent"),
        ("Flink", "AWS/KinesisAnalytics"),
        ("Keyspaces", "AWS/Cassandra"),
        ("direct connect", "AWS/DX"),
        ("glue", "Glue"),
        ("AWS/Glue", "Glue"),
        ("ContainerInsights", "ContainerInsights"),
        ("nat gateway", "AWS/NATGateway"),
        ("aws/sagemaker/endpoints", "/aws/sagemaker/Endpoints"),
    ],
)
def test_a_namespace_is_found_as_people_type_it(written: str, meant: str) -> None:
    assert catalog.find_namespaces(written) == (meant,)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("load balancer", ("AWS/ApplicationELB", "AWS/NetworkELB", "AWS/GatewayELB", "AWS/ELB")),
        ("Container Insights", ("ContainerInsights", "ECS/ContainerInsights")),
        ("mwaa", ("AmazonMWAA", "AWS/MWAA")),
        ("AWS/MWAA", ("AWS/MWAA",)),
        ("Zzzyqx", ()),
        ("", ()),
    ],
)
def test_a_nickname_can_mean_several_namespaces_and_a_full_name_means_one(written: str, meant: tuple[str, ...]) -> None:
    assert catalog.find_namespaces(written) == meant


@pytest.mark.parametrize("written", ["duration", "DURATION", " Duration "])
def test_a_metric_is_found_in_any_case(written: str) -> None:
    metric = catalog.find_metric("AWS/Lambda", written)
    assert metric is not None
    assert metric.name == "Duration"


def test_a_metric_is_found_without_its_punctuation() -> None:
    metric = catalog.find_metric("AWS/ES", "cluster status red")
    assert metric is not None
    assert metric.name == "ClusterStatus.red"


def test_two_metrics_that_differ_only_in_case_need_the_exact_name() -> None:
    assert catalog.find_metric("AWS/Kafka", "tcpconnections") is None
    assert [metric.name for metric in catalog.metrics_containing("AWS/Kafka", "tcpconnections")] == [
        "TCPConnections",
        "TcpConnections",
    ]
    exact = catalog.find_metric("AWS/Kafka", "TcpConnections")
    assert exact is not None
    assert exact.name == "TcpConnections"


@pytest.mark.parametrize(
    ("namespace", "written", "first"),
    [
        ("AWS/ApplicationELB", "5xx", ["HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count"]),
        ("AWS/ES", "master jvm", ["MasterJVMMemoryPressure"]),
        ("AWS/Lambda", "age", ["IteratorAge"]),
        ("AWS/Lambda", "  ", []),
    ],
)
def test_a_metric_is_searched_by_the_words_of_its_name(namespace: str, written: str, first: list[str]) -> None:
    names = [metric.name for metric in catalog.metrics_containing(namespace, written)]
    assert names[: len(first)] == first
    assert bool(names) == bool(first)


@pytest.mark.parametrize(
    ("namespace", "written", "meant"),
    [
        ("AWS/Lambda", "Erors", "Errors"),
        ("AWS/ES", "ClusterStatusRde", "ClusterStatus.red"),
        ("AWS/RDS", "FreeStorageSpcae", "FreeStorageSpace"),
        ("AWS/ApplicationELB", "TargetResponsTime", "TargetResponseTime"),
    ],
)
def test_a_misspelled_metric_is_nearest_to_the_right_one(namespace: str, written: str, meant: str) -> None:
    assert catalog.nearest_metrics(namespace, written)[0].name == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [("AWS/Lamda", "AWS/Lambda"), ("opensaerch", "AWS/ES"), ("step funtions", "AWS/States"), ("SSQ", "AWS/SQS")],
)
def test_a_misspelled_namespace_is_near_to_the_right_one(written: str, meant: str) -> None:
    assert meant in catalog.nearest_namespaces(written)


def test_an_unlike_name_has_no_nearest_ones() -> None:
    assert catalog.nearest_namespaces("Zzzyqx") == []
    assert catalog.nearest_metrics("AWS/Lambda", "") == []


def test_the_namespaces_of_a_metric_are_found() -> None:
    assert {"AWS/EC2", "AWS/ECS", "AWS/RDS"} <= set(catalog.namespaces_with("cpuutilization"))
    assert catalog.namespaces_with("5xx") == ("AWS/AOSS", "AWS/ApiGateway", "AWS/ES", "CloudWatchSynthetics")
    assert catalog.namespaces_with("NoSuchMetric") == ()


def test_every_metric_is_found_by_its_name_in_its_namespace() -> None:
    for metric in ALL:
        assert metric.namespace in catalog.namespaces_with(metric.name)


def test_a_lookup_reads_only_the_file_of_its_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    text = catalog._text

    def text_counted(namespace: str) -> str:
        read.append(namespace)
        return text(namespace)

    monkeypatch.setattr(catalog, "_text", text_counted)
    catalog._load.cache_clear()
    for _ in range(2):
        (namespace,) = catalog.find_namespaces("step functions")
        assert catalog.find_metric(namespace, "executions failed") is not None
    assert read == ["AWS/States"]


def test_the_whole_catalogue_needs_less_than_5_mb() -> None:
    catalog._load.cache_clear()
    tracemalloc.start()
    try:
        kept = [catalog.metrics_of(namespace) for namespace in catalog.namespaces()]
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(kept) >= 145
    assert used < 5_000_000


def test_source_says_whether_a_unit_or_statistics_are_known() -> None:
    for metric in ALL:
        assert (metric.source == "table") == bool(metric.unit or metric.statistics)


def test_only_our_own_alarms_give_a_reasoning() -> None:
    alarms: list[dict[str, Any]] = [alarm for metric in ALL for alarm in metric.alarms]
    assert all(("reasoning" in alarm) == (alarm["source"] == "ours") for alarm in alarms)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., PublishedMetric]]:
    """The metric Sales of a namespace AWS/Shop with these facts of its own."""

    def metric(**own: Any) -> PublishedMetric:
        facts = {"description": "Sales of all shops.", "source": "name", **own}
        entry = {"namespace": "AWS/Shop", "dimensions": ["Shop"], "metrics": {"Sales": facts, "Prices": dict(BARE)}}
        monkeypatch.setattr(catalog, "_text", lambda _: json.dumps(entry))
        catalog._load.cache_clear()
        return catalog.metrics_of("AWS/Shop")["Sales"]

    yield metric
    catalog._load.cache_clear()


def test_a_metric_has_its_own_dimensions_or_else_those_of_its_namespace(shop: Callable[..., PublishedMetric]) -> None:
    assert shop().dimensions == ["Shop"]
    assert shop(dimensions=["Street"]).dimensions == ["Street"]
    assert shop(dimensions=[]).dimensions == []


def test_the_dimensions_of_a_namespace_are_those_of_all_its_metrics(shop: Callable[..., PublishedMetric]) -> None:
    shop(dimensions=["Street", "City"])
    assert catalog.dimensions_of("AWS/Shop") == ["City", "Shop", "Street"]


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({}, ""),
        ({"region": "us-east-1"}, " Published in us-east-1 only."),
        ({"period": 300}, " One datapoint every 5 minutes."),
        ({"period": 3_600}, " One datapoint every hour."),
        ({"period": 86_400}, " One datapoint every day."),
        ({"nonzero_only": True}, " No datapoint while it is zero."),
        ({"required_dimensions": ["Shop"]}, ""),
        ({"required_dimensions": ["Shop", "Street"]}, " Every series has Shop and Street."),
        ({"required_dimensions": ["City", "Shop", "Street"]}, " Every series has City, Shop and Street."),
        ({"account_total": True}, " Also published without dimensions, for the whole account."),
    ],
)
def test_a_description_ends_with_where_and_when_the_metric_is_published(
    shop: Callable[..., PublishedMetric], facts: dict[str, Any], sentence: str
) -> None:
    assert shop(**facts).description == f"Sales of all shops.{sentence}"


def test_an_alarm_on_a_metric_of_one_region_names_the_region(shop: Callable[..., PublishedMetric]) -> None:
    alarm = {"source": "ours", "intent": "Catches a shop that sells nothing."}
    assert shop(alarms=[alarm]).alarms == [alarm]
    (here,) = shop(alarms=[alarm], region="us-west-2").alarms
    assert here["intent"] == "Catches a shop that sells nothing. Create it in us-west-2."


@pytest.mark.parametrize(
    ("namespace", "region"),
    [
        ("AWS/Billing", "us-east-1"),
        ("AWS/CloudFront", "us-east-1"),
        ("AWS/GlobalAccelerator", "us-west-2"),
        ("AWS/Route53", "us-east-1"),
        ("AWS/Route53RecoveryReadiness", "us-west-2"),
        ("AWS/TrustedAdvisor", "us-east-1"),
    ],
)
def test_a_global_service_names_its_region_in_every_description(namespace: str, region: str) -> None:
    for metric in catalog.metrics_of(namespace).values():
        assert f"Published in {region} only." in metric.description


def test_no_alias_repeats_a_name_that_is_found_without_it() -> None:
    aliases: dict[str, list[str]] = json.loads((Path(str(FOLDER)) / "aliases.json").read_text("utf-8"))
    plain = {catalog._fold(name): [name] for name in catalog.namespaces()}
    plain |= {catalog._fold(name.removeprefix("AWS/")): [name] for name in catalog.namespaces()}
    assert [alias for alias, meant in aliases.items() if plain.get(catalog._fold(alias)) == meant] == []
