"""Every help page, and that asking for one costs little."""

from __future__ import annotations

import subprocess
import sys

import pytest

from signoff import __version__
from signoff.cli.parser import COMMANDS, LINKS, make_parser, parse
from signoff.model.judgement import Link
from support.commands import ENVIRONMENT, ran

PAGES = [[], *[[name] for name, _, _ in COMMANDS if name != "sandbox"], ["handoff", "write"], ["handoff", "read"]]


HEAVY = {
    "asyncio",
    "dataclasses",
    "datetime",
    "importlib.metadata",
    "inspect",
    "json",
    "logging",
    "pathlib",
    "shutil",
    "socket",
    "subprocess",
    "typing",
    "pydantic",
    "rich",
    "git",
    "google",
    "jinja2",
    "yaml",
    "signoff.model",
}


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_help(
    page: list[str], snapshot: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        parse([*page, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == snapshot


def test_the_links_are_the_models() -> None:
    assert tuple(Link) == LINKS


def test_help_imports_nothing_heavy() -> None:
    """What `signoff --help` costs is measured; this holds what makes it cheap."""
    argv = [sys.executable, "-X", "importtime", "-m", "signoff", "--help"]
    done = subprocess.run(argv, capture_output=True, text=True, env=ENVIRONMENT, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "argparse" in loaded
    assert not loaded & HEAVY


def test_the_version() -> None:
    assert ran("--version").stdout == f"signoff {__version__}\n"


@pytest.mark.parametrize("argv", [["-C", "x", "run"], ["run", "-C", "x"], ["-C", "y", "run", "-C", "x"]])
def test_a_directory_is_named_before_or_after_the_command(argv: list[str]) -> None:
    assert parse(argv).directory == "x"


def test_a_name_that_is_also_a_command_is_no_trouble() -> None:
    options = parse(["-C", "check", "run", "--workload", "deploy"])
    assert (options.directory, options.command, options.workloads) == ("check", "run", ["deploy"])


def test_what_follows_sandbox_is_the_sandboxs_own() -> None:
    assert parse(["sandbox", "up", "--grpc-port", "1", "--help"]).arguments == ["up", "--grpc-port", "1", "--help"]


@pytest.mark.parametrize("argv", [[], ["fly"], ["check"], ["check", "fresher"], ["run", "--nonsense"], ["handoff"]])
def test_a_usage_error_is_exit_code_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(argv)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: signoff")


def test_every_command_has_a_handler() -> None:
    from importlib import import_module

    parser = make_parser()
    samples = {
        "check": ["built"],
        "approve": ["p"],
        "rollback": ["w"],
        "job": ["run"],
        "accept": ["web"],
        "waive": ["w", "built", "--reason", "x"],
        "completion": ["bash"],
    }
    for name, _, _ in COMMANDS:
        for argv in [[name, "write"], [name, "read"]] if name == "handoff" else [[name, *samples.get(name, [])]]:
            module, _, function = parser.parse_args(argv).handler.partition(":")
            assert callable(getattr(import_module(f"signoff.cli.{module}"), function))


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_knows_the_commands(shell: str) -> None:
    script = ran("completion", shell).stdout
    assert "handoff" in script
    assert "--workload" in script


def test_bash_reads_its_completion() -> None:
    script = ran("completion", "bash").stdout
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
