"""Logs Insights queries modelled on AWS's documentation, against values computed here in plain Python."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import statistics
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote_plus

import pytest

from tests.support.sandbox_insights import MINUTE, NOW, NOW_MS, malformed, run, values

EVENT: dict[str, Any] = {
    "name": "Ann",
    "n": 7,
    "x": 2.5,
    "neg": -4,
    "text": "a=1&b=two words",
    "ip": "10.1.2.3",
    "ip6": "2001:db8::1",
    "raw": '{"users":[{"action":"Put","ok":true},{"action":"Get","ms":1.5}],"a b":{"c":3}}',
    "list": "[1,2,3]",
    "csv": "x,y,z",
    "empty": "",
    "blank": "  ",
}
MESSAGE = json.dumps(EVENT)


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def kilometres(lat1: float, lon1: float, lat2: float, lon2: float) -> str:
    """By the spherical law of cosines, where the sandbox uses the haversine formula."""
    a, b, east = math.radians(lat1), math.radians(lat2), math.radians(lon2 - lon1)
    angle = math.acos(math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(east))
    return f"{6371.0088 * angle:.4f}".rstrip("0").rstrip(".")


def shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}"


EXPRESSIONS: list[tuple[str, str | None]] = [
    # arithmetic
    ("n + 1", str(7 + 1)),
    ("n - x", str(7 - 2.5)),
    ("n * x", str(7 * 2.5)),
    ("n / 2", str(7 / 2)),
    ("n % 4", str(7 % 4)),
    ("2 ^ 10", str(2**10)),
    ("2 ^ 3 ^ 2", str(2**9)),
    ("-n + 10", str(-7 + 10)),
    ("(n + 3) * 2", str((7 + 3) * 2)),
    ("n + 3 * 2", str(7 + 3 * 2)),
    ("n / 0", None),
    ("name + 1", None),
    ("missing * 2", None),
    ("1 / 3", f"{1 / 3:.4f}"),
    ("'3' + 4", "7"),
    # numeric functions
    ("abs(neg)", str(abs(-4))),
    ("ceil(x)", str(math.ceil(2.5))),
    ("floor(x)", str(math.floor(2.5))),
    ("floor(neg / 3)", str(math.floor(-4 / 3))),
    ("greatest(n, x, 9)", "9"),
    ("least(n, x, 9)", "2.5"),
    ("log(n)", f"{math.log(7):.4f}"),
    ("log(neg)", None),
    ("sqrt(n)", f"{math.sqrt(7):.4f}"),
    ("sqrt(neg)", None),
    ("round(x)", "3"),
    ("round(3.14159, 2)", "3.14"),
    # general functions
    ("ispresent(name)", "1"),
    ("ispresent(missing)", "0"),
    ("coalesce(missing, name)", "Ann"),
    ("if(n > 5, 'big', 'small')", "big"),
    ("if(n > 50, 'big', 'small')", "small"),
    ("case(n > 50, 'a', n > 5, 'b', 'c')", "b"),
    ("case(n > 50, 'a')", None),
    # text functions
    ("isempty(empty)", "1"),
    ("isempty(name)", "0"),
    ("isblank(blank)", "1"),
    ("isblank(missing)", "1"),
    ("concat(name, '-', n)", "Ann-7"),
    ("ltrim('  a ')", "a "),
    ("rtrim(' a  ')", " a"),
    ("trim('xxaxx', 'x')", "a"),
    ("strlen(name)", str(len("Ann"))),
    ("strlen('日本')", "2"),
    ("toupper(name)", "ANN"),
    ("tolower(name)", "ann"),
    ("substr(name, 1)", "Ann"[1:]),
    ("substr(name, 0, 2)", "Ann"[:2]),
    ("replace(name, 'n', 'm')", "Ann".replace("n", "m")),
    ("strcontains(name, 'nn')", "1"),
    ("strcontains(name, 'NN')", "0"),
    ("startswith(name, 'A')", "1"),
    ("endswith(name, 'A')", "0"),
    (r"regex_replace(name, '(n+)', '<\1>')", "A<nn>"),
    # times
    ("@timestamp", shown(NOW)),
    ("tomillis(@timestamp)", str(NOW_MS)),
    ("frommillis(0)", "1970-01-01 00:00:00.000"),
    ("now()", str(NOW_MS // 1000)),
    ("tomillis(@timestamp) >= now() * 1000 - 7200000", "1"),
    ("datefloor(@timestamp, 1h)", shown(NOW.replace(minute=0))),
    ("datefloor(@timestamp, 1d)", shown(NOW.replace(hour=0))),
    ("dateceil(@timestamp, 1d)", shown(NOW.replace(hour=0) + timedelta(days=1))),
    ("datefloor(@timestamp, 1q)", "2026-10-01 00:00:00.000"),
    ("datefloor(@timestamp, 1y)", "2026-01-01 00:00:00.000"),
    ("dateceil(@timestamp, 1mo)", "2026-12-01 00:00:00.000"),
    ("bin(7 minutes)", shown(datetime.fromtimestamp(NOW_MS / 1000 // 420 * 420, timezone.utc))),
    # hashes and encodings
    ("md5(name)", md5("Ann")),
    ("md5('')", md5("")),
    ("sha256(name)", sha256("Ann")),
    ("sha256('日本')", sha256("日本")),
    ("base64Encode(name)", base64.b64encode(b"Ann").decode()),
    ("base64Decode('QW5u')", "Ann"),
    ("base64Decode('no base64')", None),
    ("urlEncode(text)", quote_plus("a=1&b=two words")),
    ("urlDecode('a%3D1+b')", "a=1 b"),
    ("urlDecode(urlEncode(text))", "a=1&b=two words"),
    ("md5(missing)", None),
    # addresses
    ("isValidIp(ip)", "1"),
    ("isValidIp(ip6)", "1"),
    ("isValidIp(name)", "0"),
    ("isValidIpv4(ip)", "1"),
    ("isValidIpv4(ip6)", "0"),
    ("isValidIpv6(ip6)", "1"),
    ("isValidIpv6('1.2.3')", "0"),
    ("isIpInSubnet(ip, '10.0.0.0/8')", "1"),
    ("isIpInSubnet(ip6, '2001:db8::/32')", "1"),
    ("isIpInSubnet(ip, '10.2.0.0/16')", "0"),
    ("isIpv4InSubnet(ip, '10.1.2.0/24')", "1"),
    ("isIpv4InSubnet(ip6, '2001:db8::/32')", "0"),
    ("isIpv6InSubnet(ip6, '2001:db8::/32')", "1"),
    ("isIpv4InSubnet(ip, 'not a subnet')", "0"),
    # distances
    ("haversine(52.52, 13.405, 48.8566, 2.3522)", kilometres(52.52, 13.405, 48.8566, 2.3522)),
    ("haversine(40.7127, -74.0059, 34.05, -118.25)", kilometres(40.7127, -74.0059, 34.05, -118.25)),
    ("haversine(1, 2, 1, 2)", "0"),
    # maps and lists
    ("jsonStringify(jsonParse(list))", "[1,2,3]"),
    ("jsonStringify(jsonParse(raw))", EVENT["raw"]),
    ("jsonParse(list)", "[1,2,3]"),
    ("jsonParse(name)", None),
    ("jsonParse('7')", None),
    ("jsonStringify(name)", None),
    ("split(csv, ',')", '["x","y","z"]'),
    ("split(name, ',')", '["Ann"]'),
    ("jsonStringify(split(csv, ','))", '["x","y","z"]'),
]


@pytest.mark.parametrize(("expression", "value"), EXPRESSIONS)
def test_an_expression_has_its_value(expression: str, value: str | None) -> None:
    assert values(f"display {expression} as answer", [MESSAGE]) == [value]


CONDITIONS: list[tuple[str, bool]] = [
    ("isIpv4InSubnet(ip, '10.0.0.0/8')", True),
    ("not isIpv4InSubnet(ip, '10.0.0.0/8')", False),
    ("md5(name) = 'x'", False),
    ("sha256(name) like /^[0-9a-f]{64}$/", True),
    ("strlen(split(csv, ',')) > 3", True),
    ("name like 'nn' and name not like /z/", True),
    ("n in [1, 7]", True),
    ("name in ['ann']", False),
    ("tolower(name) in ['ann']", True),
    ("n > 5 and x < 3 or neg > 0", True),
    ("jsonParse(raw) like 'Put'", True),
    ("ispresent(jsonParse(name))", False),
]


@pytest.mark.parametrize(("condition", "passes"), CONDITIONS)
def test_a_filter_applies_the_condition(condition: str, passes: bool) -> None:
    assert len(run(f"filter {condition}", [MESSAGE])) == passes


PATHS: list[tuple[str, str | None]] = [
    ("j.users[0].action", "Put"),
    ("j.users[0].ok", "1"),
    ("j.users[1].ms", "1.5"),
    ("j.users.1.action", "Get"),
    ("j.users[7].action", None),
    ("j.`a b`.c", "3"),
    ("j.users[1]", '{"action":"Get","ms":1.5}'),
    ("j.missing", None),
]


@pytest.mark.parametrize(("path", "value"), PATHS)
def test_a_path_reads_a_member_of_a_map(path: str, value: str | None) -> None:
    assert values(f"fields jsonParse(raw) as j | display {path}", [MESSAGE]) == [value]


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="notes of live tests; no recording is public",
    behaviour="A member of a parsed map is absent in the fields command that defines the map.",
)
def test_a_member_is_absent_in_the_command_that_defines_the_map() -> None:
    assert run("fields jsonParse(raw) as j, j.users[0].action as action | display action", [MESSAGE]) == [{}]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs User Guide, unnest",
    behaviour="The unnest command makes a record of each item of a list, with all other fields of the original record.",
)
def test_unnest_makes_a_row_of_each_item() -> None:
    message = {"id": 1, "events": [{"name": "exception"}, {"name": "user action"}]}
    query = "fields jsonParse(@message) as json_message | unnest json_message.events into event"

    assert run(f"{query} | display id, event.name", [message]) == [
        {"id": "1", "event.name": "exception"},
        {"id": "1", "event.name": "user action"},
    ]
    assert run(f"{query} | filter event.name = 'exception' | stats count(*) as n", [message]) == [{"n": "1"}]
    assert run(f"{query} | stats count(*) as n by event.name | sort n desc | limit 1", [message] * 2) == [
        {"event.name": "exception", "n": "2"}
    ]


def test_unnest_treats_other_values_as_a_list_of_one() -> None:
    assert values("fields jsonParse(raw) as j | unnest j.users[0] into user | display user.action", [MESSAGE]) == [
        "Put"
    ]


def test_unnest_keeps_extracted_fields_and_the_default_columns() -> None:
    query = "parse @message \"id=*\" as id | fields jsonParse('[1,2]') as l | unnest l into item | display id, item"

    assert run(query, ["id=9"]) == [{"id": "9", "item": "1"}, {"id": "9", "item": "2"}]


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="notes of live tests; no recording is public",
    behaviour="The unnest command refuses the list of split.",
)
def test_unnest_refuses_the_list_of_split() -> None:
    assert malformed("fields split(a, ',') as l | unnest l into x").message.startswith(
        "unnest takes a list of jsonParse"
    )


NUMBERS = [3, 1, 4, 1, 5, 9, 2, 6]
ROWS: list[Any] = [{"v": v, "k": "ab"[i % 2], "t": str(v)} for i, v in enumerate(NUMBERS)]


def rounded(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


STATISTICS: list[tuple[str, str | None]] = [
    ("count(*)", str(len(NUMBERS))),
    ("count()", str(len(NUMBERS))),
    ("count(v)", str(len(NUMBERS))),
    ("count(missing)", "0"),
    ("count_over_time(*)", str(len(NUMBERS))),
    ("count_over_time(v)", str(len(NUMBERS))),
    ("sum_over_time(v)", str(sum(NUMBERS))),
    ("sum(v)", str(sum(NUMBERS))),
    ("sum(t)", str(sum(NUMBERS))),
    ("avg(v)", rounded(statistics.fmean(NUMBERS))),
    ("min(v)", str(min(NUMBERS))),
    ("max(v)", str(max(NUMBERS))),
    ("median(v)", rounded(statistics.median(NUMBERS))),
    ("stddev(v)", rounded(statistics.pstdev(NUMBERS))),
    ("pct(v, 50)", str(sorted(NUMBERS)[3])),
    ("pct(v, 95)", str(sorted(NUMBERS)[7])),
    ("pct(v, 0)", str(min(NUMBERS))),
    ("count_distinct(v)", str(len(set(NUMBERS)))),
    ("count_distinct(k)", "2"),
    ("earliest(v)", "3.0"),
    ("latest(v)", "6.0"),
    ("earliest(k)", "a"),
    ("sortsFirst(v)", "1"),
    ("sortsLast(v)", "9"),
    ("values(k)", '["b","a"]'),
    ("values(missing)", None),
    ("rate(v, 1m)", rounded((6 - 3) / 7)),
    ("rate(v, 1h)", rounded((6 - 3) / 7 * 60)),
    ("rate(missing, 1m)", None),
    ("histogram(v, 2)", '{"0":2,"2":2,"4":2,"6":1,"8":1}'),
    ("histogram(v, 10)", '{"0":8}'),
    ("sum(v) / count(*)", rounded(sum(NUMBERS) / len(NUMBERS))),
    ("max(v) - min(v)", "8"),
    ("sum(v > 3)", "4"),
    ("avg(v * 2)", rounded(2 * statistics.fmean(NUMBERS))),
    ("sum(missing)", None),
]


@pytest.mark.parametrize(("aggregate", "value"), STATISTICS)
def test_an_aggregate_has_its_value(aggregate: str, value: str | None) -> None:
    assert values(f"stats {aggregate} as answer", ROWS) == [value]


@pytest.mark.parametrize(("aggregate", "by_group"), [("sum(v)", {"a": 14, "b": 17}), ("count(*)", {"a": 4, "b": 4})])
def test_an_aggregate_has_a_value_for_each_group(aggregate: str, by_group: dict[str, int]) -> None:
    rows = run(f"stats {aggregate} as n by k", ROWS)

    assert {row["k"]: int(row["n"]) for row in rows} == by_group


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("stats rate(v, 5)", "the second argument of rate is a period"),
        ("stats rate(v)", "Invalid number of arguments for function rate: 1"),
        ("stats histogram(v, 0)", "the bucket width of histogram is a positive number"),
        ("stats histogram(v, k)", "the bucket width of histogram is a positive number"),
        ("fields haversine(1, 2)", "Invalid number of arguments for function haversine: 2"),
        ("fields md4(v)", "Unknown function: md4"),
        ("fields bin()", "Invalid arguments for function bin"),
        ("stats sum(5m)", "a period is an argument of bin, datefloor and dateceil only"),
        ("stats pct(v, 5m)", "a period is an argument of bin, datefloor and dateceil only"),
        ("filter v in (fields a | filter a in (fields b))", "Nested subqueries are not supported"),
    ],
)
def test_what_the_sandbox_cannot_run_is_refused(query: str, message: str) -> None:
    assert malformed(query).message == message


@pytest.mark.parametrize(
    ("query", "lacking"),
    [
        ("anomaly", "the command anomaly"),
        ("fields v # comment\n| # another one\n Anomaly", "the command Anomaly"),
        ("expand v", "the command expand"),
        ("join type=inner left=a", "the command join"),
        ("logcompare timeshift 7d", "the command logcompare"),
        ("lookup t k", "the command lookup"),
        ("relevantfields v where v = 1", "the command relevantfields"),
        ("filter v in (unmask v)", "the command unmask"),
        ("parse @message /(?<x>a+)/ multi", "the option multi of parse"),
        ("stats count(*) by bin(5m) offset 1h", "the option offset of stats"),
    ],
)
def test_what_aws_has_and_the_sandbox_lacks_is_no_syntax_error(query: str, lacking: str) -> None:
    assert malformed(query).message == f"The sandbox lacks {lacking}; AWS has it"


@pytest.mark.parametrize(("query", "symbol"), [("fields v offset 3", "offset"), ("sort v join", "join")])
def test_a_misplaced_word_is_a_syntax_error(query: str, symbol: str) -> None:
    assert malformed(query).message.startswith(f"unexpected symbol found {symbol} at line 1")


def test_nothing_is_masked() -> None:
    assert values("fields unmask(v) as answer", [{"v": 3}]) == ["3"]


LINE = 'level=warn msg="order \\"17\\" placed" ms=12 user= done'


@pytest.mark.parametrize(
    ("query", "row"),
    [
        ("parse @message logfmt as level, ms | display level, ms", {"level": "warn", "ms": "12"}),
        ("parse @message logfmt level, msg | display msg", {"msg": 'order "17" placed'}),
        ("parse @message logfmt | display level, ms, absent", {"level": "warn", "ms": "12"}),
        ("parse logfmt | stats sum(ms) as total by level", {"level": "warn", "total": "12"}),
        ("parse @message logfmt as user | display user", {"user": ""}),
        ("parse @message logfmt | filter level = 'warn' | stats count(*) as n", {"n": "1"}),
        (
            "parse @message logfmt as level | display level, @log",
            {"level": "warn", "@log": "123456789012:/app/checkout"},
        ),
    ],
)
def test_parse_reads_logfmt(query: str, row: dict[str, str]) -> None:
    assert run(query, [LINE]) == [row]


@pytest.mark.parametrize(
    ("line", "row"),
    [('a,"b,c",d', {"x": "a", "y": "b,c"}), ("a", {"x": "a"}), ("a,,c", {"x": "a", "y": ""})],
)
def test_parse_reads_csv(line: str, row: dict[str, str]) -> None:
    assert run("parse @message csv as x, y | display x, y", [line]) == [row]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs User Guide, subqueries",
    behaviour="A subquery in a filter runs by itself, and its first column gives the values for in.",
)
@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("filter id in (filter level = 'ERROR' | fields id)", ["2", "1"]),
        ("filter id not in (filter level = 'ERROR' | fields id)", ["3"]),
        ("filter id in (filter level = 'ERROR' | stats count(*) as n by id | filter n > 1 | fields id)", ["1"]),
        ("filter id in (filter level = 'NONE' | fields id)", []),
    ],
)
def test_a_subquery_gives_the_values_for_in(query: str, ids: list[str]) -> None:
    messages = [
        {"id": 1, "level": "ERROR"},
        {"id": 1, "level": "ERROR"},
        {"id": 2, "level": "ERROR"},
        {"id": 3, "level": "INFO"},
    ]

    assert list(dict.fromkeys(values(f"{query} | display id", messages))) == ids


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="notes of live tests; no recording is public",
    behaviour="The diff command is refused without a pattern command before it.",
)
@pytest.mark.parametrize("query", ["filter @message like /GET/ | diff", "pattern @message | stats count(*) | diff"])
def test_diff_without_pattern_is_refused(query: str) -> None:
    assert malformed(query).message == "Diff compilation Failed : Diff operation has to be used after Pattern"


@pytest.mark.parametrize(("unit", "length"), [("1m", MINUTE), ("90s", 90_000), ("2 hours", 120 * MINUTE)])
def test_a_bin_is_cut_from_the_epoch(unit: str, length: int) -> None:
    start = datetime.fromtimestamp(NOW_MS // length * length / 1000, timezone.utc)

    assert values(f"display bin({unit}) as start", ["m"]) == [shown(start)]


@pytest.mark.parametrize(("query", "rows"), [("limit any 3", 3), ("limit 2", 2), ("filter v > 4 | limit any 9", 3)])
def test_limit_any_takes_that_many_rows(query: str, rows: int) -> None:
    assert len(run(query, ROWS)) == rows
