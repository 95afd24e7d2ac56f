"""Whatever the facts are: nothing passes that did not provably arrive, and no cause goes unnamed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.checks import reachable
from signoff.checks.reachable import CODES, judge
from signoff.model.arrival import Answer, Arrivals, Cached, Front, Landed, Probe, Sent, Unmet, Users, Wall
from signoff.model.evidence import Evidence
from signoff.model.facts import Known, Ref, Unknown
from signoff.model.http import Failure
from signoff.model.judgement import Status
from signoff.model.logs import LogEntry, Request
from signoff.model.quoted import Quoted
from signoff.model.smoke import FRONT_PAGE, Smoke
from signoff.reading.walls import RULES
from support.samples import NOW, WEB

REVISION = "web-00002-abc"
REF = Ref("http", "https://app.example.com/api", NOW, ("curl", "https://app.example.com/api"))
LOG = Ref("logging", "projects/p", NOW, ("gcloud", "logging", "read"))
LAG = timedelta(seconds=30)
REACH, BLOCKED = Smoke("/api"), Smoke("/admin", "blocked")
PROOF = Evidence("logging", "projects/p", "revision_name", REVISION, NOW)
DENIED = Unknown("denied", LOG, Quoted("no"))


def entry(revision: str = REVISION, status: int = 200, *, refused: bool = False, workload: str = "web") -> LogEntry:
    request = Request("GET", Quoted("/api"), status, refused, Quoted("app.example.com"), Quoted("Mozilla/5.0"))
    return LogEntry(NOW, workload, "us-central1", revision, "INFO", "requests", Quoted("said"), request)


WALLS = st.sampled_from(RULES).map(
    lambda rule: Wall(rule.kind, rule.called, "header x", Quoted("y"), rule.guards, rule.change, rule.docs)
)
CACHED = st.builds(
    Cached, st.just("age"), st.just(Quoted("9")), st.sampled_from([None, timedelta(days=9)]), st.booleans()
)
ANSWERS = st.builds(
    Answer,
    status=st.sampled_from([200, 200, 204, 302, 401, 403, 404, 429, 500, 503]),
    unmet=st.sampled_from([(), (), (Unmet("status", "2xx", Quoted("404")),)]),
    wall=st.none() | WALLS,
    cached=st.none() | CACHED,
    html=st.booleans(),
    named=st.sampled_from([None, Quoted(REVISION), Quoted("web-00001-abc")]),
)  # fmt: skip
FAILURES = st.sampled_from(["dns", "dns-unsure", "tls", "refused", "network", "timeout", "broken"]).map(
    lambda kind: Failure(kind, Quoted("no"), unsent=True)
)
LANDED = st.builds(
    entry, st.sampled_from([REVISION, REVISION, "web-00001-abc"]), st.sampled_from([200, 404, 500]),
    refused=st.booleans(), workload=st.sampled_from(["web", "web", "other"]),
).map(lambda found: Landed(found, PROOF))  # fmt: skip
PROBES = st.builds(
    Probe,
    sent=st.builds(
        Sent,
        smoke=st.sampled_from([REACH, BLOCKED, FRONT_PAGE, Smoke("/x", content_type="text/html")]),
        url=st.just("https://app.example.com/api"),
        nonce=st.just("a" * 32),
        at=st.just(NOW),
        answer=st.one_of(
            ANSWERS.map(lambda answer: Known(answer, REF)), ANSWERS.map(lambda answer: Known(answer, REF)),
            FAILURES.map(lambda failure: Known(failure, REF)), st.just(DENIED), st.none(),
        ),
    ),
    landed=st.none() | LANDED | st.just(DENIED),
    looked=st.sampled_from([NOW, NOW + LAG]),
)  # fmt: skip
VISITS = st.lists(st.just(entry()), max_size=1).map(tuple)
USERS = st.builds(Users, VISITS, VISITS, VISITS, st.booleans(), st.just(PROOF)) | st.just(DENIED)
FRONTS = st.builds(
    Front, st.sampled_from(["all", "internal"]), st.booleans(), st.just(REF), st.sampled_from(["", "it is"])
)
FACTS = st.builds(
    Arrivals,
    revisions=st.sampled_from([frozenset({REVISION}), frozenset({REVISION}), frozenset[str]()]),
    candidate=st.booleans(),
    lag=st.just(LAG),
    front=FRONTS,
    probes=st.lists(PROBES, max_size=3).map(tuple),
    users=USERS,
    since=st.just(NOW),
    public=st.sampled_from(["", "app.example.com"]),
)  # fmt: skip


@given(FACTS)
def test_a_pass_rests_on_a_request_that_a_container_of_the_revision_handled(facts: Arrivals) -> None:
    judgement = judge(WEB, facts)
    assert {finding.code for finding in judgement.findings} <= CODES.keys()
    for finding in judgement.findings:
        assert finding.fix is not None or finding.severity != "error"
    if judgement.status is not Status.PASS:
        return
    users = not facts.candidate and isinstance(facts.users, Users) and bool(facts.users.handled)
    for probe in facts.probes:
        assert arrived(probe) or held(probe) or (probe.sent.smoke.by_default and users) or lasting(probe)
    assert facts.probes or users
    assert facts.candidate or (isinstance(facts.users, Users) and not facts.users.astray and not facts.users.refused)


def arrived(probe: Probe) -> bool:
    answer = probe.sent.answer.value if isinstance(probe.sent.answer, Known) else None
    if not isinstance(answer, Answer) or not isinstance(probe.landed, Landed) or probe.landed.entry.request is None:
        return False
    seen = probe.landed.entry
    as_expected = answer.status < 400 if probe.sent.smoke.by_default else not answer.unmet
    mine = (seen.unit, seen.workload) == (REVISION, "web")
    return as_expected and mine and not probe.landed.entry.request.refused and answer.status < 500


def held(probe: Probe) -> bool:
    """A blocked route: something that guards answered, or a 401 or 403."""
    answer = probe.sent.answer.value if isinstance(probe.sent.answer, Known) else None
    if probe.sent.smoke.expect != "blocked" or not isinstance(answer, Answer):
        return False
    return (answer.wall is not None and answer.wall.guards) or answer.status in {401, 403}


def lasting(probe: Probe) -> bool:
    """An asset that caches may keep is left out, never taken for a proof of the whole."""
    answer = probe.sent.answer.value if isinstance(probe.sent.answer, Known) else None
    return isinstance(answer, Answer) and answer.cached is not None and answer.cached.lasting


def facts(*probes: Probe, **over: object) -> Arrivals:
    users = Users((), (), (), True, PROOF)
    front = Front("all", True, REF)
    made = Arrivals(frozenset({REVISION}), False, LAG, front, probes, users, NOW - timedelta(hours=1))
    return replace(made, **over)  # type: ignore[arg-type]


def probe(answer: Answer, landed: LogEntry | None = None, smoke: Smoke = REACH, late: bool = True) -> Probe:
    sent = Sent(smoke, "https://app.example.com/api", "a" * 32, NOW, Known(answer, REF))
    return Probe(sent, Landed(landed, PROOF) if landed else None, NOW + LAG if late else NOW)


@pytest.mark.parametrize("status", [401, 404])
def test_an_answer_of_the_container_that_is_no_success_is_named_as_one(status: int) -> None:
    answer = Answer(status, (Unmet("status", "2xx", Quoted(str(status))),))
    judgement = judge(WEB, facts(probe(answer, entry(status=status))))
    assert (judgement.status, judgement.findings[0].code) == (Status.FAIL, "reachable/unexpected")
    default = judge(WEB, facts(probe(answer, entry(status=status), FRONT_PAGE)))
    assert default.status is Status.UNKNOWN


def test_a_sign_in_page_of_the_container_itself_is_no_wall() -> None:
    page = next(rule for rule in RULES if rule.kind == "login-page")
    wall = Wall(page.kind, page.called, "body", Quoted("a form"), page.guards, page.change, page.docs)
    assert judge(WEB, facts(probe(Answer(200, wall=wall, html=True), entry(), Smoke("/login")))).status is Status.PASS


@pytest.mark.parametrize("smoke", [FRONT_PAGE, Smoke("/account", status=(302,))])
def test_a_container_that_sends_to_its_own_sign_in_is_waited_for_and_arrives(smoke: Smoke) -> None:
    rule = next(rule for rule in RULES if rule.kind == "login-redirect")
    wall = Wall(rule.kind, rule.called, "header location", Quoted("/login"), rule.guards, rule.change, rule.docs)
    assert judge(WEB, facts(probe(Answer(302, wall=wall), entry(status=302), smoke))).status is Status.PASS
    assert judge(WEB, facts(probe(Answer(302, wall=wall), smoke=smoke, late=False))).status is Status.WAITING
    never = judge(WEB, facts(probe(Answer(302, wall=wall), smoke=smoke), public="app.example.com"))
    assert (never.status, never.findings[0].code) == (Status.FAIL, "reachable/login")


def test_a_page_with_a_password_shows_a_blocked_route_only_where_no_container_gave_it() -> None:
    rule = next(rule for rule in RULES if rule.kind == "login-page")
    page = Answer(
        200, wall=Wall(rule.kind, rule.called, "body", Quoted("a form"), True, rule.change, rule.docs), html=True
    )
    assert judge(WEB, facts(probe(page, entry(), BLOCKED))).status is Status.UNKNOWN
    assert judge(WEB, facts(probe(page, smoke=BLOCKED, late=False))).status is Status.WAITING
    assert judge(WEB, facts(probe(page, smoke=BLOCKED))).status is Status.PASS


def test_a_refusal_of_another_service_is_another_service() -> None:
    refused = entry("api-00001-abc", 403, refused=True, workload="api")
    judged = judge(WEB, facts(probe(Answer(403, (Unmet("status", "2xx", Quoted("403")),)), refused)))
    assert (judged.status, judged.findings[0].code) == (Status.FAIL, "reachable/other-revision")


def test_a_refusal_of_the_platform_that_is_logged_is_no_arrival() -> None:
    busy = judge(
        WEB, facts(probe(Answer(429, (Unmet("status", "2xx", Quoted("429")),)), entry(status=429, refused=True)))
    )
    assert busy.status is Status.UNKNOWN
    none = judge(
        WEB, facts(probe(Answer(503, (Unmet("status", "2xx", Quoted("503")),)), entry(status=503, refused=True)))
    )
    assert (none.status, none.findings[0].code) == (Status.FAIL, "reachable/no-instance")


def test_an_error_that_is_expected_is_as_expected() -> None:
    assert (
        judge(WEB, facts(probe(Answer(503), entry(status=503), Smoke("/teapot", status=(503,))))).status is Status.PASS
    )


def test_a_page_where_the_log_of_requests_is_switched_off_is_unknown() -> None:
    silent = Users((), (), (), False, PROOF)
    judged = judge(WEB, facts(probe(Answer(200, html=True)), users=silent))
    assert judged.status is Status.UNKNOWN
    assert judge(WEB, facts(probe(Answer(200, html=True)))).status is Status.FAIL
    expected = Smoke("/", content_type="text/html")
    assert judge(WEB, facts(probe(Answer(200, html=True), smoke=expected))).status is Status.UNKNOWN


def test_only_services_take_requests() -> None:
    assert reachable.only_services(WEB) is None
    assert reachable.only_services(replace(WEB, kind="job")) is not None
