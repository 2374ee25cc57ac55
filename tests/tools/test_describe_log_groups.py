"""describe_log_groups: log groups by prefix, pattern and class, and saved queries."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.support.asking import Ask, Reply

pytestmark = pytest.mark.anyio


def _names(reply: Reply) -> list[str]:
    return [row["name"] for row in reply.rows("log_groups")]


@pytest.mark.vcr
@pytest.mark.aws
async def test_by_prefix(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A class other than STANDARD is shown."""
    reply = await ask("describe_log_groups", log_group_name_prefix="/shop/")

    classes = {row["name"]: row["class"] for row in reply.rows("log_groups")}
    assert classes["/shop/audit"] == "INFREQUENT_ACCESS"
    assert reply == snapshot


@pytest.mark.vcr
async def test_by_part_of_the_name(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Saved queries are listed that name one of the log groups, or a prefix of it in SOURCE."""
    reply = await ask("describe_log_groups", log_group_name_pattern="payments")

    assert {row["name"]: row["log_groups"] for row in reply.rows("saved_queries") if row["log_groups"]} == {
        "Shop/All services/Errors": ["/ecs/shop*"],
        "Shop/Payments/Configuration at start-up": ["/ecs/shop/payments"],
        "Shop/Payments/Gateway timeouts": ["/ecs/shop/payments"],
    }
    assert reply == snapshot


@pytest.mark.vcr
async def test_by_class(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Log groups can be filtered by class."""
    reply = await ask("describe_log_groups", log_group_class="INFREQUENT_ACCESS")

    assert _names(reply) == ["/shop/audit"]
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_max_items(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """With fewer log groups than there are, a note says how to narrow the search or see more."""
    reply = await ask("describe_log_groups", log_group_name_prefix="/ecs/shop/", max_items=3)

    assert len(_names(reply)) == 3
    assert reply.notes[0].startswith("The first 3 were read, more exist: narrow with log_group_name_prefix")
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.settings(max_response_chars=1500)
async def test_over_the_budget(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The note says how to narrow the search."""
    reply = await ask("describe_log_groups")

    assert reply.notes[-1].endswith("narrow with log_group_name_prefix or log_group_name_pattern.")
    assert reply == snapshot


@pytest.mark.vcr
async def test_linked_accounts(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A log group of a linked account has its account and its own ARN."""
    reply = await ask("describe_log_groups", include_linked_accounts=True, log_group_name_prefix="/")

    assert {row["account"] for row in reply.rows("log_groups")} == {"123456789012", "111122223333"}
    assert reply == snapshot


@pytest.mark.vcr
async def test_one_linked_account(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """account_identifiers selects accounts without include_linked_accounts."""
    reply = await ask("describe_log_groups", account_identifiers=["111122223333"])

    assert _names(reply) == ["/ecs/logistics/shipping", "/shared/ingress"]
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_no_such_prefix(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If no name has the prefix, the note suggests to search for a part of it."""
    reply = await ask("describe_log_groups", log_group_name_prefix="/prod/pay")

    assert "try log_group_name_pattern='pay'" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_no_such_part(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If no name contains the pattern, the note suggests a shorter one."""
    reply = await ask("describe_log_groups", log_group_name_pattern="nothing")

    assert "try a shorter one" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
async def test_none_of_the_class(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If there is no log group of a class, the note says so."""
    reply = await ask("describe_log_groups", log_group_class="DELIVERY")

    assert "There is no log group of class DELIVERY in us-east-1" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
async def test_pages(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """All pages of log groups and of saved queries are read."""
    reply = await ask("describe_log_groups")

    assert _names(reply) == ["/app/api", "/app/web"]
    assert len(reply.rows("saved_queries")) == 2
    assert reply == snapshot


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, DescribeLogGroups",
    behaviour="With logGroupNamePattern, log groups have only arn, creationTime and logGroupName.",
)
@pytest.mark.vcr
async def test_bare_group(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A log group without any optional member is listed."""
    reply = await ask("describe_log_groups")

    assert _names(reply) == ["/app/api", "/app/web"]
    assert reply.rows("log_groups")[1].get("stored_bytes") is None
    assert reply == snapshot


@pytest.mark.vcr
async def test_saved_queries_denied(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If saved queries are denied, the log groups are listed and a note names the IAM action to allow."""
    reply = await ask("describe_log_groups")

    assert _names(reply) == ["/app/api"]
    assert "logs:DescribeQueryDefinitions" in reply.notes[0]
    assert reply == snapshot


async def test_prefix_and_part(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A prefix and a pattern cannot be combined."""
    reply = await ask("describe_log_groups", log_group_name_prefix="/shop", log_group_name_pattern="shop")

    assert "not both" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_access_denied(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The error names the IAM action to allow."""
    reply = await ask("describe_log_groups")

    assert "logs:DescribeLogGroups" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_unavailable_then_answered(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A call that AWS answers with 503 is retried."""
    reply = await ask("describe_log_groups")

    assert _names(reply) == ["/app/api"]
    assert reply == snapshot
