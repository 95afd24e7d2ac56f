"""Any v2 template that can be deployed, for hypothesis."""

from __future__ import annotations

from typing import Any

from google.cloud.run_v2.types import RevisionTemplate, Service, TaskTemplate
from google.protobuf import json_format
from hypothesis import strategies as st

NAMES = st.from_regex(r"[a-z]([-a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)
TEXTS = st.text(max_size=6)
WORDS = st.text("abc-/.:_ö", min_size=1, max_size=8)
SECRETS = NAMES | NAMES.map(lambda name: f"projects/123/secrets/{name}")
COUNTS = st.integers(1, 1000)


def optional(**fields: Any) -> Any:
    """An object that has some of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


VARIABLES = st.fixed_dictionaries({"name": NAMES, "value": TEXTS}) | st.fixed_dictionaries(
    {
        "name": NAMES,
        "valueSource": st.fixed_dictionaries(
            {"secretKeyRef": st.fixed_dictionaries({"secret": SECRETS}, optional={"version": NAMES})}
        ),
    }
)
HTTP = optional(
    path=WORDS, port=COUNTS, httpHeaders=st.lists(optional(name=WORDS, value=TEXTS.filter(bool)), max_size=2)
)
PROBES = st.one_of(
    optional(initialDelaySeconds=COUNTS, timeoutSeconds=COUNTS, periodSeconds=COUNTS, failureThreshold=COUNTS, **kind)
    for kind in (
        {},
        {"httpGet": HTTP},
        {"tcpSocket": optional(port=COUNTS)},
        {"grpc": optional(port=COUNTS, service=WORDS)},
    )
)
MOUNTS = st.fixed_dictionaries({"name": NAMES | st.just("cloudsql"), "mountPath": WORDS}, optional={"subPath": WORDS})
SQL_MOUNT = st.just({"name": "cloudsql", "mountPath": "/cloudsql"})
CONTAINERS = st.fixed_dictionaries(
    {"image": WORDS},
    optional={
        "command": st.lists(TEXTS, max_size=2),
        "args": st.lists(TEXTS, max_size=2),
        "env": st.lists(VARIABLES, max_size=3),
        "resources": optional(
            limits=st.dictionaries(st.sampled_from(["cpu", "memory", "nvidia.com/gpu"]), WORDS),
            cpuIdle=st.booleans(),
            startupCpuBoost=st.booleans(),
        ),
        "ports": st.lists(optional(name=WORDS, containerPort=COUNTS), max_size=1),
        "volumeMounts": st.lists(MOUNTS | SQL_MOUNT, max_size=2),
        "workingDir": WORDS,
        "livenessProbe": PROBES,
        "startupProbe": PROBES,
        "readinessProbe": PROBES,
        "dependsOn": st.lists(NAMES, max_size=2),
        "baseImageUri": WORDS,
        "buildInfo": optional(functionTarget=WORDS),
    },
)
ITEMS = st.lists(optional(path=WORDS, version=NAMES, mode=COUNTS), max_size=2)
SOURCES = st.one_of(
    st.builds(
        lambda secret: {"secret": secret},
        st.fixed_dictionaries({"secret": SECRETS}, optional={"items": ITEMS, "defaultMode": COUNTS}),
    ),
    st.builds(lambda memory: {"emptyDir": memory}, optional(medium=st.just("MEMORY"), sizeLimit=WORDS)),
    st.builds(lambda nfs: {"nfs": nfs}, optional(server=WORDS, path=WORDS, readOnly=st.booleans())),
    st.builds(
        lambda gcs: {"gcs": gcs},
        optional(bucket=NAMES, readOnly=st.booleans(), mountOptions=st.lists(NAMES, max_size=2)),
    ),
    st.builds(lambda names: {"cloudSqlInstance": {"instances": names}}, st.lists(NAMES, max_size=2)),
)
VOLUMES = st.builds(lambda name, source: {"name": name, **source}, NAMES | st.just("cloudsql"), SOURCES)
NETWORK = optional(
    connector=WORDS,
    egress=st.sampled_from(["ALL_TRAFFIC", "PRIVATE_RANGES_ONLY"]),
    networkInterfaces=st.lists(optional(network=WORDS, subnetwork=WORDS, tags=st.lists(NAMES, max_size=2)), max_size=2),
)
KEYS = st.sampled_from(["team", "example.com/owner", "client.knative.dev/nonce", "run.googleapis.com/client-name"])
MAPS = st.dictionaries(KEYS, TEXTS, max_size=3)


@st.composite
def containers(draw: st.DrawFn, fields: dict[str, Any]) -> list[dict[str, Any]]:
    """One without a name, or several with names of their own; each mounts only volumes that the template has."""
    names = draw(st.just([""]) | st.lists(NAMES, min_size=1, max_size=3, unique=True))
    volumes = {volume["name"] for volume in fields.get("volumes", ())}
    made = [{"name": name, **draw(CONTAINERS)} for name in names]
    for container in made:
        mounts = [mount for mount in container.get("volumeMounts", ()) if mount["name"] in volumes]
        container["volumeMounts"] = mounts
    return made


COMMON = {
    "serviceAccount": WORDS,
    "volumes": st.lists(VOLUMES, max_size=3, unique_by=lambda volume: volume["name"]),
    "executionEnvironment": st.sampled_from(["EXECUTION_ENVIRONMENT_GEN1", "EXECUTION_ENVIRONMENT_GEN2"]),
    "encryptionKey": WORDS,
    "vpcAccess": NETWORK,
    "nodeSelector": optional(accelerator=WORDS),
    "gpuZonalRedundancyDisabled": st.booleans(),
    "timeout": COUNTS.map(lambda seconds: f"{seconds}s") | st.just("1.5s"),
}


@st.composite
def revision_templates(draw: st.DrawFn) -> Any:
    """A raw v2 RevisionTemplate."""
    fields = draw(
        optional(
            **COMMON,
            revision=NAMES,
            labels=MAPS,
            annotations=MAPS,
            scaling=optional(minInstanceCount=COUNTS, maxInstanceCount=COUNTS),
            maxInstanceRequestConcurrency=COUNTS,
            serviceMesh=optional(mesh=WORDS),
            encryptionKeyRevocationAction=st.sampled_from(["PREVENT_NEW", "SHUTDOWN"]),
            encryptionKeyShutdownDuration=st.sampled_from(["3600s", "86400s", "3601s"]),
            sessionAffinity=st.booleans(),
            healthCheckDisabled=st.booleans(),
        )
    )
    return json_format.ParseDict({**fields, "containers": draw(containers(fields))}, RevisionTemplate.pb()())


@st.composite
def task_templates(draw: st.DrawFn) -> Any:
    """A raw v2 TaskTemplate."""
    fields = draw(optional(**COMMON, maxRetries=st.integers(0, 10)))
    return json_format.ParseDict({**fields, "containers": draw(containers(fields))}, TaskTemplate.pb()())


TARGETS = st.fixed_dictionaries({"percent": st.integers(1, 100)}, optional={"tag": NAMES}).flatmap(
    lambda target: st.sampled_from(
        [
            {**target, "type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"},
            {**target, "type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": "web-00001-abc"},
        ]
    )
)
BUILDS = optional(
    name=NAMES.map(lambda name: f"projects/123/locations/us-central1/builds/{name}"),
    sourceLocation=WORDS,
    functionTarget=WORDS,
    imageUri=WORDS,
    baseImage=WORDS,
    enableAutomaticUpdates=st.booleans(),
    workerPool=WORDS,
    environmentVariables=st.dictionaries(NAMES, TEXTS, max_size=2),
    serviceAccount=WORDS,
)
SERVICES = optional(
    description=WORDS,
    labels=MAPS,
    annotations=st.dictionaries(st.sampled_from(["team", "example.com/owner"]), TEXTS, max_size=2),
    client=WORDS,
    clientVersion=WORDS,
    ingress=st.sampled_from(["INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_INTERNAL_ONLY", "INGRESS_TRAFFIC_NONE"]),
    launchStage=st.sampled_from(["ALPHA", "BETA", "GA"]),
    binaryAuthorization=optional(useDefault=st.just(True), breakglassJustification=WORDS) | optional(policy=WORDS),
    traffic=st.lists(TARGETS, max_size=3),
    scaling=optional(
        minInstanceCount=COUNTS,
        maxInstanceCount=COUNTS,
        scalingMode=st.sampled_from(["AUTOMATIC", "MANUAL"]),
        manualInstanceCount=st.integers(0, 9),
    ),
    invokerIamDisabled=st.booleans(),
    defaultUriDisabled=st.booleans(),
    iapEnabled=st.booleans(),
    customAudiences=st.lists(WORDS, max_size=2),
    buildConfig=BUILDS,
    multiRegionSettings=optional(regions=st.lists(NAMES, max_size=2)),
    threatDetectionEnabled=st.booleans(),
)


@st.composite
def services(draw: st.DrawFn) -> Any:
    """A raw v2 Service as it is stored."""
    service = json_format.ParseDict(draw(SERVICES), Service.pb()())
    service.name = "projects/demo/locations/us-central1/services/web"
    service.uid, service.generation, service.etag = "1-2", 3, '"abc"'
    service.template.CopyFrom(draw(revision_templates()))
    return service
