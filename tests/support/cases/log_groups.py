"""Log groups: found by prefix, part of a name and class, in linked accounts, and not at all."""

from __future__ import annotations

from tests.support.asking import Reply
from tests.support.cases.case import Case


def _names(reply: Reply) -> list[str]:
    return [row["name"] for row in reply.rows("log_groups")]


CASES = (
    Case(
        name="describe_log_groups/by_prefix",
        arguments={"log_group_name_prefix": "/shop/"},
        target="aws",
        says="A class other than STANDARD is told.",
        holds=lambda reply: (
            next(row for row in reply.rows("log_groups") if row["name"] == "/shop/audit")["class"]
            == "INFREQUENT_ACCESS"
        ),
    ),
    Case(
        name="describe_log_groups/by_part_of_the_name",
        arguments={"log_group_name_pattern": "payments"},
        target="sandbox",
        says="Saved queries apply by name, or by the prefix of their source.",
        holds=lambda reply: (
            {row["name"]: row["log_groups"] for row in reply.rows("saved_queries") if row["log_groups"]}
            == {
                "Shop/All services/Errors": ["/ecs/shop*"],
                "Shop/Payments/Configuration at start-up": ["/ecs/shop/payments"],
                "Shop/Payments/Gateway timeouts": ["/ecs/shop/payments"],
            }
        ),
    ),
    Case(
        name="describe_log_groups/by_class",
        arguments={"log_group_class": "INFREQUENT_ACCESS"},
        target="sandbox",
        says="A class selects.",
        holds=lambda reply: _names(reply) == ["/shop/audit"],
    ),
    Case(
        name="describe_log_groups/max_items",
        arguments={"log_group_name_prefix": "/ecs/shop/", "max_items": 3},
        target="aws",
        says="Fewer than there are: a note says how to narrow or to see more.",
        holds=lambda reply: (
            len(_names(reply)) == 3
            and reply.notes[0].startswith("The first 3 were read, more exist: narrow with log_group_name_prefix")
        ),
    ),
    Case(
        name="describe_log_groups/over_the_budget",
        arguments={},
        settings={"max_response_chars": 2_000},
        target="sandbox",
        says="An answer over the budget loses whole rows, and says so.",
        holds=lambda reply: len(reply.text) <= 2_000 and "kept" in reply.notes[-1],
    ),
    Case(
        name="describe_log_groups/linked_accounts",
        arguments={"include_linked_accounts": True, "log_group_name_prefix": "/"},
        target="sandbox",
        says="A group of a linked account carries its account and its own ARN.",
        holds=lambda reply: {row["account"] for row in reply.rows("log_groups")} == {"123456789012", "111122223333"},
    ),
    Case(
        name="describe_log_groups/one_linked_account",
        arguments={"account_identifiers": ["111122223333"]},
        target="sandbox",
        says="Account identifiers select the accounts, without asking for linked ones besides.",
        holds=lambda reply: _names(reply) == ["/ecs/logistics/shipping", "/shared/ingress"],
    ),
    Case(
        name="describe_log_groups/no_such_prefix",
        arguments={"log_group_name_prefix": "/prod/pay"},
        target="aws",
        says="Where no name begins so, the note tries a part of it.",
        holds=lambda reply: "try log_group_name_pattern='pay'" in reply.notes[0],
    ),
    Case(
        name="describe_log_groups/no_such_part",
        arguments={"log_group_name_pattern": "nothing"},
        target="aws",
        says="Where no name has it, the note says to try a shorter part.",
        holds=lambda reply: "try a shorter one" in reply.notes[0],
    ),
    Case(
        name="describe_log_groups/none_of_the_class",
        arguments={"log_group_class": "DELIVERY"},
        target="sandbox",
        says="Where there is none of a class, the note says so.",
        holds=lambda reply: "There is no log group of class DELIVERY in us-east-1" in reply.notes[0],
    ),
    Case(
        name="describe_log_groups/pages",
        arguments={},
        target="authored",
        says="Pages of groups and of saved queries are read to the end.",
        holds=lambda reply: _names(reply) == ["/app/api", "/app/web"] and len(reply.rows("saved_queries")) == 2,
    ),
    Case(
        name="describe_log_groups/bare_group",
        arguments={},
        target="authored",
        says="A group without any optional member is listed all the same.",
        holds=lambda reply: (
            _names(reply) == ["/app/api", "/app/web"] and reply.rows("log_groups")[1].get("stored_bytes") is None
        ),
    ),
    Case(
        name="describe_log_groups/saved_queries_denied",
        arguments={},
        target="authored",
        says="Saved queries that may not be read are noted, with the missing IAM action.",
        holds=lambda reply: _names(reply) == ["/app/api"] and "logs:DescribeQueryDefinitions" in reply.notes[0],
    ),
    Case(
        name="describe_log_groups/prefix_and_part",
        arguments={"log_group_name_prefix": "/shop", "log_group_name_pattern": "shop"},
        target="none",
        fails=True,
        says="A prefix and a part of the name exclude each other.",
        holds=lambda reply: "not both" in reply.error,
    ),
)
