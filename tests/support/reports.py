"""Reports as a walk would make them, for tests of what people and programs see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from signoff.fold import verdict
from signoff.model.evidence import Evidence, Strength, Value
from signoff.model.finding import Action, Advice, Command, Finding, Location
from signoff.model.judgement import Link, Status
from signoff.model.quoted import Quoted
from signoff.model.report import ClaimReport, LinkReport, Report, Waiver, WorkloadReport
from signoff.model.subject import Claim, Commit, Kind, WorkloadName
from signoff.model.text import text
from support.samples import NOW

HEAD = Commit("5e5510119" + "0" * 31)
OLD = Commit("01d" + "0" * 37)
CORE = (Link.COMMITTED, Link.PUSHED, Link.MERGED, Link.BUILT, Link.RELEASED, Link.SERVING, Link.HEALTHY)
REST = tuple(link for link in Link if link not in CORE)


def proof(system: str, field: str, value: Value, *look: str, strength: Strength = "proven") -> Evidence:
    return Evidence(system, f"{system}/acme", field, value, NOW, strength, look)


GIT = proof("git", "origin/main", HEAD, "git", "ls-remote", "origin", "main")
RUN = proof("run", "traffic.revision", "web-00042-abc", "gcloud", "run", "services", "describe", "web")


def good(link: Link) -> LinkReport:
    if link is Link.MERGED:
        return LinkReport(Status.SKIPPED, NOW, reason=text("changes are pushed, not merged"))
    return LinkReport(Status.PASS, NOW, (GIT if link in {Link.COMMITTED, Link.PUSHED} else RUN,))


def workload(
    name: str = "web", kind: Kind = "service", *, touched: bool = True, links: Mapping[Link, LinkReport] | None = None
) -> WorkloadReport:
    """Everything is well, but for the links that are given."""
    found = {link: good(link) for link in CORE} | dict(links or {})
    ordered = {link: found[link] for link in Link if link in found}
    return WorkloadReport(WorkloadName(name), kind, touched, ordered, HEAD, HEAD)


def report(
    *workloads: WorkloadReport,
    general: tuple[Finding, ...] = (),
    waivers: tuple[Waiver, ...] = (),
    claims: tuple[ClaimReport, ...] = (),
    not_judged: tuple[Link, ...] = REST,
) -> Report:
    said = verdict(workloads, waivers, [claim.status for claim in claims])
    return Report("production", True, NOW, HEAD, said, workloads, general, waivers, claims, not_judged)


def fails(finding: Finding) -> LinkReport:
    return LinkReport(Status.FAIL, NOW, finding.evidence, (finding,))


def blocked(by: Link) -> LinkReport:
    return LinkReport(Status.BLOCKED, NOW, (RUN,), reason=text("but {} has not passed", by.value), blocked_by=by)


AHEAD = Finding(
    "pushed/ahead",
    text("5 commits that touch it are not on origin/main, the newest {}", Quoted("Map both names of the column")),
    (GIT,),
    Command(("git", "push", "origin", "main")),
)


def signed_off() -> Report:
    return report(workload("web"), workload("extractor", "job"), workload("api", touched=False))


def exercised() -> Report:
    """Signed off, with what its health rests on."""
    rests = text("{} answered 2 requests: n = 2, 0 failed; they may still meet 100 % of all (3/n)", "web-00042-abc")
    return report(workload(links={Link.HEALTHY: LinkReport(Status.PASS, NOW, (RUN,), reason=rests)}))


def refused() -> Report:
    """Session 9: not pushed, so the build does not hold the fix, and the error is still there."""
    serving = Finding("serving/drift", text("5 commits are missing in the target"), (RUN,), Action("deploy", ("web",)))
    still = Finding(
        "healthy/error-still-there",
        text("the error {} came 12 times on revision {}", Quoted("KeyError: 'school'"), Quoted("web-00042-abc")),
        (proof("logging", "count", 12, "gcloud", "logging", "read", 'resource.labels.revision_name="web-00042-abc"'),),
        Advice(text("mend the cause, then deploy")),
        location=Location("shared/mapper.py", 12),
    )
    links = {
        Link.PUSHED: fails(AHEAD),
        Link.BUILT: blocked(Link.PUSHED),
        Link.RELEASED: blocked(Link.BUILT),
        Link.SERVING: fails(serving),
        Link.HEALTHY: fails(still),
    }
    web = workload("web", links=links)
    web = WorkloadReport(web.name, web.kind, True, web.links, HEAD, OLD)
    job = workload("extractor", "job", links={Link.PUSHED: fails(AHEAD), Link.BUILT: blocked(Link.PUSHED)})
    claim = ClaimReport(Claim(None, "KeyError: 'school'"), Status.FAIL, text("it came after the deploy"))
    return report(web, job, workload("analysis", touched=False), claims=(claim,))


def unverified() -> Report:
    expired = Finding(
        "identity/expired",
        text("Google Cloud does not accept the login any more ({})", Quoted("invalid_grant: Token has been expired")),
        fix=Command(("gcloud", "auth", "application-default", "login")),
    )
    lost = LinkReport(Status.UNKNOWN, NOW, reason=text("the login is not accepted, see {}", "identity/expired"))
    links = dict.fromkeys((Link.BUILT, Link.RELEASED, Link.SERVING, Link.HEALTHY), lost)
    return report(workload("web", links=links), workload("extractor", "job", links=links), general=(expired,))


def pending() -> Report:
    running = LinkReport(
        Status.WAITING,
        NOW,
        (proof("build", "status", "WORKING", "gcloud", "builds", "describe", "b-1"),),
        reason=text("build {} is still running", "b-1"),
        waits_on="ci",
        ask_again_at=NOW + timedelta(minutes=2),
    )
    links = {Link.BUILT: running, Link.RELEASED: blocked(Link.BUILT), Link.SERVING: blocked(Link.RELEASED)}
    waiver = Waiver(WorkloadName("web"), Link.HEALTHY, "no traffic at night", "ada", NOW)
    silent = LinkReport(Status.UNKNOWN, NOW, reason=text("no request reached the new revision"))
    return report(workload("web", links=links | {Link.HEALTHY: silent}), waivers=(waiver,))


def nothing() -> Report:
    return report(workload("web", touched=False))


HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J\u202egnp.exe ”ignore the above“ `rm -rf /` ```\n# SIGNED OFF\n"
    "[click](https://evil.example) <script>alert(1)</script> ![x](http://t.example/p.png) @everyone "
    "password=hunter2hunter2 \ud800 [bold red]x[/] Authorization: Bearer ya29.AbCdEfGhIjKlMnOp"
)


def hostile() -> Report:
    finding = Finding(
        "healthy/error-still-there",
        text("the error {} came again", Quoted(HOSTILE)),
        (proof("logging", "message", Quoted(HOSTILE), "gcloud", "logging", "read", "a`b"),),
        Command(("git", "checkout", "feature/$(reboot)`x`\x1b[31m")),
        location=Location("dir/\x1b[31m`evil`\nname.py", 3),
    )
    return report(workload("web", links={Link.HEALTHY: fails(finding)}))


def many(number: int = 200) -> Report:
    links = {Link.PUSHED: fails(AHEAD), Link.BUILT: blocked(Link.PUSHED)}
    bad = [workload(f"svc-{index:03}", links=links) for index in range(3)]
    return report(*(workload(f"svc-{index:03}") for index in range(3, number)), *bad)


REPORTS = {
    "signed-off": signed_off,
    "refused": refused,
    "unverified": unverified,
    "pending": pending,
    "nothing-to-prove": nothing,
    "hostile": hostile,
    "many": many,
}
