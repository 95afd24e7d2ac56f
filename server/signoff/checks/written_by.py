"""Which code wrote the rows: a backfill that ran before the deploy leaves rows of the old code (incident F4)."""

from __future__ import annotations

from signoff.checks.wording import missing_says
from signoff.model.data import DataCheck
from signoff.model.data_seen import Writers, WrittenBy
from signoff.model.facts import Known
from signoff.model.finding import Action, Advice, Finding
from signoff.model.judgement import Judgement, failed, passed, unknown, waiting
from signoff.model.subject import Workload
from signoff.model.text import text

OLD_CODE = "fresh/old-code"
UNKNOWN_CODE = "fresh/unknown-code"


def written_by(workload: Workload, check: DataCheck, known: Known[Writers]) -> Judgement:
    """Rows since the change have to be of code that holds it; where there are none yet, it waits for them."""
    writers, column = known.value, check.commit or ""
    since = [writer for writer in writers.found if writer.last >= writers.changed]
    old = [writer for writer in since if writer.content is not None and writer.content.state in {"behind", "diverged"}]
    if old:
        return failed(*(_old(workload, check, known, writer) for writer in old))
    unsure = [writer for writer in since if writer.content is None or writer.content.state != "holds"]
    if unsure:
        reason = text(
            "{}: rows name {} as the code that wrote them, of which nothing is known", check.name, unsure[0].says
        )
        return unknown(reason, *(_unknown(check, known, writer) for writer in unsure if writer.commit is None))
    good = [writer for writer in writers.found if writer.content is not None and writer.content.state == "holds"]
    if not good:
        reason = text("{}: the newest rows are of before the change; the next run writes with it", check.name)
        return waiting("runs", reason)
    newest = max(good, key=lambda writer: writer.last)
    says = text("{}: rows up to {} were written by {}", check.name, _at(newest), newest.says)
    return passed(known.shows(column, newest.says), says=says)


def _old(workload: Workload, check: DataCheck, known: Known[Writers], writer: WrittenBy) -> Finding:
    content = writer.content
    assert content is not None
    says = text(
        "{} rows of {} up to {} were written by {}, which lacks {}",
        writer.rows, check.name, _at(writer), writer.says, missing_says(content),
    )  # fmt: skip
    again = Advice(text("have {} write them again, now that the change serves", workload.name))
    fix = Action("run", (workload.name,)) if workload.kind == "job" else again
    return Finding(OLD_CODE, says, (known.shows(check.commit or "", writer.says),), fix, location=check.place)


def _unknown(check: DataCheck, known: Known[Writers], writer: WrittenBy) -> Finding:
    says = text("{} of {} says {}, which is no commit here", check.commit or "", check.name, writer.says)
    fix = Advice(text("have the workload write the full commit id; fetch the history, if it is a commit"))
    return Finding(UNKNOWN_CODE, says, (known.shows(check.commit or "", writer.says),), fix, "warning", check.place)


def _at(writer: WrittenBy) -> str:
    return writer.last.isoformat(timespec="seconds").replace("+00:00", "Z")
