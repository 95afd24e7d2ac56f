"""`gcloud secrets …` on the sandbox."""

from __future__ import annotations

from pathlib import Path

from support.gcloud import REGION, Gcloud


def test_a_secret_is_created_with_its_first_version_and_read_again(gcloud: Gcloud) -> None:
    made = gcloud("secrets", "create", "db-url", "--data-file=-", stdin="postgres://one")
    assert "Created version [1] of the secret [db-url]." in made.err
    added = gcloud("secrets", "versions", "add", "db-url", "--data-file=-", stdin="postgres://two")
    assert "Created version [2] of the secret [db-url]." in added.err
    assert gcloud("secrets", "versions", "access", "latest", "--secret=db-url").out == "postgres://two"
    assert gcloud("secrets", "versions", "access", "1", "--secret=db-url").out == "postgres://one"
    again = gcloud("secrets", "create", "db-url", code=1)
    assert "already exists" in again.err


def test_lists_and_descriptions_are_what_a_user_expects(gcloud: Gcloud) -> None:
    gcloud("secrets", "create", "api-key", "--labels=team=web", "--data-file=-", stdin="k")
    head, *rows = gcloud("secrets", "list").out.splitlines()
    assert head.split() == ["NAME", "CREATED", "REPLICATION_POLICY", "LOCATIONS"]
    (row,) = [row.split() for row in rows if row.startswith("api-key")]
    assert row[2:] == ["automatic", "-"]
    described = gcloud.json("secrets", "describe", "api-key")
    assert described["labels"] == {"team": "web"}
    assert described["name"].startswith("projects/"), described
    assert described["name"].split("/")[1].isdigit(), "Google answers with the project's number"


def test_a_disabled_version_is_listed_and_not_read(gcloud: Gcloud) -> None:
    gcloud("secrets", "create", "rotated", "--data-file=-", stdin="old")
    gcloud("secrets", "versions", "add", "rotated", "--data-file=-", stdin="new")
    assert "Disabled version [2]" in gcloud("secrets", "versions", "disable", "2", "--secret=rotated").err
    listed = gcloud.json("secrets", "versions", "list", "rotated")
    assert [version["state"] for version in listed] == ["DISABLED", "ENABLED"]
    refused = gcloud("secrets", "versions", "access", "latest", "--secret=rotated", code=1)
    assert "FAILED_PRECONDITION: Secret Version [projects/" in refused.err
    assert "/secrets/rotated/versions/2] is in DISABLED state." in refused.err
    missing = gcloud("secrets", "versions", "access", "latest", "--secret=none", code=1)
    assert "/secrets/none] not found or has no versions." in missing.err


def test_an_account_is_given_access(gcloud: Gcloud) -> None:
    gcloud("secrets", "create", "shared")
    member, role = "serviceAccount:app@demo.iam.gserviceaccount.com", "roles/secretmanager.secretAccessor"
    said = gcloud("secrets", "add-iam-policy-binding", "shared", f"--member={member}", f"--role={role}")
    assert "Updated IAM policy for secret [shared]." in said.err
    policy = gcloud.json("secrets", "get-iam-policy", "shared")
    assert policy["bindings"] == [{"members": [member], "role": role}]


def test_a_service_that_needs_a_missing_secret_is_not_deployed(gcloud: Gcloud) -> None:
    image = f"{REGION}-docker.pkg.dev/demo/apps/web@sha256:{'a' * 64}"
    name = f"projects/demo/locations/{REGION}/repositories/apps/dockerImages/{image.rpartition('/')[2]}"
    gcloud.sandbox.plant({"dockerImages": [{"name": name, "uri": image}]})
    secrets = "--set-secrets=DB=nowhere:latest,/etc/key/key.pem=absent:2"
    failed = gcloud("run", "deploy", "needy", f"--image={image}", f"--region={REGION}", secrets, code=1)
    assert "Deployment failed" in failed.err
    number = gcloud.json("projects", "describe", "demo")["projectNumber"]
    assert (
        "spec.template.spec.containers[0].env[0].value_from.secret_key_ref.name: "
        f"Secret projects/{number}/secrets/nowhere/versions/latest was not found"
    ) in failed.err
    assert f"secret.items[0].key: Secret projects/{number}/secrets/absent/versions/2 was not found" in failed.err
    (ready,) = [
        condition
        for condition in gcloud.json("run", "services", "describe", "needy", f"--region={REGION}")["status"][
            "conditions"
        ]
        if condition["type"] == "Ready"
    ]
    assert (ready["status"], ready["reason"]) == ("False", "SecretsAccessCheckFailed")


def test_what_secrets_hold_is_not_in_the_log_of_exchanges(gcloud: Gcloud) -> None:
    gcloud("secrets", "create", "quiet", "--data-file=-", stdin="hunter2")
    assert gcloud("secrets", "versions", "access", "1", "--secret=quiet").out == "hunter2"
    assert "aHVudGVyMg" in str(gcloud.sandbox.state()["secretPayloads"])
    gcloud.sandbox.plant({"secretPayloads": gcloud.sandbox.state()["secretPayloads"]})
    log = Path(gcloud.folder / "http.jsonl").read_text("utf-8")
    assert "quiet/versions/1:access" in log
    assert "aHVudGVyMg" not in log
