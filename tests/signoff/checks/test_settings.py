"""The settings of the newest revision against those of the one before, over Google's wire."""

from __future__ import annotations

from typing import Any

from signoff.checks import settings
from signoff.model.judgement import Link
from signoff.model.report import LinkReport
from support.estate import JOB, Estate, codes, ready, statuses, variables, words


async def look(estate: Estate, before: list[Any], after: list[Any], **fields: Any) -> LinkReport:
    made = estate.build(estate.clone.head(), 5)
    first = estate.revision(1, made, 6, env=before)
    estate.service(first, estate.revision(2, made, 7, env=after, **fields))
    return (await estate.links())[Link.RELEASED]


def reads(estate: Estate, *names: str) -> None:
    """The workload's code reads these variables."""
    estate.clone.commit({"web/env.py": "".join(f"os.environ['{name}']\n" for name in names)})
    estate.clone.push()


async def test_setting_one_variable_that_removed_all_others_fails(estate: Estate) -> None:
    found = await look(estate, variables("DSN", "MODE", "REGION"), variables("FIX"))
    assert codes(found) == [settings.WIPED]
    assert "web-00002-abc lost DSN, MODE, REGION, which web-00001-abc had" in words(found)


async def test_a_lost_variable_that_the_code_reads_fails(estate: Estate) -> None:
    reads(estate, "DSN")
    assert codes(await look(estate, variables("DSN", "A", "B", "C"), variables("A", "B", "C"))) == [settings.WIPED]


async def test_a_removed_variable_that_nothing_reads_is_a_warning_alone(estate: Estate) -> None:
    estate.clone.commit({"docs/env.md": "UNUSED was removed\n"})
    estate.clone.push()
    found = await look(estate, variables("UNUSED", "A", "B", "C"), variables("A", "B", "C"))
    assert found.status == "pass"
    assert [(finding.code, finding.severity) for finding in found.findings] == [(settings.WIPED, "warning")]


async def test_a_value_that_moved_to_a_secret_is_not_lost(estate: Estate) -> None:
    reads(estate, "KEY")
    found = await look(estate, variables("KEY", "A"), variables("A", KEY="key"))
    assert (found.status, found.findings) == ("pass", ())


async def test_a_secret_that_is_mounted_instead_is_not_lost(estate: Estate) -> None:
    reads(estate, "KEY")
    volume = {"name": "keys", "secret": {"secret": "key", "items": [{"version": "latest", "path": "key"}]}}
    found = await look(estate, variables("A", KEY="key"), variables("A"), volumes=[volume])
    assert (found.status, found.findings) == ("pass", ())


async def test_a_lost_secret_mount_fails(estate: Estate) -> None:
    made = estate.build(estate.clone.head(), 5)
    volume = {"name": "keys", "secret": {"secret": "key"}}
    estate.clone.commit({"web/env.py": "open('/keys/key')\n"})
    estate.clone.push()
    made = estate.build(estate.clone.head(), 6)
    estate.service(estate.revision(1, made, 6, volumes=[volume]), estate.revision(2, made, 7))
    assert codes((await estate.links())[Link.RELEASED]) == [settings.WIPED]


async def test_a_revision_that_never_was_ready_is_not_what_is_compared_with(estate: Estate) -> None:
    reads(estate, "EXTRA")
    made = estate.build(estate.clone.head(), 5)
    estate.service(
        estate.revision(1, made, 6, env=variables("A")),
        estate.revision(2, made, 7, env=variables("A", "EXTRA"), conditions=[ready("FAILED")]),
        estate.revision(3, made, 8, env=variables("A")),
    )
    assert statuses(await estate.links()) == ("pass", "pass", "pass")


async def test_values_of_variables_are_nowhere_in_the_facts(estate: Estate) -> None:
    from signoff.gather.placements import placements

    made = estate.build(estate.clone.head(), 5)
    estate.deployed(made, 6, env=[{"name": "DSN", "value": "hunter2-secret-value"}])
    async with estate.survey() as survey:
        found = await placements(survey)
    assert "DSN" in _strings(found)
    assert not any("hunter2" in text for text in _strings(found))


async def test_a_job_has_no_settings_to_compare(estate: Estate) -> None:
    made = estate.build(estate.clone.head(), 5, name="job")
    estate.job(made, 6, estate.execution(1, made, 7))
    assert statuses(await estate.links(JOB)) == ("pass", "pass", "pass")


def _strings(value: Any) -> set[str]:
    """Every text anywhere in facts."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return {text for pair in value.items() for one in pair for text in _strings(one)}
    if isinstance(value, list | tuple | set | frozenset):
        return {text for one in value for text in _strings(one)}
    fields = getattr(type(value), "__dataclass_fields__", {})
    return {text for name in fields for text in _strings(getattr(value, name))}
