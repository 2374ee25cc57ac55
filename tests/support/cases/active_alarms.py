"""What is alarming now: every kind of alarm, many, few and none."""

from __future__ import annotations

from typing import Any

from tests.support.asking import Reply
from tests.support.cases.case import Case


def _names(reply: Reply, table: str) -> list[str]:
    return [row["name"] for row in reply.rows(table)]


def _kinds(reply: Reply) -> list[str | None]:
    return [row.get("kind") for row in reply.rows("metric_alarms")]


def _bands(reply: Reply) -> list[dict[str, Any]]:
    return [row for row in reply.rows("metric_alarms") if row.get("kind") == "anomaly band"]


CASES = (
    Case(
        name="get_active_alarms/incident",
        arguments={},
        target="sandbox",
        says="Composite alarms come first, each table newest transition first; an anomaly alarm shows its band.",
        holds=lambda reply: (
            _names(reply, "composite_alarms") == ["shop-checkout-degraded", "shop-storefront-page"]
            and _names(reply, "metric_alarms")[0] == "shop-orders-queue-age"
            and "fired first" in reply.notes[0]
            and ["below ANOMALY_DETECTION_BAND(m1, 2) (lately " in row["condition"] for row in _bands(reply)] == [True]
        ),
    ),
    Case(
        name="get_active_alarms/max_items",
        arguments={"max_items": 3},
        target="sandbox",
        says="Fewer than there are: the note counts both, and the counts are of all.",
        holds=lambda reply: (
            reply.data["counts"] == {"composite": 2, "metric": 6, "metric math": 1, "anomaly band": 1}
            and "3 of 10 active alarms shown" in reply.notes[0]
        ),
    ),
    Case(
        name="get_active_alarms/over_the_budget",
        arguments={},
        settings={"max_response_chars": 2_000},
        target="sandbox",
        says="An answer over the budget loses whole rows from the end, and says so.",
        holds=lambda reply: len(reply.text) <= 2_000 and "kept" in reply.notes[-1],
    ),
    Case(
        name="get_active_alarms/none",
        arguments={"region": "eu-west-1"},
        target="sandbox",
        says="Where nothing is in ALARM, the answer says in which Region, and what to call next.",
        holds=lambda reply: (
            reply.data["region"] == "eu-west-1" and "No alarm is in ALARM in eu-west-1" in reply.notes[0]
        ),
    ),
    Case(
        name="get_active_alarms/every_kind",
        arguments={},
        target="authored",
        says="A metric, math, band, PromQL, log and composite alarm are each told by what they watch, in one phrase.",
        holds=lambda reply: (
            _kinds(reply) == [None, "metric math", "anomaly band", "PromQL"]
            and reply.rows("log_alarms")[0]["condition"] == "count(*) > 1 for 2 of 3 query results"
            and reply.rows("composite_alarms")[0]["triggered_by"] == "api-errors"
            and not any(
                "band" in str(row.get("kind")) and " 0 " in row["condition"] for row in reply.rows("metric_alarms")
            )
        ),
    ),
    Case(
        name="get_active_alarms/pages",
        arguments={},
        target="authored",
        says="Every page is read, and sorted as one.",
        holds=lambda reply: _names(reply, "metric_alarms") == ["newest", "newer", "old"],
    ),
    Case(
        name="get_active_alarms/region_without_log_alarms",
        arguments={},
        target="authored",
        says="A Region that does not know log alarms yet is asked for the others.",
        holds=lambda reply: _names(reply, "metric_alarms") == ["api-errors"],
    ),
    Case(
        name="get_active_alarms/other_profile",
        arguments={"profile_name": "shop-eu"},
        target="authored",
        says="A profile's own Region is asked, and both are named.",
        holds=lambda reply: (reply.data["profile"], reply.data["region"]) == ("shop-eu", "eu-west-1"),
    ),
    Case(
        name="get_active_alarms/no_region_configured",
        arguments={},
        target="authored",
        says="Without any Region configured it is us-east-1, and a note says that nobody chose it.",
        holds=lambda reply: "No region was given or configured: this is us-east-1." in reply.notes[0],
    ),
)
