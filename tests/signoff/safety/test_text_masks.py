"""Text loses names, addresses and secrets, and nothing else."""

from __future__ import annotations

import pytest

from signoff.safety.pseudonyms import Pseudonyms
from signoff.safety.redact import Held
from signoff.safety.text_masks import TextMasks


@pytest.fixture
def masks() -> TextMasks:
    made = TextMasks(Pseudonyms(), Held(None))
    for kind, name in (("project", "acme-prod"), ("service", "web"), ("service", "web-admin"), ("job", "go")):
        made.know(kind, name)
    made.know("project number", "123456789012")
    return made


@pytest.mark.parametrize(
    ("said", "masked"),
    [
        ("acme-prod is down", "project-1 is down"),
        ("ACME_PROD.users", "project-1.users"),
        ("web-00012-xyz and web-admin-00001-abc", "service-1-00012-xyz and service-2-00001-abc"),
        ("the website and the cobweb", "the website and the cobweb"),
        ("apps%2Fweb@sha256:" + "0" * 64, "apps%2Fservice-1@sha256:" + "0" * 64),
        ("go on", "go on"),  # a word here, and a name where nothing else stands
        ("go/x", "job-1/x"),
        ("ada@acme.io, Bob <bob@acme.io>", "user-1@example.com, Bob <user-2@example.com>"),
        ("me@acme-prod.iam.gserviceaccount.com", "account-1@project-1.iam.gserviceaccount.com"),
        ("123456789012-compute@developer.gserviceaccount.com", "100000000001-compute@developer.gserviceaccount.com"),
        ("s-123456789012@gcp-sa-x.iam.gserviceaccount.com", "s-100000000001@gcp-sa-x.iam.gserviceaccount.com"),
        ("https://web-x1.a.run.app/a/web?b=c#d.", "https://host-1.example/a/service-1?masked#d."),
        ("(see https://intra.acme.io:8443/x)", "(see https://host-1.example:8443/x)"),
        ("https://user:[hidden]@db.acme.io/web", "https://host-1.example/service-1"),
        ("postgres://10.1.2.3:5432/acme_prod", "postgres://192.0.2.2:5432/project-1"),
        ("http://[2001:4860::8888]:80/", "http://2001:db8::1:80/"),
        ("git@github.com:acme/web.git", "https://host.example/repository-1.git"),
        ("https://github.com/acme/web", "https://host.example/repository-1.git"),
        ("https://run.googleapis.com/v2/projects/acme-prod", "https://run.googleapis.com/v2/projects/project-1"),
        ("db.acme.at and acme.co.uk", "host-1.example and host-2.example"),
        ("connect db.acme.io failed: 8.8.8.8, 2a00::1", "connect host-1.example failed: 192.0.2.2, 2001:db8::1"),
        ("password=hunter2 for web", "password=[hidden] for service-1"),
    ],
)  # fmt: skip
def test_names_addresses_and_secrets_go(masks: TextMasks, said: str, masked: str) -> None:
    assert masks.text(said) == masked


@pytest.mark.parametrize(
    "said",
    [
        'File "/app/main.py", line 7, in mapped',
        "KeyError: 'School'",
        "com.example.Main$1.run(Main.java:12)",
        "12:30:45 took 1.5 s, std::vector, v1.2.3, 2026-01-02T03:04:05.678Z",
        "Listening on http://127.0.0.1:8080 and [::1]:80",
        "metadata at 169.254.169.254",
        "us-central1-docker.pkg.dev, gcr.io, run.googleapis.com%2Fstderr",
        "self.id, look.at, module.is, run.invoker",
        "cloudbuild.yaml, package.json, setup.cfg",
        "0123456789abcdef0123456789abcdef01234567",
        "roles/run.invoker for allUsers",
    ],
)
def test_what_tells_nothing_stays_as_it_is(masks: TextMasks, said: str) -> None:
    assert masks.text(said) == said


def test_the_same_name_always_becomes_the_same(masks: TextMasks) -> None:
    assert masks.text("a@acme.io b@acme.io a@acme.io 8.8.8.8 9.9.9.9 8.8.8.8") == (
        "user-1@example.com user-2@example.com user-1@example.com 192.0.2.2 192.0.2.3 192.0.2.2"
    )


def test_many_addresses_stay_addresses() -> None:
    made = Pseudonyms()
    addresses = [made.of("ipv4 address", f"8.8.{number // 256}.{number % 256}") for number in range(700)]
    assert len(set(addresses)) == 700
    assert all(address.startswith(("192.0.2.", "198.51.100.", "203.0.113.")) for address in addresses)
