"""The wheel and the sdist in an environment that has their requirements and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterable
from importlib.metadata import PathDistribution, distribution
from pathlib import Path
from typing import NamedTuple

import pytest
from hatchling.builders.wheel import WheelBuilder
from installer import install
from installer.destinations import SchemeDictionaryDestination
from installer.sources import WheelFile
from mcp import Client, StdioServerParameters
from packaging.requirements import Requirement

from cloudwatch_mcp import __version__
from cloudwatch_mcp.apps import CHART_URI, chart_page
from cloudwatch_mcp.tools import TOOLS
from tests.support.endpoint import PATIENCE
from tests.support.places import ROOT
from tests.support.server_process import environment

pytestmark = pytest.mark.anyio


class Distributions(NamedTuple):
    wheel: Path
    sdist: Path
    bundle: Path


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    directory = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, ROOT / "scripts" / "package.py", directory], check=True, capture_output=True)
    return Distributions(*(next(directory.glob(kind)) for kind in ("*.whl", "*.tar.gz", "*.mcpb")))


class Installation:
    """The installed wheel, with links to its requirements in this environment."""

    def __init__(self, wheel: Path, at: Path, *extras: str, also: Iterable[str] = ()) -> None:
        venv.create(at, symlinks=True)
        self.python = at / "bin" / "python"
        (self._packages,) = at.glob("lib/python*/site-packages")
        scheme = sysconfig.get_paths("posix_prefix", {"base": str(at), "platbase": str(at), "installed_base": str(at)})
        destination = SchemeDictionaryDestination(scheme, interpreter=str(self.python), script_kind="posix")
        with WheelFile.open(wheel) as source:
            install(source, destination, additional_metadata={})
        (metadata,) = self._packages.glob("cloudwatch_mcp-*.dist-info")
        self._link([*(PathDistribution(metadata).requires or ()), *also], {"", *extras})

    def _link(self, required: Iterable[str], extras: set[str], linked: frozenset[str] = frozenset()) -> None:
        for requirement in map(Requirement, required):
            applies = requirement.marker is None or any(requirement.marker.evaluate({"extra": each}) for each in extras)
            if not applies or requirement.name in linked:
                continue
            source = distribution(requirement.name)
            for top in set(re.findall(r"(?m)^[^/,]+", source.read_text("RECORD") or "")) - {".."}:
                link = self._packages / top
                if not link.exists():
                    link.symlink_to(str(source.locate_file(top)))
            self._link(source.requires or (), {"", *requirement.extras}, linked | {requirement.name})

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run([str(self.python.with_name("cloudwatch-mcp")), *arguments], check=False)

    def script(self, text: str) -> str:
        return self._run([str(self.python), "-I", "-c", text]).stdout

    def _run(self, command: list[str], *, check: bool = True) -> subprocess.CompletedProcess[str]:
        bare = {"PATH": os.environ["PATH"], "HOME": str(self._packages)}
        return subprocess.run(command, cwd=self._packages, env=bare, capture_output=True, text=True, check=check)


@pytest.fixture(scope="module")
def installed(distributions: Distributions, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(distributions.wheel, tmp_path_factory.mktemp("bare") / "venv")


def test_the_wheel_has_only_the_package_and_its_licence(distributions: Distributions) -> None:
    package = {str(each.relative_to(ROOT)) for each in (ROOT / "cloudwatch_mcp").rglob("*.*") if each.suffix != ".pyc"}
    info = f"cloudwatch_mcp-{__version__}.dist-info"
    about = {f"{info}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")}
    assert set(zipfile.ZipFile(distributions.wheel).namelist()) == package | about


def test_the_sdist_builds_the_same_wheel(distributions: Distributions, tmp_path: Path) -> None:
    with tarfile.open(distributions.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    wheel = next(WheelBuilder(str(source)).build(directory=str(tmp_path / "dist")))
    assert Path(wheel).read_bytes() == distributions.wheel.read_bytes()


def test_the_bundle_has_its_manifest_and_the_files_that_uv_installs(distributions: Distributions) -> None:
    names = set(zipfile.ZipFile(distributions.bundle).namelist())
    sources = {name for name in names if name.startswith("cloudwatch_mcp/")}
    assert names - sources == {"manifest.json", "pyproject.toml", "README.md", "LICENSE"}
    assert sources == {
        name for name in zipfile.ZipFile(distributions.wheel).namelist() if name.startswith("cloudwatch_mcp/")
    }


async def test_the_installed_wheel_serves_the_sdks_client_with_tools_catalogue_aws_prompts_and_chart(
    installed: Installation, sandbox: str
) -> None:
    command = str(installed.python.with_name("cloudwatch-mcp"))
    server = StdioServerParameters(command=command, env=environment(AWS_ENDPOINT_URL=sandbox))
    async with Client(server, read_timeout_seconds=PATIENCE) as client:
        listed = await client.list_tools()
        groups = await client.call_tool("describe_log_groups", {"log_group_name_prefix": "/ecs/"})
        known = await client.call_tool("get_metric_metadata", {"namespace": "AWS/Lambda", "metric_name": "Errors"})
        prompt = await client.get_prompt("triage_alarm", {"alarm_name": "a"})
        chart = await client.read_resource(CHART_URI)
    assert [tool.name for tool in listed.tools] == [each.function.__name__ for each in TOOLS]
    assert "/ecs/shop/payments" in str(groups.structured_content)
    assert (known.structured_content or {})["found"] is True
    assert prompt.messages
    assert chart.contents[0].model_dump()["text"] == chart_page()


def test_the_installed_wheel_does_not_import_the_repository(installed: Installation) -> None:
    assert installed.command("--version").stdout == f"cloudwatch-mcp {__version__}\n"
    path = installed.script("import cloudwatch_mcp; print(cloudwatch_mcp.__file__)")
    assert path.startswith(str(installed.python.parent.parent))


@pytest.mark.parametrize(("arguments", "extra"), [(["--sandbox"], "sandbox"), (["--replay", "a.yaml"], "record")])
def test_the_error_for_a_flag_without_its_extra_is_one_line_that_names_the_extra(
    installed: Installation, arguments: list[str], extra: str
) -> None:
    done = installed.command(*arguments)
    assert done.returncode == 1
    assert f"install cloudwatch-mcp[{extra}]" in done.stderr
    assert done.stderr.count("\n") == 1


def test_with_the_extras_every_module_is_imported_and_the_first_test_of_the_documentation_passes(
    distributions: Distributions, tmp_path: Path
) -> None:
    complete = Installation(distributions.wheel, tmp_path / "venv", "sandbox", "record", also=["pytest"])
    document = (ROOT / "docs" / "testing-your-agent.md").read_text("utf-8")
    test = document.partition("```python\n")[2].partition("```")[0]
    assert test.count("\n") <= 20
    (tmp_path / "test_orders.py").write_text(test, "utf-8")
    output = complete.script(
        "import gc; gc.disable()  # a sixth of the time\n"
        "import importlib, pkgutil, pytest, cloudwatch_mcp as top\n"
        f"test = {str(tmp_path / 'test_orders.py')!r}\n"
        "pytest.main(['--assert=plain', '-pno:cacheprovider', '-pno:unraisableexception', test])\n"
        "names = [each.name for each in pkgutil.walk_packages(top.__path__, 'cloudwatch_mcp.')]\n"
        "print(len([importlib.import_module(name) for name in names if not name.endswith('__main__')]), 'modules')"
    )
    assert " 1 passed" in output, output
    assert int(output.split()[-2]) > 90
