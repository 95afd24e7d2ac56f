"""What Google fills into a service that leaves it out."""

from __future__ import annotations

from typing import Any

from google.cloud.run_v2.types import Service
from google.protobuf import json_format

from signoff_sandbox.world.run_defaults import complete
from signoff_sandbox.world.store import copy_of

KEY = "run.googleapis.com/startupProbeType"


def service(**container: Any) -> Any:
    template = {"containers": [{"image": "x", **container}]}
    content = {"name": "projects/demo/locations/us-central1/services/web", "template": template}
    return json_format.ParseDict(content, Service.pb()())


def completed(made: Any) -> dict[str, Any]:
    complete(made)
    again = copy_of(made)
    complete(again)
    assert again == made
    shown: dict[str, Any] = json_format.MessageToDict(made)
    return shown


def test_a_service_that_says_nothing_gets_all_defaults() -> None:
    made = completed(service())
    assert made["template"] == {
        "serviceAccount": "103594706848-compute@developer.gserviceaccount.com",
        "timeout": "300s",
        "maxInstanceRequestConcurrency": 80,
        "labels": {KEY: "Default"},
        "containers": [
            {
                "image": "x",
                "ports": [{"name": "http1", "containerPort": 8080}],
                "resources": {"limits": {"cpu": "1000m", "memory": "512Mi"}, "cpuIdle": True},
                "startupProbe": {
                    "timeoutSeconds": 240,
                    "periodSeconds": 240,
                    "failureThreshold": 1,
                    "tcpSocket": {"port": 8080},
                },
            }
        ],
    }
    assert made["traffic"] == [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}]


def test_what_is_said_stays() -> None:
    said = {
        "ports": [{"name": "h2c", "containerPort": 9000}],
        "resources": {"limits": {"cpu": "2", "memory": "1Gi"}},
        "startupProbe": {"httpGet": {"path": "/up"}},
    }
    made = completed(service(**said))
    assert made["template"]["containers"] == [{"image": "x", **said}]
    assert "labels" not in made["template"]


def test_the_default_probe_follows_the_port_and_one_that_is_changed_is_the_users() -> None:
    made = service()
    complete(made)
    container = made.template.containers[0]
    container.ports[0].container_port = 9000
    complete(made)
    assert container.startup_probe.tcp_socket.port == 9000
    assert made.template.labels[KEY] == "Default"
    container.startup_probe.period_seconds = 5
    complete(made)
    assert container.startup_probe.period_seconds == 5
    assert KEY not in made.template.labels
