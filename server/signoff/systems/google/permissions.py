"""Which IAM permissions each link of the chain needs, and which each action: the one table of them.

https://cloud.google.com/run/docs/reference/iam/permissions and its like for the other products.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from signoff.model.judgement import Link


@dataclass(frozen=True, slots=True)
class Need:
    """`roles`: the predefined ones that hold the permissions.

    `on_resources`: the permissions are often granted on a bucket, a repository or a service account instead of the
    project, so that not having them on the project does not say that they are missing.
    """

    permissions: tuple[str, ...]
    roles: tuple[str, ...]
    on_resources: bool = False


_SERVICES = ("run.services.list", "run.revisions.list", "run.revisions.get")
_JOBS = ("run.jobs.list", "run.executions.list", "run.executions.get")
_RUN = Need((*_SERVICES, *_JOBS, "run.workerpools.list"), ("roles/run.viewer",))
_LOGS = Need(("logging.logEntries.list",), ("roles/logging.viewer",))

READING: Mapping[Link, tuple[Need, ...]] = {
    Link.BUILT: (
        Need(("cloudbuild.builds.list", "cloudbuild.builds.get"), ("roles/cloudbuild.builds.viewer",)),
        Need(("artifactregistry.dockerimages.list",), ("roles/artifactregistry.reader",), on_resources=True),
        Need(("storage.objects.get",), ("roles/storage.objectViewer",), on_resources=True),
    ),
    Link.RELEASED: (_RUN,),
    Link.SERVING: (_RUN,),
    Link.REACHABLE: (_LOGS,),
    Link.HEALTHY: (_RUN, _LOGS),
}
"""What proving a link reads. Links that are not here need nothing of Google Cloud."""

ACTING: Mapping[str, tuple[Need, ...]] = {
    "deploy": (
        Need(("run.services.update", "run.jobs.update", "run.operations.get"), ("roles/run.developer",)),
        Need(("cloudbuild.builds.create",), ("roles/cloudbuild.builds.editor",)),
        Need(("iam.serviceAccounts.actAs",), ("roles/iam.serviceAccountUser",), on_resources=True),
    ),
    "run-job": (Need(("run.jobs.run",), ("roles/run.developer",)),),
}
"""What an action writes; only for workloads that signoff deploys, and best held by an identity of its own."""

DECLARED: Mapping[str, tuple[Need, ...]] = {
    "Secret Manager": (
        Need(("secretmanager.versions.access",), ("roles/secretmanager.secretAccessor",), on_resources=True),
    ),
    "Cloud SQL": (Need(("cloudsql.instances.connect", "cloudsql.instances.get"), ("roles/cloudsql.client",)),),
    "Cloud SQL with IAM": (Need(("cloudsql.instances.login",), ("roles/cloudsql.instanceUser",)),),
    "BigQuery": (Need(("bigquery.jobs.create",), ("roles/bigquery.jobUser",)),),
    "BigQuery tables": (Need(("bigquery.tables.getData",), ("roles/bigquery.dataViewer",), on_resources=True),),
    "Firestore": (Need(("datastore.entities.get",), ("roles/datastore.viewer",)),),
}
"""What signoff.toml may declare the use of, and what reading it takes; asked about only where it is declared.

https://cloud.google.com/sql/docs/postgres/roles-and-permissions, https://cloud.google.com/bigquery/docs/access-control,
https://cloud.google.com/firestore/native/docs/security/iam, https://cloud.google.com/secret-manager/docs/access-control
"""


def all_permissions() -> tuple[str, ...]:
    """Every permission of the chain and its actions once, as one question asks them."""
    needs = [need for table in (READING, ACTING) for found in table.values() for need in found]
    return tuple(dict.fromkeys(permission for need in needs for permission in need.permissions))
