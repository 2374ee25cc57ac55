"""Logs of the edge: API Gateway's access log in JSON and nginx's in the combined format."""

from collections.abc import Iterator
from datetime import datetime

from cloudwatch_mcp.sandbox.incident.requests import requests
from cloudwatch_mcp.sandbox.kit.logs import Event, common_log

_AGENTS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "shop-android/7.4",
    "ExampleBot/2.1 (+https://bot.example.com)",
]
_METHODS = {"/v1/checkout": "POST", "/v1/cart": "PUT", "/v1/products": "GET"}


def api_gateway(now: datetime) -> Iterator[Event]:
    for request in requests(now):
        time = request.time + request.duration + 3
        line = (
            f'{{"requestId":"{request.id}","ip":"{request.ip}","requestTime":"{common_log(request.time // 1000)}",'
            f'"httpMethod":"{_METHODS[request.path]}","routeKey":"{_METHODS[request.path]} {request.path}",'
            f'"status":"{request.status}","protocol":"HTTP/1.1","responseLength":"{200 + int(request.dice * 4000)}",'
            f'"responseLatency":"{request.duration + 3}","integrationLatency":"{request.duration}"}}'
        )
        yield Event("shop-public/prod", time, line)


def nginx(now: datetime) -> Iterator[Event]:
    pages = {"/v1/checkout": "/checkout", "/v1/cart": "/cart", "/v1/products": "/p/"}
    for request in requests(now):
        if request.dice < 0.35:
            continue
        time = request.time + request.duration + 5
        page, status = pages[request.path], 200 if request.status == 201 else request.status
        if page == "/p/":
            page, status = f"/p/{int(request.dice * 9000)}", 404 if request.dice > 0.985 else status
        line = (
            f'{request.ip} - - [{common_log(time // 1000)}] "{_METHODS[request.path]} {page} HTTP/1.1" {status} '
            f'{600 + int(request.dice * 20000)} "https://shop.example.com/" "{_AGENTS[int(request.dice * 997) % 4]}"'
        )
        yield Event(f"web-{1 + int(request.dice * 100) % 2}", time, line)
