"""The most important rules for the image. hadolint has more, but is not installed everywhere."""

from __future__ import annotations

import re
from fnmatch import fnmatch

from tests.support.places import ROOT

TEXT = (ROOT / "Dockerfile").read_text("utf-8")
INSTRUCTIONS = [
    (line.split(maxsplit=1)[0], line.split(maxsplit=1)[1])
    for line in re.sub(r"(?m)^#.*\n|\\\n", "", TEXT).splitlines()
    if line
]


def arguments(instruction: str) -> list[str]:
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


def test_all_stages_use_the_same_slim_image_pinned_by_digest() -> None:
    (base,) = {image.removesuffix(" AS build") for image in arguments("FROM")}
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", base)


def test_the_server_runs_as_an_unprivileged_user() -> None:
    names = [name for name, _ in INSTRUCTIONS]
    final_stage = INSTRUCTIONS[len(names) - names[::-1].index("FROM") :]
    assert [int(user) for name, user in final_stage if name == "USER"] == [10001]
    assert final_stage[-1] == ("ENTRYPOINT", '["/opt/cloudwatch-mcp/bin/cloudwatch-mcp"]')


def test_the_image_installs_only_locked_requirements() -> None:
    requirements, package = (run for run in arguments("RUN") if "install" in run)
    options = "--no-cache-dir --only-binary :all: --require-hashes --requirement requirements.txt"
    assert " ".join(requirements.split()).endswith(options)
    assert package.endswith("--no-cache-dir --no-deps --no-build-isolation .")


def test_the_image_downloads_nothing_from_urls_and_has_no_build_arguments() -> None:
    assert not arguments("ADD")
    assert not arguments("ARG")
    assert "://" not in TEXT
    assert arguments("ENV") == ["PYTHONDONTWRITEBYTECODE=1"]


def test_the_build_context_has_only_the_files_that_are_copied() -> None:
    copied = {part for rest in arguments("COPY") if "--from" not in rest for part in rest.split()[:-1]}
    ignored, *let_through = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert ignored == "*"
    assert {each.removeprefix("!") for each in let_through if each.startswith("!")} == copied
    assert all((ROOT / each).exists() for each in copied)
    assert any(fnmatch("cloudwatch_mcp/__pycache__", each) for each in let_through)
