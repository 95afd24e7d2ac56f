"""`signoff logs` over a service that really runs, and really fails."""

from __future__ import annotations

import json
from typing import Any

import pytest

from signoff.cli.main import main
from support.world import World

GONE = "KeyError: 'School'"


def logs(world: World, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = main(["-C", str(world.clone), "logs", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def still_there(world: World, capsys: pytest.CaptureFixture[str]) -> Any:
    """The finding, once the lines of the failed request are in the log."""
    world.request("web", "/report", expected=500)
    for _ in range(20):
        code, report = logs(world, capsys, "web", "--gone", GONE)
        found = [finding for finding in report["findings"] if finding["code"] == "healthy/still-there"]
        if found:
            assert code == 1
            assert report["claims"][0]["status"] == "fail"
            return found[0]
    pytest.fail("the error is not in the log")


def test_an_error_that_is_still_there_wants_a_deploy_only_where_a_mend_is_not_deployed(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "mend the code again (it runs already" in still_there(world, capsys)["fix"]["advice"]
    world.commit("shared/mapper.py", "# a mend that is pushed and not deployed\n")
    assert still_there(world, capsys)["fix"] == {"action": "deploy", "workloads": ["web"]}


def test_silence_is_told_once_with_what_to_run(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-C", str(world.clone), "logs", "extractor"]) == 3
    said = capsys.readouterr().out
    assert said.count("nothing of extractor serves") + said.count("job extractor has not run") == 1


@pytest.mark.parametrize(("gone", "says"), [("/[/", "regular expression"), (" ", "no error is named")])
def test_a_claim_that_names_no_error_is_a_usage_error(
    world: World, capsys: pytest.CaptureFixture[str], gone: str, says: str
) -> None:
    assert main(["-C", str(world.clone), "logs", "--gone", gone]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert "Traceback (most recent" not in said
    assert world.sandbox.calls() == {}


def test_an_unknown_workload_is_a_usage_error(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-C", str(world.clone), "logs", "wob"]) == 2
    assert "did you mean web?" in capsys.readouterr().err
