"""What shows that a workload uses a database, where signoff.toml does not say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from signoff.gather.code import LARGEST
from signoff.gather.current import jobs, services, worker_pools
from signoff.gather.inputs import inputs_of
from signoff.gather.parts import files
from signoff.model.facts import Unknown
from signoff.model.finding import Location
from signoff.model.run import Template
from signoff.model.schema_facts import Sign
from signoff.model.sql_use import Upsert
from signoff.model.subject import Workload
from signoff.model.text import text
from signoff.reading.database_drivers import drivers_in
from signoff.reading.database_signs import of_path, of_variable
from signoff.survey import Survey

ENOUGH = 3
_LISTS = (b"requirements", b"pyproject.toml", b"Pipfile", b"setup.", b"package.json")


async def signs(survey: Survey, workload: Workload, upserts: Sequence[Upsert]) -> tuple[Sign, ...] | Unknown:
    """A few of them. Cloud Run is asked only where the code shows nothing: then it has to answer."""
    found = await definitions(survey, workload)
    if isinstance(found, Unknown):
        return found
    for upsert in upserts[:1]:
        here = Location(upsert.place.path, upsert.place.line)
        found = (*found, Sign(text("the code writes with ON CONFLICT"), here))
    installed = await _drivers(survey, workload)
    if isinstance(installed, Unknown):
        return installed
    return (*found, *installed)[:ENOUGH] or await _of_cloud_run(survey, workload)


async def definitions(survey: Survey, workload: Workload) -> tuple[Sign, ...] | Unknown:
    """Files of the workload that say what a database is to be, one a kind."""
    known = await survey.get(files)
    if isinstance(known, Unknown):
        return known
    inputs = inputs_of(survey.subject, workload)
    mine = (entry.path.decode("utf-8", "surrogateescape") for entry in known.value if inputs.matches(entry.path))
    return tuple(_of_files(mine))


async def _drivers(survey: Survey, workload: Workload) -> tuple[Sign, ...] | Unknown:
    """What the workload's lists of packages install."""
    known = await survey.get(files)
    if isinstance(known, Unknown):
        return known
    inputs = inputs_of(survey.subject, workload)
    lists = {
        entry.path.decode("utf-8", "surrogateescape"): entry.object_id
        for entry in known.value
        if entry.path.rpartition(b"/")[2].startswith(_LISTS) and inputs.matches(entry.path)
    }
    texts = await survey.systems.git.history().small_blobs(list(lists.values()), LARGEST)
    if isinstance(texts, Unknown):
        return texts
    found = drivers_in({path: texts.value[oid] for path, oid in lists.items() if oid in texts.value})
    return tuple(Sign(text("{} is installed", one.name), Location(one.place.path, one.place.line)) for one in found)


def _of_files(paths: Iterable[str]) -> Iterable[Sign]:
    seen: set[str] = set()
    for path in paths:
        says = of_path(path)
        if says is not None and says not in seen:
            seen.add(says)
            yield Sign(text("{}", says), Location(path))


async def _of_cloud_run(survey: Survey, workload: Workload) -> tuple[Sign, ...] | Unknown:
    lists = {"service": services, "job": jobs, "worker-pool": worker_pools}
    ask = lists[workload.kind]
    answers = await asyncio.gather(*(survey.get(ask, region) for region in survey.subject.target.regions))
    found: list[Sign] = []
    for answer in answers:
        if isinstance(answer, Unknown):
            return answer
        resource = answer.value.get(workload.resource)
        if resource is not None:
            found += _of_template(workload, resource.template)
    return tuple(dict.fromkeys(found))[:ENOUGH]


def _of_template(workload: Workload, template: Template) -> Iterable[Sign]:
    for instance in template.cloud_sql:
        yield Sign(text("the {} {} is connected to {}", workload.kind, workload.resource, instance))
    for variable in sorted(template.variables, key=lambda one: one.name):
        secret = variable.kind.split(":")[1] if variable.kind.startswith("secret:") else ""
        if of_variable(variable.name.outside) or (secret and of_variable(secret)):
            yield Sign(text("the {} {} has the variable {}", workload.kind, workload.resource, variable.name))
