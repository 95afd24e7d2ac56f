"""`gcloud scheduler …` on the sandbox."""

from __future__ import annotations

import time
from pathlib import Path

from support.gcloud import REGION, Gcloud
from support.made import built, created

HERE = f"--location={REGION}"
RUN = f"https://{REGION}-run.googleapis.com/v2/projects/demo/locations/{REGION}/jobs/none:run"


def create(gcloud: Gcloud, name: str, *more: str) -> str:
    schedule = () if any(one.startswith("--schedule") for one in more) else ("--schedule=0 3 1 1 *",)
    return gcloud("scheduler", "jobs", "create", "http", name, HERE, f"--uri={RUN}", *schedule, *more).out


def wait_for_the_attempt(gcloud: Gcloud, name: str, code: int | None = None) -> None:
    """`run` does not wait for what comes of it: here that is an attempt, or one that ends with `code`."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        (job,) = [job for job in gcloud.sandbox.state()["schedulerJobs"] if job["name"].endswith(f"/{name}")]
        found = job["status"].get("code", 0)
        if found != -1 if code is None else found == code:
            return
    raise AssertionError(f"{name} was not tried")


def test_a_job_is_created_listed_and_described(gcloud: Gcloud) -> None:
    account = "--oauth-service-account-email=cron@demo.iam.gserviceaccount.com"
    made = create(gcloud, "nightly", "--schedule=0 3 * * *", "--time-zone=Europe/Zurich", account)
    assert "schedule: 0 3 * * *" in made
    assert "state: ENABLED" in made
    head, *rows = gcloud("scheduler", "jobs", "list", HERE).out.splitlines()
    assert head.split() == ["ID", "LOCATION", "SCHEDULE", "(TZ)", "TARGET_TYPE", "STATE"]
    (row,) = [row for row in rows if row.startswith("nightly ")]
    assert row.split() == ["nightly", REGION, "0", "3", "*", "*", "*", "(Europe/Zurich)", "HTTP", "ENABLED"]
    job = gcloud.json("scheduler", "jobs", "describe", "nightly", HERE)
    assert job["status"] == {"code": -1}
    assert job["scheduleTime"].endswith("Z")
    assert job["attemptDeadline"] == "180s"
    assert job["httpTarget"]["oauthToken"]["scope"] == "https://www.googleapis.com/auth/cloud-platform"


def test_a_run_shows_in_status_and_log(gcloud: Gcloud) -> None:
    create(gcloud, "broken", "--oauth-service-account-email=cron@demo.iam.gserviceaccount.com")
    gcloud("scheduler", "jobs", "run", "broken", HERE)
    wait_for_the_attempt(gcloud, "broken")
    job = gcloud.json("scheduler", "jobs", "describe", "broken", HERE)
    assert job["status"] == {"code": 7}
    assert "lastAttemptTime" in job
    wanted = 'resource.type="cloud_scheduler_job" AND resource.labels.job_id="broken" AND severity>=ERROR'
    (entry,) = gcloud.json("logging", "read", wanted)
    assert entry["jsonPayload"]["status"] == "PERMISSION_DENIED"
    assert entry["httpRequest"]["status"] == 403


def test_it_runs_a_job_of_cloud_run_as_the_account_that_may(gcloud: Gcloud, tmp_path: Path) -> None:
    image = built(gcloud.sandbox, tmp_path / "repository", "print('ran')\n", "job")
    created(gcloud.sandbox, "jobs", "extract", {"template": {"containers": [{"image": image}]}})
    account = "cron@demo.iam.gserviceaccount.com"
    uri = f"https://{REGION}-run.googleapis.com/apis/run.googleapis.com/v1/namespaces/demo/jobs/extract:run"
    target = (f"--uri={uri}", f"--oauth-service-account-email={account}", "--schedule=0 3 * * *")
    gcloud("scheduler", "jobs", "create", "http", "extract-nightly", HERE, *target)
    gcloud("scheduler", "jobs", "run", "extract-nightly", HERE)
    wait_for_the_attempt(gcloud, "extract-nightly")
    assert gcloud.json("scheduler", "jobs", "describe", "extract-nightly", HERE)["status"] == {"code": 7}
    invoker = (f"--member=serviceAccount:{account}", "--role=roles/run.invoker", f"--region={REGION}")
    gcloud("run", "jobs", "add-iam-policy-binding", "extract", *invoker)
    gcloud("scheduler", "jobs", "run", "extract-nightly", HERE)
    wait_for_the_attempt(gcloud, "extract-nightly", code=0)
    listed = gcloud("run", "jobs", "executions", "list", "--job=extract", f"--region={REGION}").out
    assert listed.count(account) == 1


def test_a_job_is_paused_resumed_changed_and_deleted(gcloud: Gcloud) -> None:
    create(gcloud, "temporary")
    assert "Job has been paused." in gcloud("scheduler", "jobs", "pause", "temporary", HERE).err
    assert gcloud.json("scheduler", "jobs", "describe", "temporary", HERE)["state"] == "PAUSED"
    assert "Job has been resumed." in gcloud("scheduler", "jobs", "resume", "temporary", HERE).err
    changed = gcloud("scheduler", "jobs", "update", "http", "temporary", HERE, "--schedule=5 4 * * MON").out
    assert "schedule: 5 4 * * MON" in changed
    assert "Deleted job [temporary]." in gcloud("scheduler", "jobs", "delete", "temporary", HERE).err
    gone = gcloud("scheduler", "jobs", "describe", "temporary", HERE, code=1)
    assert "NOT_FOUND: Job not found." in gone.err


def test_a_schedule_that_is_none_is_refused(gcloud: Gcloud) -> None:
    refused = gcloud(
        "scheduler", "jobs", "create", "http", "bad", HERE, f"--uri={RUN}", "--schedule=61 * * * *", code=1
    )
    assert "INVALID_ARGUMENT: Schedule or time zone is invalid." in refused.err
