"""What tests of `cloudwatch-mcp check` share."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.support.endpoint import Request, Response


@dataclass(frozen=True)
class Result:
    """The exit code, and what the command wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.out))


Check: TypeAlias = Callable[..., Result]
OnEndpoint: TypeAlias = Callable[..., AbstractContextManager[list[Request]]]


def refusal(code: str, message: str = "") -> Response:
    return Response(json.dumps({"__type": code, "message": message}).encode(), status=400)
