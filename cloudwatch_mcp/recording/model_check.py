"""Checks a cassette's requests and answers against AWS's service model.

botocore's own validator checks only requests, and neither enums nor bounds nor a bool in place of a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import OperationModel
from botocore.parsers import ResponseParserError, create_parser
from vcr.cassette import Cassette

from cloudwatch_mcp.recording.matching import TARGET, operation, parameters, parsed
from cloudwatch_mcp.recording.models import operation_model

# docs: CommonErrors of the CloudWatch and CloudWatch Logs API references, and other errors that their endpoints send.
_COMMON_ERRORS = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "InternalServiceFault",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "NotAuthorized",
        "OptInRequired",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SerializationException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SignatureDoesNotMatch",
        "Throttling",
        "ThrottlingException",
        "UnknownOperationException",
        "UnrecognizedClientException",
        "ValidationError",
        "ValidationException",
    }
)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}


def complaints(cassette: Cassette) -> list[str]:
    """What the model does not allow, with the operation and the path of the member."""
    return [
        f"{operation(request)}, {part}: {complaint}"
        for request, response in cassette.data
        for part, complaint in _interaction(operation_model(request.headers.get(TARGET, "")), request, response)
    ]


def _interaction(model: OperationModel | None, request: Any, response: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if model is None:
        yield "request", f"{request.headers.get(TARGET)} is not an operation of CloudWatch or CloudWatch Logs"
        return
    yield from (("request", each) for each in shape_problems(model.input_shape, parameters(request), ""))
    answer = parsed(response["body"]["string"].decode())
    if isinstance(answer, str):
        return  # a proxy's page: the model does not cover it
    if response["status"]["code"] >= 300:
        yield from (("answer", each) for each in _error(model, response, answer))
    else:
        yield from (("answer", each) for each in shape_problems(model.output_shape, answer, ""))


def _error(model: OperationModel, response: dict[str, Any], answer: Any) -> Iterator[str]:
    if not isinstance(answer, dict):
        yield f"the body is {type(answer).__name__}, not structure"
        return
    code = _code(model, response)
    shapes = {shape.error_code: shape for shape in model.error_shapes}
    if code in shapes:
        known = {"__type", "message", "Message"}
        yield from shape_problems(shapes[code], {name: each for name, each in answer.items() if name not in known}, "")
    elif code not in _COMMON_ERRORS:
        yield f"{code} is neither an error of {model.name} nor a common one"


def _code(model: OperationModel, response: dict[str, Any]) -> str | None:
    """The error's code as botocore reads it; None if it cannot."""
    headers = {name.lower(): values[0] for name, values in response["headers"].items()}
    answered = {"status_code": response["status"]["code"], "headers": headers, "body": response["body"]["string"]}
    try:
        return str(create_parser("json").parse(answered, model.output_shape)["Error"]["Code"])
    except (AttributeError, TypeError, ValueError, ResponseParserError):  # a code that is a number, a list
        return None


def shape_problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    """All complaints about a JSON value and its members."""
    where = path.lstrip(".") or "the body"
    kind = shape.type_name if shape is not None else "structure"
    if kind not in _TYPES:
        return
    numeric = kind not in ("boolean", "string", "blob", "list", "map", "structure")
    fits = isinstance(value, _TYPES[kind]) and not (numeric and isinstance(value, bool))
    if not fits:
        yield f"{where} is {type(value).__name__}, not {kind}"
        return
    yield from (f"{where} {each}" for each in _bounds(shape, value))
    if kind == "structure":
        yield from _members(shape, value, path)
    elif kind == "list":
        for index, each in enumerate(value):
            yield from shape_problems(shape.member, each, f"{path}[{index}]")
    elif kind == "map":
        for name, each in value.items():
            yield from shape_problems(shape.key, name, f"{path}.{name}")
            yield from shape_problems(shape.value, each, f"{path}.{name}")


def _members(shape: Any, value: dict[str, Any], path: str) -> Iterator[str]:
    members = (
        {member.serialization.get("name", name): member for name, member in shape.members.items()} if shape else {}
    )
    for name, each in value.items():
        if name not in members:
            yield f"{path}.{name} is not a member".lstrip(".")
        elif each is not None:  # botocore reads a null as absent
            yield from shape_problems(members[name], each, f"{path}.{name}")
    missing = [name for name in (shape.required_members if shape else ()) if value.get(name) is None]
    yield from (f"{path}.{name} is missing".lstrip(".") for name in missing)


def _bounds(shape: Any, value: Any) -> Iterator[str]:
    if shape is None:
        return
    limits = shape.metadata
    size = value if isinstance(value, int | float) else len(value)
    measure = "is" if isinstance(value, int | float) else "has a length of"
    if size < limits.get("min", size):
        yield f"{measure} {size}, less than {limits['min']}"
    if size > limits.get("max", size):
        yield f"{measure} {size}, more than {limits['max']}"
    if shape.type_name == "string":
        if shape.enum and value not in shape.enum:
            yield f"is {value[:60]!r}, not one of {', '.join(shape.enum[:12])}"
        if "pattern" in limits and not _fits(limits["pattern"], value):
            yield f"is {value[:60]!r}, which does not fit {limits['pattern'][:60]}"


def _fits(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None if pattern[:1] == "^" else re.fullmatch(pattern, value) is not None
    except re.error:  # the models' patterns are Java's
        return True
