"""`signoff init` and `signoff doctor` as processes."""

from __future__ import annotations

import json
from pathlib import Path

from support.commands import ran
from support.world import a_repository


def test_doctor_says_of_each_thing_whether_it_is_there_and_how_to_mend_it(tmp_path: Path) -> None:
    clone, _ = a_repository(tmp_path)
    nowhere = {"SIGNOFF_SANDBOX": "127.0.0.1:9", "SIGNOFF_STATE": str(tmp_path / "state")}
    done = ran("doctor", cwd=clone, env=nowhere)
    assert done.returncode == 3
    lines = done.stdout.splitlines()
    assert lines[0] == "(sandbox)"
    assert any(line.startswith("✓ remote ") for line in lines)
    lost = next(index for index, line in enumerate(lines) if line.startswith("? Cloud Build "))
    assert lines[lost + 1].startswith("    fix: gcloud builds list ")
    found = json.loads(ran("doctor", "--json", cwd=clone, env=nowhere).stdout)
    assert found["healthy"] is False
    assert {row["status"] for row in found["rows"]} == {"ok", "unknown"}


def test_doctor_without_a_configuration_is_a_trouble_and_no_crash(tmp_path: Path) -> None:
    clone, _ = a_repository(tmp_path)
    (clone / "signoff.toml").unlink()
    done = ran("doctor", cwd=clone)
    assert done.returncode == 1
    assert "✗ signoff.toml" in done.stdout
    assert "fix: write one with signoff init" in done.stdout


def test_init_prints_what_it_would_write_and_writes_nothing(tmp_path: Path) -> None:
    clone, _ = a_repository(tmp_path)
    (clone / "signoff.toml").unlink()
    done = ran("init", "--dry-run", "--offline", cwd=clone)
    assert done.returncode == 0
    assert "[workloads.web]" in done.stdout
    assert not (clone / "signoff.toml").exists()


def test_init_never_writes_over_a_file_without_being_told(tmp_path: Path) -> None:
    clone, _ = a_repository(tmp_path)
    before = (clone / "signoff.toml").read_text("utf-8")
    done = ran("init", "--offline", cwd=clone)
    assert done.returncode == 2
    assert "there is a signoff.toml already" in done.stderr
    assert (clone / "signoff.toml").read_text("utf-8") == before
    forced = ran("init", "--offline", "--force", "--json", cwd=clone)
    assert forced.returncode == 0
    assert json.loads(forced.stdout)["written"] is True
    assert (clone / "signoff.toml").read_text("utf-8") != before
