"""Whatever the facts are: nothing passes that does not hold the change, and no judge breaks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from signoff.checks import built, released, serving, settings
from signoff.fold import combined, with_blocks
from signoff.model.builds import Build, BuiltImage, GitOrigin
from signoff.model.evidence import Evidence
from signoff.model.facts import Ref
from signoff.model.images import ImageRef
from signoff.model.judgement import Link, Status
from signoff.model.lineage import Content, Lineage, Missing, Placement, Standing, Trace
from signoff.model.quoted import Quoted
from signoff.model.run import (
    Condition,
    Container,
    Execution,
    Job,
    LatestExecution,
    Revision,
    Service,
    Template,
    Traffic,
    Variable,
)
from signoff.model.source import Reference
from signoff.model.subject import Commit, Workload
from signoff.model.text import text
from support.estate import JOB, WEB
from support.samples import NOW

DIGESTS = tuple(f"sha256:{digit * 64}" for digit in "abcd")
COMMIT = Commit("1" * 40)
REF = Ref("run", "projects/p/locations/r/services/web", NOW, ("gcloud",))
REFERENCE = Reference(COMMIT, COMMIT, Path("/nowhere"))
PATH = "r-docker.pkg.dev/p/apps/web"

digests = st.sampled_from(DIGESTS)
moments = st.integers(0, 50).map(lambda minutes: NOW + timedelta(minutes=minutes))
# What is healthy comes often: a judge that never passes anything would prove nothing here.
states = st.sampled_from([*["holds"] * 8, "behind", "diverged", "differs", "unknown"])
mostly = st.sampled_from([*[True] * 6, False])
rarely = mostly.map(lambda value: not value)


@st.composite
def contents(draw: st.DrawFn) -> Content:
    state = draw(states)
    missing = Missing(draw(st.integers(0, 9)), draw(st.booleans()), NOW, NOW, (Quoted("Ada"),))
    why = text("it is not known") if state == "unknown" else None
    return Content(state, missing if state in {"behind", "diverged"} else None, (Quoted("a"),), 3, (), why)


@st.composite
def lineages(draw: st.DrawFn, digest: str) -> Lineage:
    how = draw(st.sampled_from([*["build"] * 6, "upload", "kept", "label", "none"]))
    tied = how != "none"
    evidence = (Evidence("build", "b", "commit", COMMIT, NOW),) if tied else ()
    strength = "proven" if how in {"build", "upload", "kept"} else "stated"
    images = (BuiltImage(PATH, f"{PATH}:latest", digest),)
    origin = GitOrigin("git", Quoted("u"), Quoted("r"), COMMIT)
    build = Build("b-1", "global", "SUCCESS", draw(moments), NOW, origin, images, (PATH,), None, None, Quoted(""))
    content = draw(contents()) if tied else Content("unknown", why=text("nothing"))
    foreign = how == "none" and draw(st.booleans())
    made = build if how in {"build", "upload"} else None
    return Lineage(digest, how, content, COMMIT if tied else None, strength, made, evidence, foreign=foreign)


@st.composite
def templates(draw: st.DrawFn) -> Template:
    digest = draw(st.sampled_from([*[DIGESTS[0]] * 8, *DIGESTS, ""]))
    names = draw(st.sets(st.sampled_from(["A", "B", "C"])))
    variables = tuple(Variable(Quoted(name), "value") for name in sorted(names))
    image = ImageRef(PATH, "" if digest else "latest", digest)
    return Template((Container("app", image, variables, True),), (), draw(st.sampled_from(["x", "y"])))


@st.composite
def services(draw: st.DrawFn) -> Placement:
    names = ["web-00001-abc", "web-00002-abc", "web-00003-abc"]
    ready = st.sampled_from([*["succeeded"] * 6, "failed", "pending"]).map(
        lambda s: Condition("Ready", s, "", Quoted("m"))
    )
    revisions = {
        name: Revision(name, "web", NOW + timedelta(minutes=number), draw(templates()), draw(st.none() | ready))
        for number, name in enumerate(names)
    }
    share = draw(st.sampled_from([*[(0, 0, 100)] * 6, (100, 0, 0), (0, 100, 0), (50, 0, 50), (0, 0, 0), (10, 20, 30)]))
    latest = draw(st.booleans())
    traffic = tuple(Traffic(name, percent, latest) for name, percent in zip(names, share, strict=True))
    service = Service(
        name="web",
        region="r",
        template=revisions[names[-1]].template,
        settled=draw(mostly),
        updated=NOW,
        latest_created=names[-1],
        latest_ready=draw(st.sampled_from([*[names[-1]] * 4, *names])),
        condition=None,
        wanted=traffic,
        traffic=traffic,
    )
    serves = tuple(revisions[name] for name in service.percent() if draw(mostly))
    newest = revisions[names[-1]] if draw(mostly) else None
    previous = revisions[names[1]] if draw(rarely) else None
    return Placement("r", service, REF, newest, serves, previous, draw(st.booleans()))


@st.composite
def jobs(draw: st.DrawFn) -> Placement:
    runs = [
        Execution(f"job-{n}", "job", draw(moments), draw(st.none() | st.just(NOW)), draw(templates())) for n in range(2)
    ]
    newest = runs[-1]
    latest = LatestExecution(newest.name, newest.created, newest.completed) if draw(mostly) else None
    job = Job("job", "r", draw(templates()), draw(mostly), draw(moments), None, latest)
    known = newest if latest and draw(mostly) else None
    return Placement("r", job, REF, execution=known, running=tuple(r for r in runs[:1] if r.completed is None))


@st.composite
def standings(draw: st.DrawFn, workload: Workload) -> Standing:
    one = services() if workload.kind == "service" else jobs()
    placed = draw(st.lists(one | st.just(Placement("r", None, REF)), min_size=1, max_size=2))
    known = {digest: draw(lineages(digest)) for digest in DIGESTS if draw(mostly)}
    made = tuple(lineage for lineage in known.values() if lineage.build)
    building = [(lineage.build, lineage.content) for lineage in made if lineage.build and draw(rarely)]
    edge = draw(st.none() | st.just(NOW))
    trace = Trace(known, made, REF, next(iter(building), None), None, edge)
    good = frozenset(digest for digest, lineage in known.items() if lineage.holds(workload.accept_labels))
    return Standing(REFERENCE, tuple(placed), trace, NOW, "p", good)


def folded(workload: Workload, facts: Standing) -> dict[Link, Status]:
    judged = {
        Link.BUILT: [built.judge(workload, facts)],
        Link.RELEASED: [released.judge(workload, facts)],
        Link.SERVING: [serving.judge(workload, facts)],
    }
    if workload.kind == "service":
        judged[Link.RELEASED].append(settings.judge(workload, facts))
    return {
        link: report.status for link, report in with_blocks({k: combined(v, NOW) for k, v in judged.items()}).items()
    }


@given(standings(WEB))
def test_no_service_passes_while_a_revision_without_the_change_has_traffic(facts: Standing) -> None:
    found = folded(WEB, facts)
    if set(found.values()) != {Status.PASS}:
        return
    for placement in facts.placements:
        if isinstance(placement.resource, Service):
            assert sum(placement.resource.percent().values()) == 100
            known = {revision.name: revision for revision in (*placement.serving, placement.newest) if revision}
            assert set(placement.resource.percent()) <= set(known)
            carrying = [known[name].template.main.image.digest for name in placement.resource.percent()]
            assert set(carrying) <= facts.good


@given(standings(JOB))
def test_no_job_passes_while_its_newest_run_did_not_use_the_change(facts: Standing) -> None:
    found = folded(JOB, facts)
    if set(found.values()) != {Status.PASS}:
        return
    for placement in facts.placements:
        if placement.resource is not None:
            assert placement.execution is not None
            assert placement.execution.template.main.image.digest in facts.good


@given(standings(WEB))
def test_a_stated_commit_never_counts_as_proof(facts: Standing) -> None:
    assert facts.trace is not None
    only_stated = {d: replace(one, strength="stated") for d, one in facts.trace.lineages.items()}
    trace = replace(facts.trace, lineages=only_stated, built=tuple(only_stated.values()))
    assert built.judge(WEB, replace(facts, trace=trace, good=frozenset())).status is not Status.PASS


@given(standings(WEB))
def test_what_is_waiting_or_unknown_says_why_and_what_fails_can_be_looked_at(facts: Standing) -> None:
    for judge in (built.judge, released.judge, settings.judge, serving.judge):
        judgement = judge(WEB, facts)
        for finding in judgement.findings:
            assert finding.code in {**built.CODES, **released.CODES, **settings.CODES, **serving.CODES}
            assert finding.fix is not None or finding.severity != "error"


def test_without_the_builds_traffic_alone_never_makes_a_pass_of_the_whole() -> None:
    template = Template((Container("app", ImageRef(PATH, "", DIGESTS[0]), (), True),), (), "x")
    revision = Revision("web-00001-abc", "web", NOW, template, None)
    service = Service(
        "web", "r", template, True, NOW, revision.name, revision.name, None, (), (Traffic(revision.name, 100, True),)
    )
    facts = Standing(None, (Placement("r", service, REF, revision, (revision,)),), None, NOW, "p")
    assert folded(WEB, facts) == {
        Link.BUILT: Status.UNKNOWN,
        Link.RELEASED: Status.UNKNOWN,
        Link.SERVING: Status.BLOCKED,
    }
