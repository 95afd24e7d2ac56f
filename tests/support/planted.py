"""A state with at least one resource of every kind, with fields of every type that Google's JSON has."""

from __future__ import annotations

from typing import Any

PLACE = "projects/demo/locations/us-central1"
SERVICE, JOB, POOL = f"{PLACE}/services/web", f"{PLACE}/jobs/extract", f"{PLACE}/workerPools/crunch"
REVISION, EXECUTION = f"{SERVICE}/revisions/web-00002-abc", f"{JOB}/executions/extract-x1"
TASK = f"{EXECUTION}/tasks/extract-x1-task0"
BUILD = f"{PLACE}/builds/11111111-2222-3333-4444-555555555555"
TRIGGER = f"{PLACE}/triggers/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
REPOSITORY = f"{PLACE}/repositories/apps"
SCHEDULE = f"{PLACE}/jobs/nightly"
SECRET = "projects/demo/secrets/database-url"
DIGEST, CHILD, OTHER = (f"sha256:{digit * 64}" for digit in "abc")
URI = "us-central1-docker.pkg.dev/demo/apps/web"
AT = "2026-01-02T03:04:05.678Z"
READY = {"type": "Ready", "state": "CONDITION_SUCCEEDED", "lastTransitionTime": AT, "severity": "INFO"}
LABELS = {"project_id": "demo", "location": "us-central1", "service_name": "web", "revision_name": "web-00002-abc"}
LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
CONTAINER = {
    "image": f"{URI}@{DIGEST}",
    "env": [{"name": "MODE", "value": "live"}],
    "resources": {"limits": {"cpu": "1", "memory": "512Mi"}, "cpuIdle": True},
    "ports": [{"name": "http1", "containerPort": 8080}],
    "startupProbe": {"timeoutSeconds": 240, "tcpSocket": {"port": 8080}},
}


def entry(insert_id: str, **fields: Any) -> dict[str, Any]:
    """A log entry of the planted revision."""
    return {
        "logName": "projects/demo/logs/run.googleapis.com%2Fstderr",
        "resource": {"type": "cloud_run_revision", "labels": LABELS},
        "timestamp": AT,
        "receiveTimestamp": AT,
        "insertId": insert_id,
        **fields,
    }


def image(name: str, digest: str, **fields: Any) -> dict[str, Any]:
    """A Docker image of the repository `apps`."""
    return {
        "name": f"{REPOSITORY}/dockerImages/{name}@{digest}",
        "uri": f"us-central1-docker.pkg.dev/demo/apps/{name}@{digest}",
        "imageSizeBytes": "9000000000",
        "uploadTime": AT,
        "buildTime": AT,
        "updateTime": AT,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        **fields,
    }


STATE: dict[str, Any] = {
    "services": [
        {
            "name": SERVICE,
            "uid": "u-1",
            "generation": "7",
            "observedGeneration": "7",
            "labels": {"team": "web"},
            "createTime": AT,
            "updateTime": AT,
            "ingress": "INGRESS_TRAFFIC_ALL",
            "launchStage": "GA",
            "template": {"containers": [CONTAINER], "maxInstanceRequestConcurrency": 80, "timeout": "300s"},
            "traffic": [{"type": LATEST, "percent": 100}],
            "terminalCondition": READY,
            "latestReadyRevision": REVISION,
            "latestCreatedRevision": REVISION,
            "trafficStatuses": [{"type": LATEST, "percent": 100}],
            "uri": "https://web-demo.a.run.app",
            "etag": '"CJ"',
        }
    ],
    "revisions": [
        {
            "name": REVISION,
            "generation": "1",
            "service": SERVICE,
            "scaling": {"maxInstanceCount": 10},
            "containers": [CONTAINER],
            "timeout": "300s",
            "conditions": [READY],
            "executionEnvironment": "EXECUTION_ENVIRONMENT_GEN2",
            "createTime": AT,
        }
    ],
    "jobs": [
        {
            "name": JOB,
            "generation": "2",
            "template": {"taskCount": 1, "template": {"containers": [{"image": f"{URI}@{DIGEST}"}], "maxRetries": 3}},
            "executionCount": 1,
            "latestCreatedExecution": {"name": EXECUTION, "createTime": AT, "completionStatus": "EXECUTION_SUCCEEDED"},
            "terminalCondition": READY,
        }
    ],
    "executions": [
        {
            "name": EXECUTION,
            "job": JOB,
            "taskCount": 1,
            "succeededCount": 1,
            "startTime": AT,
            "completionTime": AT,
            "conditions": [{**READY, "type": "Completed"}],
            "logUri": "https://console.cloud.google.com/logs",
        }
    ],
    "tasks": [
        {
            "name": TASK,
            "job": JOB,
            "execution": EXECUTION,
            "retried": 1,
            "lastAttemptResult": {"exitCode": 1, "status": {"code": 2, "message": "exit 1"}},
        }
    ],
    "workerPools": [
        {"name": POOL, "generation": "1", "scaling": {"manualInstanceCount": 2}, "terminalCondition": READY}
    ],
    "builds": [
        {
            "name": BUILD,
            "id": BUILD.rpartition("/")[2],
            "projectId": "demo",
            "status": "SUCCESS",
            "createTime": AT,
            "startTime": AT,
            "finishTime": AT,
            "timeout": "600s",
            "steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "."], "status": "SUCCESS"}],
            "images": [URI],
            "results": {"images": [{"name": URI, "digest": DIGEST, "pushTiming": {"startTime": AT}}]},
            "source": {"gitSource": {"url": "https://example.com/r.git", "revision": "main"}},
            "substitutions": {"COMMIT_SHA": "0" * 40},
            "buildTriggerId": TRIGGER.rpartition("/")[2],
        }
    ],
    "buildTriggers": [
        {
            "resourceName": TRIGGER,
            "id": TRIGGER.rpartition("/")[2],
            "name": "on-push",
            "filename": "cloudbuild.yaml",
            "includedFiles": ["web/**"],
            "createTime": AT,
        }
    ],
    "repositories": [{"name": REPOSITORY, "format": "DOCKER", "mode": "STANDARD_REPOSITORY", "sizeBytes": "12"}],
    "dockerImages": [
        image("web", DIGEST, tags=["latest", "v2"]),
        image(
            "multi",
            OTHER,
            mediaType="application/vnd.oci.image.index.v1+json",
            imageManifests=[{"architecture": "amd64", "os": "linux", "digest": CHILD}],
        ),
        image("team%2Fapi", CHILD, uri=f"us-central1-docker.pkg.dev/demo/apps/team/api@{CHILD}"),
    ],
    "schedulerJobs": [
        {
            "name": SCHEDULE,
            "schedule": "0 3 * * *",
            "timeZone": "Europe/Zurich",
            "state": "PAUSED",
            "userUpdateTime": AT,
            "lastAttemptTime": AT,
            "attemptDeadline": "180s",
            "httpTarget": {
                "uri": "https://us-central1-run.googleapis.com/apis/run.googleapis.com/v1/namespaces/demo/jobs/extract:run",
                "httpMethod": "POST",
                "oauthToken": {"serviceAccountEmail": "cron@demo.iam.gserviceaccount.com"},
            },
            "retryConfig": {"retryCount": 1, "minBackoffDuration": "5s"},
        }
    ],
    "secrets": [{"name": SECRET, "createTime": AT, "replication": {"automatic": {}}, "etag": '"1"'}],
    "secretVersions": [{"name": f"{SECRET}/versions/1", "createTime": AT, "state": "ENABLED", "etag": '"1"'}],
    "secretPayloads": [{"name": f"{SECRET}/versions/1", "payload": {"data": "cG9zdGdyZXM6Ly9kYg=="}}],
    "occurrences": [
        {
            "name": "projects/demo/occurrences/o-1",
            "resourceUri": f"https://{URI}@{DIGEST}",
            "noteName": "projects/verified-builder/notes/intoto_slsa_v1_1",
            "kind": "BUILD",
            "createTime": AT,
            "build": {"inTotoSlsaProvenanceV1": {"_type": "https://in-toto.io/Statement/v1", "predicateType": "p"}},
        }
    ],
    "logEntries": [
        entry("e1", severity="ERROR", jsonPayload={"message": "KeyError: mapper", "attempt": 3.0, "ok": False}),
        entry(
            "e2",
            logName="projects/demo/logs/run.googleapis.com%2Frequests",
            httpRequest={"requestMethod": "GET", "status": 200, "latency": "0.120s", "responseSize": "42"},
            trace="projects/demo/traces/1",
        ),
        entry("e3", severity="INFO", textPayload="ready", labels={"run.googleapis.com/execution_name": "extract-x1"}),
    ],
    "iamPolicies": {
        SERVICE: {"version": 1, "etag": "BwU=", "bindings": [{"role": "roles/run.invoker", "members": ["allUsers"]}]}
    },
}
