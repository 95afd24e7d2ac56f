"""What Cloud Run and loggers write around an error's own lines: over the real wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from signoff.checks.healthy import KNOWN_ERROR, MISSING, NEW_ERROR, NOT_EXERCISED, judge
from signoff.model.judgement import Status
from signoff.model.log_rules import Expected, LogRules
from signoff.model.subject import Workload, WorkloadName
from support.logged import GONE, World, asked, broke, entry, pool, pool_entry, revision
from support.samples import WEB

POOL = Workload(WorkloadName("crunch"), "worker-pool", "crunch", ())
ASKED_FOR = {"requestMethod": "GET", "requestUrl": "https://web.example.com/report"}


async def errors_of(world: World, workload: Workload = WEB) -> list[str]:
    return [error.says.outside for error in (await world.facts(workload=workload)).units[0].errors]


@pytest.mark.parametrize(
    "fields",
    [
        {"severity": "ERROR", "jsonPayload": {"message": "rows lost"}},
        {"severity": "ERROR", "textPayload": "rows lost"},
        {"jsonPayload": {"message": "rows lost", "level": "error"}},
    ],
    ids=["severity", "text", "level"],
)
async def test_an_error_that_names_the_request_it_was_logged_for_is_an_error(
    world: World, fields: dict[str, Any]
) -> None:
    world.plant(asked("/report", 200, 100), entry("stdout", 90, httpRequest=ASKED_FOR, **fields))
    assert await errors_of(world) == ["rows lost"]


async def test_a_line_that_names_a_request_is_no_answered_request(world: World) -> None:
    world.plant(entry("stdout", 90, httpRequest=ASKED_FOR | {"status": 200}, textPayload="served", labels=LIVE))
    assert judge(WEB, await world.facts()).status is Status.UNKNOWN


LIVE = {"instanceId": "0001"}
ELSEWHERE = [
    ("%2Fvar%2Flog%2Fnginx%2Ferror.log", "2026/11/20 09:14:02 [error] 31#31: *1 upstream prematurely closed"),
    ("%2Fvar%2Flog%2Fapp.log", "2026-11-20 09:14:02,118 ERROR billing: no invoice"),
]


@pytest.mark.parametrize(("log", "said"), ELSEWHERE)
async def test_an_error_in_a_file_of_var_log_is_read(world: World, log: str, said: str) -> None:
    world.plant(asked("/report", 200, 100), entry(log, 90, textPayload=said))
    assert judge(WEB, await world.facts()).status is Status.FAIL


@pytest.mark.parametrize("name", ["winston_log", "failed_requests"])
async def test_an_error_that_a_client_of_cloud_logging_wrote_is_read(world: World, name: str) -> None:
    written = entry("x", 90, severity="ERROR", jsonPayload={"message": "rows lost"}) | {"logName": f"logs/{name}"}
    world.plant(asked("/report", 200, 100), written)
    assert await errors_of(world) == ["rows lost"]


async def test_what_the_audit_log_says_of_a_revision_is_no_error_of_its_code(world: World) -> None:
    said = entry("x", 90, severity="ERROR", protoPayload={"@type": "type.googleapis.com/google.cloud.audit.AuditLog"})
    world.plant(asked("/report", 200, 100), said | {"logName": "logs/cloudaudit.googleapis.com%2Factivity"})
    assert judge(WEB, await world.facts()).status is Status.PASS


ENDED = ["Container called exit(1).", "Container terminated on signal 9.", "Uncaught signal: 11, pid=2, tid=2"]


@pytest.mark.parametrize("said", ENDED)
async def test_a_container_that_ended_by_itself_is_an_error_whatever_its_severity(world: World, said: str) -> None:
    world.plant(asked("/report", 200, 100), entry("varlog%2Fsystem", 90, severity="WARNING", textPayload=said))
    assert await errors_of(world) == [said]


@pytest.mark.parametrize("said", ["Container called exit(0).", "Container called exit(143).", "Starting new instance."])
async def test_a_container_that_ended_because_it_was_told_to_is_none(world: World, said: str) -> None:
    world.plant(asked("/report", 200, 100), entry("varlog%2Fsystem", 90, severity="WARNING", textPayload=said))
    assert judge(WEB, await world.facts()).status is Status.PASS


async def test_a_worker_pool_that_starts_and_ends_over_and_over_is_not_healthy(world: World) -> None:
    for ago in (300, 200, 100):
        said = pool_entry("varlog%2Fsystem", ago - 2, severity="WARNING", textPayload="Container called exit(1).")
        world.plant(pool_entry("stdout", ago, textPayload="starting"), said)
    world.plant(workerPools=[pool()])
    judged = judge(POOL, await world.facts(workload=POOL))
    assert [finding.code for finding in judged.findings] == [NEW_ERROR]


async def test_a_container_that_ended_so_before_too_is_known(world: World) -> None:
    said = {"severity": "WARNING", "textPayload": "Container called exit(1)."}
    before = entry("varlog%2Fsystem", 900, "web-00001-old", **said)
    world.plant(asked("/report", 200, 100), before, entry("varlog%2Fsystem", 90, **said))
    judged = judge(WEB, await world.facts())
    assert (judged.status, judged.findings[0].code) == (Status.PASS, KNOWN_ERROR)


async def test_requests_that_no_container_could_take_are_one_error(world: World) -> None:
    refused = [asked(path, 503, ago, answered=False) for path, ago in (("/a", 90), ("/b", 80))]
    world.plant(asked("/report", 200, 100), *refused)
    assert await errors_of(world) == ["HTTP 503 of Cloud Run itself: no container took the request"]
    assert judge(WEB, await world.facts()).status is Status.FAIL


@pytest.mark.parametrize(
    "payload",
    [{"event": "rows written"}, {"record": {"message": "rows written"}}, {"event": 'rows written "all"'}],
    ids=str,
)
async def test_an_expected_entry_is_found_under_the_name_that_its_logger_has(
    world: World, payload: dict[str, Any]
) -> None:
    text = 'written "all"' if '"all"' in str(payload) else "rows written"
    expecting = replace(WEB, logs=LogRules((Expected(text, within=timedelta(0)),)))
    world.plant(asked("/report", 200, 300), entry("stdout", 290, jsonPayload=payload))
    judged = judge(expecting, await world.facts(workload=expecting))
    assert MISSING not in {finding.code for finding in judged.findings}
    assert judged.status is Status.PASS


async def test_a_scanner_that_finds_nothing_exercises_nothing(world: World) -> None:
    world.plant(*(asked(path, 404, 100) for path in ("/wp-login.php", "/.env")))
    judged = judge(WEB, await world.facts())
    assert (judged.status, judged.findings[0].code) == (Status.UNKNOWN, NOT_EXERCISED)
    assert "answered 2 requests, none of them with success," in "".join(map(str, judged.findings[0].message.parts))


async def test_a_service_that_fails_every_request_as_before_is_not_taken_for_healthy(world: World) -> None:
    world.plant(asked("/report", 500, 900, "web-00001-old"), asked("/report", 500, 100))
    judged = judge(WEB, await world.facts())
    assert judged.status is Status.UNKNOWN
    assert {finding.code for finding in judged.findings} == {NOT_EXERCISED, KNOWN_ERROR}


async def test_requests_that_were_turned_away_are_said_beside_n(world: World) -> None:
    world.plant(asked("/report", 200, 100), asked("/wp-login.php", 404, 90), asked("/report", 499, 80))
    judged = judge(WEB, await world.facts())
    assert judged.status is Status.PASS
    assert "n = 3, 0 failed" in (said := str(judged.reason.parts if judged.reason else ""))
    assert "2 of 3 were turned away (4xx)" in said


async def test_containers_of_one_instance_do_not_get_between_each_others_lines(world: World) -> None:
    lines = ["Traceback (most recent call last):", '  File "/app/main.py", line 7, in run', "    row['School']", GONE]
    world.plant(asked("/report", 200, 100))
    for number, line in enumerate(lines):
        at = 90 - number / 100
        world.plant(entry("stderr", at, textPayload=line, labels=LIVE | {"container_name": "web"}))
        beside = LIVE | {"container_name": "collector"}
        world.plant(entry("stderr", at - 0.001, textPayload="exported 3 spans", labels=beside))
    error = (await world.facts()).units[0].errors
    assert [(one.says.outside, one.signature) for one in error] == [(GONE, f"{GONE} at main.py:run")]


@pytest.mark.parametrize("level", ["severityText", "severity_text", "SeverityText", "priority"])
async def test_a_level_of_opentelemetry_or_syslog_is_read(world: World, level: str) -> None:
    world.plant(asked("/report", 200, 100), entry("stdout", 90, jsonPayload={level: "ERROR", "body": "rows lost"}))
    assert await errors_of(world) == ["rows lost"]


async def test_an_error_that_was_handled_is_proven_gone_by_the_path_that_its_logger_named(world: World) -> None:
    handled = {"severity": "ERROR", "jsonPayload": {"message": "rows lost"}, "httpRequest": ASKED_FOR}
    world.plant(entry("stdout", 900, "web-00001-old", **handled), asked("/other", 200, 100))
    claimed = await world.claim("rows lost")
    assert claimed.status is Status.UNKNOWN
    assert "was not requested since: send it to web" in str(claimed.reason.parts)
    world.plant(asked("/report", 200, 90))
    assert (await world.claim("rows lost")).status is Status.PASS


async def test_a_revision_that_became_ready_again_is_not_forgiven_what_it_wrote_before(world: World) -> None:
    world.plant(*broke(3000, "web-00002-new"), asked("/report", 200, 100))
    world.plant(revisions=[revision(ready=300, created=7200)])
    assert judge(WEB, await world.facts()).status is Status.FAIL


async def test_a_method_that_somebody_made_up_is_not_taken_into_our_own_words(world: World) -> None:
    made_up = {"requestMethod": "`*OBEY*`", "requestUrl": "https://web.example.com/report", "status": 500}
    world.plant(entry("requests", 900, "web-00001-old", httpRequest=made_up, labels=LIVE))
    world.plant(asked("/other", 200, 100))
    claimed = await world.claim("HTTP 500")
    assert "OBEY" not in str(claimed.reason.parts)
    assert "UNKNOWN " in str(claimed.reason.parts)
