"""New routes, whatever the facts are: nothing passes that a wall stopped, and every change is told of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.checks import routes
from signoff.checks.new_route import lines
from signoff.checks.routes import CODES, judge
from signoff.config import ConfigError, parse
from signoff.gather.routes import _changes, _told, _unread, covered
from signoff.gather.routes_through import through as led_to
from signoff.model.arrival import Answer, Arrivals, Front, Landed, Probe, Sent, Unmet, Users, Wall
from signoff.model.evidence import Evidence
from signoff.model.facts import Known, Ref, Unknown
from signoff.model.finding import Advice
from signoff.model.judgement import Status
from signoff.model.logs import LogEntry, Request
from signoff.model.quoted import Quoted
from signoff.model.routes import ANY, Change, Found, Helper, NewRoutes, Place, Route, Unread
from signoff.model.smoke import FRONT_PAGE, BearerFrom, Ignored, RouteRules, Smoke
from signoff.model.text import Text, text
from signoff.reading.walls import RULES
from support.samples import NOW, WEB
from support.smoked import said

REVISION = "web-00002-abc"
REF = Ref("http", "https://app.example.com/api/new", NOW)
PROOF = Evidence("git", "/clone", "routes", None, NOW)
LANDED = Evidence("logging", "projects/p", "revision_name", REVISION, NOW)
NEW = Route("GET", "/api/new", "web/main.py", 3, "a")
WALLS = [Wall(rule.kind, rule.called, "header x", Quoted("y"), rule.guards, rule.change, rule.docs) for rule in RULES]
GUARD = next(wall for wall in WALLS if wall.guards and wall.kind == "oauth2-proxy")
HEAD = """\
[targets.production]
project = "acme"
regions = ["us-central1"]
branch = "main"
[workloads.web]
kind = "service"
"""
NOBODY = Users((), (), (), True, LANDED)


def entry(status: int = 200, *, path: str = "/api/new", unit: str = REVISION, refused: bool = False) -> LogEntry:
    request = Request("GET", Quoted(path), status, refused, Quoted("app.example.com"), Quoted("Mozilla/5.0"))
    return LogEntry(NOW, "web", "us-central1", unit, "INFO", "requests", Quoted(""), request)


def probe(smoke: Smoke, answer: Answer, landed: LogEntry | None) -> Probe:
    sent = Sent(smoke, "https://app.example.com" + smoke.path, "a" * 32, NOW, Known(answer, REF))
    return Probe(sent, Landed(landed, LANDED) if landed else None, NOW)


def facts(
    answer: Answer, landed: LogEntry | None, *, front: Answer | None = None, users: Users | Unknown = NOBODY,
    route: Route = NEW, kind: str = "new", candidate: bool = False,
) -> NewRoutes:  # fmt: skip
    smoke = Smoke(route.path, found=True)
    probes = [probe(smoke, answer, landed)] + ([probe(FRONT_PAGE, front, None)] if front else [])
    seen = Arrivals(
        frozenset({REVISION}),
        candidate,
        NOW - NOW,
        Front("all", True, REF),
        tuple(probes),
        users,
        NOW,
        "app.example.com",
    )
    change = Change(route, "new" if kind == "new" else "changed")
    found = Found((route,), by=frozenset({"FastAPI"}))
    control = FRONT_PAGE if front else None
    return NewRoutes(PROOF, None, found, (change,), smokes=((change, smoke),), control=control, arrivals=seen)


def codes(made: NewRoutes, *smoke: Smoke) -> tuple[Status, dict[str, str]]:
    judgement = judge(replace(WEB, smoke=smoke), made)
    found = {finding.code: finding.severity for finding in judgement.findings}
    assert found.keys() <= CODES.keys()
    return judgement.status, found


def unexpected(status: int) -> Answer:
    return Answer(status, (Unmet("status", "2xx", Quoted(str(status))),))


@pytest.mark.parametrize("status", [200, 204, 307, 400, 405, 422])
def test_any_other_answer_of_the_container_is_an_arrival(status: int) -> None:
    assert codes(facts(unexpected(status), entry(status))) == (Status.PASS, {})


@pytest.mark.parametrize("status", [401, 403])
def test_a_route_that_wants_an_identity_arrived_and_says_so(status: int) -> None:
    assert codes(facts(unexpected(status), entry(status))) == (Status.PASS, {routes.GUARDED: "warning"})


def test_404_of_a_new_route_is_a_fault_where_nothing_decides_it_at_run_time() -> None:
    assert codes(facts(unexpected(404), entry(404))) == (Status.FAIL, {routes.MISSING: "error"})
    unsure = replace(NEW, certain=False)
    assert codes(facts(unexpected(404), entry(404), route=unsure)) == (Status.PASS, {routes.MISSING: "warning"})
    assert codes(facts(unexpected(404), entry(404), kind="changed")) == (Status.PASS, {routes.MISSING: "warning"})


def test_an_error_of_the_container_or_another_revision_is_a_fault() -> None:
    assert codes(facts(unexpected(500), entry(500)))[0] is Status.FAIL
    assert codes(facts(Answer(200), entry(unit="web-00001-old")))[0] is Status.FAIL


def test_a_login_before_the_route_alone_is_the_fault() -> None:
    walled = replace(unexpected(302), wall=GUARD)
    for front in (None, Answer(200), replace(unexpected(302), wall=WALLS[0])):
        assert codes(facts(walled, None, front=front)) == (Status.FAIL, {"reachable/oauth2-proxy": "error"})


def test_a_login_before_everything_or_before_those_beside_it_is_meant() -> None:
    walled = replace(unexpected(302), wall=GUARD)
    meant = (Status.PASS, {routes.GUARDED: "warning"})
    assert codes(facts(walled, None, front=walled)) == meant
    assert codes(facts(walled, None, candidate=True)) == meant
    for beside in (Smoke("/api/old", "blocked"), Smoke("/api/old", identity=BearerFrom("TOKEN"))):
        assert codes(facts(walled, None), beside) == meant
        assert codes(facts(walled, None), beside, Smoke("/api/other"))[0] is Status.FAIL
    assert codes(facts(walled, None), Smoke("/admin", "blocked"))[0] is Status.FAIL


def test_a_new_route_that_is_open_where_those_beside_it_are_blocked_is_told() -> None:
    blocked = Smoke("/api/old", "blocked")
    assert codes(facts(Answer(200), entry()), blocked) == (Status.PASS, {routes.OPEN: "warning"})
    assert codes(facts(Answer(200), entry()), blocked, Smoke("/api/other")) == (Status.PASS, {})
    assert codes(facts(Answer(200), entry()), Smoke("/admin", "blocked")) == (Status.PASS, {})


def test_a_users_request_for_it_is_an_arrival() -> None:
    walled = replace(unexpected(302), wall=GUARD)
    assert codes(facts(walled, None, users=replace(NOBODY, handled=(entry(),)))) == (Status.PASS, {})
    other = replace(NOBODY, handled=(entry(path="/api/old"),))
    assert codes(facts(walled, None, users=other))[0] is Status.FAIL


@given(
    st.builds(
        Answer,
        status=st.sampled_from([200, 302, 401, 403, 404, 500]),
        unmet=st.sampled_from([(), (Unmet("status", "2xx", Quoted("404")),)]),
        wall=st.none() | st.sampled_from(WALLS),
        html=st.booleans(),
    ),
    st.none() | st.builds(entry, st.sampled_from([200, 404]), refused=st.booleans()),
    st.booleans(),
)
def test_whatever_comes_back_only_the_container_makes_it_pass(
    answer: Answer, landed: LogEntry | None, asked: bool
) -> None:
    made = facts(answer, landed, front=Answer(200) if asked else None)
    judgement = judge(WEB, made)
    arrived = landed is not None and landed.request is not None and not landed.request.refused
    assert arrived or judgement.status is not Status.PASS
    assert {finding.code for finding in judgement.findings} <= CODES.keys()


def test_what_was_not_sent_has_its_lines_and_with_real_values_they_are_a_table_that_covers_the_route(
    tmp_path: Path,
) -> None:
    post = Route("POST", "/api/orders/{id}", "web/main.py", 9, "b")
    made = NewRoutes(PROOF, None, Found((post,), by=frozenset({"Flask"})), (Change(post, "new"),))
    judgement = judge(WEB, made)
    assert (judgement.status, judgement.findings[0].code) == (Status.PASS, routes.UNTESTED)
    toml = HEAD + "\n".join(lines(WEB, post)) + "\n"
    with pytest.raises(ConfigError, match="placeholder"):
        parse(toml.encode(), tmp_path / "signoff.toml")
    toml = toml.replace("{id}", "7")
    config = parse(toml.encode(), tmp_path / "signoff.toml")
    [web] = config.workloads_for(config.target())
    assert covered(web, post)
    assert not covered(web, replace(post, method="GET"))


def test_what_the_source_does_not_tell_is_quiet_once_a_document_or_a_command_tells_it() -> None:
    place, own = Unread("web/cats.ts", 3, text("not read"), "a"), Unread("api.yaml", 9, text("elsewhere"), "b")
    found = Found(unread=(place, own))
    assert _unread(WEB, found, [Found()]) == (place, own)
    assert _unread(WEB, found, [found]) == ()
    assert _unread(replace(WEB, routes=RouteRules(openapi="api.yaml")), found, [Found()]) == (own,)
    assert _unread(replace(WEB, routes=RouteRules(command=("bin/routes",))), found, [Found()]) == ()


def test_where_places_with_routes_are_not_read_it_is_not_claimed_that_no_route_is_new() -> None:
    found = Found(unread=(Unread("web/cats.ts", 3, text("not read"), "a"),))
    judgement = judge(WEB, NewRoutes(PROOF, None, found))
    assert "no route is new or changed, of 0 in the code, besides 1 place with routes that are not read" in said(
        judgement
    )
    told = replace(WEB, routes=RouteRules(command=("bin/routes",)))
    assert "besides" not in said(judge(told, NewRoutes(PROOF, None, found)))


def test_a_route_that_takes_any_method_is_covered_by_a_request_of_any() -> None:
    web = replace(WEB, smoke=(Smoke("/a/1?day=2", method="POST"),))
    assert covered(web, Route(ANY, "/a/{id}", "a.py", 1, ""))
    assert not covered(web, Route(ANY, "/b/{id}", "a.py", 1, ""))


TOTAL = Helper("total", "web/prices.py", 7)


def through(answer: Answer, landed: LogEntry | None, **more: Any) -> NewRoutes:
    made = facts(answer, landed, kind="changed", **more)
    [(change, smoke)] = made.smokes
    led = replace(change, through=(TOTAL,))
    return replace(made, changes=(led,), smokes=((led, smoke),))


@pytest.mark.parametrize("status", [200, 401, 404, 422])
def test_a_route_that_leads_to_what_changed_and_answers_is_quiet(status: int) -> None:
    assert codes(through(unexpected(status), entry(status))) == (Status.PASS, {})


def test_a_route_that_leads_to_what_changed_fails_only_by_an_error_of_the_container() -> None:
    assert codes(through(unexpected(500), entry(500)))[0] is Status.FAIL
    walled = replace(unexpected(302), wall=GUARD)
    assert codes(through(walled, None)) == (Status.PASS, {routes.UNTESTED: "warning"})
    assert codes(through(unexpected(404), None)) == (Status.PASS, {routes.UNTESTED: "warning"})
    assert codes(through(walled, None, users=replace(NOBODY, handled=(entry(),)))) == (Status.PASS, {})


def test_many_routes_that_lead_to_what_changed_are_one_finding_with_their_number_and_the_first() -> None:
    many = tuple(Change(replace(NEW, method="PUT", path=f"/{n}"), "changed", (TOTAL,)) for n in range(30))
    judgement = judge(WEB, NewRoutes(PROOF, None, Found(tuple(c.route for c in many), by=frozenset({"Flask"})), many))
    assert [one.code for one in judgement.findings] == [routes.UNTESTED]
    assert (
        "no request is known to have arrived at 30 routes that lead to what changed (total in web/prices.py): "
        "PUT /0; PUT /1; PUT /2 and 27 more"
    ) in said(judgement)
    found = judgement.findings
    assert isinstance(found[0].fix, Advice)
    assert sum(line.startswith("path = ") for line in found[0].fix.paste) == 3


def test_what_most_routes_lead_to_makes_none_of_them_changed_and_is_told_once() -> None:
    every = [replace(NEW, path=f"/{n}", line=n, handlers=(Place("web/main.py", n),)) for n in range(200)]
    log = Helper("log", "web/logs.py", 1)
    by = {route.places: (log, TOTAL) if route.line < 15 else (log,) for route in every}
    found = Found(tuple(every), by=frozenset({"FastAPI"}))
    changes, common = led_to(found, by)
    assert ({change.through for change in changes}, len(changes)) == ({(TOTAL,)}, 15)
    assert common == ((log, 200),)
    judgement = judge(WEB, NewRoutes(PROOF, None, found, common=common))
    assert [(one.code, one.severity) for one in judgement.findings] == [(routes.COMMON, "note")]
    assert "up to 200 of 200 routes" in said(judgement)
    few = Found(tuple(every[:5]), by=frozenset({"FastAPI"}))
    assert (len(led_to(few, by)[0]), led_to(few, by)[1]) == (5, ()), "of a small application all may count"


def test_where_handlers_call_what_only_a_run_tells_that_is_a_note() -> None:
    place = Unread("web/main.py", 9, text("what is called here only a run tells"))
    judgement = judge(WEB, NewRoutes(PROOF, None, Found((NEW,), by=frozenset({"Flask"})), blind=(place,)))
    assert judgement.status is Status.PASS
    assert [(one.code, one.severity) for one in judgement.findings] == [(routes.UNFOLLOWED, "note")]


def test_where_it_can_not_be_told_what_is_new_nothing_is_claimed() -> None:
    made = NewRoutes(PROOF, text("nothing was deployed before"), Found((NEW,), by=frozenset({"FastAPI"})))
    judgement = judge(WEB, made)
    assert (judgement.status, [one.code for one in judgement.findings]) == (Status.SKIPPED, [routes.UNTOLD])
    assert judge(WEB, NewRoutes(PROOF, None, Found())).status is Status.SKIPPED


@pytest.mark.parametrize("untold", [None, text("nothing was deployed before")])
def test_of_code_in_which_no_route_is_found_it_is_said_what_is_read_and_the_lines_for_everything_else(
    untold: Text | None, tmp_path: Path
) -> None:
    made = NewRoutes(PROOF, untold, Found(), languages=("Go", "JavaScript"))
    judgement = judge(WEB, made)
    assert (judgement.status, [one.code for one in judgement.findings]) == (Status.SKIPPED, [routes.UNKNOWN_CODE])
    assert "no route was found in the code of web (Go, JavaScript), so new ones are not looked for" in said(judgement)
    fix = judgement.findings[0].fix
    assert isinstance(fix, Advice)
    toml = tmp_path / "signoff.toml"
    config = parse((HEAD + "\n".join(fix.paste) + "\n").encode(), toml)
    [web] = config.workloads_for(config.target())
    assert web.routes == RouteRules(openapi="openapi.yaml")
    assert _told(web)

    some = replace(WEB, routes=RouteRules(probe=False))
    fix = judge(some, made).findings[0].fix
    assert isinstance(fix, Advice)
    table = ["[workloads.web.routes]", "probe = false", *fix.paste, ""]
    config = parse((HEAD + "\n".join(table)).encode(), toml)
    [web] = config.workloads_for(config.target())
    assert web.routes == RouteRules(openapi="openapi.yaml", probe=False)


def test_without_code_and_where_signoff_toml_tells_the_routes_nothing_is_said_of_what_is_read() -> None:
    assert judge(WEB, NewRoutes(PROOF, None, Found())).findings == ()
    for rules in (
        RouteRules(openapi="a.yaml"),
        RouteRules(command=("bin/routes",)),
        RouteRules(ignore=(Ignored("/*", "pages"),)),
    ):
        assert _told(replace(WEB, routes=rules))
    assert not _told(replace(WEB, routes=RouteRules(probe=False, ignore=(Ignored("/internal/*", "scheduler"),))))


def test_many_changes_are_counted_and_places_that_were_not_read_are_named() -> None:
    many = tuple(Change(replace(NEW, method="PUT", path=f"/{n}"), "new") for n in range(30))
    places = tuple(Unread("web/main.py", n, text("computed"), str(n)) for n in range(30))
    made = NewRoutes(PROOF, None, Found(tuple(c.route for c in many), by=frozenset({"Flask"})), many, places)
    found = judge(WEB, made).findings
    assert len(found) == 2 * (routes.MOST + 1)
    assert {one.severity for one in found} == {"warning"}


def test_new_and_changed_are_told_against_every_earlier_state() -> None:
    before, other = Found((NEW,)), Found((replace(NEW, source="z"),))
    moved = Found((replace(NEW, line=99),))
    assert _changes(moved, [before]) == ()
    assert [one.kind for one in _changes(moved, [before, other])] == ["changed"]
    assert [one.kind for one in _changes(moved, [other, Found()])] == ["new"]
    split, any_method = Found((NEW, replace(NEW, method="PUT"))), replace(NEW, method=ANY)
    assert _changes(split, [Found((any_method,))]) == ()
    assert [one.kind for one in _changes(split, [Found((replace(any_method, source="x"),))])] == ["changed", "changed"]
