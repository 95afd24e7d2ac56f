"""What the judge of `buildable` never does, whatever the facts are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signoff.checks import buildable
from signoff.model.buildable import BuildableFacts, BuildsSeen, Lack, Rehearsed, Scanned, TracedRead
from signoff.model.facts import Known, Ref, Unknown
from signoff.model.finding import Location
from signoff.model.judgement import Status
from signoff.model.lineage import Content, Lineage
from signoff.model.quoted import Quoted
from signoff.model.subject import Workload, WorkloadName
from support.samples import NOW, PROOF

WEB = Workload(WorkloadName("web"), "service", "web", ())
REF = Ref("git", "clone", NOW)
LOST = Unknown("denied", REF, Quoted("no"))
NAMES = st.sampled_from(["A", "B"])
PLACE = Location("web/a.ts", 1)

lacks = st.builds(
    Lack,
    name=NAMES.map(Quoted),
    kind=st.sampled_from(["stops", "may-stop", "baked-empty"]),
    place=st.just(PLACE),
    chain=st.lists(st.just(Quoted("web/a.ts:1 reads A")), min_size=1, max_size=12).map(tuple),
    why=st.just(Quoted("throws")),
    cure=st.just(Quoted("make it lazy")),
    run_time_only=st.booleans(),
    empty=st.sampled_from([None, PLACE]),
    sure=st.booleans(),
)
scans = st.builds(
    Scanned,
    lacks=st.lists(lacks, max_size=3).map(tuple),
    files=st.just(1),
    commands=st.integers(0, 2),
    public=st.booleans(),
    unread=st.lists(st.just(Quoted("computed")), max_size=5).map(tuple),
)
rehearsals = st.none() | st.builds(
    Rehearsed,
    commit=st.just("c" * 40),
    command=st.just(("npm", "run", "build")),
    code=st.sampled_from([0, 1, None]),
    seconds=st.just(60),
    at=st.just(NOW),
    lines=st.lists(st.just(Quoted("error: x")), max_size=2).map(tuple),
    reads=st.lists(st.builds(TracedRead, NAMES, st.just(Quoted("web/a.ts:1")), st.booleans()), max_size=3).map(tuple),
    placeholders=st.sampled_from([(), ("TOKEN",)]),
)
good = Lineage("sha256:" + "0" * 64, "build", Content("holds"), None, "proven", None, (PROOF,))
builds = st.sampled_from([LOST, BuildsSeen(None), BuildsSeen(good)])
facts = st.builds(
    BuildableFacts,
    scanned=scans.map(lambda value: Known(value, REF)),
    run_time=st.just(LOST) | st.frozensets(NAMES).map(lambda value: Known(value, REF)),
    builds=builds,
    rehearsed=rehearsals,
)


@given(facts)
def test_it_passes_only_with_a_build_or_a_rehearsal_that_went_well(known: BuildableFacts) -> None:
    built = isinstance(known.builds, BuildsSeen) and known.builds.good is not None
    went_well = built or (known.rehearsed is not None and known.rehearsed.code == 0)
    judged = buildable.judge(WEB, known)
    if judged.status is Status.PASS:
        assert went_well
        assert not any(lack.kind == "baked-empty" and lack.sure for lack in known.scanned.value.lacks)
        assert not (known.scanned.value.public and isinstance(known.run_time, Unknown))
    if not went_well and any(lack.kind == "stops" and lack.sure for lack in known.scanned.value.lacks):
        assert judged.status is Status.FAIL


@given(facts)
def test_a_build_that_went_well_is_never_said_to_stop(known: BuildableFacts) -> None:
    if isinstance(known.builds, BuildsSeen) and known.builds.good is not None:
        errors = {one.code for one in buildable.judge(WEB, known).findings if one.severity == "error"}
        assert errors <= {buildable.BAKED_EMPTY}


@given(facts)
def test_every_code_is_one_that_is_documented(known: BuildableFacts) -> None:
    assert {one.code for one in buildable.judge(WEB, known).findings} <= buildable.CODES.keys()
