"""A masked recording: no original is left anywhere, and what referred to each other still does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.safety.redact import Held, held_in
from signoff.safety.situations import Situation

NOTHING = Held(None)
DIGEST = f"sha256:{'5' * 64}"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
#: What a project calls its things, each with the fields below that hold it.
NAMES = (
    *("project", "service", "job", "pool", "repository", "image", "secret", "bucket", "trigger", "connection"),
    *("connector", "network", "account", "owner", "code", "instance", "container", "volume", "branch", "tag", "label"),
)
FREE = ("value", "variable", "substitution", "description", "script", "message", "argument", "token")
EXAMPLE = {kind: f"acme-{kind}-zz" for kind in (*NAMES, *FREE)} | {
    "number": "987654321098",
    "user": "ada.lovelace@acme-corp.io",
    "host": "reports.acme-corp.io",
    "ipv4": "8.8.4.4",
    "ipv6": "2a00:1450:4001:81b::200e",
}


def state(of: dict[str, str]) -> dict[str, Any]:
    """A state in Google's REST JSON that holds every original in every place where such a thing stands in life."""
    place = f"projects/{of['project']}/locations/us-central1"
    service, job = f"{place}/services/{of['service']}", f"{place}/jobs/{of['job']}"
    revision = f"{of['service']}-00007-abc"
    path = f"us-central1-docker.pkg.dev/{of['project']}/{of['repository']}/{of['image']}"
    account = f"{of['account']}@{of['project']}.iam.gserviceaccount.com"
    compute = f"{of['number']}-compute@developer.gserviceaccount.com"
    said = (
        f"{of['user']} from {of['ipv4']} or [{of['ipv6']}] asked "
        f"https://{of['host']}/{of['service']}/x?k={of['token']} of {of['project']}: see gs://{of['bucket']}/log, "
        f"{path}:{of['tag']}, {service}, {of['host']}, "
        f"projects/{of['number']}/secrets/{of['secret']}; password={of['token']} "
        f"Revision '{revision}' of {of['service'].upper()} ({of['job'].replace('-', '_')}) failed."
    )
    template = {
        "serviceAccount": account,
        "containers": [
            {
                "name": of["container"],
                "image": f"{path}@{DIGEST}",
                "args": [f"--upstream={of['argument']}", f"--host=https://{of['host']}"],
                "env": [
                    {"name": "MODE", "value": of["value"]},
                    {"name": "KEY", "valueSource": {"secretKeyRef": {"secret": of["secret"], "version": "latest"}}},
                    {
                        "name": "OTHER",
                        "valueSource": {"secretKeyRef": {"secret": f"projects/{of['number']}/secrets/{of['secret']}"}},
                    },
                ],
                "volumeMounts": [{"name": of["volume"], "mountPath": "/data"}],
                "dependsOn": [],
            }
        ],
        "volumes": [
            {"name": of["volume"], "gcs": {"bucket": of["bucket"]}},
            {
                "name": of["volume"],
                "cloudSqlInstance": {"instances": [f"{of['project']}:us-central1:{of['instance']}"]},
            },
        ],
        "vpcAccess": {
            "connector": f"{place}/connectors/{of['connector']}",
            "networkInterfaces": [{"network": of["network"]}],
        },
        "labels": {"team": of["label"], "commit-sha": COMMIT, "owner-mail": of["user"]},
    }
    condition = {"type": "Ready", "state": "CONDITION_FAILED", "message": said}
    build = {
        "name": f"{place}/builds/b-1",
        "id": "b-1",
        "projectId": of["project"],
        "status": "FAILURE",
        "statusDetail": said,
        "failureInfo": {"detail": said},
        "source": {"repoSource": {"projectId": of["project"], "repoName": of["code"], "branchName": of["branch"]}},
        "sourceProvenance": {
            "resolvedGitSource": {"url": f"https://github.com/{of['owner']}/{of['code']}.git", "revision": COMMIT},
            "resolvedStorageSource": {"bucket": of["bucket"], "object": "source/1.tgz"},
            "resolvedConnectedRepository": {
                "repository": f"{place}/connections/{of['connection']}/repositories/{of['code']}",
                "revision": COMMIT,
            },
        },
        "images": [f"{path}:{of['tag']}"],
        "results": {"images": [{"name": f"{path}:{of['tag']}", "digest": DIGEST}]},
        "substitutions": {"_NOTE": of["substitution"], "COMMIT_SHA": COMMIT, "_IMAGE": path, "_SAYS": of["message"]},
        "logsBucket": f"gs://{of['number']}.cloudbuild-logs.googleusercontent.com",
        "serviceAccount": f"projects/{of['project']}/serviceAccounts/{account}",
        "tags": [of["tag"]],
        "steps": [
            {
                "name": "gcr.io/cloud-builders/docker",
                "args": ["build", "--build-arg", f"NOTE={of['argument']}", "-t", f"{path}:{of['tag']}", "."],
                "env": [f"WHERE={of['variable']}"],
                "script": of["script"],
            }
        ],
    }
    return {
        "services": [
            {
                "name": service,
                "uri": f"https://{of['host']}",
                "urls": [f"https://{of['host']}"],
                "description": of["description"],
                "creator": of["user"],
                "lastModifier": account,
                "template": template,
                "latestReadyRevision": f"{service}/revisions/{revision}",
                "trafficStatuses": [{"revision": revision, "percent": 100, "uri": f"https://x---{of['host']}"}],
                "terminalCondition": condition,
                "annotations": {"run.googleapis.com/client-name": "gcloud", "who": of["user"], "what": of["label"]},
                "customAudiences": [f"https://{of['host']}"],
            }
        ],
        "revisions": [{"name": f"{service}/revisions/{revision}", "service": of["service"], **template}],
        "jobs": [{"name": job, "template": {"template": {**template, "serviceAccount": compute}}}],
        "executions": [{"name": f"{job}/executions/{of['job']}-x1", "job": of["job"], "conditions": [condition]}],
        "workerPools": [{"name": f"{place}/workerPools/{of['pool']}", "template": template}],
        "builds": [build],
        "buildTriggers": [
            {
                "resourceName": f"{place}/triggers/11111111-2222-3333-4444-555555555555",
                "name": of["trigger"],
                "description": of["description"],
                "github": {"owner": of["owner"], "name": of["code"], "push": {"branch": f"^{of['branch']}$"}},
                "serviceAccount": f"projects/-/serviceAccounts/{compute}",
            }
        ],
        "dockerImages": [
            {
                "name": f"{place}/repositories/{of['repository']}/dockerImages/{of['image']}@{DIGEST}",
                "uri": f"{path}@{DIGEST}",
                "tags": [of["tag"], "latest"],
            }
        ],
        "logEntries": [
            {
                "logName": f"projects/{of['project']}/logs/run.googleapis.com%2Fstderr",
                "resource": {
                    "type": "cloud_run_revision",
                    "labels": {"project_id": of["project"], "service_name": of["service"], "revision_name": revision},
                },
                "textPayload": said,
                "trace": f"projects/{of['project']}/traces/{'0' * 32}",
            },
            {
                "logName": f"projects/{of['project']}/logs/run.googleapis.com%2Frequests",
                "resource": {"type": "cloud_run_job", "labels": {"job_name": of["job"]}},
                "httpRequest": {
                    "requestMethod": "GET",
                    "requestUrl": f"https://{of['host']}/a?token={of['token']}",
                    "remoteIp": of["ipv6"],
                    "serverIp": of["ipv4"],
                    "referer": f"http://{of['ipv4']}:8080/{of['service']}",
                },
                "jsonPayload": {
                    "message": said,
                    of["service"]: 1,
                    "deep": [{"password": of["token"], "by": of["user"]}],
                },
            },
        ],
        "iamPolicies": {
            service: {
                "bindings": [
                    {
                        "role": "roles/run.invoker",
                        "members": [f"user:{of['user']}", f"serviceAccount:{account}", f"domain:{of['host']}"],
                    }
                ]
            }
        },
    }


def masked(of: dict[str, str], **options: Any) -> dict[str, Any]:
    return Situation(held_in({"DEPLOY_TOKEN": of["token"]}), **options).masked(state(of))


BASELINE = json.dumps(masked(EXAMPLE)).lower() + json.dumps(state(dict.fromkeys(EXAMPLE, "-"))).lower()
NAME = st.from_regex(r"[a-z]{2,8}(-[a-z0-9]{2,8}){1,2}|[a-z]{5,12}", fullmatch=True).filter(
    lambda name: name not in BASELINE
)
TEXT = st.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789 /+=!,", min_size=9, max_size=40).filter(
    lambda text: text.strip() == text and not text.isdigit() and text.lower() not in BASELINE and " " in text[1:-1]
)
ADDRESSES = st.fixed_dictionaries(
    {
        "number": st.from_regex(r"[1-9][0-9]{11}", fullmatch=True),
        "user": st.from_regex(r"[a-z]{3,9}(\.[a-z]{3,9})?@[a-z]{4,10}(-[a-z]{2,5})?\.(com|io|org|de)", fullmatch=True),
        "host": st.from_regex(r"[a-z]{3,8}\.[a-z]{4,10}(-[a-z]{2,5})?\.(com|io|net|ch)", fullmatch=True),
        "ipv4": st.ip_addresses(v=4).filter(lambda one: one.is_global).map(str),
        "ipv6": st.ip_addresses(v=6).filter(lambda one: one.is_global).map(str),
    }
)
TOKEN = st.from_regex(r"[A-Za-z][A-Za-z0-9]{14,24}[0-9]", fullmatch=True)
ORIGINALS = st.builds(
    lambda names, texts, addresses, token: {
        **dict(zip(NAMES, names, strict=True)),
        **dict(zip(FREE[:-1], texts, strict=True)),
        **addresses,
        "token": token,
    },
    st.lists(NAME, min_size=len(NAMES), max_size=len(NAMES), unique=True),
    st.lists(TEXT, min_size=len(FREE) - 1, max_size=len(FREE) - 1, unique=True),
    ADDRESSES,
    TOKEN,
)


def left(of: dict[str, str], made: Any) -> set[str]:
    """The kinds of which the original is still in the text of a state."""
    text = json.dumps(made, ensure_ascii=False).lower()
    return {kind for kind, original in of.items() if original.lower() in text}


def test_the_example_is_full_of_what_has_to_go() -> None:
    assert left(EXAMPLE, state(EXAMPLE)) == set(EXAMPLE)


@settings(max_examples=40, deadline=None)
@given(ORIGINALS)
def test_no_original_is_left(of: dict[str, str]) -> None:
    assert left(of, masked(of)) == set()


@settings(max_examples=30, deadline=None)
@given(ORIGINALS)
def test_references_still_fit(of: dict[str, str]) -> None:
    made = masked(of)
    service, revision = made["services"][0], made["revisions"][0]
    assert service["latestReadyRevision"] == revision["name"]
    assert service["trafficStatuses"][0]["revision"] == revision["name"].rpartition("/")[2]
    assert revision["name"].startswith(f"{service['name']}/revisions/{revision['service']}-00007-")
    assert list(made["iamPolicies"]) == [service["name"]]
    image = revision["containers"][0]["image"]
    assert image == made["dockerImages"][0]["uri"]
    assert image.partition("@")[0] == made["builds"][0]["results"]["images"][0]["name"].rpartition(":")[0]
    assert made["builds"][0]["substitutions"]["_IMAGE"] == image.partition("@")[0]
    first, second = made["logEntries"]
    labels = first["resource"]["labels"]
    assert f"projects/{labels['project_id']}/locations/us-central1/services/{labels['service_name']}" == service["name"]
    assert made["jobs"][0]["name"].endswith(f"/jobs/{second['resource']['labels']['job_name']}")
    environment = service["template"]["containers"][0]["env"]
    reference = environment[1]["valueSource"]["secretKeyRef"]["secret"]
    assert environment[2]["valueSource"]["secretKeyRef"]["secret"].endswith(f"/secrets/{reference}")
    assert service["template"]["volumes"][0]["name"] == service["template"]["containers"][0]["volumeMounts"][0]["name"]
    assert service["template"]["serviceAccount"] == service["lastModifier"]
    assert service["template"]["serviceAccount"] in made["iamPolicies"][service["name"]]["bindings"][0]["members"][1]


def test_it_is_the_same_every_time_and_reads_as_before() -> None:
    assert masked(EXAMPLE) == masked(EXAMPLE)
    said = masked(EXAMPLE)["logEntries"][0]["textPayload"]
    assert said == (
        "user-1@example.com from 192.0.2.2 or [2001:db8::1] asked https://host-1.example/service-1/x?masked of "
        "project-1: see gs://bucket-1/log, us-central1-docker.pkg.dev/project-1/repository-1/image-1:tag-1, "
        "projects/project-1/locations/us-central1/services/service-1, host-1.example, "
        "projects/100000000001/secrets/secret-1; password=[hidden] Revision 'service-1-00007-abc' of service-1 "
        "(job-1) failed."
    )


def test_digests_stay_and_commits_as_asked() -> None:
    assert DIGEST in json.dumps(masked(EXAMPLE))
    assert json.dumps(masked(EXAMPLE)).count(COMMIT) == json.dumps(state(EXAMPLE)).count(COMMIT)
    made = json.dumps(masked(EXAMPLE, commits=True))
    assert COMMIT not in made
    assert DIGEST in made


def test_a_short_commit_stays_the_beginning_of_the_long_one() -> None:
    situation = Situation(NOTHING, commits=True)
    made = situation.masked({"logEntries": [{"textPayload": f"{COMMIT[:7]} is short for {COMMIT}"}]})
    short, _, long = made["logEntries"][0]["textPayload"].partition(" is short for ")
    assert long.startswith(short)
    assert short != COMMIT[:7]


@pytest.mark.parametrize("value", ["", "true", "3", "1.2.3", "v2", COMMIT, "us-central1", "main"])
def test_labels_that_tell_nothing_stay(value: str) -> None:
    assert Situation(NOTHING).masked({"x": [{"labels": {"a": value}}]}) == {"x": [{"labels": {"a": value}}]}


def test_a_project_that_only_an_account_names_goes_everywhere() -> None:
    members = ["serviceAccount:ci@other-corp.iam.gserviceaccount.com"]
    entry = {"textPayload": "other-corp may deploy"}
    made = Situation(NOTHING).masked(
        {"logEntries": [entry], "iamPolicies": {"x": {"bindings": [{"members": members}]}}}
    )
    assert "other-corp" not in json.dumps(made)
    assert made["logEntries"][0]["textPayload"] == "project-1 may deploy"


def test_what_the_platform_says_stays() -> None:
    service = {
        "name": "projects/p-1/locations/us-central1/services/ready",
        "terminalCondition": {"type": "Ready", "state": "CONDITION_SUCCEEDED", "reason": "ready"},
        "labels": {"managed-by": "github-actions", "run.googleapis.com/x": "y", "goog-managed": "z"},
    }
    made = Situation(NOTHING).masked({"services": [service]})["services"][0]
    assert made["terminalCondition"] == service["terminalCondition"]
    assert made["labels"] == service["labels"]
    assert made["name"] == "projects/project-1/locations/us-central1/services/service-1"


def test_a_name_that_masking_overlooked_is_a_bug_and_nothing_is_given_away(monkeypatch: pytest.MonkeyPatch) -> None:
    situation = Situation(NOTHING)
    monkeypatch.setattr(situation, "_of", lambda value, _key: value)
    with pytest.raises(ValueError, match="names are still there"):
        situation.masked(state(EXAMPLE))
