"""What is published holds everything that runs: built as `pip` builds it, used from another folder."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = (
    "signoff/py.typed",
    "signoff_sandbox/py.typed",
    "signoff_sandbox/README.md",
    "signoff_sandbox/wire/discovery.json",
    "signoff_sandbox/wire/rpcs.json",
    "signoff_sandbox/edge/nginx.conf.j2",
    "signoff/views/report.schema.json",
    "signoff_templates/handoff.md.j2",
    "signoff_templates/signoff.toml.j2",
    "signoff_templates/demo/project/deploy.py",
    "signoff_templates/demo/project/gitignore",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution, made by the project's build backend."""
    folder = tmp_path_factory.mktemp("dist")
    program = "import sys; from hatchling import build; build.build_wheel(sys.argv[1]); build.build_sdist(sys.argv[1])"
    subprocess.run([sys.executable, "-c", program, str(folder)], cwd=ROOT, check=True, capture_output=True)
    return folder


def used(installed: Path, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, *argv],
        cwd=installed,
        env=environment | {"PYTHONPATH": str(installed)} | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content in a folder of its own, as pip lays it out."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        wheel.extractall(folder)
    return folder


@pytest.mark.parametrize("needed", NEEDED)
def test_the_wheel_holds_what_is_read_at_run_time(installed: Path, needed: str) -> None:
    assert (installed / needed).is_file()


def test_the_wheel_brings_the_commands_and_nothing_but_its_packages(installed: Path) -> None:
    metadata = next(installed.glob("*.dist-info"))
    commands = (metadata / "entry_points.txt").read_text("utf-8")
    assert "signoff = signoff.cli.main:main" in commands
    assert "signoff-sandbox = signoff_sandbox.__main__:main" in commands
    packages = {path.name for path in installed.iterdir() if path != metadata}
    assert packages == {"signoff", "signoff_sandbox", "signoff_templates"}


def test_the_source_distribution_can_be_tested(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "constraints.txt", "tests/signoff/test_walk.py", "docs/tables.py", "LICENSE"} <= names


def test_the_installed_command_runs_from_another_folder(installed: Path) -> None:
    said = used(installed, "-m", "signoff", "--version")
    assert (said.returncode, said.stderr) == (0, "")
    where = used(installed, "-c", "import signoff; print(signoff.__file__)").stdout
    assert where.startswith(str(installed))


def test_the_installed_templates_make_a_world_and_the_sandbox_answers(installed: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from signoff.demo.stage import Stage\n"
        "with Stage(Path(sys.argv[1])) as stage:\n"
        "    print((stage.clone / 'signoff.toml').is_file(), stage.env['SIGNOFF_SANDBOX'])"
    )
    said = used(installed, "-c", program, str(tmp_path / "world"))
    assert said.stdout.startswith("True 127.0.0.1:"), said.stderr


def test_the_installed_init_writes_its_template(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . .\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    said = used(installed, "-m", "signoff", "-C", str(tmp_path), "init", "--dry-run")
    assert said.returncode == 0, said.stderr
    assert "[workloads." in said.stdout
