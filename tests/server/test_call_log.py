"""The log line of each tool call, on stderr: it has no arguments, credentials or log content."""

from __future__ import annotations

import re

from cloudwatch_mcp.answers.text import dumps
from tests.support.running_queries import QUERY
from tests.support.server_process import SECRET, ForkedServer, environment

LINE = r"\d\d:\d\d:\d\d INFO tool={} region={} outcome={} seconds=\d+\.\d{{3}} aws_calls={} characters={}"


def test_each_call_is_logged_in_one_line_without_its_arguments(sandbox: str) -> None:
    with ForkedServer(AWS_ENDPOINT_URL=sandbox, CLOUDWATCH_MCP_LOG_LEVEL="INFO") as process:
        process.initialize()
        process.request("tools/list")
        groups = process.call("describe_log_groups", log_group_name_prefix="/ecs/shop")
        unknown_argument = process.call("get_alarm_history", alarm_name="hush-hush", hush="hush")
        unknown_tool = process.call("hush_hush", hush="hush")
        process.end_input()
        process.wait()
    lines = [line for line in process.stderr.splitlines() if "tool=" in line]
    expected = [
        LINE.format("describe_log_groups", "us-east-1", "ok", "2", len(groups.text)),
        LINE.format("get_alarm_history", "None", "InputError", "0", len(unknown_argument.text)),
        LINE.format("unknown", "None", "InputError", "0", len(unknown_tool.text)),
    ]
    assert len(lines) == len(expected)
    assert all(map(re.fullmatch, expected, lines)), lines
    assert "hush" not in process.stderr
    assert "/ecs/shop" not in process.stderr


def test_at_level_debug_no_credential_query_or_log_content_is_logged(sandbox: str) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "MADEUPKEY", "AWS_SESSION_TOKEN": "made-up-token"}
    debug = environment(AWS_ENDPOINT_URL=sandbox, CLOUDWATCH_MCP_LOG_LEVEL="DEBUG", **keys)
    with ForkedServer(env=debug) as process:
        process.initialize()
        answer = process.call("execute_log_insights_query", query_string="fields @message | limit 3 # hush", **QUERY)
        error = process.call("execute_log_insights_query", query_string="fields hush hush", **QUERY)
        process.end_input()
        process.wait()
    messages = [dumps(row["@message"]) for row in answer.rows("results")]
    assert len(messages) == 3
    assert error.failed
    assert process.stderr.count("tool=execute_log_insights_query") == 2
    secrets = [SECRET, *keys.values(), "Signature", "hush", "/ecs/shop", *[message[:40] for message in messages]]
    assert [secret for secret in secrets if secret in process.stderr] == []
