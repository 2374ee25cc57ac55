"""The rules for the image that matter most: hadolint, which knows more, is not everywhere."""

from __future__ import annotations

import re
from fnmatch import fnmatch

import pytest

from scripts.gates_lib import dockerfile
from tests.support.places import ROOT

TEXT = (ROOT / "Dockerfile").read_text("utf-8")
INSTRUCTIONS = [
    (line.split(maxsplit=1)[0], line.split(maxsplit=1)[1])
    for line in re.sub(r"(?m)^#.*\n|\\\n", "", TEXT).splitlines()
    if line
]


def arguments(instruction: str) -> list[str]:
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


def test_each_stage_is_based_on_the_same_slim_image_by_its_digest() -> None:
    (base,) = {image.removesuffix(" AS build") for image in arguments("FROM")}
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base)


@pytest.mark.parametrize(
    ("image", "complaints"),
    [
        ("python:3.12-slim", ["FROM python:3.12-slim names no digest"]),
        ("python:3.12-slim@sha256:00 AS build", ["FROM python:3.12-slim@sha256:00 AS build names no digest"]),
        (f"--platform=linux/arm64 python:3.12-slim@sha256:{64 * '0'} AS build", []),
    ],
)
def test_a_base_without_a_digest_fails_the_gate(image: str, complaints: list[str]) -> None:
    assert dockerfile.complaints(f"# FROM here\nFROM {image}\nRUN true\n") == complaints


def test_the_server_is_run_by_a_user_without_privileges() -> None:
    names = [name for name, _ in INSTRUCTIONS]
    final_stage = INSTRUCTIONS[len(names) - names[::-1].index("FROM") :]
    assert [int(user) for name, user in final_stage if name == "USER"] == [10001]
    assert final_stage[-1] == ("ENTRYPOINT", '["/opt/cloudwatch-mcp/bin/cloudwatch-mcp"]')


def test_what_is_installed_is_what_is_locked() -> None:
    first, ours = (run for run in arguments("RUN") if "install" in run)
    options = "--no-cache-dir --only-binary :all: --require-hashes --requirement requirements.txt"
    assert " ".join(first.split()).endswith(options)
    assert ours.endswith("--no-cache-dir --no-deps --no-build-isolation .")


def test_nothing_is_fetched_from_an_address_and_no_secret_is_built_in() -> None:
    assert not arguments("ADD")
    assert not arguments("ARG")
    assert "://" not in TEXT
    assert arguments("ENV") == ["PYTHONDONTWRITEBYTECODE=1"]


def test_only_what_is_copied_is_sent_to_the_builder() -> None:
    copied = {part for rest in arguments("COPY") if "--from" not in rest for part in rest.split()[:-1]}
    ignored, *let_through = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert ignored == "*"
    assert {each.removeprefix("!") for each in let_through if each.startswith("!")} == copied
    assert all((ROOT / each).exists() for each in copied)
    assert any(fnmatch("cloudwatch_mcp/__pycache__", each) for each in let_through)
