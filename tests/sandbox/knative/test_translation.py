"""Services in v1 and v2: what gcloud reads, edits and writes back loses nothing that v2 holds."""

from __future__ import annotations

from typing import Any

from google.cloud.run_v2.types import Service
from google.protobuf import json_format
from hypothesis import given, settings

from sandbox.knative.templates import services
from signoff_sandbox.settings import Settings
from signoff_sandbox.wire.knative.meta import section
from signoff_sandbox.wire.knative.services import service_of, take_service
from signoff_sandbox.world.cloud import Cloud
from signoff_sandbox.world.store import copy_of
from support.discovery import problems

CLOUD = Cloud(Settings())
#: One of everything that v1 has words for.
WHOLE: dict[str, Any] = {
    "name": "projects/demo/locations/us-central1/services/web",
    "description": "the shop",
    "labels": {"team": "shop"},
    "annotations": {"example.com/owner": "ann"},
    "client": "gcloud",
    "clientVersion": "528.0.0",
    "ingress": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
    "launchStage": "BETA",
    "binaryAuthorization": {"useDefault": True, "breakglassJustification": "fire"},
    "customAudiences": ["https://shop.example.com"],
    "invokerIamDisabled": True,
    "defaultUriDisabled": True,
    "iapEnabled": True,
    "scaling": {
        "minInstanceCount": 1,
        "maxInstanceCount": 9,
        "scalingMode": "MANUAL",
        "manualInstanceCount": 2,
    },
    "buildConfig": {
        "name": "projects/1/locations/us-central1/builds/b1",
        "sourceLocation": "gs://run-sources/web.zip#7",
        "functionTarget": "main",
        "imageUri": "img",
        "baseImage": "base",
        "enableAutomaticUpdates": True,
        "workerPool": "pool",
        "environmentVariables": {"A": "1"},
        "serviceAccount": "builder",
    },
    "traffic": [
        {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 90},
        {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": "web-1", "percent": 10, "tag": "old"},
    ],
    "template": {
        "revision": "web-2",
        "labels": {"client.knative.dev/nonce": "abc"},
        "annotations": {"run.googleapis.com/client-name": "gcloud"},
        "scaling": {"minInstanceCount": 1, "maxInstanceCount": 5},
        "vpcAccess": {
            "egress": "ALL_TRAFFIC",
            "networkInterfaces": [{"network": "net", "subnetwork": "sub", "tags": ["a", "b"]}],
        },
        "timeout": "60s",
        "serviceAccount": "app@demo.iam.gserviceaccount.com",
        "executionEnvironment": "EXECUTION_ENVIRONMENT_GEN2",
        "encryptionKey": "k",
        "encryptionKeyRevocationAction": "SHUTDOWN",
        "encryptionKeyShutdownDuration": "7200s",
        "maxInstanceRequestConcurrency": 8,
        "serviceMesh": {"mesh": "m"},
        "sessionAffinity": True,
        "healthCheckDisabled": True,
        "nodeSelector": {"accelerator": "nvidia-l4"},
        "gpuZonalRedundancyDisabled": True,
        "containers": [
            {
                "name": "app",
                "image": "img",
                "command": ["sh"],
                "args": ["-c", "x"],
                "env": [
                    {"name": "A", "value": "1"},
                    {"name": "B", "value": ""},
                    {"name": "C", "valueSource": {"secretKeyRef": {"secret": "db", "version": "latest"}}},
                    {
                        "name": "D",
                        "valueSource": {"secretKeyRef": {"secret": "projects/9/secrets/far", "version": "1"}},
                    },
                ],
                "resources": {"limits": {"cpu": "1", "memory": "512Mi"}, "startupCpuBoost": True},
                "ports": [{"name": "h2c", "containerPort": 8000}],
                "volumeMounts": [
                    {"name": "keys", "mountPath": "/keys", "subPath": "a"},
                    {"name": "cloudsql", "mountPath": "/cloudsql"},
                ],
                "workingDir": "/app",
                "startupProbe": {"timeoutSeconds": 3, "periodSeconds": 5, "tcpSocket": {"port": 8000}},
                "livenessProbe": {"httpGet": {"path": "/live", "httpHeaders": [{"name": "x", "value": "y"}]}},
                "readinessProbe": {"grpc": {"port": 8000, "service": "s"}},
                "dependsOn": ["proxy"],
                "baseImageUri": "base",
            },
            {
                "name": "proxy",
                "image": "p",
                "resources": {"startupCpuBoost": True},
                "volumeMounts": [{"name": "cloudsql", "mountPath": "/cloudsql"}],
            },
        ],
        "volumes": [
            {
                "name": "keys",
                "secret": {"secret": "k", "items": [{"path": "p", "version": "2", "mode": 256}], "defaultMode": 292},
            },
            {"name": "memory", "emptyDir": {"medium": "MEMORY", "sizeLimit": "64Mi"}},
            {"name": "share", "nfs": {"server": "10.0.0.1", "path": "/x", "readOnly": True}},
            {"name": "bucket", "gcs": {"bucket": "b", "readOnly": True, "mountOptions": ["a", "b"]}},
            {"name": "other", "cloudSqlInstance": {"instances": ["p:r:j"]}},
            {"name": "cloudsql", "cloudSqlInstance": {"instances": ["p:r:i"]}},
        ],
    },
}


def whole() -> Any:
    return json_format.ParseDict(WHOLE, Service.pb()())


def written_over(service: Any, other: Any) -> Any:
    """`other` after a PUT of what v1 shows of `service`."""
    shown = service_of(CLOUD, service)
    take_service(other, section(shown, "metadata"), section(shown, "spec"))
    return other


def test_everything_that_v1_has_words_for_is_said_in_them(snapshot: Any) -> None:
    shown = service_of(CLOUD, whole())
    assert problems("run.v1", "Service", shown) == []
    assert shown == snapshot


def test_everything_that_v1_has_words_for_arrives_where_nothing_was() -> None:
    empty = Service.pb()(name=WHOLE["name"])
    assert json_format.MessageToDict(written_over(whole(), empty)) == WHOLE


@given(services())
def test_a_service_that_is_written_back_changes_nothing(service: Any) -> None:
    assert problems("run.v1", "Service", service_of(CLOUD, service)) == []
    assert written_over(service, copy_of(service)) == service


@given(services())
def test_another_label_changes_only_that(service: Any) -> None:
    wanted, labelled = copy_of(service), copy_of(service)
    wanted.labels["new"] = labelled.labels["new"] = "1"
    assert written_over(labelled, service) == wanted


@settings(max_examples=40)  # making two of everything takes its time
@given(services(), services())
def test_a_service_says_the_same_whatever_it_is_written_over(service: Any, other: Any) -> None:
    shown = service_of(CLOUD, service)
    assert service_of(CLOUD, written_over(service, other)) == shown


def sql_service(*mounts: str, volume: bool) -> Any:
    """One container with mounts of the name `cloudsql` at these paths, and that volume or not."""
    image = {"image": "a", "volumeMounts": [{"name": "cloudsql", "mountPath": path} for path in mounts]}
    volumes = [{"name": "cloudsql", "cloudSqlInstance": {"instances": ["p:r:i"]}}] if volume else []
    content = {"name": WHOLE["name"], "template": {"containers": [image], "volumes": volumes}}
    return json_format.ParseDict(content, Service.pb()())


def test_a_volume_that_nobody_wants_any_more_goes_without_the_mount_that_is_asked_for() -> None:
    written = written_over(sql_service("/cloudsql", volume=False), sql_service(volume=True))
    assert written == sql_service("/cloudsql", volume=False)


def test_the_cloud_sql_annotation_leaves_other_mounts_of_its_volume() -> None:
    written = written_over(sql_service("/cloudsql", "/too", volume=True), sql_service(volume=False))
    assert {mount.mount_path for mount in written.template.containers[0].volume_mounts} == {"/cloudsql", "/too"}
