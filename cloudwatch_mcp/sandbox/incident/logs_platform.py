"""Logs of AWS services: Lambda, PostgreSQL on RDS, VPC flow logs."""

from collections.abc import Iterator
from datetime import datetime
from random import Random

from cloudwatch_mcp.sandbox.incident.requests import minutes
from cloudwatch_mcp.sandbox.incident.timeline import NIGHTLY_BATCH, severity
from cloudwatch_mcp.sandbox.kit.logs import Event, iso, spaced
from cloudwatch_mcp.sandbox.kit.timeline import anchor, randomness, traffic, within

_STATEMENTS = [
    "SELECT id, price, stock FROM products WHERE category = $1 ORDER BY rank LIMIT 48",
    "UPDATE carts SET items = $1, changed_at = now() WHERE id = $2",
    "INSERT INTO orders (id, customer_id, total) VALUES ($1, $2, $3)",
    "SELECT o.id, o.total FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.region = $1",
]
GATEWAY_ADDRESS = "192.0.2.80"


def _times(random: Random, end: int, per_minute: float) -> Iterator[tuple[int, int]]:
    for minute, logged in minutes():
        for _ in range(int(per_minute * traffic(minute) * logged + random.random())):
            yield minute, end - minute * 60_000 + random.randrange(55_000)


def thumbnailer(now: datetime) -> Iterator[Event]:
    """Four events per invocation in Lambda's format, with tabs and a newline at the end."""
    random = randomness("thumbnailer")
    for number, (minute, time) in enumerate(_times(random, int(anchor(now).timestamp()) * 1000, 5)):
        bits = f"{random.getrandbits(128):032x}"
        request = f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}"
        stream = (
            f"{iso(time)[:10].replace('-', '/')}/[$LATEST]{'4c1e97b2' if number % 2 else '9d03f6aa'}5e7d41c8b26f0a93"
        )
        duration, memory = random.lognormvariate(6.0, 0.3), random.randrange(140, 190)
        yield Event(stream, time, f"START RequestId: {request} Version: $LATEST\n")
        if number % 211 == 97 and minute > 1:
            duration = 30_030.0
            text = f"{iso(time + 30_030)} {request} Task timed out after 30.03 seconds\n\n"
        else:
            text = f"{iso(time + 9)}\t{request}\tINFO\tthumbnail written: s3://shop-pictures/{number:05d}/320.webp\n"
        yield Event(stream, time + int(duration) - 2, text)
        start = f"Init Duration: {random.uniform(240, 420):.2f} ms\t" if number % 60 == 0 else ""
        report = (
            f"REPORT RequestId: {request}\tDuration: {duration:.2f} ms\tBilled Duration: {int(duration) + 1} ms\t"
            f"Memory Size: 256 MB\tMax Memory Used: {memory} MB\t{start}\n"
        )
        yield Event(stream, time + int(duration) - 1, f"END RequestId: {request}\n")
        yield Event(stream, time + int(duration), report)


def postgresql(now: datetime) -> Iterator[Event]:
    random = randomness("postgresql")
    for number, (minute, time) in enumerate(_times(random, int(anchor(now).timestamp()) * 1000, 9)):
        process = random.randrange(11_000, 11_060)
        stamp, client = spaced(time)[:19], f"10.0.{random.randrange(12, 15)}.{random.randrange(10, 90)}"
        head = f"{stamp} UTC:{client}({40_000 + process}):shop_app@shop:[{process}]:"
        if number % 173 == 61:
            yield Event("shop-instance-1", time, _deadlock(head, process, number))
        elif number % 12 == 5:
            buffers = random.randrange(80, 900)
            line = f"{stamp} UTC::@:[402]:LOG:  checkpoint complete: wrote {buffers} buffers"
            yield Event("shop-instance-1", time, line)
        else:
            slower = 6 if within(minute, *NIGHTLY_BATCH) else 1
            duration = random.lognormvariate(5.6, 0.5) * slower
            statement = _STATEMENTS[random.randrange(len(_STATEMENTS))]
            yield Event(
                "shop-instance-1", time, f"{head}LOG:  duration: {duration:.3f} ms  execute <unnamed>: {statement}"
            )


def _deadlock(head: str, process: int, number: int) -> str:
    return (
        f"{head}ERROR:  deadlock detected\n"
        f"DETAIL:  Process {process} waits for ShareLock on transaction {880_000 + number}; "
        f"blocked by process {process + 7}.\n"
        f"HINT:  See server log for query details.\nSTATEMENT:  {_STATEMENTS[1]}"
    )


def flow_logs(now: datetime) -> Iterator[Event]:
    """Version 2, space-separated. There are fewer connections to the card gateway once the pool is small."""
    random = randomness("flow logs")
    for minute, time in _times(random, int(anchor(now).timestamp()) * 1000, 30):
        interface = random.choice(["eni-0f1e2d3c4b5a60001", "eni-0f1e2d3c4b5a60002"])
        to_gateway = random.random() < 0.3 * (1 - 0.8 * severity(minute))
        remote = GATEWAY_ADDRESS if to_gateway else f"203.0.113.{random.randrange(2, 250)}"
        port = 443 if to_gateway or random.random() < 0.9 else random.choice([22, 23, 3389])
        packets, local = random.randrange(4, 60), f"10.0.12.{random.randrange(10, 60)}"
        line = (
            f"2 123456789012 {interface} {local} {remote} {random.randrange(32768, 60999)} {port} 6 {packets} "
            f"{packets * random.randrange(60, 1400)} {time // 1000 - 58} {time // 1000} "
            f"{'ACCEPT' if port == 443 else 'REJECT'} OK"
        )
        yield Event(f"{interface}-all", time, line)
