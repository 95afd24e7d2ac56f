"""The chain: the explicit list of checks, each a gather paired with a judge.

To add a check: one file in `checks/`, one line here, one test of the same name.
"""

from __future__ import annotations

from typing import Any

from signoff.check import Check
from signoff.checks import (
    buildable,
    built,
    committed,
    fresh,
    healthy,
    merged,
    pushed,
    reachable,
    released,
    routes,
    schema,
    serving,
    settings,
)
from signoff.gather.arrival import arrival
from signoff.gather.buildable import buildable as build_needs
from signoff.gather.committed import committed as working_tree
from signoff.gather.data import data
from signoff.gather.failed_build import with_failing_line
from signoff.gather.health import health
from signoff.gather.merged import merged as branch
from signoff.gather.pushed import pushed as remote
from signoff.gather.routes import new_routes
from signoff.gather.schema import schema as database
from signoff.gather.standing import standing, traffic
from signoff.model.judgement import Link

CHECKS: tuple[Check[Any], ...] = (
    Check("committed", Link.COMMITTED, committed.CODES, working_tree, committed.judge),
    Check("pushed", Link.PUSHED, pushed.CODES, remote, pushed.judge),
    Check("merged", Link.MERGED, merged.CODES, branch, merged.judge),
    Check("buildable", Link.BUILDABLE, buildable.CODES, build_needs, buildable.judge),
    Check("schema", Link.SCHEMA, schema.CODES, database, schema.judge, skip=schema.declared_none),
    Check("built", Link.BUILT, built.CODES, with_failing_line, built.judge),
    Check("released", Link.RELEASED, released.CODES, standing, released.judge),
    Check("settings", Link.RELEASED, settings.CODES, standing, settings.judge, skip=settings.not_of_a_service),
    Check("serving", Link.SERVING, serving.CODES, traffic, serving.judge),
    Check(
        "reachable",
        Link.REACHABLE,
        reachable.CODES,
        arrival,
        reachable.judge,
        active=True,
        skip=reachable.only_services,
    ),
    Check("routes", Link.REACHABLE, routes.CODES, new_routes, routes.judge, active=True, skip=reachable.only_services),
    Check("healthy", Link.HEALTHY, healthy.CODES, health, healthy.judge),
    Check("fresh", Link.FRESH, fresh.CODES, data, fresh.judge),
)
