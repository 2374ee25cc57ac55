"""Logs Insights queries that were left running: read later, and cancelled."""

from __future__ import annotations

from tests.support.cases.case import Case
from tests.support.cases.log_queries import ERRORS, PAYMENTS

_ERRORS = {"query_string": ERRORS, "log_group_names": [PAYMENTS], "start_time": "1h", "limit": 3}
_STILL_RUNNING = {**_ERRORS, "max_timeout": 1}
_RESULTS, _CANCEL = "get_logs_insight_query_results", "cancel_logs_insight_query"
_ID = "a1b2c3d4-0000-4000-8000-000000000000"

CASES = (
    Case(
        name=f"{_RESULTS}/complete",
        arguments={},
        after_query=_ERRORS,
        target="aws",
        says="Results read later come in the same shape.",
        holds=lambda reply: reply.data["status"] == "Complete" and len(reply.rows("results")) == 3,
    ),
    Case(
        name=f"{_RESULTS}/over_the_budget",
        arguments={},
        after_query={**_ERRORS, "query_string": "fields @timestamp, msg | sort @timestamp desc", "limit": 60},
        settings={"max_response_chars": 2_000},
        target="aws",
        says="An answer over the budget loses whole rows from the end, and says how many there were.",
        holds=lambda reply: len(reply.text) <= 2_000 and "of 60 kept" in reply.notes[-1],
    ),
    Case(
        name=f"{_RESULTS}/nothing_matched",
        arguments={},
        after_query={**_ERRORS, "query_string": 'filter msg = "no such message" | fields @message'},
        target="aws",
        says="No row although events were read: the note says so.",
        holds=lambda reply: "were scanned and none matched" in reply.notes[0],
    ),
    Case(
        name=f"{_RESULTS}/still_running",
        arguments={},
        after_query=_STILL_RUNNING,
        target="sandbox",
        hold_queries=True,
        says="A query that still runs says so, and that it bills.",
        holds=lambda reply: (
            reply.data["status"] == "Running"
            and reply.notes[0].startswith("Still running and billed; the rows are partial.")
        ),
    ),
    Case(
        name=f"{_RESULTS}/cancelled_with_rows",
        arguments={"query_id": _ID},
        target="authored",
        says="A query that somebody cancelled keeps its rows, and says that they are partial.",
        holds=lambda reply: reply.notes == ["The query ended with status Cancelled; the rows are partial."],
    ),
    Case(
        name=f"{_RESULTS}/unknown_status",
        arguments={"query_id": _ID},
        target="authored",
        fails=True,
        says="A query of which AWS does not know how it ended is an error, without rows.",
        holds=lambda reply: "status Unknown and no rows" in reply.error,
    ),
    Case(
        name=f"{_RESULTS}/unknown_query",
        arguments={"query_id": _ID},
        target="aws",
        fails=True,
        says="An unknown query is an error with the likely reason.",
        holds=lambda reply: "results are kept for 7 days, in the Region they were queried in" in reply.error,
    ),
    Case(
        name=f"{_CANCEL}/running",
        arguments={},
        after_query=_STILL_RUNNING,
        target="sandbox",
        hold_queries=True,
        says="Cancelling a running query says that it worked.",
        holds=lambda reply: reply.data["success"] is True,
    ),
    Case(
        name=f"{_CANCEL}/ended",
        arguments={},
        after_query=_ERRORS,
        target="aws",
        fails=True,
        says="Cancelling a query that has ended is an error that says where its rows are.",
        holds=lambda reply: "It has already ended: get_logs_insight_query_results gives its rows." in reply.error,
    ),
    Case(
        name=f"{_CANCEL}/unknown_query",
        arguments={"query_id": _ID},
        target="aws",
        fails=True,
        says="Cancelling an unknown query is an error with the likely reason.",
        holds=lambda reply: "Check the query_id and the region" in reply.error,
    ),
    Case(
        name=f"{_CANCEL}/denied",
        arguments={"query_id": _ID},
        target="authored",
        fails=True,
        says="A cancellation that is not allowed names the missing IAM action.",
        holds=lambda reply: "logs:StopQuery" in reply.error,
    ),
    Case(
        name=f"{_CANCEL}/not_stopped",
        arguments={"query_id": _ID},
        target="authored",
        says="Where AWS did not stop the query, the answer does not say that it did.",
        holds=lambda reply: reply.data["success"] is False,
    ),
)
