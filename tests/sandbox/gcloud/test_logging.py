"""`gcloud logging …` on the sandbox."""

from __future__ import annotations

from support.gcloud import Gcloud


def test_entries_are_written_and_read_back(gcloud: Gcloud) -> None:
    said = gcloud("logging", "write", "written", "it is done", "--severity=WARNING")
    assert "Created log entry." in said.err
    gcloud("logging", "write", "written", '{"code": 7, "deep": {"a": "b"}}', "--payload-type=json")
    structured, plain = gcloud.json("logging", "read", "log_id(written)")
    assert (plain["textPayload"], plain["severity"]) == ("it is done", "WARNING")
    assert plain["resource"] == {"type": "global", "labels": {"project_id": "demo"}}
    assert plain["logName"] == "projects/demo/logs/written"
    assert structured["jsonPayload"] == {"code": 7, "deep": {"a": "b"}}
    assert "severity" not in structured, "DEFAULT is not shown"
    assert {"insertId", "timestamp", "receiveTimestamp"} <= set(structured)


def test_filter_order_limit_and_format_are_followed(gcloud: Gcloud) -> None:
    for severity in ("INFO", "ERROR", "CRITICAL"):
        gcloud("logging", "write", "ordered", f"it is {severity}", f"--severity={severity}")
    wanted = 'logName="projects/demo/logs/ordered" AND severity>=ERROR'
    shown = gcloud("logging", "read", wanted, "--format=value(textPayload)").out
    assert shown.splitlines() == ["it is CRITICAL", "it is ERROR"], "the newest first"
    shown = gcloud("logging", "read", wanted, "--order=asc", "--limit=1", "--format=value(textPayload)").out
    assert shown.splitlines() == ["it is ERROR"]
    text = gcloud("logging", "read", 'textPayload:"CRITICAL" severity=CRITICAL', "--freshness=1h").out
    assert "textPayload: it is CRITICAL" in text


def test_freshness_leaves_out_what_is_older(gcloud: Gcloud) -> None:
    entry = {
        "logName": "projects/demo/logs/old",
        "resource": {"type": "global"},
        "timestamp": "2020-01-01T00:00:00Z",
        "textPayload": "long ago",
    }
    gcloud.sandbox.plant({"logEntries": [entry]})
    assert gcloud.json("logging", "read", "log_id(old)") == []
    (found,) = gcloud.json("logging", "read", "log_id(old)", "--freshness=100000d")
    assert found["textPayload"] == "long ago"


def test_a_filter_that_cannot_be_read_is_refused_in_googles_words(gcloud: Gcloud) -> None:
    refused = gcloud("logging", "read", "severity>=ERROR )", "--order=asc", code=1)
    assert "INVALID_ARGUMENT: Unparseable filter: syntax error at line 1, column 17, token ')'" in refused.err


def test_logs_are_listed_and_deleted(gcloud: Gcloud) -> None:
    gcloud("logging", "write", "passing", "x")
    assert "projects/demo/logs/passing" in gcloud("logging", "logs", "list").out.split()
    assert "Deleted [passing]." in gcloud("logging", "logs", "delete", "passing").err
    assert "projects/demo/logs/passing" not in gcloud("logging", "logs", "list").out.split()
    types = gcloud("logging", "resource-descriptors", "list").out
    assert "cloud_run_revision" in types
