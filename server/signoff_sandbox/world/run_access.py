"""What Cloud Run and whoever deploys must be allowed: to act as the service account, and to read the image."""

from __future__ import annotations

from typing import Any

import grpc

from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.errors import ApiError
from signoff_sandbox.world.identities import default_service_account, may
from signoff_sandbox.world.image_refs import ImageRef
from signoff_sandbox.world.policies import Policies
from signoff_sandbox.world.projects import number_of
from signoff_sandbox.world.run_names import project_of

ACT_AS, PULL = "iam.serviceAccounts.actAs", "artifactregistry.repositories.downloadArtifacts"
REGISTRY = "-docker.pkg.dev"


def require_act_as(cloud: Cloud, owner: str, account: str) -> None:
    """PERMISSION_DENIED if it is denied to deploy `owner` (full name) as `account` ("": the default one).

    Only `deniedPermissions` deny it: everybody who may deploy a service may act as its account otherwise.
    https://cloud.google.com/run/docs/troubleshooting#default-service-account-deleted
    """
    project = project_of(owner)
    account = account or default_service_account(project)
    if ACT_AS in cloud.denied_permissions:
        raise ApiError(
            grpc.StatusCode.PERMISSION_DENIED,
            f"Permission 'iam.serviceaccounts.actAs' denied on service account {account} (or it may not exist).",
        )


def unreadable_image(cloud: Cloud, owner: str, containers: Any) -> str:
    """Why an image of another project cannot be read, in Google's words; "" where all can.

    It can where no policy says otherwise: a repository of another project is closed here once it has a policy that does
    not name the service agent. https://cloud.google.com/run/docs/deploying#other-projects
    """
    here = project_of(owner)
    agent = f"service-{number_of(here)}@serverless-robot-prod.iam.gserviceaccount.com"
    for container in containers:
        repository = _repository(container.image)
        there = project_of(repository) if repository else here
        if there == here or not _has_policy(cloud.iam_policies, repository):
            continue
        if not may(cloud, f"serviceAccount:{agent}", PULL, repository):
            return (
                f"Google Cloud Run Service Agent {agent} must have permission to read the image, {container.image}. "
                "Ensure that the provided container image URL is correct and that the above account has permission to "
                "access the image. If you just enabled the Cloud Run API, the permissions might take a few minutes to "
                f"propagate. Note that the image is from project [{there}], which is not the same as this project "
                f"[{here}]. Permission must be granted to the Google Cloud Run Service Agent [{agent}] from this "
                "project."
            )
    return ""


def _repository(image: str) -> str:
    """`L-docker.pkg.dev/P/R/NAME…` -> `projects/P/locations/L/repositories/R`; "" for any other registry."""
    host, _, rest = ImageRef.parse(image).name.partition("/")
    project, _, rest = rest.partition("/")
    if not host.endswith(REGISTRY) or not rest:
        return ""
    return f"projects/{project}/locations/{host.removesuffix(REGISTRY)}/repositories/{rest.partition('/')[0]}"


def _has_policy(policies: Policies, repository: str) -> bool:
    return repository in policies or f"projects/{project_of(repository)}" in policies
