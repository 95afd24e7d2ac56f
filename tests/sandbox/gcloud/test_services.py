"""`gcloud run deploy` and `gcloud run services …` on the sandbox."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from support.cloudrun import PLACE, Repository, app
from support.gcloud import REGION, Gcloud, Ran
from support.images import REPOSITORY, build_image
from support.planted import STATE

BROKEN = {"main.py": "import sys\nprint('cannot start', file=sys.stderr)\nsys.exit(7)\n"}
ONE, TWO, BAD = f"{REPOSITORY}/web:one", f"{REPOSITORY}/web:two", f"{REPOSITORY}/web:bad"
IN_REGION = f"--region={REGION}"
REPLACE = "run.namespaces.services.replaceService"


@pytest.fixture(scope="module", autouse=True)
def images(gcloud: Gcloud) -> None:
    """Three that were really built: two that answer, and one that does not start."""
    repository = Repository(gcloud.folder / "repository")
    for image, files in ((ONE, app("one")), (TWO, app("two")), (BAD, app("x") | BROKEN)):
        build_image(gcloud.sandbox, repository, files, image)


def run(gcloud: Gcloud, *arguments: str, code: int = 0) -> Ran:
    """`gcloud run ARGUMENTS` in the region."""
    return gcloud("run", *arguments, f"--region={REGION}", code=code)


def described(gcloud: Gcloud, name: str) -> Any:
    return gcloud.json("run", "services", "describe", name, f"--region={REGION}")


def answer(url: str, path: str = "/") -> httpx2.Response:
    with httpx2.Client(trust_env=False, timeout=20) as client:
        return client.get(f"{url}{path}")


def plant(gcloud: Gcloud, name: str, region: str = REGION) -> None:
    """A service that only stands in the state."""
    full = f"projects/demo/locations/{region}/services/{name}"
    gcloud.sandbox.plant({"services": [{**STATE["services"][0], "name": full}]})


def test_a_new_service_is_deployed_listed_described_and_answers(gcloud: Gcloud) -> None:
    wish = ("--set-env-vars=A=1,B=two words", "--labels=team=shop", "--allow-unauthenticated")
    said = run(gcloud, "deploy", "shop", f"--image={ONE}", *wish).err
    found = re.search(
        r"Service \[shop\] revision \[(shop-00001-\w{3})\] has been deployed and is serving 100 percent of traffic.\n"
        r"Service URL: (http://127\.0\.0\.1:\d+)\n",
        said,
    )
    assert found, said
    revision, url = found.groups()
    assert "Setting IAM Policy" in said
    assert answer(url, "/x").text == f"one {revision} /x"

    head, *rows = run(gcloud, "services", "list").out.splitlines()
    assert head.split() == ["SERVICE", "REGION", "URL", "LAST", "DEPLOYED", "BY", "LAST", "DEPLOYED", "AT"]
    (row,) = [row.split() for row in rows if " shop " in row]
    assert row[1:5] == ["shop", REGION, url, "you@example.com"]

    text = run(gcloud, "services", "describe", "shop").out
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for line in (
        "✔ Service shop in region us-central1",
        "team:shop",
        f"URL: {url}",
        "Ingress: all",
        f"100% LATEST (currently {revision})",
        f"Image: {ONE}",
        "B two words",
        "TCP every 240s",
        "Type: Default",
        "Concurrency: 80",
    ):
        assert line in lines, text
    assert "-compute@developer.gserviceaccount.com" in text
    assert "by you@example.com:" in text

    logs = run(gcloud, "services", "logs", "read", "shop", "--limit=20").out
    assert f" GET 200 {url}/x\n" in logs


def test_gcloud_leaves_its_own_marks_and_no_commit(gcloud: Gcloud) -> None:
    run(gcloud, "deploy", "marked", f"--image={ONE}", "--no-allow-unauthenticated")
    service = described(gcloud, "marked")
    annotations, template = service["metadata"]["annotations"], service["spec"]["template"]["metadata"]
    assert annotations["run.googleapis.com/client-name"] == "gcloud"
    assert (
        annotations["run.googleapis.com/client-version"] == template["annotations"]["run.googleapis.com/client-version"]
    )
    assert list(template["labels"]) == ["client.knative.dev/nonce", "run.googleapis.com/startupProbeType"]
    assert service["metadata"]["labels"] == {"cloud.googleapis.com/location": REGION}
    assert {c["type"]: c["status"] for c in service["status"]["conditions"]} == {
        "Ready": "True",
        "ConfigurationsReady": "True",
        "RoutesReady": "True",
    }
    assert answer(service["status"]["url"]).status_code == 403


def test_what_the_github_action_writes_stays_when_somebody_deploys_by_hand(gcloud: Gcloud) -> None:
    """As https://github.com/google-github-actions/deploy-cloudrun calls gcloud; so its labels can be out of date."""
    labels = {"commit-sha": "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "managed-by": "github-actions"}
    said = "--update-labels=" + ",".join(f"{name}={value}" for name, value in labels.items())
    run(gcloud, "deploy", "acted", f"--image={ONE}", said)
    run(gcloud, "deploy", "acted", f"--image={TWO}")
    service = described(gcloud, "acted")
    assert service["metadata"]["labels"] == {**labels, "cloud.googleapis.com/location": REGION}
    newest = gcloud.json("run", "revisions", "describe", service["status"]["latestReadyRevisionName"], IN_REGION)
    assert newest["spec"]["containers"][0]["image"].startswith(TWO.partition(":")[0])
    assert labels.items() <= newest["metadata"]["labels"].items()


def test_a_region_that_does_not_exist_is_refused(gcloud: Gcloud) -> None:
    refused = gcloud("run", "services", "list", "--region=us-centrall", code=1).err
    assert "Permission denied on 'locations/us-centrall' (or it may not exist)." in refused


def test_a_tag_without_traffic_is_reached_at_its_own_address_until_it_gets_some(gcloud: Gcloud) -> None:
    gcloud("secrets", "create", "key", "--data-file=-", stdin="s3")
    run(gcloud, "deploy", "split", f"--image={ONE}", "--allow-unauthenticated")
    account = described(gcloud, "split")["spec"]["template"]["spec"]["serviceAccountName"]
    grant = (f"--member=serviceAccount:{account}", "--role=roles/secretmanager.secretAccessor")
    gcloud("secrets", "add-iam-policy-binding", "key", *grant)
    said = run(
        gcloud, "deploy", "split", f"--image={TWO}", "--tag=blue", "--no-traffic", "--set-secrets=KEY=key:latest"
    )
    assert re.search(r"revision \[split-00002-\w{3}\] has been deployed and is serving 0 percent of traffic", said.err)
    tagged = re.search(r"The revision can be reached directly at (http://127\.0\.0\.1:\d+)", said.err)
    assert tagged, said.err
    service = described(gcloud, "split")
    assert answer(tagged[1]).text.startswith("two ")
    assert answer(service["status"]["url"]).text.startswith("one ")
    pinned = service["spec"]["template"]["metadata"]["name"]
    assert pinned == service["status"]["latestReadyRevisionName"]

    moved = run(gcloud, "services", "update-traffic", "split", "--to-tags=blue=40")
    first = next(one["revisionName"] for one in service["status"]["traffic"] if one.get("percent"))
    assert f"  60% {first}\n  40% {pinned}\n        blue: {tagged[1]}\n" in moved.out

    changed = run(gcloud, "services", "update", "split", "--update-env-vars=C=3", "--memory=1Gi")
    assert "is serving 0 percent of traffic" in changed.err
    after = described(gcloud, "split")
    (container,) = after["spec"]["template"]["spec"]["containers"]
    assert sorted(container["env"], key=lambda variable: variable["name"]) == [
        {"name": "C", "value": "3"},
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"key": "latest", "name": "key"}}},
    ]
    assert container["resources"]["limits"]["memory"] == "1Gi"
    assert re.fullmatch(rf"{REPOSITORY}/web@sha256:[0-9a-f]{{64}}", container["image"]), "the running code must stay"

    latest = run(gcloud, "services", "update-traffic", "split", "--to-latest", "--remove-tags=blue").out
    assert f"  100% LATEST (currently {after['status']['latestReadyRevisionName']})" in latest
    assert "blue" not in latest


def test_a_container_that_does_not_start_fails_with_googles_words_and_the_old_one_serves(gcloud: Gcloud) -> None:
    run(gcloud, "deploy", "fragile", f"--image={ONE}", "--allow-unauthenticated")
    failed = run(gcloud, "deploy", "fragile", f"--image={BAD}", code=1).err
    assert "Deployment failed" in failed
    assert re.search(
        r"ERROR: \(gcloud\.run\.deploy\) Revision 'fragile-00002-\w{3}' is not ready and cannot serve traffic. "
        r"The user-provided container failed to start and listen on the port defined provided by the PORT=8080 ",
        failed,
    )
    text = run(gcloud, "services", "describe", "fragile").out
    assert "! Service fragile in region us-central1" in text
    assert re.search(r"100% LATEST \(currently fragile-00001-\w{3}\)", text)
    url = re.search(r"URL: +(\S+)", text)
    assert url
    assert answer(url[1]).text.startswith("one fragile-00001-")


def test_an_image_that_is_nowhere_fails_and_is_named(gcloud: Gcloud) -> None:
    failed = run(gcloud, "deploy", "imageless", f"--image={REPOSITORY}/web:nowhere", code=1).err
    assert f"is not ready and cannot serve traffic. Image '{REPOSITORY}/web:nowhere' not found." in failed
    (row,) = [row for row in run(gcloud, "services", "list").out.splitlines() if " imageless " in row]
    assert row.startswith("X")


def test_a_list_without_a_region_is_of_all_of_them(gcloud: Gcloud) -> None:
    plant(gcloud, "far", "europe-west1")
    plant(gcloud, "near")
    gcloud.sandbox.plant({"unreachableLocations": ["asia-east1"]})
    everywhere = gcloud("run", "services", "list")
    assert "europe-west1" in everywhere.out
    assert "The following Cloud Run regions did not respond: asia-east1." in everywhere.err
    assert "europe-west1" not in run(gcloud, "services", "list").out
    regions = gcloud("run", "regions", "list").out.split()
    assert regions[0] == "NAME"
    assert {REGION, "europe-west1"} < set(regions)


def test_an_unknown_service_is_said_to_be_unknown(gcloud: Gcloud) -> None:
    assert "Cannot find service [none]" in run(gcloud, "services", "describe", "none", code=1).err
    assert "Service [none] could not be found." in run(gcloud, "services", "delete", "none", code=1).err
    moved = run(gcloud, "services", "update-traffic", "none", "--to-latest", code=1)
    assert "Service [none] could not be found." in moved.err


def test_a_deleted_service_is_gone(gcloud: Gcloud) -> None:
    plant(gcloud, "old")
    assert "Deleted service [old]." in run(gcloud, "services", "delete", "old").err
    assert f"{PLACE}/services/old" not in {one["name"] for one in gcloud.sandbox.state()["services"]}


def test_a_write_over_anothers_write_is_a_conflict(gcloud: Gcloud) -> None:
    plant(gcloud, "raced")
    calls = gcloud.sandbox.calls().get(REPLACE, 0)
    gcloud.sandbox.fault(REPLACE, latencySeconds=2, times=1)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(run, gcloud, "services", "update", "raced", "--memory=1Gi", code=1)
        while gcloud.sandbox.calls().get(REPLACE, 0) == calls and not slow.done():
            pass  # until gcloud has read, and its write is on its way
        other = {**STATE["services"][0], "name": f"{PLACE}/services/raced", "etag": '"other"'}
        gcloud.sandbox.plant({"services": [other]})
        failed = slow.result(60).err
    assert "Conflict for resource 'raced': version 'CJ' was specified but current version is 'other'." in failed


def test_what_is_not_permitted_is_refused_with_the_permission(gcloud: Gcloud) -> None:
    plant(gcloud, "guarded")
    refusal = "Permission 'run.services.delete' denied on resource 'namespaces/demo/services/guarded'"
    gcloud.sandbox.fault("run.namespaces.services.delete", code="PERMISSION_DENIED", message=refusal, times=1)
    refused = run(gcloud, "services", "delete", "guarded", code=1).err
    assert "PERMISSION_DENIED" in refused
    assert refusal in refused
