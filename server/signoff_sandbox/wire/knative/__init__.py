"""The Knative v1 API of Cloud Run, which `gcloud run` speaks: another writing of the v2 messages in the store."""

from __future__ import annotations

from signoff_sandbox.wire.knative import (
    executions,
    iam,
    jobs,
    locations,
    operations,
    parts,
    revisions,
    services,
    tasks,
    worker_pools,
)
from signoff_sandbox.wire.paths import PathMethod

#: Methods with a custom verb first: nothing else would take their paths, but so it is seen at a glance.
ROUTES: tuple[PathMethod, ...] = (
    *iam.ROUTES,
    *operations.ROUTES,
    *services.ROUTES,
    *revisions.ROUTES,
    *jobs.ROUTES,
    *executions.ROUTES,
    *tasks.ROUTES,
    *worker_pools.ROUTES,
    *parts.ROUTES,
    *locations.ROUTES,
)
